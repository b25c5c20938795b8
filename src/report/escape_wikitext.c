#include "report/escape.h"
#include "base/macro.h"
#include "base/text.h"
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX ((size_t)16 << 20)

/* Characters that are their own normal form (NFC) and join with nothing in front of them; the rest is written as
 * numbers. Not all there are: those of scripts that people write reports in. */
static const struct { uint32_t from, to; } steady[] = {
	{ 0xa0, 0x2ff }, { 0x38e, 0x3ce }, { 0x400, 0x481 }, { 0x48a, 0x52f }, { 0x5d0, 0x5ea }, { 0x620, 0x64a },
	{ 0x2010, 0x2027 }, { 0x2030, 0x205e }, { 0x20a0, 0x20bf }, { 0x3041, 0x3094 }, { 0x30a1, 0x30fa },
	{ 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 },
};

static bool is_steady(uint32_t c)
{
	for (size_t k = 0; k < ARRAY_SIZE(steady); k++)
		if (c >= steady[k].from && c <= steady[k].to)
			return true;
	return false;
}

/* Of text that is valid UTF-8; *ret_n: its bytes. */
static uint32_t code_point(const char *s, size_t *ret_n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	uint32_t c = u[0] & (0xffu >> (n + 1));

	for (size_t k = 1; k < n; k++)
		c = c << 6 | (u[k] & 0x3f);
	*ret_n = n;
	return c;
}

/* "RFC 1", "PMID 1" and "ISBN 1" become links by themselves. */
static bool is_magic(const char *start, const char *c)
{
	static const char *const words[] = { "RFC", "PMID", "ISBN" };

	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		if (c > start && strncmp(c - 1, words[k], strlen(words[k])) == 0)
			return true;
	return false;
}

static bool is_plain(const char *start, const char *c)
{
	if (isalnum((unsigned char)*c))
		return !is_magic(start, c);
	if (*c == '-' || *c == ' ')
		return c > start || *c == ' ';
	/* Only behind a word may a colon begin an address: "12:00" stays readable. */
	if (*c == ':')
		return c[1] == ' ' || (c > start && c[1] != '/' && (isdigit((unsigned char)c[-1]) || !c[1]));
	return strchr(",.?()+/%\"", *c) != NULL;
}

void escape_wikitext(struct buf *b, const char *s)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT(TEXT_MAX);

	if (!s)
		return;
	text_visible(&seen, s, strlen(s));

	const char *text = buf_text(&seen);

	for (const char *c = text; *c;) {
		size_t n = 1;
		uint32_t point = (unsigned char)*c < 0x80 ? (unsigned char)*c : code_point(c, &n);

		if (point < 0x80 ? is_plain(text, c) : is_steady(point))
			buf_add(b, c, n);
		else
			buf_printf(b, "&#%u;", point);
		c += n;
	}
}

void escape_wikitext_link(struct buf *b, const char *url)
{
	for (const char *c = url; *c; c++)
		if (*c == '~' || (*c == '_' && c > url && c[-1] == '_'))
			buf_printf(b, "%%%02X", (unsigned char)*c);
		else
			buf_char(b, *c);
}
