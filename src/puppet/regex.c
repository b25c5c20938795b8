/* All places of the pattern at once, a byte of the text at a time (Thompson's way). */
#include "puppet/regex_parts.h"
#include "base/mem.h"
#include <string.h>

struct compiler { struct regex_step *steps; uint32_t n; bool over; };

static uint32_t emit(struct compiler *c, enum regex_code code)
{
	if (c->n >= REGEX_STEPS) {
		c->over = true;
		return 0;
	}
	c->steps[c->n] = (struct regex_step){ .code = code };
	return c->n++;
}

static void compile(struct compiler *c, const struct regex_node *n);

static void repeat(struct compiler *c, const struct regex_node *n)
{
	uint32_t split, start;

	for (uint32_t i = 0; i < n->min && !c->over; i++)
		compile(c, n->a);
	if (n->max == UINT32_MAX) {
		split = emit(c, DO_SPLIT);
		start = c->n;
		compile(c, n->a);
		c->steps[emit(c, DO_JUMP)].x = split;
		c->steps[split].x = start;
		c->steps[split].y = c->n;
		return;
	}
	for (uint32_t i = n->min; i < n->max && !c->over; i++) {
		split = emit(c, DO_SPLIT);
		c->steps[split].x = c->n;
		compile(c, n->a);
		c->steps[split].y = c->n;
	}
}

static void alternatives(struct compiler *c, const struct regex_node *n)
{
	uint32_t ends[64], n_ends = 0;

	for (; n->b && !c->over; n = n->b) {
		uint32_t split = emit(c, DO_SPLIT);

		c->steps[split].x = c->n;
		compile(c, n->a);
		if (n_ends == ARRAY_SIZE(ends)) {
			c->over = true;
			return;
		}
		ends[n_ends++] = emit(c, DO_JUMP);
		c->steps[split].y = c->n;
	}
	compile(c, n->a);
	for (uint32_t i = 0; i < n_ends; i++)
		c->steps[ends[i]].x = c->n;
}

static void compile(struct compiler *c, const struct regex_node *n)
{
	if (c->over)
		return;
	switch (n->op) {
	case RE_EMPTY: return;
	case RE_SET: c->steps[emit(c, DO_SET)].set = &n->set; return;
	case RE_BEGIN: (void)emit(c, DO_BEGIN); return;
	case RE_END: (void)emit(c, DO_END); return;
	case RE_ALT: alternatives(c, n); return;
	case RE_REPEAT: repeat(c, n); return;
	default:
		for (; n; n = n->b)
			compile(c, n->a);
		return;
	}
}

struct regex *regex_compile(struct arena *a, const char *pattern, size_t len, const char **ret_why)
{
	struct regex_node *root = regex_parse(a, pattern, len, ret_why);
	_cleanup_(freep) struct regex_step *steps = mem_zero(REGEX_STEPS + 1, sizeof(*steps));
	struct compiler c = { .steps = steps };
	struct regex *r;

	if (!root)
		return NULL;
	compile(&c, root);
	(void)emit(&c, DO_MATCH);
	if (c.over) {
		*ret_why = "a pattern that is larger than is followed";
		return NULL;
	}
	r = arena_zero(a, sizeof(*r));
	r->root = root;
	r->n = c.n;
	r->steps = arena_zero(a, c.n * sizeof(*steps));
	memcpy(r->steps, steps, c.n * sizeof(*steps));
	return r;
}

struct threads { uint32_t *at, n; uint32_t *seen, stamp; };

/* Follows what needs no byte. True: the end of the pattern is reached. */
static bool add(const struct regex *r, struct threads *t, uint32_t start, size_t pos, const char *s, size_t len)
{
	uint32_t stack[2 * REGEX_STEPS + 2], n = 0;
	bool matched = false;

	stack[n++] = start;
	while (n) {
		uint32_t i = stack[--n];
		const struct regex_step *step = &r->steps[i];

		if (t->seen[i] == t->stamp)
			continue;
		t->seen[i] = t->stamp;
		switch (step->code) {
		case DO_JUMP: stack[n++] = step->x; break;
		case DO_SPLIT:
			stack[n++] = step->y;
			stack[n++] = step->x;
			break;
		case DO_BEGIN:
			if (pos == 0 || s[pos - 1] == '\n')
				stack[n++] = i + 1;
			break;
		case DO_END:
			if (pos == len || s[pos] == '\n')
				stack[n++] = i + 1;
			break;
		case DO_MATCH: matched = true; break;
		default: t->at[t->n++] = i; break;
		}
	}
	return matched;
}

bool regex_matches(const struct regex *r, const char *s, size_t len)
{
	_cleanup_(freep) uint32_t *room = mem_zero((size_t)r->n * 3 + 3, sizeof(*room));
	struct threads now = { .at = room, .seen = room + 2 * (size_t)r->n + 2 }, next = now;
	uint32_t stamp = 0;

	next.at = room + r->n + 1;
	for (size_t pos = 0; pos <= len; pos++) {
		struct threads swap;

		/* of what is here already, and of a match that begins here */
		now.stamp = next.stamp = stamp ? stamp : ++stamp;
		if (add(r, &now, 0, pos, s, len))
			return true;
		if (pos == len)
			break;
		stamp++;
		next.n = 0;
		next.stamp = stamp;
		for (uint32_t i = 0; i < now.n; i++) {
			const struct regex_set *set = r->steps[now.at[i]].set;
			unsigned char c = (unsigned char)s[pos];

			if ((set->bits[c >> 6] >> (c & 63) & 1) && add(r, &next, now.at[i] + 1, pos + 1, s, len))
				return true;
		}
		swap = now;
		now = next;
		next = swap;
	}
	return false;
}
