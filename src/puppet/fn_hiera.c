/* Functions that read: Hiera, files of the server, templates. */
#include "puppet/fn.h"
#include <string.h>

static const struct val *named(const struct val *hash, const char *key)
{
	return hash->kind == VAL_HASH ? val_get(hash, key, strlen(key)) : NULL;
}

struct asked { const struct val *names, *otherwise; bool merge; };

static bool is_first(const struct val *merge)
{
	return !merge || merge->kind == VAL_UNDEF || (merge->kind == VAL_STRING && merge->len == 5
						      && !memcmp(merge->s, "first", 5));
}

/* lookup(name, type, merge, default), lookup(name, options), lookup(options) */
static struct asked read_lookup(const struct call *c)
{
	struct asked a = { .names = c->n ? c->args[0] : val_undef() };
	const struct val *options = c->n && c->args[c->n - 1]->kind == VAL_HASH ? c->args[c->n - 1] : NULL, *v;

	if (c->n >= 4)
		a.otherwise = c->args[3];
	if (c->n >= 3)
		a.merge = !is_first(c->args[2]);
	if (options && c->n <= 3) {
		if (c->n == 1 && (v = named(options, "name")))
			a.names = v;
		if ((v = named(options, "default_value")))
			a.otherwise = v;
		if ((v = named(options, "merge")))
			a.merge = !is_first(v);
	}
	return a;
}

static const struct val *otherwise(struct eval *e, const struct call *c, const struct asked *a)
{
	if (a->otherwise)
		return a->otherwise;
	return c->lambda ? eval_lambda(e, c, &a->names, 1) : NULL;
}

/* The text of a name with holes: which key that is cannot be told here. */
static const struct val *undecided(struct eval *e, const struct call *c, const struct val *name)
{
	if (name->kind != VAL_STRING) {
		eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "which key is looked up is known at run time only: %s",
			 pp_source(e->vals.arena, c->node));
		return val_any_at(&e->vals, c->node, name->taint);
	}
	return val_any_at(&e->vals, name, taint_of_key(e->run, name->s, name->len, c->scope->file, c->node->line,
						       c->node->col));
}

static const struct val *one(struct eval *e, const struct call *c, const struct asked *a, const struct val *name)
{
	const struct val *v, *both[2];

	if (name->kind == VAL_ONEOF) {
		const struct val *all[ONEOF_MAX];

		for (uint32_t i = 0; i < name->n; i++)
			all[i] = one(e, c, a, name->v[i]);
		return val_oneof(&e->vals, all, name->n);
	}
	eval_asked(e, c, name->kind == VAL_STRING && !val_has_hole(name));
	if (name->kind != VAL_STRING || val_has_hole(name))
		return undecided(e, c, name);
	v = hiera_value(e, c->scope, name->s, name->len, a->merge, c->node);
	if (v && v->kind != VAL_ANY)
		return v;
	both[1] = otherwise(e, c, a);
	/* nobody has it but perhaps the private data: of those only the names are known, and not here */
	if (v && (!both[1] || is_private_key(e->run, name->s, name->len)))
		return v;
	if (!v && !both[1])
		return NULL;
	if (!v)
		return both[1];
	return val_with(&e->vals, both[1], taint_maybe(e->vals.taints, v->taint));
}

static const struct val *ask(struct eval *e, const struct call *c, const struct asked *a)
{
	const struct val *v = NULL;

	if (a->names->kind != VAL_LIST) {
		v = one(e, c, a, a->names);
	} else {
		/* the first that is found */
		for (uint32_t i = 0; i < a->names->n && !v; i++)
			v = one(e, c, a, a->names->v[i]);
	}
	return v ? v : val_undef();
}

const struct val *fn_lookup(struct eval *e, const struct call *c)
{
	struct asked a = read_lookup(c);

	return ask(e, c, &a);
}

const struct val *fn_hiera(struct eval *e, const struct call *c)
{
	struct asked a = { .names = c->n ? c->args[0] : val_undef(), .otherwise = c->n > 1 ? c->args[1] : NULL,
		.merge = c->node->len > 5 };

	return ask(e, c, &a);
}

const struct val *fn_read(struct eval *e, const struct call *c)
{
	const struct val *v = c->n ? c->args[0] : val_undef();
	const char *url;

	if (v->kind != VAL_STRING) {
		eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "which file is read is known at run time only: %s",
			 pp_source(e->vals.arena, c->node));
		return call_unknown(e, c);
	}
	/* file('module/x') is a file of the module; secret('x') one of the folder of secrets */
	if (pp_is(c->node, "secret"))
		url = arena_printf(e->vals.arena, "puppet:///secret/%.*s", (int)v->len, v->s);
	else if (v->len && v->s[0] != '/')
		url = arena_printf(e->vals.arena, "puppet:///modules/%.*s", (int)v->len, v->s);
	else
		url = arena_dupn(e->vals.arena, v->s, v->len);
	return val_any_at(&e->vals, c->node, taint_of_file(e->run, url, strlen(url), c->scope->file, c->node->line,
							   c->node->col));
}

/* Several templates are one text; the paths in them stay known. */
const struct val *fn_template(struct eval *e, const struct call *c)
{
	_cleanup_(freep) const struct val **mentions = NULL;
	struct val *all = arena_zero(e->vals.arena, sizeof(*all));
	uint32_t n = 0, taint = 0;
	size_t cap = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct val *v = template_value(e, c, c->args[i], NULL);

		if (c->n == 1)
			return v;
		taint = taint_union(e->vals.taints, taint, v->taint);
		for (uint32_t k = 0; v->kind == VAL_ANY && k < v->n && GROW(mentions, n, cap, VAL_LIST_MAX); k++)
			mentions[n++] = v->v[k];
	}
	*all = *val_any_at(&e->vals, c->node, taint);
	all->v = val_list(&e->vals, VAL_LIST, mentions, n)->v;
	all->n = n;
	return all;
}

const struct val *fn_epp(struct eval *e, const struct call *c)
{
	return template_value(e, c, c->n ? c->args[0] : val_undef(), c->n > 1 ? c->args[1] : NULL);
}

const struct val *fn_inline(struct eval *e, const struct call *c)
{
	return template_inline(e, c);
}
