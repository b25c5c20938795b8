/* Classes, defined types and node blocks. */
#include "puppet/eval.h"
#include "puppet/regex.h"
#include <string.h>

#define SCOPES_MAX 100000u

struct scope *class_scope(struct eval *e, const char *name, size_t len)
{
	uint32_t i = map_getn(&e->class_scopes, name, len);

	return i == MAP_NONE ? NULL : e->scopes[i];
}

static void declared(struct eval *e, const struct scope *s, uint32_t id, bool contained)
{
	if (GROW(e->declared, e->n_declared, e->cap_declared, FEED_RESOURCES_MAX))
		e->declared[e->n_declared++] = (struct declared){ id, s->container, e->maybe > 0, contained };
}

/* Parameters: as given, or by Hiera, or by default. */
static void class_params(struct eval *e, struct scope *body, const struct definition *d, const struct resource *given)
{
	for (const struct pp_node *p = d->node->a; p; p = p->next) {
		const struct val *v = NULL;
		const char *name = arena_dupn(e->vals.arena, p->text, p->len);

		if (given)
			v = resource_get(given, name);
		if (!v && given && resource_get(given, "*"))
			v = val_any_at(&e->vals, p, resource_get(given, "*")->taint);
		if (!v || v->kind == VAL_UNDEF) {
			const char *key = arena_printf(e->vals.arena, "%s::%s", d->name, name);
			const struct val *found = hiera_value(e, body, key, strlen(key), false, p);

			/* what nobody is known to have is as good as the default */
			if (found->kind != VAL_ANY || !p->b || is_private_key(e->run, key, strlen(key)))
				v = found;
			else
				v = val_with(&e->vals, eval(e, body, p->b), e->run->given->n_keys ? 0
					     : taint_maybe(e->vals.taints, found->taint));
		}
		scope_set(e, body, p->text, p->len, v);
	}
}

static struct scope *class_new(struct eval *e, struct scope *s, const struct definition *d, uint32_t id,
			       const struct resource *given)
{
	struct scope *body = scope_new(e, e->node ? e->node : e->top, s, s), *parent = NULL;
	unsigned maybe = e->maybe;

	body->name = d->name;
	body->module = d->module;
	body->file = d->file;
	body->container = id;
	if (!GROW(e->scopes, e->n_scopes, e->cap_scopes, SCOPES_MAX))
		return NULL;
	e->scopes[e->n_scopes] = body;
	(void)map_put(&e->class_scopes, d->name, e->n_scopes++);
	e->maybe = 0;
	if (d->node->c) {
		const struct val *name = val_text(&e->vals, d->node->c->text, d->node->c->len);

		class_include(e, body, name, d->node->c, false);
		parent = class_scope(e, d->node->c->text, d->node->c->len);
		if (parent)
			body->parent = parent;
	}
	class_params(e, body, d, given);
	(void)eval_block(e, body, d->node->b);
	e->stop = STOP_NOT;
	e->maybe = maybe;
	return body;
}

static bool plain_name(struct eval *e, struct scope *s, const struct val *name, const struct pp_node *at,
		       const char **ret,
		       size_t *ret_len)
{
	if (name->kind != VAL_STRING || val_has_hole(name) || !name->len) {
		eval_gap(e, GAP_UNDECIDED, s, at, "which class is included is known at run time only");
		return false;
	}
	*ret = name->s;
	*ret_len = name->len;
	if (name->len > 2 && !memcmp(name->s, "::", 2)) {
		*ret += 2;
		*ret_len -= 2;
	}
	return true;
}

static void class_enter(struct eval *e, struct scope *s, const char *name, size_t len, const struct pp_node *at,
			const struct pp_node *attrs, bool contain)
{
	const struct val *title = val_text(&e->vals, name, len);
	uint32_t def = map_getn(&e->p->classes, name, len), id = resource_find(e, "class", title);
	struct resource given = { .n_attrs = 0 };

	if (id != NO_RESOURCE) {
		declared(e, s, id, contain);
		return;
	}
	id = resource_add(e, s, "class", 5, title, at);
	if (id == NO_RESOURCE)
		return;
	e->res[id].container = NO_RESOURCE;
	e->res[id].maybe = false;
	declared(e, s, id, contain);
	attrs_eval(e, s, &given, attrs);
	e->res[id].attrs = given.attrs;
	e->res[id].n_attrs = given.n_attrs;
	if (def == MAP_NONE) {
		eval_gap(e, GAP_MISSING, s, at, "the class '%.*s' is in none of these trees: what it does is not known",
			 (int)len, name);
		return;
	}
	if (e->calls >= EVAL_CALLS) {
		eval_gap(e, GAP_LIMIT, s, at, "classes include one another more than %u deep", EVAL_CALLS);
		return;
	}
	e->calls++;
	(void)class_new(e, s, &e->p->definitions[def], id, attrs ? &given : NULL);
	e->calls--;
}

void class_include(struct eval *e, struct scope *s, const struct val *name, const struct pp_node *at, bool contain)
{
	const char *text;
	size_t len;

	if (plain_name(e, s, name, at, &text, &len))
		class_enter(e, s, text, len, at, NULL, contain);
}

void class_declare(struct eval *e, struct scope *s, const struct val *title, const struct pp_node *attrs,
		   const struct pp_node *at)
{
	const char *text;
	size_t len;

	if (plain_name(e, s, title, at, &text, &len))
		class_enter(e, s, text, len, at, attrs, false);
}

void define_eval(struct eval *e, uint32_t id)
{
	struct resource r = e->res[id];
	struct scope *body = scope_new(e, e->node ? e->node : e->top, r.scope, r.scope);
	unsigned maybe = e->maybe, depth = 0;
	const struct val *rest = resource_get(&r, "*");

	e->res[id].done = true;
	for (uint32_t c = r.container; c != NO_RESOURCE && depth <= EVAL_CALLS; c = e->res[c].container)
		depth++;
	if (depth > EVAL_CALLS) {
		eval_gap(e, GAP_LIMIT, r.scope, r.define->node, "defined types hold one another more than %u deep",
			 EVAL_CALLS);
		return;
	}
	body->module = r.define->module;
	body->file = r.define->file;
	body->container = id;
	e->maybe = 0;
	scope_set(e, body, "title", 5, r.title);
	scope_set(e, body, "name", 4, r.title);
	for (const struct pp_node *p = r.define->node->a; p; p = p->next) {
		const struct val *v = NULL;

		for (uint32_t i = 0; i < r.n_attrs; i++)
			if (r.attrs[i].len == p->len && !memcmp(r.attrs[i].name, p->text, p->len))
				v = r.attrs[i].val;
		if (!v && rest)
			v = val_any_at(&e->vals, p, rest->taint);
		if (!v || v->kind == VAL_UNDEF)
			v = p->b ? eval(e, body, p->b) : val_undef();
		scope_set(e, body, p->text, p->len, v);
	}
	(void)eval_block(e, body, r.define->node->b);
	e->stop = STOP_NOT;
	e->maybe = maybe;
}

/* By its whole name, then by a pattern of it; NULL: neither. */
static const struct node_block *block_of(struct eval *e, struct scope *s, const struct val *name)
{
	const struct node_block *pattern = NULL;

	for (uint32_t i = 0; i < e->p->n_nodes; i++)
		for (const struct pp_node *m = e->p->nodes[i].node->a; m; m = m->next) {
			s->file = e->p->nodes[i].file;
			if (m->kind == PP_STRING && name->len == m->len && !strncasecmp(m->text, name->s, m->len))
				return &e->p->nodes[i];
			if (m->kind == PP_REGEX && !pattern && eval_regex(e, s, name, m->text, m->len, m) == YES)
				pattern = &e->p->nodes[i];
		}
	return pattern;
}

static bool is_default(const struct node_block *b)
{
	for (const struct pp_node *m = b->node->a; m; m = m->next)
		if (m->kind == PP_DEFAULT)
			return true;
	return false;
}

/* A certificate has the full name; the register's address may be something else, so the short one counts after it. */
static const struct node_block *node_block(struct eval *e, struct scope *s)
{
	const struct node_block *found = block_of(e, s, val_str(&e->vals, e->fqdn));

	if (!found)
		found = block_of(e, s, val_str(&e->vals, e->hostname));
	for (uint32_t i = 0; i < e->p->n_nodes && !found; i++)
		found = is_default(&e->p->nodes[i]) ? &e->p->nodes[i] : NULL;
	return found;
}

void eval_host(struct eval *e)
{
	const struct node_block *node;
	bool any = false;

	e->top = scope_new(e, NULL, NULL, NULL);
	for (uint32_t i = 0; i < e->p->n_tops && !e->over; i++) {
		e->top->file = e->p->tops[i].file;
		for (const struct pp_node *k = e->p->tops[i].node->a; k; k = k->next)
			any |= k->kind < PP_CLASS && k->kind != PP_ASSIGN;
		(void)eval_block(e, e->top, e->p->tops[i].node);
	}
	node = node_block(e, e->top);
	if (node) {
		e->node = scope_new(e, e->top, e->top, e->top);
		e->node->file = node->file;
		(void)eval_block(e, e->node, node->node->b);
	}
	e->run->feed->host_known[e->host] = node || any;
	collect_all(e);
}
