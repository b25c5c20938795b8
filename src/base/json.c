#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

#define DEPTH_MAX 64

/* jansson's own sentences quote the text, which may hold private data: only its codes are used. */
static const char *sentence(enum json_error_code code)
{
	switch (code) {
	case json_error_invalid_utf8:
		return "is no valid UTF-8";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "something stands behind the end";
	case json_error_duplicate_key:
		return "the same key stands twice in one object";
	case json_error_numeric_overflow:
		return "a number is too large";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a text holds a NUL byte";
	default:
		return "is no valid JSON";
	}
}

struct place {
	unsigned line, col;
};

static int too_deep(const char *text, size_t len, struct place *ret)
{
	struct place at = { 1, 1 };
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++, at.col++) {
		char c = text[i];

		if (c == '\n')
			at = (struct place){ at.line + 1, 0 };
		else if (quoted && c == '\\' && i + 1 < len && text[i + 1] != '\n')
			i++, at.col++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == '{') && ++depth > DEPTH_MAX) {
			*ret = at;
			return true;
		} else if (!quoted && (c == ']' || c == '}') && depth)
			depth--;
	}
	return false;
}

int json_read(const char *name, const char *text, size_t len, size_t max, json_t **ret, struct err *e)
{
	struct place at;
	json_error_t why;
	json_t *j;

	if (len > max)
		return err_set(e, ERR_LIMIT, "%s: %zu bytes of JSON are more than the %zu that are accepted", name, len,
			       max);
	if (too_deep(text, len, &at))
		return err_set(e, ERR_LIMIT, "%s:%u:%u: nested deeper than %d levels", name, at.line, at.col,
			       DEPTH_MAX);
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!j)
		return err_set(e, ERR_CONFIG, "%s:%d:%d: %s", name, why.line > 0 ? why.line : 1,
			       why.column > 0 ? why.column : 1, sentence(json_error_code(&why)));
	*ret = j;
	return 0;
}

static int add_text(const char *text, size_t len, void *b)
{
	return buf_add(b, text, len) < 0 ? -1 : 0;
}

void json_line(struct buf *b, const json_t *j)
{
	/* a buffer that is full says so itself */
	(void)json_dump_callback(j, add_text, b, JSON_COMPACT | JSON_ENCODE_ANY);
}

void json_pretty(struct buf *b, const json_t *j)
{
	(void)json_dump_callback(j, add_text, b, JSON_INDENT(2) | JSON_ENCODE_ANY);
	buf_char(b, '\n');
}

const char *json_str(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t json_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(object, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

bool json_is(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Fails only when memory is out or the key is no UTF-8: both end us as mem.h says. */
static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) < 0)
		abort();
}

void json_put(json_t *object, const char *key, const char *value)
{
	_cleanup_(buf_free) struct buf seen = BUF_WIPED(JSON_TEXT_MAX);
	size_t len;

	if (!value)
		return;
	len = strlen(value);
	if (text_is_utf8(value, len)) {
		set(object, key, json_stringn(value, len));
		return;
	}
	text_visible(&seen, value, len);
	set(object, key, json_string(buf_text(&seen)));
}

static void quote_char(struct buf *b, char c)
{
	static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *at = memchr(named, c, sizeof(named) - 1);

	if (at)
		buf_add(b, (const char[]){ '\\', names[at - named] }, 2);
	else
		buf_printf(b, "\\u%04X", (unsigned)(unsigned char)c);
}

void json_quote(struct buf *b, const char *value)
{
	_cleanup_(buf_free) struct buf seen = BUF_WIPED(JSON_TEXT_MAX);
	size_t len = strlen(value), from = 0;

	if (!text_is_utf8(value, len)) {
		text_visible(&seen, value, len);
		value = buf_text(&seen);
		len = seen.len;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] >= 0x20 && value[i] != '"' && value[i] != '\\')
			continue;
		buf_add(b, value + from, i - from);
		quote_char(b, value[i]);
		from = i + 1;
	}
	buf_add(b, value + from, len - from);
	buf_char(b, '"');
}

void json_put_int(json_t *object, const char *key, int64_t value)
{
	set(object, key, json_integer(value));
}

void json_freep(json_t **j)
{
	json_decref(*j);
}
