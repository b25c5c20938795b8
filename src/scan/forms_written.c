/* The value as text: how formats and shells spell it. */
#include "scan/forms_parts.h"
#include <string.h>

#define SMALL "0123456789abcdef"
#define CAPITALS "0123456789ABCDEF"
#define WRITTEN_MAX ((size_t)8 * FORMS_PIECE)

struct by { char c; const char *s; };
struct spelling {
	const char *form;
	const struct by *by;           /* ends with { 0, NULL } */
	const char *kept;              /* besides letters and digits; NULL: everything that is not in `by` */
	const char *digits;            /* of '%' and two digits for the rest; NULL: a backslash before it */
	bool wide;                     /* what is not ASCII as \uXXXX */
};

#define CONTROL_C { '\n', "\\n" }, { '\r', "\\r" }, { '\t', "\\t" }, { '\f', "\\f" }, { '\b', "\\b" }
#define BY(...) (const struct by[]){ __VA_ARGS__, { 0, NULL } }

static const struct spelling spellings[] = {
	{ "json", BY({ '"', "\\\"" }, { '\\', "\\\\" }, CONTROL_C), NULL, NULL, false },
	{ "json-slash", BY({ '"', "\\\"" }, { '\\', "\\\\" }, { '/', "\\/" }, CONTROL_C), NULL, NULL, false },
	{ "json-ascii", BY({ '"', "\\\"" }, { '\\', "\\\\" }, CONTROL_C), NULL, NULL, true },
	{ "json-ascii-slash", BY({ '"', "\\\"" }, { '\\', "\\\\" }, { '/', "\\/" }, CONTROL_C), NULL, NULL, true },
	/* Ruby's and Go's for pages; then PHP's JSON_HEX_* */
	{ "json-html", BY({ '"', "\\\"" }, { '\\', "\\\\" }, { '&', "\\u0026" }, { '<', "\\u003c" },
			  { '>', "\\u003e" }, CONTROL_C), NULL, NULL, false },
	{ "json-hex", BY({ '"', "\\u0022" }, { '\\', "\\\\" }, { '/', "\\/" }, { '&', "\\u0026" },
			 { '<', "\\u003C" }, { '>', "\\u003E" }, { '\'', "\\u0027" }, CONTROL_C), NULL, NULL, true },
	{ "yaml", BY({ '\'', "''" }), NULL, NULL, false },
	{ "php", BY({ '\'', "\\'" }, { '\\', "\\\\" }), NULL, NULL, false },
	{ "php-double", BY({ '"', "\\\"" }, { '\\', "\\\\" }, { '$', "\\$" }, CONTROL_C), NULL, NULL, false },
	{ "sql", BY({ '\'', "\\'" }, { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { '\r', "\\r" }), NULL, NULL,
	  false },
	{ "shell", BY({ '\'', "'\\''" }), NULL, NULL, false },
	{ "shell-python", BY({ '\'', "'\"'\"'" }), NULL, NULL, false },
	{ "shell-double", BY({ '"', "\\\"" }, { '\\', "\\\\" }, { '$', "\\$" }, { '`', "\\`" }), NULL, NULL, false },
	{ "shell-backslash", NULL, "#%+-./:=@_~", NULL, false },
	{ "html", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" }), NULL,
	  NULL, false },
	{ "html-php", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#039;" }),
	  NULL, NULL, false },
	{ "html-python", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#x27;" }),
	  NULL, NULL, false },
	{ "html-go", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&#34;" }, { '\'', "&#39;" }), NULL,
	  NULL, false },
	{ "xml", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&apos;" }), NULL,
	  NULL, false },
	{ "xml-text", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }), NULL, NULL, false },
	{ "xml-attribute", BY({ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }), NULL, NULL,
	  false },
	{ "url", NULL, "-._~", CAPITALS, false },
	{ "url-lower", NULL, "-._~", SMALL, false },
	{ "url-form", BY({ ' ', "+" }), "-._~", CAPITALS, false },
	{ "url-form-php", BY({ ' ', "+" }), "-._", CAPITALS, false },
	{ "url-component", NULL, "-._~!'()*", CAPITALS, false },
	{ "url-path", NULL, "-._~/", CAPITALS, false },
};

static const char *replaced(const struct spelling *s, char c)
{
	for (const struct by *b = s->by; b && b->s; b++)
		if (b->c == c)
			return b->s;
	return NULL;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* One character of UTF-8; bytes that are none stay as they are. */
static size_t wide(struct buf *b, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc0 ? 2 : 1;
	uint32_t c = n == 4 ? u[0] & 7u : n == 3 ? u[0] & 15u : u[0] & 31u;

	if (n == 1 || n > len) {
		(void)buf_char(b, s[0]);
		return 1;
	}
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (u[i] & 63u);
	if (c >= 0x10000)
		(void)buf_printf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 1023));
	else
		(void)buf_printf(b, "\\u%04x", c);
	return n;
}

static void code(struct buf *b, const char *digits, char c)
{
	(void)buf_char(b, digits ? '%' : '\\');
	if (digits)
		(void)buf_char(b, digits[(unsigned char)c >> 4]);
	(void)buf_char(b, digits ? digits[c & 15] : c);
}

static void spell(const struct spelling *s, struct buf *b, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *by = replaced(s, bytes[i]);

		if (by)
			(void)buf_str(b, by);
		else if (s->wide && bytes[i] & 0x80)
			i += wide(b, bytes + i, len - i) - 1;
		else if (s->kept && !is_plain(bytes[i]) && !(bytes[i] && strchr(s->kept, bytes[i])))
			code(b, s->digits, bytes[i]);
		else
			(void)buf_char(b, bytes[i]);
	}
}

/* Escapes of whole texts with lines: a carriage return for each newline. */
static void with_returns(struct forming *f, const char *bytes, size_t len)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(WRITTEN_MAX);

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
			(void)buf_char(&b, '\r');
		if (bytes[i] != '\r' || (i + 1 < len && bytes[i + 1] == '\n'))
			(void)buf_char(&b, bytes[i]);
	}
	form_add(f, "lines-crlf", buf_text(&b), b.len, f->part);
}

void forms_written(struct forming *f, const char *bytes, size_t len)
{
	form_add(f, "plain", bytes, len, f->part);
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		_cleanup_(buf_free) struct buf b = BUF_WIPED(WRITTEN_MAX);

		spell(&spellings[i], &b, bytes, len);
		if (!b.over)
			form_add(f, spellings[i].form, buf_text(&b), b.len, f->part);
	}
	if (memchr(bytes, '\n', len))
		with_returns(f, bytes, len);
}
