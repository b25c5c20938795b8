/* Collectors, virtual and exported resources, overrides, defaults; then defined types, as Puppet does it: last. */
#include "puppet/eval.h"
#include "puppet/pp_lex.h"
#include <string.h>

#define ROUNDS 100u

const struct val *eval_collect(struct eval *e, struct scope *s, const struct pp_node *n)
{
	struct val *ref = arena_zero(e->vals.arena, sizeof(*ref));

	if (!GROW(e->collects, e->n_collects, e->cap_collects, FEED_RESOURCES_MAX))
		return val_undef();
	ref->kind = VAL_REF;
	ref->s = type_name(e, n->a->text, n->a->len);
	ref->len = (uint32_t)strlen(ref->s);
	e->collects[e->n_collects++] = (struct collect){ n, s, ref->s, n->flags & PP_EXPORTED, e->maybe > 0, 0 };
	ref->num = e->n_collects; /* which collector this reference means */
	return ref;
}

static enum maybe has_tag(const struct eval *e, const struct resource *r, const struct val *want)
{
	const struct val *tags = resource_get(r, "tag");
	enum maybe found = NO;

	for (uint32_t i = 0; tags && i < (tags->kind == VAL_LIST ? tags->n : 1); i++) {
		enum maybe one = val_equal(tags->kind == VAL_LIST ? tags->v[i] : tags, want);

		if (one == YES)
			return YES;
		if (one == MAYBE)
			found = MAYBE;
	}
	if (want->kind != VAL_STRING || val_has_hole(want))
		return MAYBE;
	/* its type, its title and the classes around it are tags too */
	if ((strlen(r->type) == want->len && !memcmp(r->type, want->s, want->len))
	    || text_may_be(r->title->s, r->title->len, want->s, want->len) == YES)
		return YES;
	for (uint32_t c = r->container; c != NO_RESOURCE && c < e->n_res; c = e->res[c].container)
		if (text_may_be(e->res[c].title->s, e->res[c].title->len, want->s, want->len) == YES)
			return YES;
	return found;
}

static enum maybe matches(struct eval *e, struct scope *s, const struct resource *r, const struct pp_node *q)
{
	const struct val *want, *have;
	enum maybe a, b;

	if (!q)
		return YES;
	if (q->kind != PP_BINARY)
		return MAYBE;
	if (q->op == T_AND || q->op == T_OR) {
		a = matches(e, s, r, q->a);
		b = matches(e, s, r, q->b);
		if (q->op == T_AND)
			return a == NO || b == NO ? NO : a == MAYBE || b == MAYBE ? MAYBE : YES;
		return a == YES || b == YES ? YES : a == MAYBE || b == MAYBE ? MAYBE : NO;
	}
	want = eval(e, s, q->b);
	if (pp_is(q->a, "tag")) {
		a = has_tag(e, r, want);
	} else {
		have = pp_is(q->a, "title") ? r->title : resource_get(r,
								      arena_dupn(e->vals.arena, q->a->text, q->a->len));
		if (have && have->kind == VAL_LIST) {
			a = NO;
			for (uint32_t i = 0; i < have->n && a != YES; i++)
				if (val_equal(have->v[i], want) != NO)
					a = val_equal(have->v[i], want);
		} else {
			a = have ? val_equal(have, want) : NO;
		}
	}
	return q->op == T_EQ || a == MAYBE ? a : a == YES ? NO : YES;
}

enum maybe collect_matches(struct eval *e, const struct collect *c, const struct resource *r)
{
	return strcmp(c->type, r->type) ? NO : matches(e, c->scope, r, c->node->b);
}

static void realize(struct eval *e, const struct collect *c, uint32_t id)
{
	struct resource r;
	enum maybe m = eval_spend(e, 1, c->scope, c->node) ? collect_matches(e, c, &e->res[id]) : NO;

	if (m == NO)
		return;
	if (e->res[id].is_virtual && !e->res[id].realized) {
		e->res[id].realized = true;
		e->res[id].maybe |= m == MAYBE || c->maybe;
	}
	if (c->node->c) {
		r = e->res[id];
		attrs_eval(e, c->scope, &r, c->node->c);
		e->res[id].attrs = r.attrs;
		e->res[id].n_attrs = r.n_attrs;
		e->res[id].cap_attrs = r.cap_attrs;
	}
}

/* What other hosts exported becomes a resource of this one. */
static void import(struct eval *e, const struct collect *c)
{
	if (!e->run->have_exports)
		return;
	for (uint32_t i = 0; i < e->run->n_exports && !e->over; i++) {
		const struct exported *x = &e->run->exports[i];
		const struct pp_node at = { .line = x->res.line, .col = x->res.col };
		enum maybe m = collect_matches(e, c, &x->res);
		struct scope from = { .file = x->res.file, .container = NO_RESOURCE };
		uint32_t id;

		e->steps++;
		if (m == NO || x->host == e->host)
			continue;
		id = resource_add(e, &from, x->res.type, strlen(x->res.type), x->res.title, &at);
		if (id == NO_RESOURCE)
			return;
		e->res[id].attrs = x->res.attrs;
		e->res[id].n_attrs = e->res[id].cap_attrs = x->res.n_attrs;
		e->res[id].exported = e->res[id].is_virtual = e->res[id].realized = true;
		e->res[id].maybe = m == MAYBE || x->res.maybe || c->maybe;
		e->res[id].scope = e->top;
	}
}

static void change(struct eval *e, struct change *ch)
{
	bool found = false;

	for (uint32_t i = 0; ch->ref->kind == VAL_REF && i < ch->ref->n; i++)
		for (uint32_t r = resource_find(e, ch->ref->s, ch->ref->v[i]); r != NO_RESOURCE; r = e->res[r].same) {
			struct resource copy = e->res[r];

			attrs_eval(e, ch->scope, &copy, ch->node->b);
			e->res[r].attrs = copy.attrs;
			e->res[r].n_attrs = copy.n_attrs;
			e->res[r].cap_attrs = copy.cap_attrs;
			found = true;
		}
	if (found)
		ch->ref = val_undef();
}

void changes_apply(struct eval *e)
{
	for (uint32_t i = 0; i < e->n_changes && eval_spend(e, 1, e->changes[i].scope, e->changes[i].node); i++)
		change(e, &e->changes[i]);
}

static void default_of(struct eval *e, uint32_t id, const struct defaults *d)
{
	for (const struct pp_node *a = d->attrs; a; a = a->next) {
		struct resource r = e->res[id];
		const struct val *v;
		bool is_set = false;

		for (uint32_t i = 0; i < r.n_attrs && !is_set; i++)
			is_set = r.attrs[i].len == a->len && !memcmp(r.attrs[i].name, a->text, a->len);
		if (is_set)
			continue;
		v = eval(e, d->scope, a->a);
		r = e->res[id];
		resource_set(e, &r, a->text, a->len, v);
		e->res[id] = r;
	}
}

static void defaults_of(struct eval *e, uint32_t id)
{
	unsigned hops = 0;

	for (struct scope *s = e->res[id].scope; s && hops < EVAL_DEPTH; s = s->caller, hops++)
		for (const struct defaults *d = s->defaults; d; d = d->next)
			if (!strcmp(d->type, e->res[id].type))
				default_of(e, id, d);
}

void defaults_apply(struct eval *e)
{
	for (uint32_t i = 0; i < e->n_res && !e->over; i++)
		if (!e->res[i].done)
			defaults_of(e, i);
}

static bool defines(struct eval *e)
{
	bool any = false;

	for (uint32_t i = 0; i < e->n_res && !e->over; i++) {
		if (!e->res[i].define || e->res[i].done || (e->res[i].is_virtual && !e->res[i].realized))
			continue;
		defaults_of(e, i);
		define_eval(e, i);
		any = true;
	}
	return any;
}

void collect_all(struct eval *e)
{
	uint32_t seen = 0, imported = 0;

	for (unsigned round = 0; round < ROUNDS && !e->over; round++) {
		bool again;

		for (uint32_t c = imported; c < e->n_collects; c++)
			if (e->collects[c].exported)
				import(e, &e->collects[c]);
		imported = e->n_collects;
		changes_apply(e);
		seen = e->n_res;
		for (uint32_t c = 0; c < e->n_collects; c++)
			for (uint32_t i = 0; i < seen; i++)
				if (!e->res[i].done)
					realize(e, &e->collects[c], i);
		again = defines(e);
		if (!again && e->n_res == seen && imported == e->n_collects)
			break;
	}
	changes_apply(e);
	defaults_apply(e);
}
