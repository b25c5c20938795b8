#include "base/mem.h"
#include "driver/driver.h"
#include "engine/engine.h"

/* The blast radius is taken from the register of now, from what was declared: a register that was mended since then
 * gives a better plan; what the incident was told at first stays in the journal. */
static int members_of(const struct engine *en, const struct incident *i, struct ref **ret, size_t *ret_n, struct err *e)
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
	for (uint32_t k = 0; k < b.n; k++)
		(*ret)[(*ret_n)++] = b.m[k].ref;
	return 0;
}

int engine_plan(const struct engine *en, const struct incident *i, struct plan **ret, struct err *e)
{
	struct driver_view *views = mem_zero(driver_facts_count + 1, sizeof(*views));
	_cleanup_(freep) void *views_owner = views;
	_cleanup_(freep) struct ref *members = NULL;
	struct plan_input in = { .reg = en->reg, .playbooks = en->playbooks, .drivers = views };
	int r = members_of(en, i, &members, &in.n_members, e);

	if (r < 0)
		return r;
	for (size_t k = 0; k < driver_facts_count; k++)
		views[in.n_drivers++] = (struct driver_view){
			.name = driver_facts[k].name, .cannot = driver_facts[k].cannot,
			.interrupts = driver_facts[k].interrupts, .can_stage = driver_facts[k].can_stage,
			.has_drain = driver_facts[k].has_drain };
	in.members = members;
	in.mode = i->mode && !strcmp(i->mode, mode_name(MODE_PLANNED)) ? MODE_PLANNED : MODE_EMERGENCY;
	return plan_build(&in, ret, e);
}
