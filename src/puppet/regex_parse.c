#include "puppet/regex_parts.h"
#include <string.h>

#define DEPTH 100u
#define REPEAT_MAX 1000u

struct parser {
	struct arena *arena;
	const char *s, *end, *why;
	unsigned depth;
	bool any_case, extended;
};

static struct regex_node *alternatives(struct parser *p);

static void *fail(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return NULL;
}

static struct regex_node *make(struct parser *p, enum regex_op op, struct regex_node *a, struct regex_node *b)
{
	struct regex_node *n = arena_zero(p->arena, sizeof(*n));

	n->op = op;
	n->a = a;
	n->b = b;
	return n;
}

static void set_add(struct regex_set *set, unsigned c)
{
	set->bits[c >> 6] |= (uint64_t)1 << (c & 63);
}

static void set_range(struct parser *p, struct regex_set *set, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to && c < 256; c++) {
		set_add(set, c);
		if (p->any_case && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			set_add(set, c ^ 0x20);
	}
}

static void set_not(struct regex_set *set)
{
	for (int i = 0; i < 4; i++)
		set->bits[i] = ~set->bits[i];
}

/* \d, \w, \s, \h and their opposites. */
static bool shorthand(char c, struct regex_set *ret)
{
	struct regex_set set = { { 0 } };
	char lower = (char)(c | 0x20);

	if (lower == 'd' || lower == 'w' || lower == 'h')
		for (unsigned k = '0'; k <= '9'; k++)
			set_add(&set, k);
	if (lower == 'w' || lower == 'h')
		for (unsigned k = 'a'; k <= (lower == 'w' ? 'z' : 'f'); k++) {
			set_add(&set, k);
			set_add(&set, k - 0x20);
		}
	if (lower == 'w')
		set_add(&set, '_');
	if (lower == 's')
		for (const char *k = " \t\n\r\f\v"; *k; k++)
			set_add(&set, (unsigned char)*k);
	if (!strchr("dwhs", lower))
		return false;
	if (c != lower)
		set_not(&set);
	for (int i = 0; i < 4; i++)
		ret->bits[i] |= set.bits[i];
	return true;
}

/* The byte behind a backslash that stands for one. */
static int escaped(char c)
{
	static const char from[] = "ntrfvae0", to[] = "\n\t\r\f\v\a\033\0";
	const char *at = c ? strchr(from, c) : NULL;

	if (at)
		return (unsigned char)to[at - from];
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '1' && c <= '9'))
		return -1;
	return (unsigned char)c;
}

static int class_byte(struct parser *p, struct regex_set *set)
{
	int c = (unsigned char)*p->s++;

	if (c != '\\')
		return c;
	if (p->s >= p->end || shorthand(*p->s, set)) {
		p->s++;
		return -1;
	}
	c = escaped(*p->s++);
	if (c < 0)
		fail(p, "an escape in [ ] that is not understood");
	return c;
}

static struct regex_node *class(struct parser *p)
{
	struct regex_node *n = make(p, RE_SET, NULL, NULL);
	bool opposite = p->s < p->end && *p->s == '^', first = true;

	p->s += opposite;
	for (; p->s < p->end && (*p->s != ']' || first) && !p->why; first = false) {
		int from, to;

		if (*p->s == '[' || (p->end - p->s > 1 && p->s[0] == '&' && p->s[1] == '&'))
			return fail(p, "a class within a class");
		from = to = class_byte(p, &n->set);
		if (from >= 0x80)
			return fail(p, "a class of characters beyond ASCII");
		if (from >= 0 && p->end - p->s > 1 && p->s[0] == '-' && p->s[1] != ']') {
			p->s++;
			to = class_byte(p, &n->set);
		}
		if (from >= 0 && to >= 0)
			set_range(p, &n->set, (unsigned)from, (unsigned)to);
	}
	if (p->s >= p->end)
		return fail(p, "'[' without ']'");
	p->s++;
	if (opposite)
		set_not(&n->set);
	return n;
}

static struct regex_node *group(struct parser *p)
{
	struct regex_node *n;
	bool any_case = p->any_case;

	if (p->s < p->end && *p->s == '?') {
		size_t left = (size_t)(p->end - p->s);

		if (left > 1 && p->s[1] == ':') {
			p->s += 2;
		} else if (left > 2 && p->s[1] == '<' && p->s[2] != '=' && p->s[2] != '!') {
			const char *close = memchr(p->s, '>', left);

			if (!close)
				return fail(p, "a group's name does not end");
			p->s = close + 1;
		} else if (left > 2 && p->s[1] == 'i' && (p->s[2] == ':' || p->s[2] == ')')) {
			p->any_case = true;
			p->s += 3;
			if (p->s[-1] == ')')
				return make(p, RE_EMPTY, NULL, NULL);
		} else {
			return fail(p, "a group that looks around, or one with options");
		}
	}
	n = alternatives(p);
	p->any_case = any_case;
	if (p->s >= p->end || *p->s != ')')
		return fail(p, "'(' without ')'");
	p->s++;
	return n;
}

static struct regex_node *backslash(struct parser *p)
{
	struct regex_node *n = make(p, RE_SET, NULL, NULL);
	int c;

	if (p->s >= p->end)
		return fail(p, "a backslash at the end");
	if (*p->s == 'A' || *p->s == 'z' || *p->s == 'Z') {
		n->op = *p->s++ == 'A' ? RE_BEGIN : RE_END;
		return n;
	}
	if (shorthand(*p->s, &n->set)) {
		p->s++;
		return n;
	}
	c = escaped(*p->s++);
	if (c < 0)
		return fail(p, "an escape that is not understood");
	set_range(p, &n->set, (unsigned)c, (unsigned)c);
	return n;
}

static struct regex_node *atom(struct parser *p)
{
	char c = *p->s++;
	struct regex_node *n;

	switch (c) {
	case '(': return group(p);
	case '[': return class(p);
	case '\\': return backslash(p);
	case '^': return make(p, RE_BEGIN, NULL, NULL);
	case '$': return make(p, RE_END, NULL, NULL);
	case '*': case '+': case '?': return fail(p, "a repetition of nothing");
	default: break;
	}
	n = make(p, RE_SET, NULL, NULL);
	if (c == '.') {
		set_add(&n->set, '\n');
		set_not(&n->set);
	} else {
		set_range(p, &n->set, (unsigned char)c, (unsigned char)c);
	}
	return n;
}

static uint32_t number(struct parser *p)
{
	uint32_t n = 0;

	while (p->s < p->end && *p->s >= '0' && *p->s <= '9') {
		if (n > REPEAT_MAX) {
			fail(p, "a repetition of more than is followed");
			return 0;
		}
		n = n * 10 + (uint32_t)(*p->s++ - '0');
	}
	return n;
}

/* {2}, {2,}, {,3}, {2,3}; false: the brace is a character. */
static bool braces(struct parser *p, uint32_t *min, uint32_t *max)
{
	const char *before = p->s++;

	*min = *max = number(p);
	if (p->s < p->end && *p->s == ',') {
		p->s++;
		*max = p->s < p->end && *p->s == '}' ? UINT32_MAX : number(p);
	}
	if (p->s >= p->end || *p->s != '}' || p->s == before + 1) {
		p->s = before;
		return false;
	}
	p->s++;
	return true;
}

static struct regex_node *repeated(struct parser *p)
{
	struct regex_node *n = atom(p);

	while (n && p->s < p->end && !p->why) {
		uint32_t min = 0, max = UINT32_MAX;

		if (*p->s == '*' || *p->s == '+' || *p->s == '?') {
			min = *p->s == '+';
			max = *p->s == '?' ? 1 : UINT32_MAX;
			p->s++;
		} else if (*p->s != '{' || !braces(p, &min, &max)) {
			return n;
		}
		/* greedy or not: the same texts match */
		if (p->s < p->end && *p->s == '?')
			p->s++;
		else if (p->s < p->end && *p->s == '+')
			return fail(p, "a repetition that gives nothing back");
		n = make(p, RE_REPEAT, n, NULL);
		n->min = min;
		n->max = max;
		if (++p->depth > DEPTH)
			return fail(p, "more nesting than is read");
	}
	return n;
}

static struct regex_node *sequence(struct parser *p)
{
	struct regex_node *first = NULL, *last = NULL;

	while (p->s < p->end && *p->s != '|' && *p->s != ')' && !p->why) {
		struct regex_node *n = repeated(p), *pair;

		if (!n)
			return NULL;
		/* a list that leans to the right: each node's b is the rest */
		pair = make(p, RE_CONCAT, n, NULL);
		if (last)
			last->b = pair;
		else
			first = pair;
		last = pair;
	}
	return first ? first : make(p, RE_EMPTY, NULL, NULL);
}

static struct regex_node *alternatives(struct parser *p)
{
	struct regex_node *first, *last;

	if (++p->depth > DEPTH)
		return fail(p, "more nesting than is read");
	first = last = make(p, RE_ALT, sequence(p), NULL);
	while (p->s < p->end && *p->s == '|' && !p->why) {
		p->s++;
		last->b = make(p, RE_ALT, sequence(p), NULL);
		last = last->b;
	}
	p->depth--;
	return p->why ? NULL : first;
}

struct regex_node *regex_parse(struct arena *a, const char *s, size_t len, const char **ret_why)
{
	struct parser p = { .arena = a, .s = s, .end = s + len };
	struct regex_node *n = alternatives(&p);

	if (!p.why && p.s < p.end)
		fail(&p, "')' without '('");
	*ret_why = p.why;
	return p.why ? NULL : n;
}
