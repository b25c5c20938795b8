#include "base/mem.h"
#include "model/plan_expand.h"
#include <stdarg.h>

struct step *expand_add(struct expansion *x, const char *id)
{
	struct plan *p = x->b->p;
	uint32_t at = map_get(&p->ids, id);

	if (at != MAP_NONE)
		return &p->steps[at];
	if (!GROW(p->steps, p->n, p->cap, LIMIT_STEPS))
		return NULL;
	struct step *s = &p->steps[p->n];

	*s = (struct step){
		.id = arena_dup(p->arena, id), .name = x->ps->id, .why = x->ps->why, .text = x->ps->text,
		.what = x->ps->what, .person = x->ps->what == DO_PERSON, .side = x->ps->side,
		.limit_ms = x->ps->limit_ms, .secret = x->secret, .account = NOTHING, .consumer = NOTHING,
		.half = NOTHING, .host = NOTHING, .repository = NOTHING, .old_any = x->ps->old_any,
		.new_any = x->ps->new_any,
		.back = (x->ps->what == DO_COMMIT || x->ps->what == DO_PUBLISH) && building_pulls(x->b, x->secret),
	};
	map_put(&p->ids, s->id, p->n++);
	return s;
}

int expand_full(struct expansion *x)
{
	return err_set(x->b->e, ERR_LIMIT, "the plan would have more than %u steps; declare less at once", LIMIT_STEPS);
}

const char *expand_say(struct expansion *x, const char *fmt, ...)
{
	va_list ap;
	char text[4096];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return arena_dup(x->b->p->arena, text);
}

int expand_once(struct expansion *x)
{
	const char *id = x->s ? expand_say(x, "%s:%s", x->ps->id, x->s->name) : x->ps->id;
	struct step *s = expand_add(x, id);

	if (!s)
		return expand_full(x);
	if (x->s && x->ps->what == DO_VALUES)
		s->title = expand_say(x, "read %s, make its new value, seal both", x->s->name);
	else
		s->title = x->s ? expand_say(x, "%s: by hand: %s", x->s->name, x->ps->text) : x->ps->text;
	return 0;
}

static int expand_commit(struct expansion *x)
{
	const struct firebreak_register *r = x->b->in->reg;

	for (uint32_t i = 0; i < x->s->n_places; i++) {
		const struct repository *repo = &r->repositories[x->s->places[i].repository];
		struct step *s = expand_add(x, expand_say(x, "%s:%s:%s", x->ps->id, x->s->name, repo->name));

		if (!s)
			return expand_full(x);
		s->repository = x->s->places[i].repository;
		s->title = expand_say(x, "write the new value of %s to %s and push", x->s->name, repo->name);
	}
	return 0;
}

/* What is one key of a file has others beside it: only a person knows what a file without it means. */
static int expand_places(struct expansion *x)
{
	const struct firebreak_register *r = x->b->in->reg;

	for (uint32_t i = 0; i < x->s->n_places; i++) {
		const struct place *p = &x->s->places[i];
		const struct repository *repo = &r->repositories[p->repository];
		const char *id = p->key
			? expand_say(x, "%s:%s:%s:%s:%s", x->ps->id, x->s->name, repo->name, p->file, p->key)
			: expand_say(x, "%s:%s:%s", x->ps->id, x->s->name, repo->name);
		struct step *s = expand_add(x, id);

		if (!s)
			return expand_full(x);
		s->repository = p->repository;
		s->title = expand_say(x, "take the old value of %s out of %s and push", x->s->name, repo->name);
		if (!p->key)
			continue;
		s->person = true;
		s->text = expand_say(x, "take the key %s out of %s in %s, and put it back with the new value when the "
				     "rest is back (firebreak recover shows it)", p->key, p->file, repo->name);
		s->title = expand_say(x, "%s: by hand: %s", x->s->name, s->text);
	}
	return 0;
}

static int expand_pull(struct expansion *x)
{
	return x->ps->has_side ? expand_halves(x) : expand_places(x);
}

static int (*const expanders[STEP_DOS])(struct expansion *x) = {
	[DO_VALUES] = expand_once, [DO_COMMIT] = expand_commit, [DO_INSPECT] = expand_account,
	[DO_STAGE] = expand_account, [DO_CHANGE] = expand_account, [DO_RETIRE] = expand_account,
	[DO_CUT] = expand_account, [DO_APPLY] = expand_consumers, [DO_DRAIN] = expand_account,
	[DO_RESTART] = expand_consumers, [DO_LOOK] = expand_consumers, [DO_SETTLE] = expand_consumers,
	[DO_PROVE] = expand_prove, [DO_RESIDUE] = expand_consumers, [DO_PERSON] = expand_person,
	[DO_PUBLISH] = expand_halves, [DO_WITHDRAW] = expand_halves, [DO_ISSUE] = expand_halves,
	[DO_KEEP] = expand_halves, [DO_PULL] = expand_pull, [DO_GONE] = expand_consumers,
	[DO_REVOKE] = expand_halves, [DO_HOLD] = expand_halves, [DO_RESUME] = expand_halves,
};

int plan_expand(struct building *b, uint32_t secret, bool stored)
{
	struct expansion x = { .b = b, .secret = secret };
	int r = 0;

	x.s = secret == NOTHING ? NULL : &b->in->reg->secrets[secret];
	x.pb = secret == NOTHING ? b->general : b->of_secret[secret];
	for (uint32_t i = 0; r == 0 && i < x.pb->n_steps; i++) {
		x.ps = &x.pb->steps[i];
		if (!(b->in->mode == MODE_EMERGENCY ? x.ps->emergency : x.ps->planned) ||
		    (x.ps->each == EACH_STORED) != stored ||
		    (x.ps->when == WHEN_PULLED && !building_pulls(b, secret)))
			continue;
		if (b->in->drill && x.ps->what == DO_PERSON &&
		    (x.ps->each == EACH_ONCE || x.ps->each == EACH_DOMAINS || stored))
			continue;
		if (!x.s && x.ps->what != DO_PERSON)
			return err_set(b->e, ERR_CONFIG, "%s:%u:%u: the playbook of every incident may only hold "
				       "person's steps", x.ps->at.file, x.ps->at.line, x.ps->at.col);
		r = expanders[x.ps->what](&x);
	}
	return r;
}
