/* Functions that make values of values. What they do not know exactly is unknown, with the taint of all it was made
 * of. */
#include "puppet/fn.h"
#include <string.h>

static const struct val *arg(const struct call *c, uint32_t i)
{
	return i < c->n ? c->args[i] : val_undef();
}

const struct val *fn_same(struct eval *e _unused_, const struct call *c)
{
	return arg(c, 0);
}

const struct val *fn_second(struct eval *e _unused_, const struct call *c)
{
	return arg(c, 1);
}

const struct val *fn_downcase(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0);
	char *s;

	if (v->kind != VAL_STRING || val_has_hole(v))
		return call_unknown(e, c);
	s = arena_dupn(e->vals.arena, v->s, v->len);
	for (uint32_t i = 0; i < v->len; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] | 0x20);
	return val_with(&e->vals, val_text(&e->vals, s, v->len), v->taint);
}

/* Sensitive($x), String($x), Integer($x), Array($x), Deferred(...) */
const struct val *fn_new(struct eval *e, const struct call *c)
{
	const struct val *type = arg(c, 0), *v = arg(c, 1);

	if (type->kind != VAL_REF)
		return call_unknown(e, c);
	if (!strcmp(type->s, "sensitive") || !strcmp(type->s, "integer") || !strcmp(type->s, "numeric")
	    || !strcmp(type->s, "hash") || !strcmp(type->s, "boolean"))
		return v;
	if (!strcmp(type->s, "string") && c->n == 2)
		return val_join(&e->vals, &v, 1, "", c->node);
	if (!strcmp(type->s, "array"))
		return v->kind == VAL_LIST || v->kind == VAL_ANY ? v : val_list(&e->vals, VAL_LIST, &v, 1);
	if (!strcmp(type->s, "deferred"))
		eval_gap(e, GAP_UNDECIDED, c->scope, c->node, "a value that the host itself makes (Deferred)");
	return call_unknown(e, c);
}

const struct val *fn_join(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0), *between = arg(c, 1);
	_cleanup_(freep) char *text = NULL;

	if (v->kind != VAL_LIST || (between->kind != VAL_STRING && between->kind != VAL_UNDEF) || val_has_hole(between))
		return call_unknown(e, c);
	text = between->kind == VAL_STRING ? mem_dupn(between->s, between->len) : mem_dup("");
	return val_join(&e->vals, v->v, v->n, text, c->node);
}

/* By a plain text; by a pattern only when that is one character in the end. */
const struct val *fn_split(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0), *by = arg(c, 1);
	_cleanup_(freep) const struct val **all = NULL;
	const char *sep = by->s;
	uint32_t n = 0, from = 0, sep_len = by->len;
	size_t cap = 0;

	if (v->kind != VAL_STRING || val_has_hole(v) || (by->kind != VAL_STRING && by->kind != VAL_REGEX) || !by->len)
		return call_unknown(e, c);
	if (sep_len == 2 && sep[0] == '\\' && !((sep[1] | 0x20) >= 'a' && (sep[1] | 0x20) <= 'z')) {
		sep++;
		sep_len = 1;
	}
	for (uint32_t i = 0; i < sep_len; i++)
		if (strchr(".*+?[](){}|^$\\", sep[i]) && !(sep > by->s))
			return call_unknown(e, c);
	for (;;) {
		const char *at = memmem(v->s + from, v->len - from, sep, sep_len);
		uint32_t to = at ? (uint32_t)(at - v->s) : v->len;

		if (!GROW(all, n, cap, VAL_LIST_MAX))
			break;
		all[n++] = val_with(&e->vals, val_text(&e->vals, v->s + from, to - from), v->taint);
		if (!at)
			break;
		from = to + sep_len;
	}
	return val_list(&e->vals, VAL_LIST, all, n);
}

/* Only %s and %d, without widths. */
const struct val *fn_sprintf(struct eval *e, const struct call *c)
{
	const struct val *format = arg(c, 0), *parts[64];
	uint32_t n = 0, used = 1, from = 0;

	if (format->kind != VAL_STRING || val_has_hole(format))
		return call_unknown(e, c);
	for (uint32_t i = 0; i < format->len; i++) {
		char kind;

		if (format->s[i] != '%')
			continue;
		kind = i + 1 < format->len ? format->s[i + 1] : '\0';
		if (n + 3 > ARRAY_SIZE(parts) || (kind != 's' && kind != 'd' && kind != '%'))
			return call_unknown(e, c);
		parts[n++] = val_text(&e->vals, format->s + from, i - from + (kind == '%'));
		if (kind != '%')
			parts[n++] = arg(c, used++);
		from = i + 2;
		i++;
	}
	parts[n++] = val_text(&e->vals, format->s + from, format->len - from);
	return val_join(&e->vals, parts, n, "", c->node);
}

const struct val *fn_merge(struct eval *e, const struct call *c)
{
	_cleanup_(freep) const struct val **all = NULL;
	uint32_t n = 0;
	size_t cap = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct val *v = c->args[i];

		if (v->kind == VAL_UNDEF || (v->kind == VAL_STRING && !v->len))
			continue;
		if (v->kind != VAL_HASH)
			return call_unknown(e, c);
		for (uint32_t k = 0; k < v->n * 2 && GROW(all, n, cap, (size_t)2 * VAL_LIST_MAX); k++)
			all[n++] = v->v[k];
	}
	e->steps += n / 16;
	return val_hash(&e->vals, all, n / 2);
}

static bool flatten(const struct val *v, const struct val ***all, uint32_t *n, size_t *cap, unsigned depth)
{
	if (v->kind != VAL_LIST || depth == 0) {
		if (v->kind == VAL_ANY || v->kind == VAL_ONEOF || !mem_grow((void **)all, *n, cap, sizeof(void *),
									     VAL_LIST_MAX))
			return false;
		(*all)[(*n)++] = v;
		return true;
	}
	for (uint32_t i = 0; i < v->n; i++)
		if (!flatten(v->v[i], all, n, cap, depth - 1))
			return false;
	return true;
}

static const struct val *flat(struct eval *e, const struct call *c, unsigned depth)
{
	_cleanup_(freep) const struct val **all = NULL;
	uint32_t n = 0;
	size_t cap = 0;

	for (uint32_t i = 0; i < c->n; i++)
		if (!flatten(c->args[i], &all, &n, &cap, depth))
			return call_unknown(e, c);
	e->steps += n / 16;
	return val_list(&e->vals, VAL_LIST, all, n);
}

const struct val *fn_concat(struct eval *e, const struct call *c)
{
	return flat(e, c, 1);
}

const struct val *fn_flatten(struct eval *e, const struct call *c)
{
	return flat(e, c, 20);
}

static const struct val *every_other(struct eval *e, const struct call *c, uint32_t first)
{
	const struct val *v = arg(c, 0);
	_cleanup_(freep) const struct val **all = NULL;

	if (v->kind != VAL_HASH)
		return call_unknown(e, c);
	all = val_room((size_t)v->n + 1);
	for (uint32_t i = 0; i < v->n; i++)
		all[i] = v->v[2 * i + first];
	return val_list(&e->vals, VAL_LIST, all, v->n);
}

const struct val *fn_keys(struct eval *e, const struct call *c)
{
	return every_other(e, c, 0);
}

const struct val *fn_values(struct eval *e, const struct call *c)
{
	return every_other(e, c, 1);
}

/* The first that is something. */
const struct val *fn_pick(struct eval *e, const struct call *c)
{
	const struct val *may[ONEOF_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n && n < ONEOF_MAX; i++) {
		const struct val *v = c->args[i];

		if (v->kind == VAL_UNDEF || (v->kind == VAL_STRING && !v->len))
			continue;
		may[n++] = v;
		if (v->kind != VAL_ANY && v->kind != VAL_ONEOF)
			break;
	}
	return val_oneof(&e->vals, may, n);
}

const struct val *fn_dig(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0);

	/* stdlib's old form has a list of keys, and a default */
	if (c->n >= 2 && c->args[1]->kind == VAL_LIST) {
		for (uint32_t i = 0; i < c->args[1]->n; i++)
			v = eval_access(e, c->scope, v, c->args[1]->v[i], c->node);
		return v->kind == VAL_UNDEF ? arg(c, 2) : v;
	}
	for (uint32_t i = 1; i < c->n; i++)
		v = eval_access(e, c->scope, v, c->args[i], c->node);
	return v;
}

const struct val *fn_empty(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0);

	switch (v->kind) {
	case VAL_UNDEF: return val_bool(true);
	case VAL_STRING: return val_has_hole(v) ? val_any_at(&e->vals, c->node, 0) : val_bool(!v->len);
	case VAL_LIST: case VAL_HASH: return val_bool(!v->n);
	default: return val_any_at(&e->vals, c->node, 0);
	}
}

const struct val *fn_length(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0);

	if (v->kind == VAL_LIST || v->kind == VAL_HASH)
		return val_int(&e->vals, v->n);
	return val_any_at(&e->vals, c->node, 0);
}

const struct val *fn_list(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0);

	if (v->kind == VAL_LIST || v->kind == VAL_ANY || v->kind == VAL_ONEOF)
		return v;
	return val_list(&e->vals, VAL_LIST, c->args, v->kind == VAL_UNDEF ? 0 : c->n);
}

const struct val *fn_has(struct eval *e, const struct call *c)
{
	const struct val *v = arg(c, 0), *key = arg(c, 1);

	if (v->kind != VAL_HASH || key->kind != VAL_STRING || val_has_hole(key))
		return val_any_at(&e->vals, c->node, 0);
	return val_bool(val_get(v, key->s, key->len) != NULL);
}
