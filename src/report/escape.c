#include "report/escape.h"
#include "base/macro.h"
#include "base/text.h"
#include <ctype.h>
#include <strings.h>

#define TEXT_MAX ((size_t)16 << 20)

/* A number and '.' or ')' would begin a list where the text begins a line. */
static bool begins_list(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits > 0 && (s[digits] == '.' || s[digits] == ')');
}

/* "alice@laptop" is neither a mail address (no dot) nor a mention (a letter in front): it stays readable. */
static bool is_plain_at(const char *start, const char *at)
{
	size_t word = strcspn(at, " ,;()<>");

	return at > start && isalnum((unsigned char)at[-1]) && !memchr(at, '.', word);
}

static void escape_one(struct buf *b, const char *start, const char *c)
{
	if (*c == '&')
		buf_str(b, "&amp;");
	else if (*c == '<')
		buf_str(b, "&lt;");
	else if (*c == '>')
		buf_str(b, "&gt;");
	else if (*c == '@' && !is_plain_at(start, c))
		buf_str(b, "&#64;");
	else if (strchr("\\`*_{}[]#|~!$", *c) ||
		 /* Renderers make links of bare addresses. */
		 (*c == ':' && c[1] == '/' && c[2] == '/') ||
		 (*c == '.' && c - start >= 3 && strncasecmp(c - 3, "www", 3) == 0))
		buf_printf(b, "\\%c", *c);
	else
		buf_char(b, *c);
}

void escape_markdown(struct buf *b, const char *s)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT(TEXT_MAX);

	if (!s)
		return;
	text_visible(&seen, s, strlen(s));

	const char *text = buf_text(&seen), *c = text;

	if (*c && strchr("+-=:", *c))
		buf_printf(b, "\\%c", *c++);
	else if (begins_list(c)) {
		while (isdigit((unsigned char)*c))
			buf_char(b, *c++);
		buf_printf(b, "\\%c", *c++);
	}
	for (; *c; c++)
		escape_one(b, text, c);
}

void escape_html(struct buf *b, const char *s)
{
	static const struct { char c; const char *entity; } entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" },
	};
	_cleanup_(buf_free) struct buf seen = BUF_INIT(TEXT_MAX);

	if (!s)
		return;
	text_visible(&seen, s, strlen(s));
	for (const char *c = buf_text(&seen); *c; c++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(entities) && entities[k].c != *c)
			k++;
		if (k < ARRAY_SIZE(entities))
			buf_str(b, entities[k].entity);
		else
			buf_char(b, *c);
	}
}
