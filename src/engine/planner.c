#include "base/mem.h"
#include "driver/driver.h"
#include "engine/engine.h"
#include <string.h>

#define STORED_MAX 2000u               /* of one plan; the report has all findings */
#define STORED_NAME_MAX 600u

/* The blast radius is taken from the register of now, from what was declared: a register that was mended since then
 * gives a better plan; what the incident was told at first stays in the journal. */
int engine_reach(const struct engine *en, const struct incident *i, struct ref **ret, size_t *ret_n, size_t *ret_roots,
		 struct err *e)
{
	_cleanup_(graph_freep) struct graph *g = NULL;
	_cleanup_(blast_free) struct blast b = { 0 };
	_cleanup_(freep) struct ref *roots = mem_zero(i->n_what + 1, sizeof(*roots));
	int r = graph_build(en->reg, &g, e);

	for (uint32_t k = 0; r == 0 && k < i->n_what; k++)
		r = register_resolve(en->reg, i->what[k], &roots[k], e);
	if (r == 0)
		r = graph_blast(g, roots, i->n_what, &b, e);
	if (r < 0)
		return err_wrap(e, "incident %lld", (long long)i->number);
	*ret = mem_zero(b.n + 1, sizeof(**ret));
	*ret_n = *ret_roots = 0;
	for (uint32_t k = 0; k < b.n && !(i->drill && b.m[k].depth); k++) {
		(*ret)[(*ret_n)++] = b.m[k].ref;
		*ret_roots += b.m[k].via == NOTHING;
	}
	return 0;
}

static size_t add_views(const struct engine *en, struct driver_view *ret)
{
	size_t n = 0;

	for (; n < driver_facts_count; n++)
		ret[n] = (struct driver_view){
			.name = driver_facts[n].name, .cannot = driver_facts[n].cannot,
			.interrupts = driver_facts[n].interrupts, .can_stage = driver_facts[n].can_stage,
			.has_drain = driver_facts[n].has_drain, .by_half = driver_facts[n].by_half };
	/* A program of the team says nothing about itself: the careful answer to each question. */
	for (const char *const *name = en->drivers; name && *name; name++)
		ret[n++] = (struct driver_view){
			.name = *name, .cannot = "a driver of the team is never asked to hold two values",
			.interrupts = "who is logged in with the old value" };
	return n;
}

static size_t count_views(const struct engine *en)
{
	size_t n = driver_facts_count;

	for (const char *const *name = en->drivers; name && *name; name++)
		n++;
	return n;
}

struct finds {
	struct stored_find *f;
	size_t n, cap;
};

/* A finding that names what it found stored: worker protocol, "stored". What does not fit is one step: to read on. */
static void add_find(const struct engine *en, const struct step_state *s, const json_t *finding, struct finds *all)
{
	const char *table = json_str(finding, "stored");
	uint32_t secret = s->secret ? map_get(&en->reg->secret_names, s->secret) : MAP_NONE;

	struct stored_find f = { secret, s->account, table, json_str(finding, "columns") };

	if (!table || !*table || secret == MAP_NONE || !s->account)
		return;
	if (strlen(table) > STORED_NAME_MAX || all->n + 1 >= STORED_MAX)
		f = (struct stored_find){ secret, s->account, "*", "more than have steps: the report lists them" };
	if (GROW(all->f, all->n, all->cap, STORED_MAX))
		all->f[all->n++] = f;
}

/* Of every attempt: a table that a later look did not come to has still been found. */
static void find_stored(const struct engine *en, const struct incident *i, struct finds *all)
{
	for (uint32_t k = 0; k < i->n_steps; k++)
		for (uint32_t d = 0; d < i->steps[k].n_deeds; d++) {
			const json_t *list = json_object_get(i->steps[k].deeds[d].result, "findings");

			for (size_t f = 0; f < json_array_size(list); f++)
				add_find(en, &i->steps[k], json_array_get(list, f), all);
		}
}

static void finds_free(struct finds *all)
{
	free(all->f);
}

/* Of the register of now; a secret that has another name since is none of the plan. */
static size_t find_pulled(const struct engine *en, const struct incident *i, uint32_t *ret)
{
	size_t n = 0;

	for (uint32_t k = 0; k < i->n_pulled; k++) {
		uint32_t at = map_get(&en->reg->secret_names, i->pulled[k]->secret);

		if (at != MAP_NONE)
			ret[n++] = at;
	}
	return n;
}

int engine_plan(const struct engine *en, const struct incident *i, struct plan **ret, struct err *e)
{
	_cleanup_(freep) struct driver_view *views = mem_zero(count_views(en) + 1, sizeof(*views));
	_cleanup_(freep) struct ref *members = NULL;
	_cleanup_(finds_free) struct finds stored = { 0 };
	struct plan_input in = { .reg = en->reg, .playbooks = en->playbooks, .drivers = views };
	_cleanup_(freep) uint32_t *pulled = mem_zero(i->n_pulled + 1, sizeof(*pulled));
	int r = engine_reach(en, i, &members, &in.n_members, &in.n_roots, e);

	if (r < 0)
		return r;
	in.n_drivers = add_views(en, views);
	in.members = members;
	in.incident = i->number;
	in.pulled = pulled;
	in.n_pulled = find_pulled(en, i, pulled);
	find_stored(en, i, &stored);
	in.stored = stored.f;
	in.n_stored = stored.n;
	in.drill = i->drill;
	in.mode = i->mode && !strcmp(i->mode, mode_name(MODE_PLANNED)) ? MODE_PLANNED : MODE_EMERGENCY;
	return plan_build(&in, ret, e);
}
