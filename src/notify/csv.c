#include "notify/csv.h"
#include "base/text.h"
#include <string.h>

#define ROW_MAX ((size_t)CSV_FIELDS_MAX * (CSV_FIELD_BYTES + 1))

void csv_open(struct csv *c, const char *name, const char *text, size_t len)
{
	*c = (struct csv){ .name = name, .at = text, .end = text + len, .line = 1, .room = BUF_INIT(ROW_MAX) };
	/* What spreadsheets write in front of UTF-8. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		c->at += 3;
	c->line_start = c->at;
}

void csv_close(struct csv *c)
{
	buf_free(&c->room);
}

static int wrong(const struct csv *c, const char *at, struct err *e, const char *what)
{
	return err_set(e, ERR_CONFIG, "%s:%u:%zu: %s", c->name, c->line, (size_t)(at - c->line_start) + 1, what);
}

static void new_line(struct csv *c)
{
	c->line++;
	c->line_start = c->at;
}

/* 1: a line ended here and is taken. */
static int take_end(struct csv *c)
{
	if (c->at < c->end && *c->at == '\n')
		c->at++;
	else if (c->end - c->at >= 2 && c->at[0] == '\r' && c->at[1] == '\n')
		c->at += 2;
	else
		return c->at == c->end;
	new_line(c);
	return 1;
}

static int quoted(struct csv *c, struct err *e)
{
	const char *opened = c->at++;
	uint32_t line = c->line;
	const char *start = c->line_start;

	for (;;) {
		if (c->at == c->end) {
			c->line = line;
			c->line_start = start;
			return wrong(c, opened, e, "this quote is never closed");
		}
		if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"')) {
			c->at++;
			return 0;
		}
		c->at += *c->at == '"';
		buf_char(&c->room, *c->at);
		if (*c->at++ == '\n')
			new_line(c);
	}
}

static int bare(struct csv *c, struct err *e)
{
	const char *from = c->at;

	while (c->at < c->end && *c->at != ',' && *c->at != '\n') {
		if (*c->at == '"')
			return wrong(c, c->at, e, "a quote inside of a field: the whole field in quotes is expected, "
				     "and each quote in it twice");
		if (*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n')
			break;
		c->at++;
	}
	buf_add(&c->room, from, (size_t)(c->at - from));
	return 0;
}

static int field(struct csv *c, size_t k, size_t *ret_offset, struct err *e)
{
	size_t from = c->room.len;
	bool quote = c->at < c->end && *c->at == '"';
	uint32_t line = c->line, col = (uint32_t)(c->at - c->line_start) + 1 + quote;
	int r = quote ? quoted(c, e) : bare(c, e);

	if (r < 0)
		return r;
	*ret_offset = from;
	c->field[k] = (struct csv_field){ .len = c->room.len - from, .line = line, .col = col };
	if (c->room.over || c->field[k].len > CSV_FIELD_BYTES)
		return err_set(e, ERR_CONFIG, "%s:%u:%u: a field is longer than %u bytes", c->name, line, col,
			       CSV_FIELD_BYTES);
	if (c->field[k].len && !text_is_utf8(buf_text(&c->room) + from, c->field[k].len))
		return err_set(e, ERR_CONFIG, "%s:%u:%u: this is no UTF-8", c->name, line, col);
	buf_char(&c->room, '\0');
	if (c->at < c->end && *c->at != ',' && *c->at != '\n' && *c->at != '\r')
		return wrong(c, c->at, e, "a comma or the line's end is expected behind a quoted field");
	if (c->at < c->end && *c->at == '\r' && (c->at + 1 == c->end || c->at[1] != '\n'))
		return wrong(c, c->at, e, "a line ends in LF or CRLF, not in CR");
	return 0;
}

static int row(struct csv *c, struct err *e)
{
	size_t offset[CSV_FIELDS_MAX], n = 0;
	uint32_t line = c->line;

	buf_clear(&c->room);
	for (;;) {
		int r;

		if (n == CSV_FIELDS_MAX)
			return err_set(e, ERR_CONFIG, "%s:%u:1: more than %u fields in a row", c->name, line,
				       CSV_FIELDS_MAX);
		r = field(c, n, &offset[n], e);
		if (r < 0)
			return r;
		n++;
		if (c->at < c->end && *c->at == ',')
			c->at++;
		else if (take_end(c))
			break;
	}
	if (c->n && n != c->n)
		return err_set(e, ERR_CONFIG, "%s:%u:1: %zu fields, %zu are expected as in the header", c->name, line,
			       n, c->n);
	c->n = n;
	for (size_t k = 0; k < n; k++)
		c->field[k].s = buf_text(&c->room) + offset[k];
	return 1;
}

int csv_row(struct csv *c, struct err *e)
{
	while (c->at < c->end && take_end(c))
		;
	return c->at == c->end ? 0 : row(c, e);
}
