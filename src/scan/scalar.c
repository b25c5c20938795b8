#include "scan/scalar.h"
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define FLOAT_SURE 15 /* digits that a double keeps */

static bool is_one_of(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && strncasecmp(s, *words, len) == 0)
			return true;
	return false;
}

/* How many bytes of s from `at` on are among `which`. */
static size_t span(const char *s, size_t len, size_t at, const char *which)
{
	size_t n = 0;

	while (at + n < len && s[at + n] && strchr(which, s[at + n]))
		n++;
	return n;
}

static size_t sign(const char *s, size_t len)
{
	return len > 0 && (s[0] == '-' || s[0] == '+');
}

/* 0x1F, 0b11, 017 (with '_' and ',' anywhere), and what is ten-based. */
static bool is_integer(const char *s, size_t len, bool *ret_same)
{
	size_t i = sign(s, len), first = i;

	if (i >= len)
		return false;
	*ret_same = false;
	if (s[i] == '0' && i + 2 < len && s[i + 1] == 'x')
		return i + 2 + span(s, len, i + 2, DIGITS "abcdefABCDEF_,") == len;
	if (s[i] == '0' && i + 2 < len && s[i + 1] == 'b')
		return i + 2 + span(s, len, i + 2, "01_,") == len;
	if (s[i] == '0' && i + 1 < len)
		return i + 1 + span(s, len, i + 1, "01234567_,") == len;
	*ret_same = s[0] != '+' && span(s, len, i, DIGITS) == len - i && !(s[0] == '-' && s[1] == '0');
	if (s[i] == '0')
		return i + 1 == len;
	for (; i < len; i++) {
		bool parts = (s[i] == '_' || s[i] == ',') && i > first && i + 1 < len && span(s, len, i + 1,
			DIGITS) > 0;

		if (!parts && span(s, len, i, DIGITS) == 0)
			return false;
	}
	return true;
}

/* [-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][+-][0-9]+)? */
static bool is_float(const char *s, size_t len, bool *ret_same)
{
	size_t i = sign(s, len), begin = i, digits = span(s, len, i, DIGITS), whole, part;

	whole = digits ? span(s, len, i, DIGITS "_,") : 0;
	i += whole;
	if (i >= len || s[i] != '.')
		return false;
	part = span(s, len, i + 1, DIGITS);
	i += 1 + part;
	if (whole + part == 0)
		return false;
	*ret_same = i == len && begin == (s[0] == '-') && digits == whole && whole > 0 && part > 0 &&
		    whole + part <= FLOAT_SURE && (s[begin] != '0' || whole == 1) &&
		    (s[len - 1] != '0' || part == 1) && !(begin == 1 && strspn(s + 1, "0.") >= len - 1);
	if (i < len && (s[i] == 'e' || s[i] == 'E') && i + 2 < len && (s[i + 1] == '+' || s[i + 1] == '-'))
		i += 2 + span(s, len, i + 2, DIGITS);
	return i == len;
}

/* 12:30:45: to the base of 60, as a fraction too. */
static bool is_sexagesimal(const char *s, size_t len)
{
	size_t i = sign(s, len), groups = 0;

	if (span(s, len, i, DIGITS) == 0)
		return false;
	i += span(s, len, i, DIGITS "_");
	while (i < len && s[i] == ':' && groups < 2) {
		size_t n = span(s, len, i + 1, DIGITS);

		if (n == 0 || n > 2 || (n == 2 && s[i + 1] > '5'))
			return false;
		i += 1 + n;
		groups++;
	}
	if (groups > 0 && i < len && s[i] == '.')
		i += 1 + span(s, len, i + 1, DIGITS "_");
	return groups > 0 && i == len;
}

static unsigned number(const char *s, size_t n)
{
	unsigned value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(s[i] - '0');
	return value;
}

/* " 7:05:09", with whatever behind it. */
static bool is_time(const char *s, size_t len)
{
	size_t i = len > 0 && (s[0] == 'T' || s[0] == 't') ? 1 : span(s, len, 0, " \t"), hour = span(s, len, i, DIGITS);

	if (i == 0 || hour < 1 || hour > 2)
		return false;
	i += hour;
	for (int k = 0; k < 2; k++, i += 3)
		if (i >= len || s[i] != ':' || span(s, len, i + 1, DIGITS) != 2)
			return false;
	return true;
}

/* 2021-1-31, alone or with a time behind it. */
static bool is_date(const char *s, size_t len)
{
	size_t i = len > 0 && s[0] == '-', month, day;
	bool negative = i == 1;

	if (span(s, len, i, DIGITS) != 4 || i + 4 >= len || s[i + 4] != '-')
		return false;
	i += 5;
	month = span(s, len, i, DIGITS);
	if (month < 1 || month > 2 || i + month >= len || s[i + month] != '-')
		return false;
	day = span(s, len, i + month + 1, DIGITS);
	if (day < 1 || day > 2)
		return false;

	size_t end = i + month + 1 + day;

	if (end < len)
		return is_time(s + end, len - end);
	return !negative && number(s + i, month) <= 12 && number(s + i + month + 1, day) <= 31;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* "!!str" and the team's own "!x" leave a text what it is; everything else makes something else of it. */
static bool is_text_tag(const char *src, const struct yaml_node *n)
{
	static const char *const texts[] = { "!", "!!str", "!<tag:yaml.org,2002:str>", NULL };

	for (size_t i = n->start; i < n->end;) {
		size_t word = i;

		while (word < n->end && !is_blank(src[word]))
			word++;
		if (src[i] == '!') {
			size_t len = word - i;

			for (const char *const *t = texts; *t; t++)
				if (strlen(*t) == len && memcmp(src + i, *t, len) == 0)
					return true;
			return !memchr(src + i + 1, '!', len - 1) && src[i + 1] != '<' &&
			       (len < 5 || memcmp(src + i, "!ruby", 5) != 0);
		}
		if (src[i] != '&' && !is_blank(src[i]))
			return false;
		for (i = word; i < n->end && is_blank(src[i]); i++)
			;
	}
	return false;
}

static enum scalar plain(const char *s, size_t len, bool *ret_same)
{
	static const char *const nothing[] = { "", "~", "null", NULL };
	static const char *const truths[] = { "yes", "true", "on", "no", "false", "off", NULL };
	static const char *const specials[] = { ".inf", "+.inf", "-.inf", ".nan", NULL };

	*ret_same = true;
	if (is_one_of(s, len, nothing))
		return SCALAR_NOTHING;
	if (is_one_of(s, len, truths)) {
		*ret_same = (len == 4 && memcmp(s, "true", 4) == 0) || (len == 5 && memcmp(s, "false", 5) == 0);
		return SCALAR_TRUTH;
	}
	if (is_integer(s, len, ret_same) || is_float(s, len, ret_same))
		return SCALAR_NUMBER;
	*ret_same = false;
	if (is_one_of(s, len, specials) || is_sexagesimal(s, len))
		return SCALAR_NUMBER;
	if (is_date(s, len) || (len > 1 && s[0] == ':'))
		return SCALAR_REFUSED;
	*ret_same = true;
	return SCALAR_TEXT;
}

enum scalar scalar_of(const char *src, const struct yaml_node *n, bool *ret_same)
{
	bool same = true;
	enum scalar s = SCALAR_TEXT;

	if (n->tagged)
		s = is_text_tag(src, n) ? SCALAR_TEXT : SCALAR_TAGGED;
	else if (n->style == YAML_PLAIN && !memchr(n->text, '\n', n->len))
		s = plain(n->text, n->len, &same);
	if (ret_same)
		*ret_same = same && s != SCALAR_TAGGED;
	return s;
}
