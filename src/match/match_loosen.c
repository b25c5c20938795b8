/*
 * What Hyperscan is given of a pattern. It only has to find where a match may be, and a repeat with bounds ({4,200})
 * costs it a state for each count: without the upper bound the rules compile fifty times faster. Each match of the
 * pattern is one of the looser text, or begins with one.
 */
#include "match/match_parts.h"
#include "base/buf.h"
#include "base/mem.h"
#include <string.h>

#define SMALL 8u          /* repeats up to this stay as they are */
#define ENOUGH 16u        /* of many, so many are asked for */

struct repeat { uint32_t min, max; const char *end; };

/* "{3}", "{3,}" or "{3,9}" at p. */
static bool repeat_at(const char *p, struct repeat *ret)
{
	char *end;

	if (*p++ != '{' || *p < '0' || *p > '9')
		return false;
	ret->min = (uint32_t)strtoul(p, &end, 10);
	ret->max = ret->min;
	if (*end == ',') {
		p = end + 1;
		ret->max = *p == '}' ? UINT32_MAX : (uint32_t)strtoul(p, &end, 10);
		if (ret->max == UINT32_MAX)
			end = (char *)(uintptr_t)p;
	}
	ret->end = end + 1;
	return *end == '}';
}

/* Behind the class that begins at p. */
static const char *class_end(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	if (*p == ']')
		p++;
	while (*p && *p != ']') {
		const char *posix = *p == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;

		p = posix ? posix + 2 : *p == '\\' && p[1] ? p + 2 : p + 1;
	}
	return *p ? p + 1 : p;
}

static bool only_closes(const char *p)
{
	while (*p == ')' || *p == '?')
		p++;
	return !*p;
}

static void loosen(struct buf *b, const struct repeat *r)
{
	uint32_t min = r->min < ENOUGH ? r->min : ENOUGH;

	if (min == 0)
		(void)buf_char(b, only_closes(r->end) ? '?' : '*');
	else if (only_closes(r->end))
		(void)buf_printf(b, "{%u}", min);
	else
		(void)buf_printf(b, "{%u,}", min);
}

/* Inside of these a looser repeat would not be a looser pattern, or the text is not what it seems. */
static bool is_plain(const char *pattern)
{
	static const char *const signs[] = {
		"(?!", "(?=", "(?<", "(?x", "(?#", "(?(", "(?|", "(*", "\\Q", "{,", "\\N{", "\\o{", "\\p{", "\\P{",
		"\\x{", "\\g{", "\\k{",
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(pattern, signs[i]))
			return false;
	return true;
}

char *match_loosen(const char *pattern)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(RULE_PATTERN_MAX * 2);
	struct repeat r;

	if (!is_plain(pattern))
		return mem_dup(pattern);
	for (const char *p = pattern; *p;) {
		const char *end = *p == '[' ? class_end(p) : *p == '\\' && p[1] ? p + 2 : p + 1;

		if (repeat_at(p, &r) && r.max > SMALL && (r.max > r.min || only_closes(r.end))) {
			loosen(&b, &r);
			p = r.end;
			continue;
		}
		(void)buf_add(&b, p, (size_t)(end - p));
		p = end;
	}
	return buf_take(&b);
}
