/* Variables, facts, and what is within a hash. */
#include "puppet/eval.h"
#include <string.h>

struct scope *scope_new(struct eval *e, struct scope *parent, struct scope *caller, const struct scope *like)
{
	struct scope *s = arena_zero(e->vals.arena, sizeof(*s));

	s->parent = parent;
	s->caller = caller;
	s->module = like ? like->module : "";
	s->file = like ? like->file : 0;
	s->container = like ? like->container : NO_RESOURCE;
	return s;
}

void scope_set(struct eval *e, struct scope *s, const char *name, size_t len, const struct val *v)
{
	/* long lists of variables are rare, and paid for */
	e->steps += s->n / 16;
	for (uint32_t i = 0; i < s->n; i++)
		if (s->vars[i].len == len && !memcmp(s->vars[i].name, name, len)) {
			/* set twice: in branches of which only one is taken */
			const struct val *const both[] = { s->vars[i].val, v };

			s->vars[i].val = val_oneof(&e->vals, both, 2);
			return;
		}
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 8;
		struct var *vars = arena_zero(e->vals.arena, cap * sizeof(*vars));

		if (s->n)
			memcpy(vars, s->vars, s->n * sizeof(*vars));
		s->vars = vars;
		s->cap = cap;
	}
	s->vars[s->n++] = (struct var){ name, (uint32_t)len, v };
}

static const struct val *own(const struct scope *s, const char *name, size_t len)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->vars[i].len == len && !memcmp(s->vars[i].name, name, len))
			return s->vars[i].val;
	return NULL;
}

/* What is known of a host by its name; NULL: nothing. */
static const char *known_fact(const struct eval *e, const char *path, size_t len)
{
	static const struct { const char *path; size_t which; } known[] = {
		{ "hostname", 0 }, { "networking.hostname", 0 }, { "fqdn", 1 }, { "networking.fqdn", 1 },
			{ "clientcert", 1 },
		{ "certname", 1 }, { "domain", 2 }, { "networking.domain", 2 },
	};
	const char *const values[] = { e->hostname, e->fqdn, e->domain };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].path) == len && !memcmp(known[i].path, path, len))
			return values[known[i].which];
	return NULL;
}

const struct val *fact(struct eval *e, const char *path, size_t len)
{
	const char *value = known_fact(e, path, len), *name;

	if (value && *value)
		return val_str(&e->vals, value);
	name = arena_printf(e->vals.arena, "facts.%.*s", (int)len, path);
	return val_any(&e->vals, name, name, 0);
}

static const struct val *qualified(struct eval *e, struct scope *s, const char *name, size_t len, size_t class_len,
				   const struct pp_node *at)
{
	struct scope *other = class_scope(e, name, class_len);
	const struct val *v = other ? scope_get(e, other, name + class_len + 2, len - class_len - 2, at) : NULL;

	if (v)
		return v;
	if (map_getn(&e->p->classes, name, class_len) == MAP_NONE)
		eval_gap(e, GAP_MISSING, s, at, "'$%.*s' is a variable of a class that none of these trees has",
			 (int)len, name);
	return val_any(&e->vals, arena_dupn(e->vals.arena, name, len), NULL, 0);
}

const struct val *scope_get(struct eval *e, struct scope *s, const char *name, size_t len, const struct pp_node *at)
{
	size_t class_len = 0;

	if (len > 2 && !memcmp(name, "::", 2)) {
		name += 2;
		len -= 2;
		s = e->top;
	}
	for (size_t i = len; i > 2; i--)
		if (name[i - 1] == ':') {
			class_len = i - 2;
			break;
		}
	if (class_len)
		return qualified(e, s, name, len, class_len, at);
	for (struct scope *k = s; k; k = k->parent) {
		const struct val *v = own(k, name, len);

		e->steps += k->n / 16;
		if (v)
			return v;
	}
	/* $facts['x'] is the same as $x */
	if ((len == 5 && !memcmp(name, "facts", 5)) || (len == 7 && !memcmp(name, "trusted", 7)))
		return val_any(&e->vals, "facts", "facts", 0);
	return fact(e, name, len);
}

/* A part of something unknown: of the facts, of a private hash, or of anything. */
static const struct val *part_of(struct eval *e, const struct scope *s, const struct val *of, const struct val *key,
				 const struct pp_node *at)
{
	const char *name;

	if (!of->s || key->kind != VAL_STRING || val_has_hole(key))
		return val_any_at(&e->vals, at, of->taint);
	if (!strncmp(of->s, "facts", 5)) {
		name = of->s[5] ? arena_printf(e->vals.arena, "%s.%.*s", of->s + 6, (int)key->len, key->s)
			: arena_dupn(e->vals.arena, key->s, key->len);
		return fact(e, name, strlen(name));
	}
	/* Hiera's own way to name it: "a::b.c" */
	name = arena_printf(e->vals.arena, "%s.%.*s", of->s, (int)key->len, key->s);
	return val_any(&e->vals, name, name,
		       taint_of_key(e->run, name + 1, strlen(name + 1), s->file, at->line, at->col));
}

static const struct val *of_oneof(struct eval *e, struct scope *s, const struct val *of, const struct val *key,
				  const struct pp_node *at)
{
	const struct val *out[ONEOF_MAX];

	for (uint32_t i = 0; i < of->n; i++)
		out[i] = eval_access(e, s, of->v[i], key, at);
	return val_oneof(&e->vals, out, of->n);
}

const struct val *eval_access(struct eval *e, struct scope *s, const struct val *of, const struct val *key,
			      const struct pp_node *at)
{
	const struct val *found;

	e->steps += of->n / 16;
	switch (of->kind) {
	case VAL_ONEOF:
		return of_oneof(e, s, of, key, at);
	case VAL_ANY:
		return part_of(e, s, of, key, at);
	case VAL_LIST:
		if (key->kind == VAL_INT && key->num >= 0)
			return key->num < of->n ? of->v[key->num] : val_undef();
		return of->n ? val_with(&e->vals, val_oneof(&e->vals, of->v, of->n), 0) : val_undef();
	case VAL_HASH:
		if (key->kind == VAL_INT)
			key = val_join(&e->vals, &key, 1, "", at);
		if (key->kind == VAL_STRING && !val_has_hole(key)) {
			found = val_get(of, key->s, key->len);
			if (found)
				return found;
			/* a key of the hash may be unknown */
			for (uint32_t i = 0; i < of->n; i++)
				if (val_equal(val_key(of, i), key) == MAYBE)
					return val_any_at(&e->vals, at, of->taint);
			return val_undef();
		}
		return val_any_at(&e->vals, at, of->taint);
	case VAL_UNDEF:
		return of;
	default:
		return val_any_at(&e->vals, at, of->taint);
	}
}
