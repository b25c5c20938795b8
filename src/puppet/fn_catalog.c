/* Functions that do something to the catalogue. */
#include "puppet/fn.h"
#include <string.h>

static void each_class(struct eval *e, const struct call *c, const struct val *v, bool contain, bool before)
{
	if (v->kind == VAL_LIST || v->kind == VAL_ONEOF) {
		e->maybe += v->kind == VAL_ONEOF;
		for (uint32_t i = 0; i < v->n; i++)
			each_class(e, c, v->v[i], contain, before);
		e->maybe -= v->kind == VAL_ONEOF;
		return;
	}
	/* Class['x'] */
	if (v->kind == VAL_REF && !strcmp(v->s, "class")) {
		for (uint32_t i = 0; i < v->n; i++)
			each_class(e, c, v->v[i], contain, before);
		return;
	}
	if (v->kind == VAL_UNDEF)
		return;
	class_include(e, c->scope, v, c->node, contain);
	(void)before;
}

static const struct val *include(struct eval *e, const struct call *c, bool contain)
{
	for (uint32_t i = 0; i < c->n; i++)
		each_class(e, c, c->args[i], contain, false);
	return val_undef();
}

const struct val *fn_include(struct eval *e, const struct call *c)
{
	return include(e, c, false);
}

const struct val *fn_contain(struct eval *e, const struct call *c)
{
	return include(e, c, true);
}

const struct val *fn_require(struct eval *e, const struct call *c)
{
	return include(e, c, false);
}

const struct val *fn_hiera_include(struct eval *e, const struct call *c)
{
	const struct val *v = c->n ? c->args[0] : val_undef(), *classes;

	if (v->kind != VAL_STRING || val_has_hole(v))
		return call_unknown(e, c);
	classes = hiera_find(e, v->s, v->len, true);
	if (classes)
		each_class(e, c, classes, false, false);
	else
		eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "the classes under '%.*s' are not in public data",
			 (int)v->len, v->s);
	return val_undef();
}

/* Declared so far, as Puppet would answer at this place. */
static enum maybe is_defined(struct eval *e, const struct val *v)
{
	enum maybe all = NO;

	if (v->kind == VAL_REF && v->n) {
		for (uint32_t i = 0; i < v->n; i++) {
			uint32_t r;

			if (v->v[i]->kind != VAL_STRING || val_has_hole(v->v[i]))
				return MAYBE;
			r = resource_find(e, v->s, v->v[i]);
			if (r != NO_RESOURCE && !e->res[r].maybe)
				return YES;
			if (r != NO_RESOURCE)
				all = MAYBE;
		}
		return all;
	}
	if (v->kind == VAL_STRING && !val_has_hole(v)) {
		if (v->len && v->s[0] == '$')
			return MAYBE;
		return map_getn(&e->p->classes, v->s, v->len) != MAP_NONE
			|| map_getn(&e->p->defines, v->s, v->len) != MAP_NONE ? YES : NO;
	}
	return MAYBE;
}

const struct val *fn_defined(struct eval *e, const struct call *c)
{
	enum maybe found = NO;

	for (uint32_t i = 0; i < c->n && found != YES; i++) {
		enum maybe one = is_defined(e, c->args[i]);

		if (one != NO)
			found = one;
	}
	return found == MAYBE ? val_any_at(&e->vals, c->node, 0) : val_bool(found == YES);
}

static void realize(struct eval *e, const struct val *v)
{
	if (v->kind == VAL_LIST)
		for (uint32_t i = 0; i < v->n; i++)
			realize(e, v->v[i]);
	if (v->kind != VAL_REF)
		return;
	for (uint32_t i = 0; i < v->n; i++)
		for (uint32_t r = resource_find(e, v->s, v->v[i]); r != NO_RESOURCE; r = e->res[r].same)
			e->res[r].realized = true;
}

const struct val *fn_realize(struct eval *e, const struct call *c)
{
	/* what is declared later is realised too: a wish would be better, and no manifest that works has it */
	for (uint32_t i = 0; i < c->n; i++)
		realize(e, c->args[i]);
	return val_undef();
}

static void set_all(struct eval *e, struct resource *r, const struct val *hash)
{
	for (uint32_t i = 0; hash->kind == VAL_HASH && i < hash->n; i++)
		if (val_key(hash, i)->kind == VAL_STRING)
			resource_set(e, r, val_key(hash, i)->s, val_key(hash, i)->len, val_value(hash, i));
}

static void create(struct eval *e, const struct call *c, const struct val *type, const struct val *title,
		   const struct val *attrs, const struct val *defaults)
{
	const char *s = type->s;
	uint32_t len = type->len, id;

	if (type->kind != VAL_STRING && type->kind != VAL_REF) {
		eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "resources of a type that is known at run time only");
		return;
	}
	while (len && type->kind == VAL_STRING && *s == '@') {
		s++;
		len--;
	}
	if (len == 5 && !strncasecmp(s, "class", 5)) {
		class_declare(e, c->scope, title, NULL, c->node);
		return;
	}
	id = resource_add(e, c->scope, s, len, title, c->node);
	if (id == NO_RESOURCE)
		return;
	e->res[id].is_virtual = s > type->s;
	e->res[id].exported = s - type->s == 2;
	if (defaults)
		set_all(e, &e->res[id], defaults);
	if (attrs->kind == VAL_HASH) {
		set_all(e, &e->res[id], attrs);
	} else if (attrs->taint || attrs->kind == VAL_ANY) {
		/* attributes that are not known may be any: the unknown one stands for them */
		resource_set(e, &e->res[id], "*", 1, attrs);
	}
}

const struct val *fn_create_resources(struct eval *e, const struct call *c)
{
	const struct val *all = c->n > 1 ? c->args[1] : val_undef(), *defaults = c->n > 2 ? c->args[2] : NULL;

	if (all->kind == VAL_ANY || all->kind == VAL_ONEOF) {
		const struct val *title = val_any_at(&e->vals, c->node, all->taint);

		e->maybe++;
		create(e, c, c->args[0], title, val_any_at(&e->vals, c, all->taint), defaults);
		e->maybe--;
	}
	for (uint32_t i = 0; all->kind == VAL_HASH && i < all->n; i++)
		create(e, c, c->args[0], val_key(all, i), val_value(all, i), defaults);
	return val_undef();
}

const struct val *fn_ensure_resource(struct eval *e, const struct call *c)
{
	const struct val *titles = c->n > 1 ? c->args[1] : val_undef();
	const struct val *attrs = c->n > 2 ? c->args[2] : val_hash(&e->vals, NULL, 0);

	if (c->n < 2)
		return val_undef();
	if (titles->kind == VAL_HASH)
		return fn_create_resources(e, c);
	for (uint32_t i = 0; i < (titles->kind == VAL_LIST ? titles->n : 1); i++)
		create(e, c, c->args[0], titles->kind == VAL_LIST ? titles->v[i] : titles, attrs, NULL);
	return val_undef();
}

const struct val *fn_ensure_packages(struct eval *e, const struct call *c)
{
	const struct val *titles = c->n ? c->args[0] : val_undef(), *type = val_str(&e->vals, "package");

	for (uint32_t i = 0; titles->kind == VAL_LIST && i < titles->n; i++)
		if (resource_find(e, "package", titles->v[i]) == NO_RESOURCE)
			create(e, c, type, titles->v[i], val_undef(), NULL);
	return val_undef();
}

const struct val *fn_stop(struct eval *e, const struct call *c)
{
	e->stopped_with = c->n ? c->args[0] : val_undef();
	e->stop = pp_is(c->node, "next") ? STOP_NEXT : pp_is(c->node, "break") ? STOP_BREAK : STOP_RETURN;
	return val_undef();
}

const struct val *fn_nothing(struct eval *e _unused_, const struct call *c _unused_)
{
	return val_undef();
}
