/* Functions: those of the trees, those that are built in, and those of which only the name is known. */
#include "puppet/eval.h"
#include <string.h>

/* Binds arguments to parameters; what is missing has its default. */
void eval_params(struct eval *e, struct scope *body, const struct pp_node *params, const struct val *const *args,
		 uint32_t n)
{
	uint32_t i = 0;

	for (const struct pp_node *p = params; p; p = p->next, i++) {
		const struct val *v;

		if (p->flags & PP_REST) {
			v = val_list(&e->vals, VAL_LIST, args + (i < n ? i : n), i < n ? n - i : 0);
			i = n;
		} else if (i < n) {
			v = args[i];
		} else {
			v = p->b ? eval(e, body, p->b) : val_undef();
		}
		scope_set(e, body, p->text, p->len, v);
	}
}

static const struct val *returned(struct eval *e, const struct val *last, const struct val *before)
{
	const struct val *both[] = { e->stop ? e->stopped_with : last, e->maybe_with };

	if (e->maybe_with)
		last = val_oneof(&e->vals, both, 2);
	else
		last = both[0];
	e->maybe_with = before;
	return last ? last : val_undef();
}

const struct val *eval_lambda(struct eval *e, const struct call *c, const struct val *const *args, uint32_t n)
{
	const struct val *before = e->maybe_with, *v;
	struct scope *body;

	if (!c->lambda)
		return val_undef();
	/* resource defaults of the surroundings hold here too */
	body = scope_new(e, c->scope, c->scope, c->scope);
	e->maybe_with = NULL;
	eval_params(e, body, c->lambda->a, args, n);
	v = eval_block(e, body, c->lambda->b);
	if (e->stop == STOP_RETURN)
		return v;
	v = returned(e, v, before);
	if (e->stop == STOP_NEXT) {
		e->stop = STOP_NOT;
		e->stopped_with = NULL;
	}
	return v;
}

static const struct val *own_function(struct eval *e, const struct definition *d, const struct call *c)
{
	struct scope *body = scope_new(e, e->top, c->scope, c->scope);
	const struct val *before = e->maybe_with, *v;

	if (e->calls >= EVAL_CALLS) {
		eval_gap(e, GAP_LIMIT, c->scope, c->node, "functions call one another more than %u times", EVAL_CALLS);
		return call_unknown(e, c);
	}
	body->module = d->module;
	body->file = d->file;
	e->maybe_with = NULL;
	e->calls++;
	eval_params(e, body, d->node->a, c->args, c->n);
	v = eval_block(e, body, d->node->b);
	e->calls--;
	v = returned(e, v, before);
	e->stop = STOP_NOT;
	e->stopped_with = NULL;
	return v;
}

const struct val *call_unknown(struct eval *e, const struct call *c)
{
	const struct val *any;
	uint32_t taint = 0;

	for (uint32_t i = 0; i < c->n; i++)
		taint = taint_union(e->vals.taints, taint, c->args[i]->taint);
	any = val_any_at(&e->vals, c->node, taint);
	/* what the function does with it is not known, that it does something is */
	if (c->lambda) {
		const struct val *const args[] = { any, any, any };

		e->maybe++;
		taint = taint_union(e->vals.taints, taint, eval_lambda(e, c, args, 3)->taint);
		e->maybe--;
		any = val_with(&e->vals, any, taint);
	}
	return any;
}

/* A function in Ruby that the trees have: what its file looks up comes out of it. */
static const struct val *ruby_function(struct eval *e, const struct call *c, uint32_t file)
{
	const struct val *v = call_unknown(e, c);

	for (uint32_t i = 0; i < e->p->n_ruby; i++) {
		const struct ruby_ref *ref = &e->p->ruby[i];

		if (strcmp(ref->path[0], e->run->m->files[file].path) != 0 || ref->kind == RUBY_TEMPLATE)
			continue;
		if (ref->at_run_time)
			eval_gap(e, GAP_UNDECIDED, c->scope, c->node,
				 "this function looks up a key that it makes itself: %s",
				 ref->name);
		else if (ref->kind == RUBY_LOOKUP)
			v = val_with(&e->vals, v, taint_of_key(e->run, ref->name, strlen(ref->name), file, ref->line,
							       ref->col));
		else
			v = val_with(&e->vals, v, taint_of_file(e->run, ref->name, strlen(ref->name), file, ref->line,
								ref->col));
	}
	return v;
}

/* "role" of Wikimedia's: role(a::b) includes role::a::b, and Hiera has a level of that name. */
static const struct val *call_role(struct eval *e, const struct call *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const struct val *v = c->args[i], *name;

		if (v->kind != VAL_STRING || val_has_hole(v))
			continue;
		if (!e->role)
			e->role = arena_dupn(e->vals.arena, v->s, v->len);
		name = val_str(&e->vals, arena_printf(e->vals.arena, "role::%.*s", (int)v->len, v->s));
		class_include(e, c->scope, name, c->node, false);
	}
	return val_undef();
}

static const struct val *dispatch(struct eval *e, const struct call *c, const char *name, size_t len)
{
	uint32_t own = map_getn(&e->p->functions, name, len);
	function *f;

	if (own != MAP_NONE)
		return own_function(e, &e->p->definitions[own], c);
	if (len == 4 && !memcmp(name, "role", 4))
		return call_role(e, c);
	f = function_find(name, len);
	if (f)
		return f(e, c);
	own = map_getn(&e->p->ruby_functions, name, len);
	if (own != MAP_NONE)
		return ruby_function(e, c, own);
	if (function_only_tests(name, len))
		return val_any_at(&e->vals, c->node, 0);
	if (!function_is_known(name, len))
		eval_gap(e, GAP_MISSING, c->scope, c->node,
			 "the function '%.*s' is in none of these trees: what it reads is not known", (int)len, name);
	return call_unknown(e, c);
}

const struct val *eval_call(struct eval *e, struct scope *s, const struct pp_node *n)
{
	_cleanup_(freep) const struct val **args = NULL;
	struct call c = { .scope = s, .node = n, .lambda = n->c };
	size_t cap = 0;

	if (n->kind == PP_METHOD && GROW(args, c.n, cap, VAL_LIST_MAX))
		args[c.n++] = eval(e, s, n->a);
	for (const struct pp_node *k = n->b; k && !e->over; k = k->next) {
		const struct val *v = eval(e, s, k->kind == PP_SPLAT ? k->a : k);
		bool many = k->kind == PP_SPLAT && v->kind == VAL_LIST;

		for (uint32_t i = 0; i < (many ? v->n : 1) && GROW(args, c.n, cap, VAL_LIST_MAX); i++)
			args[c.n++] = many ? v->v[i] : v;
	}
	c.args = args;
	if (e->over)
		return val_undef();
	return dispatch(e, &c, n->text, n->len);
}
