/* What a template makes of its variables: a text that nobody knows, made of what it puts in; and the paths in it. */
#include "puppet/eval.h"
#include "base/buf.h"
#include <string.h>

static uint32_t find(struct eval *e, const char *name, size_t len)
{
	static const char *const ends[] = { "", ".epp", ".erb" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *full = arena_printf(e->vals.arena, "%.*s%s", (int)len, name, ends[i]);
		uint32_t found = map_get(&e->p->template_names, full);

		if (found != MAP_NONE)
			return found;
	}
	return MAP_NONE;
}

static uint32_t taint_of_ref(struct eval *e, const struct call *c, const struct template *t, const struct ruby_ref *ref)
{
	struct scope where = *c->scope;
	const struct pp_node at = { .line = ref->line, .col = ref->col, .text = ref->name };
	const struct val *v;

	where.file = t->file;
	if (ref->at_run_time || ref->kind == RUBY_UNKNOWN) {
		eval_gap(e, GAP_UNDECIDED, &where, &at, "what this template asks for is known at run time only: %s",
			 ref->name);
		return 0;
	}
	switch (ref->kind) {
	case RUBY_LOOKUP:
		return hiera_value(e, &where, ref->name, strlen(ref->name), false, &at)->taint;
	case RUBY_READ:
		return taint_of_file(e->run, ref->name, strlen(ref->name), t->file, ref->line, ref->col);
	case RUBY_TEMPLATE:
		return template_value(e, c, val_str(&e->vals, ref->name), NULL)->taint;
	default:
		break;
	}
	v = scope_get(e, c->scope, ref->name, strlen(ref->name), &at);
	for (size_t i = 0; i < ARRAY_SIZE(ref->path) && ref->path[i]; i++)
		v = eval_access(e, &where, v, val_str(&e->vals, ref->path[i]), &at);
	return v->taint;
}

static const struct val *erb(struct eval *e, const struct call *c, const struct template *t)
{
	_cleanup_(freep) const struct val **mentions = NULL;
	uint32_t taint = 0, n = 0;
	size_t cap = 0;
	struct val *v;

	for (uint32_t i = 0; i < t->n_refs; i++)
		if (!t->refs[i].only_tests)
			taint = taint_union(e->vals.taints, taint, taint_of_ref(e, c, t, &t->refs[i]));
	for (const struct pp_node *m = t->mentions; m && GROW(mentions, n, cap, VAL_LIST_MAX); m = m->next)
		mentions[n++] = eval(e, c->scope, m);
	v = arena_zero(e->vals.arena, sizeof(*v));
	*v = *val_any_at(&e->vals, t->name, taint);
	v->v = val_list(&e->vals, VAL_LIST, mentions, n)->v;
	v->n = n;
	return v;
}

/* Parameters by name, or the surroundings when the template has none of its own. */
static struct scope *epp_scope(struct eval *e, const struct call *c, const struct template *t, const struct val *params)
{
	const struct pp_node *own = t->root->a && t->root->a->kind == PP_EPP_PARAMS ? t->root->a : NULL;
	struct scope *body = scope_new(e, own ? e->top : c->scope, c->scope, c->scope);

	body->file = t->file;
	for (uint32_t i = 0; params && params->kind == VAL_HASH && i < params->n; i++)
		if (val_key(params, i)->kind == VAL_STRING)
			scope_set(e, body, val_key(params, i)->s, val_key(params, i)->len, val_value(params, i));
	for (const struct pp_node *p = own ? own->a : NULL; p; p = p->next) {
		const struct val *v = NULL;

		for (uint32_t i = 0; i < body->n && !v; i++)
			if (body->vars[i].len == p->len && !memcmp(body->vars[i].name, p->text, p->len))
				v = body->vars[i].val;
		if (!v && params && params->kind != VAL_HASH)
			v = val_any_at(&e->vals, p, params->taint);
		if (!v)
			scope_set(e, body, p->text, p->len, p->b ? eval(e, body, p->b) : val_undef());
		else if (params && params->kind != VAL_HASH)
			scope_set(e, body, p->text, p->len, v);
	}
	return body;
}

static const struct val *epp(struct eval *e, const struct call *c, const struct template *t, const struct val *params)
{
	struct output out = { .text = BUF_INIT(EVAL_TEXT_MAX) }, *before = e->out;
	struct scope *body = epp_scope(e, c, t, params);
	struct val *v;

	e->out = &out;
	(void)eval_block(e, body, t->root);
	e->out = before;
	v = arena_zero(e->vals.arena, sizeof(*v));
	*v = *val_text(&e->vals, arena_dupn(e->vals.arena, buf_text(&out.text), out.text.len), out.text.len);
	v->taint = out.taint;
	buf_free(&out.text);
	return v;
}

static const struct val *of_template(struct eval *e, const struct call *c, const struct template *t,
				     const struct val *params)
{
	const struct val *v;

	if (e->calls >= EVAL_CALLS) {
		eval_gap(e, GAP_LIMIT, c->scope, c->node, "templates hold one another more than %u deep", EVAL_CALLS);
		return call_unknown(e, c);
	}
	e->calls++;
	v = t->is_epp ? epp(e, c, t, params) : erb(e, c, t);
	e->calls--;
	return v;
}

const struct val *template_value(struct eval *e, const struct call *c, const struct val *name, const struct val *params)
{
	uint32_t at;

	if (name->kind == VAL_ONEOF) {
		const struct val *all[ONEOF_MAX];

		for (uint32_t i = 0; i < name->n; i++)
			all[i] = template_value(e, c, name->v[i], params);
		return val_oneof(&e->vals, all, name->n);
	}
	if (name->kind != VAL_STRING || val_has_hole(name)) {
		eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "which template that is is known at run time only: %s",
			 pp_source(e->vals.arena, c->node));
		return call_unknown(e, c);
	}
	at = find(e, name->s, name->len);
	if (at != MAP_NONE)
		return of_template(e, c, &e->p->templates[at], params);
	eval_gap(e, GAP_MISSING, c->scope, c->node, "the template '%.*s' is in none of these trees", (int)name->len,
		 name->s);
	return val_any_at(&e->vals, c->node, params ? params->taint : 0);
}

const struct val *template_inline(struct eval *e, const struct call *c)
{
	char key[40];
	uint32_t at;

	(void)snprintf(key, sizeof(key), "@%p", (const void *)c->node);
	at = map_get(&e->p->template_names, key);
	if (at != MAP_NONE)
		return of_template(e, c, &e->p->templates[at], c->n > 1 ? c->args[1] : NULL);
	eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "a template that is put together at run time");
	return call_unknown(e, c);
}
