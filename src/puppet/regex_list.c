/* The texts of a pattern that has few: /^db1[1-3]\.example\.org$/ is three hosts. */
#include "puppet/regex_parts.h"
#include "base/mem.h"
#include <string.h>

#define WORK 4096u /* texts that are put together for one pattern */

struct list { struct strv texts; unsigned work; };

static bool expand(struct list *l, const struct regex_node *n, const struct strv *before, struct strv *ret);

static bool join(struct list *l, const struct strv *before, const char *tail, struct strv *ret)
{
	for (size_t i = 0; i < before->n; i++) {
		if (++l->work > WORK || ret->n >= REGEX_LIST)
			return false;
		strv_addf(ret, "%s%s", before->s[i], tail);
	}
	return true;
}

static bool set(struct list *l, const struct regex_node *n, const struct strv *before, struct strv *ret)
{
	for (unsigned c = 1; c < 128; c++) {
		const char text[2] = { (char)c, '\0' };

		if ((n->set.bits[c >> 6] >> (c & 63) & 1) && !join(l, before, text, ret))
			return false;
	}
	return !(n->set.bits[2] | n->set.bits[3]);
}

static bool repeat(struct list *l, const struct regex_node *n, const struct strv *before, struct strv *ret)
{
	_cleanup_(strv_free) struct strv now = STRV_INIT;
	bool good = n->max != UINT32_MAX && join(l, before, "", &now);

	for (uint32_t i = 0; good && i <= n->max; i++) {
		_cleanup_(strv_free) struct strv next = STRV_INIT;

		if (i >= n->min)
			good = join(l, &now, "", ret);
		if (!good || i == n->max)
			break;
		good = expand(l, n->a, &now, &next);
		strv_free(&now);
		now = next;
		next = (struct strv)STRV_INIT;
	}
	return good;
}

static bool sequence(struct list *l, const struct regex_node *n, const struct strv *before, struct strv *ret)
{
	_cleanup_(strv_free) struct strv now = STRV_INIT;

	if (!join(l, before, "", &now))
		return false;
	for (; n; n = n->b) {
		_cleanup_(strv_free) struct strv next = STRV_INIT;

		if (!expand(l, n->a, &now, &next))
			return false;
		strv_free(&now);
		now = next;
		next = (struct strv)STRV_INIT;
	}
	return join(l, &now, "", ret);
}

static bool expand(struct list *l, const struct regex_node *n, const struct strv *before, struct strv *ret)
{
	if (l->work > WORK)
		return false;
	switch (n->op) {
	case RE_EMPTY: return join(l, before, "", ret);
	case RE_SET: return set(l, n, before, ret);
	case RE_CONCAT: return sequence(l, n, before, ret);
	case RE_REPEAT: return repeat(l, n, before, ret);
	case RE_ALT:
		for (; n; n = n->b)
			if (!expand(l, n->a, before, ret))
				return false;
		return true;
	default: return false; /* an anchor in the middle */
	}
}

/* The sequence between ^ and $; NULL when it is not anchored at both ends. */
static const struct regex_node *anchored(const struct regex_node *n)
{
	if (n->op == RE_ALT && !n->b)
		n = n->a;
	if (n->op != RE_CONCAT || n->a->op != RE_BEGIN)
		return NULL;
	return n->b;
}

bool regex_list(const struct regex *r, struct strv *ret)
{
	const struct regex_node *n = anchored(r->root);
	_cleanup_(strv_free) struct strv now = STRV_INIT;
	struct list l = { .work = 0 };

	strv_add(&now, "");
	for (; n; n = n->b) {
		_cleanup_(strv_free) struct strv next = STRV_INIT;

		if (n->a->op == RE_END && !n->b)
			return join(&l, &now, "", ret);
		if (!expand(&l, n->a, &now, &next))
			return false;
		strv_free(&now);
		now = next;
		next = (struct strv)STRV_INIT;
	}
	return false;
}
