/* Functions with a lambda. Of what is not known, the lambda runs once, with something unknown. */
#include "puppet/fn.h"
#include <string.h>

struct loop {
	struct eval *e;
	const struct call *c;
	const struct val *key, *value;
};

typedef void turn(struct loop *l, const struct val *result, void *context);

static uint32_t params(const struct call *c)
{
	uint32_t n = 0;

	for (const struct pp_node *p = c->lambda ? c->lambda->a : NULL; p; p = p->next)
		n++;
	return n;
}

static void one(struct loop *l, turn *f, void *context)
{
	const struct val *pair[2] = { l->key, l->value };
	bool is_hash = l->c->args[0]->kind == VAL_HASH;

	/* |$v| of a list, |$i, $v|; |$pair| of a hash, |$k, $v| */
	if (params(l->c) >= 2)
		f(l, eval_lambda(l->e, l->c, pair, 2), context);
	else if (is_hash)
		f(l, eval_lambda(l->e, l->c, (const struct val *[]){ val_list(&l->e->vals, VAL_LIST, pair, 2) }, 1),
		  context);
	else
		f(l, eval_lambda(l->e, l->c, &l->value, 1), context);
}

static void loop_over(struct eval *e, const struct call *c, const struct val *over, turn *f, void *context)
{
	struct loop l = { .e = e, .c = c };

	if (over->kind == VAL_ONEOF || over->kind == VAL_ANY || (over->kind == VAL_STRING && val_has_hole(over))) {
		uint32_t n = over->kind == VAL_ONEOF ? over->n : 1;

		/* perhaps no turn at all, perhaps many */
		e->maybe++;
		for (uint32_t i = 0; i < n && !e->stop; i++) {
			if (over->kind == VAL_ONEOF && over->v[i]->kind != VAL_ANY) {
				loop_over(e, c, over->v[i], f, context);
				continue;
			}
			l.value = val_any_at(&e->vals, c->lambda, over->taint);
			l.key = val_any_at(&e->vals, c->node, over->taint);
			one(&l, f, context);
		}
		e->maybe--;
		if (e->stop == STOP_BREAK)
			e->stop = STOP_NOT;
		return;
	}
	for (uint32_t i = 0; i < over->n && !e->stop && !e->over; i++) {
		if (i == EVAL_LOOP) {
			eval_gap(e, GAP_LIMIT, c->scope, c->node, "more than %u turns: the rest is not followed",
				 EVAL_LOOP);
			break;
		}
		l.key = over->kind == VAL_HASH ? val_key(over, i) : val_int(&e->vals, i);
		l.value = over->v[over->kind == VAL_HASH ? 2 * i + 1 : i];
		one(&l, f, context);
	}
	if (e->stop == STOP_BREAK)
		e->stop = STOP_NOT;
}

/* A plain value is a list of one; a number so many turns. */
static const struct val *collection(struct eval *e, const struct val *v)
{
	if (v->kind == VAL_INT && v->num >= 0) {
		/* one more than are followed, so that it is told */
		uint32_t n = v->num > EVAL_LOOP ? EVAL_LOOP + 1 : (uint32_t)v->num;
		_cleanup_(freep) const struct val **all = val_room((size_t)n + 1);

		for (uint32_t i = 0; i < n; i++)
			all[i] = val_int(&e->vals, i);
		return val_list(&e->vals, VAL_LIST, all, n);
	}
	if (v->kind == VAL_UNDEF)
		return val_list(&e->vals, VAL_LIST, NULL, 0);
	if (v->kind == VAL_LIST || v->kind == VAL_HASH || v->kind == VAL_ANY || v->kind == VAL_ONEOF)
		return v;
	return val_list(&e->vals, VAL_LIST, &v, 1);
}

struct gather { const struct val **v; uint32_t n; size_t cap; uint32_t taint; bool by_truth; };

static void add(struct gather *g, const struct val *v)
{
	if (v && GROW(g->v, g->n, g->cap, VAL_LIST_MAX))
		g->v[g->n++] = v;
}

static void nothing(struct loop *l _unused_, const struct val *result _unused_, void *context _unused_)
{
}

static void keep_result(struct loop *l _unused_, const struct val *result, void *context)
{
	add(context, result);
}

/* Kept when it may be kept. */
static void keep_element(struct loop *l, const struct val *result, void *context)
{
	if (val_truth(result) == NO)
		return;
	if (l->c->args[0]->kind == VAL_HASH)
		add(context, l->key);
	add(context, l->value);
}

const struct val *fn_each(struct eval *e, const struct call *c)
{
	if (!c->n || !c->lambda)
		return call_unknown(e, c);
	loop_over(e, c, collection(e, c->args[0]), nothing, NULL);
	return c->args[0];
}

static const struct val *gathered(struct eval *e, const struct call *c, turn *f)
{
	struct gather g = { .n = 0 };
	const struct val *of, *result;

	if (!c->n || !c->lambda)
		return call_unknown(e, c);
	of = collection(e, c->args[0]);
	loop_over(e, c, of, f, &g);
	if (of->kind == VAL_ANY || of->kind == VAL_ONEOF) {
		uint32_t taint = of->taint;

		for (uint32_t i = 0; i < g.n; i++)
			taint = taint_union(e->vals.taints, taint, g.v[i]->taint);
		result = val_any_at(&e->vals, c->node, taint);
	} else if (f == keep_element && of->kind == VAL_HASH) {
		result = val_hash(&e->vals, g.v, g.n / 2);
	} else {
		result = val_list(&e->vals, VAL_LIST, g.v, g.n);
	}
	free(g.v);
	return result;
}

const struct val *fn_map(struct eval *e, const struct call *c)
{
	return gathered(e, c, keep_result);
}

const struct val *fn_filter(struct eval *e, const struct call *c)
{
	return gathered(e, c, keep_element);
}

/* The value of the last turn; the first is the start value or the first element. */
const struct val *fn_reduce(struct eval *e, const struct call *c)
{
	const struct val *of, *now;
	uint32_t i = 0;

	if (!c->n || !c->lambda)
		return call_unknown(e, c);
	of = collection(e, c->args[0]);
	if (of->kind != VAL_LIST && of->kind != VAL_HASH)
		return call_unknown(e, c);
	now = c->n > 1 ? c->args[1] : NULL;
	if (!now && of->n) {
		now = of->kind == VAL_HASH ? val_list(&e->vals, VAL_LIST, of->v, 2) : of->v[0];
		i = 1;
	}
	for (; i < of->n && i < EVAL_LOOP && !e->stop && !e->over; i++) {
		const struct val *args[] = { now, of->kind == VAL_HASH
			? val_list(&e->vals, VAL_LIST, of->v + (size_t)2 * i, 2) : of->v[i] };

		now = eval_lambda(e, c, args, 2);
	}
	return now ? now : val_undef();
}

const struct val *fn_with(struct eval *e, const struct call *c)
{
	return c->lambda ? eval_lambda(e, c, c->args, c->n) : call_unknown(e, c);
}

/* then: the lambda's value when there is something; lest: when there is nothing. */
static const struct val *when(struct eval *e, const struct call *c, bool something)
{
	const struct val *both[2], *v = c->n ? c->args[0] : val_undef();
	bool unknown = v->kind == VAL_ANY || v->kind == VAL_ONEOF;

	if (!c->lambda)
		return call_unknown(e, c);
	if (!unknown)
		return (v->kind != VAL_UNDEF) == something ? eval_lambda(e, c, c->args, something ? c->n : 0) : v;
	e->maybe++;
	both[0] = eval_lambda(e, c, c->args, something ? c->n : 0);
	e->maybe--;
	both[1] = something ? val_undef() : v;
	return val_oneof(&e->vals, both, 2);
}

const struct val *fn_then(struct eval *e, const struct call *c)
{
	return when(e, c, true);
}

const struct val *fn_lest(struct eval *e, const struct call *c)
{
	return when(e, c, false);
}
