#include "puppet/val.h"
#include "base/mem.h"
#include <string.h>

const struct val *val_undef(void)
{
	static const struct val v = { .kind = VAL_UNDEF };

	return &v;
}

const struct val *val_bool(bool b)
{
	static const struct val yes = { .kind = VAL_BOOL, .num = 1 }, no = { .kind = VAL_BOOL };

	return b ? &yes : &no;
}

static struct val *make(struct vals *m, enum val_kind kind)
{
	struct val *v = arena_zero(m->arena, sizeof(*v));

	v->kind = kind;
	return v;
}

const struct val *val_int(struct vals *m, int64_t n)
{
	struct val *v = make(m, VAL_INT);

	v->num = n;
	return v;
}

const struct val *val_text(struct vals *m, const char *s, size_t len)
{
	struct val *v = make(m, VAL_STRING);

	v->s = s;
	v->len = (uint32_t)len;
	return v;
}

const struct val *val_str(struct vals *m, const char *s)
{
	return val_text(m, s, strlen(s));
}

static const struct val *any(struct vals *m, const char *where, size_t len, const char *name, uint32_t taint)
{
	struct val *v = make(m, VAL_ANY);
	uint32_t n = map_getn(m->holes, where, len);

	if (n == MAP_NONE) {
		n = *m->n_holes & 0x1fffff;
		(*m->n_holes)++;
		(void)map_put(m->holes, arena_dupn(m->taints->arena, where, len), n);
	}
	v->num = n;
	v->s = name;
	v->taint = taint;
	return v;
}

const struct val *val_any(struct vals *m, const char *where, const char *name, uint32_t taint)
{
	return any(m, where, strlen(where), name, taint);
}

const struct val *val_any_at(struct vals *m, const void *where, uint32_t taint)
{
	char key[40];

	(void)snprintf(key, sizeof(key), "%p", where);
	return any(m, key, strlen(key), NULL, taint);
}

static uint32_t taint_of_one(struct vals *m, const struct val *const *v, uint32_t n)
{
	uint32_t taint = n ? v[0]->taint : 0;

	for (uint32_t i = 1; i < n; i++)
		taint = taint_either(m->taints, taint, v[i]->taint);
	return taint;
}

static uint32_t taint_of_all(struct vals *m, const struct val *const *v, uint32_t n)
{
	uint32_t taint = 0;

	for (uint32_t i = 0; i < n; i++)
		taint = taint_union(m->taints, taint, v[i]->taint);
	return taint;
}

const struct val *val_list(struct vals *m, enum val_kind kind, const struct val *const *v, uint32_t n)
{
	struct val *list = make(m, kind);

	list->n = n;
	list->v = arena_zero(m->arena, (n + 1) * sizeof(void *));
	if (n)
		memcpy(list->v, v, n * sizeof(void *));
	list->taint = kind == VAL_ONEOF ? taint_of_one(m, v, n) : taint_of_all(m, v, n);
	return list;
}

const struct val *val_hash(struct vals *m, const struct val *const *pairs, uint32_t n)
{
	struct val *hash = make(m, VAL_HASH);

	hash->n = n;
	hash->v = arena_zero(m->arena, ((size_t)n * 2 + 1) * sizeof(void *));
	if (n)
		memcpy(hash->v, pairs, (size_t)n * 2 * sizeof(void *));
	hash->taint = taint_of_all(m, pairs, n * 2);
	return hash;
}

static bool same(const struct val *a, const struct val *b)
{
	return a == b || (a->kind == b->kind && a->taint == b->taint && a->num == b->num && a->len == b->len && !a->v
			  && !b->v && (a->kind == VAL_ANY || !a->len || !memcmp(a->s, b->s, a->len)));
}

const struct val *val_oneof(struct vals *m, const struct val *const *v, uint32_t n)
{
	const struct val *flat[ONEOF_MAX];
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t inner = v[i]->kind == VAL_ONEOF ? v[i]->n : 1;

		for (uint32_t j = 0; j < inner; j++) {
			const struct val *one = v[i]->kind == VAL_ONEOF ? v[i]->v[j] : v[i];
			uint32_t seen = 0;

			while (seen < k && !same(flat[seen], one))
				seen++;
			if (seen < k)
				continue;
			if (k == ONEOF_MAX)
				return val_any_at(m, v, taint_of_one(m, v, n));
			flat[k++] = one;
		}
	}
	return k == 0 ? val_undef() : k == 1 ? flat[0] : val_list(m, VAL_ONEOF, flat, k);
}

const struct val *val_with(struct vals *m, const struct val *v, uint32_t taint)
{
	struct val *copy;

	if (taint_union(m->taints, v->taint, taint) == v->taint)
		return v;
	copy = make(m, v->kind);
	*copy = *v;
	copy->taint = taint_union(m->taints, v->taint, taint);
	return copy;
}

const struct val *val_key(const struct val *hash, uint32_t i)
{
	return hash->v[(size_t)i * 2];
}

const struct val *val_value(const struct val *hash, uint32_t i)
{
	return hash->v[(size_t)i * 2 + 1];
}

const struct val **val_room(size_t n)
{
	return mem_zero(n, sizeof(const struct val *));
}

const struct val *val_get(const struct val *hash, const char *key, size_t len)
{
	/* the last one counts, as in Ruby */
	for (uint32_t i = hash->n; i-- > 0;) {
		const struct val *k = val_key(hash, i);

		if (k->kind == VAL_STRING && k->len == len && !memcmp(k->s, key, len))
			return val_value(hash, i);
	}
	return NULL;
}

bool val_has_hole(const struct val *v)
{
	return v->kind == VAL_ANY || v->kind == VAL_ONEOF || (v->kind == VAL_STRING && v->len
							      && memchr(v->s, HOLE, v->len));
}

enum maybe val_truth(const struct val *v)
{
	enum maybe all;

	switch (v->kind) {
	case VAL_UNDEF: return NO;
	case VAL_BOOL: return v->num ? YES : NO;
	case VAL_ANY: return MAYBE;
	case VAL_ONEOF:
		all = val_truth(v->v[0]);
		for (uint32_t i = 1; i < v->n; i++)
			if (val_truth(v->v[i]) != all)
				return MAYBE;
		return all;
	default: return YES;
	}
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Does the end of a, from its last hole on, or its beginning, speak against b? */
enum maybe text_may_be(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *hole = a_len ? memchr(a, HOLE, a_len) : NULL, *other = b_len ? memchr(b, HOLE, b_len) : NULL;
	size_t head = hole ? (size_t)(hole - a) : a_len, tail = 0;

	if (!hole && !other) {
		if (a_len != b_len)
			return NO;
		for (size_t i = 0; i < a_len; i++)
			if (lower(a[i]) != lower(b[i]))
				return NO;
		return YES;
	}
	for (size_t i = 0; i < head && i < b_len && b[i] != HOLE && (!other || b + i < other); i++)
		if (lower(a[i]) != lower(b[i]))
			return NO;
	if (hole && !other && head > b_len)
		return NO;
	/* a hole's three bytes have their highest bit set, as no letter of a path has: what is compared stays text */
	while (tail < a_len && tail < b_len && !((a[a_len - 1 - tail] | b[b_len - 1 - tail]) & 0x80)) {
		if (lower(a[a_len - 1 - tail]) != lower(b[b_len - 1 - tail]))
			return NO;
		tail++;
	}
	return MAYBE;
}

static enum maybe lists_equal(const struct val *a, const struct val *b)
{
	enum maybe all = YES;

	if (a->n != b->n)
		return NO;
	for (uint32_t i = 0; i < a->n; i++) {
		enum maybe one = val_equal(a->v[i], b->v[i]);

		if (one == NO)
			return NO;
		if (one == MAYBE)
			all = MAYBE;
	}
	return all;
}

static enum maybe any_equal(const struct val *oneof, const struct val *b)
{
	enum maybe first = val_equal(oneof->v[0], b);

	for (uint32_t i = 1; i < oneof->n; i++)
		if (val_equal(oneof->v[i], b) != first)
			return MAYBE;
	return first;
}

enum maybe val_equal(const struct val *a, const struct val *b)
{
	if (a->kind == VAL_ONEOF)
		return any_equal(a, b);
	if (b->kind == VAL_ONEOF)
		return any_equal(b, a);
	if (a->kind == VAL_ANY || b->kind == VAL_ANY)
		return MAYBE;
	if (a->kind != b->kind)
		return NO;
	switch (a->kind) {
	case VAL_STRING: return text_may_be(a->s, a->len, b->s, b->len);
	case VAL_BOOL: case VAL_INT: return a->num == b->num ? YES : NO;
	case VAL_LIST: return lists_equal(a, b);
	case VAL_HASH: return a->n == b->n && a->n ? MAYBE : a->n == b->n ? YES : NO;
	case VAL_REF: return strcmp(a->s, b->s) ? NO : lists_equal(a, b);
	case VAL_REGEX: return a->len == b->len && !memcmp(a->s, b->s, a->len) ? YES : NO;
	default: return YES;
	}
}

const char *val_visible(struct arena *a, const char *s, size_t len)
{
	char *out = arena_zero(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == HOLE)
			i += HOLE_LEN - 1;
		/* neighbouring holes are one star */
		if (i >= HOLE_LEN - 1 && s[i - (HOLE_LEN - 1)] == HOLE) {
			if (!n || out[n - 1] != '*')
				out[n++] = '*';
		} else {
			out[n++] = s[i];
		}
	}
	return out;
}

const struct val *val_copy(struct arena *a, const struct val *v, unsigned depth)
{
	struct val *copy = arena_zero(a, sizeof(*copy));
	uint32_t n = v->kind == VAL_HASH ? v->n * 2 : v->n;

	*copy = *v;
	if (v->s)
		copy->s = v->kind == VAL_ANY ? arena_dup(a, v->s) : arena_dupn(a, v->s, v->len);
	copy->v = NULL;
	copy->n = 0;
	if (!v->v || depth == 0)
		return copy;
	copy->n = v->n;
	copy->v = arena_zero(a, ((size_t)n + 1) * sizeof(void *));
	for (uint32_t i = 0; i < n; i++)
		copy->v[i] = val_copy(a, v->v[i], depth - 1);
	return copy;
}
