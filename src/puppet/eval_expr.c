#include "puppet/eval.h"
#include "puppet/pp_lex.h"
#include <string.h>

const struct val *eval_block(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *last = val_undef();

	if (!n)
		return last;
	if (n->kind != PP_BLOCK)
		return eval(e, s, n);
	for (const struct pp_node *k = n->a; k && !e->stop && !e->over; k = k->next)
		last = eval(e, s, k);
	return last;
}

/* The elements of a list expression; "*$x" becomes those of $x. */
static const struct val *list(struct eval *e, struct scope *s, const struct pp_node *first)
{
	_cleanup_(freep) const struct val **v = NULL;
	uint32_t n = 0;
	size_t cap = 0;

	for (const struct pp_node *k = first; k && !e->over; k = k->next) {
		const struct val *one = eval(e, s, k->kind == PP_SPLAT ? k->a : k);
		bool many = k->kind == PP_SPLAT && one->kind == VAL_LIST;

		for (uint32_t i = 0; i < (many ? one->n : 1) && GROW(v, n, cap, VAL_LIST_MAX); i++)
			v[n++] = many ? one->v[i] : one;
	}
	return val_list(&e->vals, VAL_LIST, v, n);
}

static const struct val *hash(struct eval *e, struct scope *s, const struct pp_node *n)
{
	_cleanup_(freep) const struct val **v = NULL;
	uint32_t count = 0;
	size_t cap = 0;

	for (const struct pp_node *k = n->a; k && !e->over; k = k->next) {
		const struct val *key = eval(e, s, k->a), *value = eval(e, s, k->b);

		if (!GROW(v, count + 1, cap, VAL_LIST_MAX))
			break;
		v[count++] = key;
		v[count++] = value;
	}
	return val_hash(&e->vals, v, count / 2);
}

static const struct val *interpolate(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *parts[64];
	const struct val *text = NULL;
	uint32_t count = 0;

	for (const struct pp_node *k = n->a; k; k = k->next) {
		if (count == ARRAY_SIZE(parts)) {
			text = val_join(&e->vals, parts, count, "", n);
			parts[0] = text;
			count = 1;
		}
		parts[count++] = eval(e, s, k);
	}
	return val_join(&e->vals, parts, count, "", n);
}

/* Type, Type['title'], Type[A, B] */
static const struct val *reference(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *titles = list(e, s, n->b), *flat = titles;
	struct val *ref;

	if (titles->n == 1 && titles->v[0]->kind == VAL_LIST)
		flat = titles->v[0];
	ref = arena_zero(e->vals.arena, sizeof(*ref));
	*ref = *flat;
	ref->kind = VAL_REF;
	ref->s = type_name(e, n->a->text, n->a->len);
	ref->len = (uint32_t)strlen(ref->s);
	/* Resource['file', 'x'] */
	if (!strcmp(ref->s, "resource") && flat->n >= 1 && flat->v[0]->kind == VAL_STRING) {
		ref->s = type_name(e, flat->v[0]->s, flat->v[0]->len);
		ref->len = (uint32_t)strlen(ref->s);
		ref->v = flat->v + 1;
		ref->n = flat->n - 1;
	}
	return ref;
}

static const struct val *brackets(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *of, *key;

	if (n->a->kind == PP_TYPE)
		return reference(e, s, n);
	of = eval(e, s, n->a);
	/* Resource[$type][$title] */
	if (of->kind == VAL_REF && of->n == 0) {
		const struct val *titles = list(e, s, n->b);
		struct val *ref = arena_zero(e->vals.arena, sizeof(*ref));

		*ref = *titles;
		ref->kind = VAL_REF;
		ref->s = of->s;
		ref->len = of->len;
		return ref;
	}
	key = n->b ? eval(e, s, n->b) : val_undef();
	if (n->b && n->b->next)
		return val_any_at(&e->vals, n, of->taint); /* a piece of a list or text */
	return eval_access(e, s, of, key, n);
}

static const struct val *from_maybe(enum maybe m, struct eval *e, const struct pp_node *n)
{
	return m == MAYBE ? val_any_at(&e->vals, n, 0) : val_bool(m == YES);
}

static enum maybe contains(struct eval *e, const struct val *needle, const struct val *all)
{
	enum maybe found = NO;

	if (all->kind == VAL_STRING && needle->kind == VAL_STRING && !val_has_hole(all) && !val_has_hole(needle)) {
		_cleanup_(freep) char *text = mem_dupn(all->s, all->len), *word = mem_dupn(needle->s, needle->len);

		return strcasestr(text, word) ? YES : NO;
	}
	if (all->kind != VAL_LIST && all->kind != VAL_HASH)
		return all->kind == VAL_UNDEF ? NO : MAYBE;
	for (uint32_t i = 0; i < all->n; i++) {
		enum maybe one = needle->kind == VAL_REGEX ? MAYBE
			: val_equal(needle, all->v[all->kind == VAL_HASH ? 2 * i : i]);

		if (one == YES)
			return YES;
		if (one == MAYBE)
			found = MAYBE;
	}
	(void)e;
	return found;
}

static const struct val *negate(struct eval *e, struct scope *s, const struct pp_node *n)
{
	enum maybe m = val_truth(eval(e, s, n->a));

	return from_maybe(m == MAYBE ? MAYBE : m == YES ? NO : YES, e, n);
}

static const struct val *and_or(struct eval *e, struct scope *s, const struct pp_node *n)
{
	enum maybe a = val_truth(eval(e, s, n->a)), b, ends = n->op == T_AND ? NO : YES;

	if (a == ends)
		return val_bool(ends == YES);
	b = val_truth(eval(e, s, n->b));
	if (b == ends)
		return val_bool(ends == YES);
	return from_maybe(a == MAYBE || b == MAYBE ? MAYBE : b, e, n);
}

static const struct val *plus(struct eval *e, const struct val *a, const struct val *b, const struct pp_node *n)
{
	_cleanup_(freep) const struct val **v = NULL;
	bool hashes = a->kind == VAL_HASH && b->kind == VAL_HASH;
	uint32_t count = 0;

	if (a->kind == VAL_INT && b->kind == VAL_INT)
		return val_int(&e->vals, (int64_t)((uint64_t)a->num + (uint64_t)b->num));
	if (!hashes && a->kind != VAL_LIST)
		return val_any_at(&e->vals, n, taint_union(e->vals.taints, a->taint, b->taint));
	e->steps += (a->n + (uint64_t)b->n) / 16;
	if (a->n + (uint64_t)b->n > VAL_LIST_MAX)
		return val_any_at(&e->vals, n, taint_union(e->vals.taints, a->taint, b->taint));
	v = val_room(2 * ((size_t)a->n + b->n) + 1);
	for (uint32_t i = 0; i < a->n * (hashes ? 2 : 1); i++)
		v[count++] = a->v[i];
	if (!hashes && b->kind != VAL_LIST)
		v[count++] = b;
	for (uint32_t i = 0; (hashes || b->kind == VAL_LIST) && i < b->n * (hashes ? 2 : 1); i++)
		v[count++] = b->v[i];
	return hashes ? val_hash(&e->vals, v, count / 2) : val_list(&e->vals, VAL_LIST, v, count);
}

static const struct val *arithmetic(struct eval *e, const struct val *a, const struct val *b, const struct pp_node *n)
{
	if (n->op == T_PLUS || (n->op == T_SHL && a->kind == VAL_LIST))
		return plus(e, a, b, n);
	if (n->op == T_MINUS && a->kind == VAL_LIST)
		return a; /* less than that: more feeds, never fewer */
	if (n->op == T_MINUS && a->kind == VAL_INT && b->kind == VAL_INT)
		return val_int(&e->vals, (int64_t)((uint64_t)a->num - (uint64_t)b->num));
	return val_any_at(&e->vals, n, taint_union(e->vals.taints, a->taint, b->taint));
}

static const struct val *compare(struct eval *e, const struct val *a, const struct val *b, const struct pp_node *n)
{
	if (a->kind != VAL_INT || b->kind != VAL_INT)
		return val_any_at(&e->vals, n, 0);
	switch (n->op) {
	case T_LT: return val_bool(a->num < b->num);
	case T_LE: return val_bool(a->num <= b->num);
	case T_GT: return val_bool(a->num > b->num);
	default: return val_bool(a->num >= b->num);
	}
}

static const struct val *binary(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *a, *b;
	enum maybe m;

	if (n->op == T_AND || n->op == T_OR)
		return and_or(e, s, n);
	a = eval(e, s, n->a);
	if ((n->op == T_MATCH || n->op == T_NOMATCH) && n->b->kind == PP_REGEX) {
		m = eval_regex(e, s, a, n->b->text, n->b->len, n->b);
		return from_maybe(m == MAYBE || n->op == T_MATCH ? m : m == YES ? NO : YES, e, n);
	}
	b = eval(e, s, n->b);
	switch (n->op) {
	case T_EQ: return from_maybe(val_equal(a, b), e, n);
	case T_NE:
		m = val_equal(a, b);
		return from_maybe(m == MAYBE ? m : m == YES ? NO : YES, e, n);
	case T_IN: return from_maybe(contains(e, a, b), e, n);
	case T_LT: case T_LE: case T_GT: case T_GE: return compare(e, a, b, n);
	case T_MATCH: case T_NOMATCH: return val_any_at(&e->vals, n, 0);
	default: return arithmetic(e, a, b, n);
	}
}

static const struct val *assign(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *v = eval(e, s, n->b);

	if (n->a->kind == PP_VAR && n->op != T_ASSIGN) {
		const struct val *old = scope_get(e, s, n->a->text, n->a->len, n->a);

		v = n->op == T_APPEND ? plus(e, old, v, n) : old;
	}
	if (n->a->kind == PP_VAR) {
		scope_set(e, s, n->a->text, n->a->len, v);
	} else if (n->a->kind == PP_ARRAY) {
		uint32_t i = 0;

		/* [$a, $b] = ... */
		for (const struct pp_node *k = n->a->a; k; k = k->next, i++) {
			const struct val *one = v->kind == VAL_LIST && i < v->n ? v->v[i]
				: v->kind == VAL_HASH ? val_get(v, k->text, k->len) : NULL;

			if (k->kind == PP_VAR)
				scope_set(e, s, k->text, k->len,
					  one ? one : val_any_at(&e->vals, k, v->taint));
		}
	} else {
		eval_gap(e, GAP_UNDECIDED, s, n, "an assignment to something that is no variable");
	}
	return v;
}

static const struct val *type(struct eval *e, const struct pp_node *n)
{
	struct val *ref = arena_zero(e->vals.arena, sizeof(*ref));

	ref->kind = VAL_REF;
	ref->s = type_name(e, n->text, n->len);
	ref->len = (uint32_t)strlen(ref->s);
	return ref;
}

static const struct val *regex(struct eval *e, const struct pp_node *n)
{
	struct val *v = arena_zero(e->vals.arena, sizeof(*v));

	v->kind = VAL_REGEX;
	v->s = n->text;
	v->len = n->len;
	return v;
}

static const struct val *number(struct eval *e, const struct pp_node *n)
{
	for (uint32_t i = 0; i < n->len; i++)
		if (n->text[i] < '0' || n->text[i] > '9')
			return val_text(&e->vals, n->text, n->len);
	/* "0644" is a mode, not 644 */
	return n->len > 1 && n->text[0] == '0' ? val_text(&e->vals, n->text, n->len) : val_int(&e->vals, n->num);
}

/* A template's text and what it puts in go to its output; where that is one of several, to all of it. */
static const struct val *put_out(struct eval *e, const struct val *v, const struct pp_node *n)
{
	const struct val *text = val_join(&e->vals, &v, 1, "", n);

	if (!e->out)
		return v;
	e->out->taint = taint_union(e->vals.taints, e->out->taint, v->taint);
	if (text->kind == VAL_ONEOF)
		text = val_any_at(&e->vals, n, 0);
	if (text->kind != VAL_STRING)
		text = val_join(&e->vals, &text, 1, "", n);
	(void)buf_add(&e->out->text, text->s, text->len);
	return val_undef();
}

static const struct val *eval_one(struct eval *e, struct scope *s, const struct pp_node *n)
{
	switch ((enum pp_kind)n->kind) {
	case PP_BLOCK: return eval_block(e, s, n);
	case PP_BOOL: return val_bool(n->num);
	case PP_NUMBER: return number(e, n);
	case PP_STRING: case PP_NAME: return val_text(&e->vals, n->text, n->len);
	case PP_TEXT: return put_out(e, val_text(&e->vals, n->text, n->len), n);
	case PP_RENDER: return put_out(e, eval(e, s, n->a), n);
	case PP_INTERPOLATE: return interpolate(e, s, n);
	case PP_REGEX: return regex(e, n);
	case PP_VAR: return scope_get(e, s, n->text, n->len, n);
	case PP_TYPE: return type(e, n);
	case PP_ARRAY: return list(e, s, n->a);
	case PP_HASH: return hash(e, s, n);
	case PP_ACCESS: return brackets(e, s, n);
	case PP_CALL: case PP_METHOD: return eval_call(e, s, n);
	case PP_NOT: return negate(e, s, n);
	case PP_NEGATE: return val_any_at(&e->vals, n, eval(e, s, n->a)->taint);
	case PP_SPLAT: return eval(e, s, n->a);
	case PP_BINARY: return binary(e, s, n);
	case PP_ASSIGN: return assign(e, s, n);
	case PP_IF: return eval_if(e, s, n);
	case PP_CASE: return eval_case(e, s, n);
	case PP_SELECT: return eval_select(e, s, n);
	case PP_RESOURCE: case PP_DEFAULTS: case PP_OVERRIDE: return eval_resource(e, s, n);
	case PP_COLLECT: return eval_collect(e, s, n);
	case PP_EDGE: return eval_edge(e, s, n);
	case PP_DEFAULT: {
		static const struct val v = { .kind = VAL_DEFAULT };

		return &v;
	}
	default: return val_undef(); /* definitions stand in tables of their own */
	}
}

bool eval_spend(struct eval *e, uint64_t steps, const struct scope *s, const struct pp_node *at)
{
	const char *what = NULL;

	if (e->over)
		return false;
	e->steps += steps;
	if (e->steps > e->steps_max)
		what = "steps";
	else if (e->depth >= EVAL_DEPTH)
		what = "levels";
	else if (arena_bytes(e->vals.arena) + arena_bytes(e->run->feed->arena) > FEED_BYTES_MAX)
		what = "memory";
	if (!what)
		return true;
	e->over = true;
	eval_gap(e, GAP_LIMIT, s, at, "the catalogue of '%s' takes more %s than is followed: the rest of it is not "
				      "read",
		 e->hostname, what);
	return false;
}

const struct val *eval(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *v;

	if (!n || !eval_spend(e, 1, s, n))
		return val_undef();
	e->depth++;
	v = eval_one(e, s, n);
	e->depth--;
	return v;
}
