#include "base/text.h"
#include "base/utf8.h"
#include <string.h>

bool text_is_utf8(const char *s, size_t len)
{
	while (len) {
		bool ascii = (unsigned char)*s - 1u < 0x7f;
		uint32_t c = (uint32_t)ascii;
		size_t n = ascii ? 1 : utf8_decode(s, len, &c);

		if (!n || !c)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool text_is_name(const char *s)
{
	size_t n = 0;

	if (!is_lower_or_digit(*s))
		return false;
	for (; *s; s++, n++)
		if (n >= 128 || (!is_lower_or_digit(*s) && !strchr("._/-", *s)))
			return false;
	return true;
}

static int unsigned_of(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -ERR_USAGE;
	for (; *s; s++) {
		unsigned d = (unsigned)(unsigned char)*s - '0';

		if (d > 9 || v > (max - d) / 10)
			return -ERR_USAGE;
		v = v * 10 + d;
	}
	*ret = v;
	return 0;
}

int text_u32(const char *s, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint64_t v;

	if (unsigned_of(s, UINT32_MAX, &v) < 0 || v < min || v > max)
		return -ERR_USAGE;
	*ret = (uint32_t)v;
	return 0;
}

int text_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t v;

	if (unsigned_of(s + negative, negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &v) < 0)
		return -ERR_USAGE;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

/* What changes how other characters are shown, or is not to be seen itself. */
static bool is_deceptive(uint32_t c)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{ 0x80, 0x9f },     { 0xad, 0xad },     { 0x61c, 0x61c },   { 0x180e, 0x180e }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

void text_visible(struct buf *b, const char *s, size_t len)
{
	while (len && !b->over) {
		uint32_t c;
		size_t n = utf8_decode(s, len, &c);

		if (n && c == '\n')
			buf_str(b, "\\n");
		else if (!n || c < 0x20 || c == 0x7f)
			buf_printf(b, "\\x%02x", (unsigned)(unsigned char)*s);
		else if (is_deceptive(c))
			buf_printf(b, "\\u{%04X}", c);
		else
			buf_add(b, s, n);
		n = n ? n : 1;
		s += n;
		len -= n;
	}
}

/* One star is remembered and grown: time is at most the product of the lengths, whatever the pattern. */
bool text_matches(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool text_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

void text_duration(struct buf *b, int64_t microseconds)
{
	uint64_t us = microseconds < 0 ? 0 - (uint64_t)microseconds : (uint64_t)microseconds;
	unsigned long long s = us / 1000000;

	if (microseconds < 0)
		buf_char(b, '-');
	if (s < 10)
		buf_printf(b, "%llu.%llu s", s, (unsigned long long)(us / 100000 % 10));
	else if (s < 60)
		buf_printf(b, "%llu s", s);
	else if (s < 3600)
		buf_printf(b, "%llu min %02llu s", s / 60, s % 60);
	else if (s < 2 * 86400ULL)
		buf_printf(b, "%llu h %02llu min", s / 3600, s / 60 % 60);
	else
		buf_printf(b, "%llu d %02llu h", s / 86400, s / 3600 % 24);
}
