#include "scan/forms.h"
#include "base/buf.h"

#define FORMS_MAX (8 * SECRET_MAX)
#define LINE_TELLS 16

typedef void form_fn(struct buf *b, const char *s, size_t len);

static void as_is(struct buf *b, const char *s, size_t len)
{
	(void)buf_add(b, s, len);
}

static void backslashed(struct buf *b, const char *s, size_t len, const char *which)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr(which, s[i]))
			(void)buf_char(b, '\\');
		(void)buf_char(b, s[i]);
	}
}

static void as_json(struct buf *b, const char *s, size_t len)
{
	backslashed(b, s, len, "\"\\");
}

static void as_json_php(struct buf *b, const char *s, size_t len)
{
	backslashed(b, s, len, "\"\\/");
}

static void as_single_quoted(struct buf *b, const char *s, size_t len)
{
	backslashed(b, s, len, "'\\");
}

static void as_double_quoted(struct buf *b, const char *s, size_t len)
{
	backslashed(b, s, len, "\"\\$`");
}

static void as_php_double_quoted(struct buf *b, const char *s, size_t len)
{
	backslashed(b, s, len, "\"\\$");
}

static void replaced(struct buf *b, const char *s, size_t len, const char *which, const char *const *by)
{
	for (size_t i = 0; i < len; i++) {
		const char *at = strchr(which, s[i]);
		if (at)
			(void)buf_str(b, by[at - which]);
		else
			(void)buf_char(b, s[i]);
	}
}

static void as_shell(struct buf *b, const char *s, size_t len)
{
	replaced(b, s, len, "'", (const char *const[]){ "'\\''" });
}

static void as_doubled(struct buf *b, const char *s, size_t len)
{
	replaced(b, s, len, "'", (const char *const[]){ "''" });
}

static void as_xml(struct buf *b, const char *s, size_t len)
{
	replaced(b, s, len, "&<>\"'", (const char *const[]){ "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" });
}

/* Ruby's and PHP's json_encode write these as \u; so does Python's for everything that is not ASCII, which a password
 * rarely is. */
static void as_json_html(struct buf *b, const char *s, size_t len)
{
	replaced(b, s, len, "&<>\"\\", (const char *const[]){ "\\u0026", "\\u003c", "\\u003e", "\\\"", "\\\\" });
}

static void percent(struct buf *b, const char *s, size_t len, const char *digits, const char *space)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
			(void)buf_char(b, s[i]);
		else if (c == ' ')
			(void)buf_str(b, space);
		else
			(void)buf_printf(b, "%%%c%c", digits[c >> 4], digits[c & 15]);
	}
}

static void as_url(struct buf *b, const char *s, size_t len)
{
	percent(b, s, len, "0123456789ABCDEF", "%20");
}

static void as_url_small(struct buf *b, const char *s, size_t len)
{
	percent(b, s, len, "0123456789abcdef", "%20");
}

static void as_url_form(struct buf *b, const char *s, size_t len)
{
	percent(b, s, len, "0123456789ABCDEF", "+");
}

static form_fn *const forms[] = {
	as_is, as_json, as_json_php, as_json_html, as_single_quoted, as_double_quoted, as_php_double_quoted, as_shell,
	as_doubled, as_xml, as_url, as_url_small, as_url_form,
};

/* The last line before the middle that is long enough to be no other key's; the longest when there is none. */
static void middle_line(const char **s, size_t *len)
{
	const char *best = *s, *end = *s + *len, *middle = *s + *len / 2;
	size_t best_len = 0;

	for (const char *p = *s; p < end; ) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p), shown = n;
		if (shown > 0 && p[shown - 1] == '\r')
			shown--;
		bool frame = shown >= 5 && memcmp(p, "-----", 5) == 0;
		if (!frame && ((shown >= LINE_TELLS && p <= middle) || (best_len < LINE_TELLS && shown > best_len))) {
			best = p;
			best_len = shown;
		}
		p += n + 1;
	}
	*s = best;
	*len = best_len;
}

static int build(const char *bytes, size_t len, void *arg)
{
	struct buf *ret = arg;

	if (memchr(bytes, '\0', len))
		return 0;
	if (memchr(bytes, '\n', len))
		middle_line(&bytes, &len);
	if (len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_(buf_free) struct buf form = BUF_WIPED(FORMS_MAX);
		forms[i](&form, bytes, len);
		if (i > 0 && form.len == len && memcmp(form.data, bytes, len) == 0)
			continue;
		if (ret->len + form.len + 1 > SECRET_MAX)
			break;
		(void)buf_add(ret, form.data, form.len);
		(void)buf_char(ret, '\n');
	}
	return 0;
}

int forms_make(const struct secret *value, struct secret **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(FORMS_MAX);

	(void)secret_with(value, build, &b);
	if (b.len == 0) {
		*ret = NULL;
		return 0;
	}
	return secret_take(b.data, b.len, ret, e);
}

static int any_line_in(const char *bytes, size_t len, void *arg)
{
	const char *text = arg, *end = bytes + len;

	for (const char *p = bytes; p < end; ) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);
		if (n > 0 && memmem(text, strlen(text), p, n))
			return 1;
		p += n + 1;
	}
	return 0;
}

bool forms_in(const struct secret *value, const char *text)
{
	_cleanup_(secret_freep) struct secret *patterns = NULL;
	union { const char *in; void *out; } t = { .in = text };

	if (!value)
		return false;
	if (forms_make(value, &patterns, NULL) < 0)
		return true;
	return patterns && secret_with(patterns, any_line_in, t.out);
}
