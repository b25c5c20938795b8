/* Statements, rows and quoting. */
#include "driver/mariadb.h"
#include "base/mem.h"
#include "base/text.h"
#include <mysql.h>
#include <string.h>

static void finish(MYSQL_RES **res)
{
	if (*res)
		mysql_free_result(*res);
}

static void keep(struct mariadb_rows *r, MYSQL_RES *res, MYSQL_ROW row)
{
	const unsigned long *lengths = mysql_fetch_lengths(res);

	for (size_t c = 0; c < r->columns; c++)
		r->cells[r->n * r->columns + c] = row[c] ? mem_dupn(row[c], lengths[c]) : NULL;
	r->n++;
}

int mariadb_rows(struct mariadb *m, const char *what, const char *sql, size_t max, struct mariadb_rows *ret,
		 struct err *e)
{
	_cleanup_(finish) MYSQL_RES *res = NULL;
	struct mariadb_rows r = { 0 };
	size_t n;
	MYSQL_ROW row;

	if (mysql_real_query(m->c, sql, strlen(sql)) != 0)
		return mariadb_fail(m, what, e);
	res = mysql_store_result(m->c);
	if (!res && mysql_errno(m->c) != 0)
		return mariadb_fail(m, what, e);
	if (!res) {
		*ret = r;
		return 0;
	}
	n = mysql_num_rows(res);
	r.columns = mysql_num_fields(res);
	if (n > max)
		return err_set(e, ERR_LIMIT, "mariadb at '%s': %s: %zu rows, %zu are accepted", m->job->address, what,
			       n, max);
	r.cells = mem_zero(n * r.columns + 1, sizeof(*r.cells));
	r.names = mem_zero(r.columns + 1, sizeof(*r.names));
	for (size_t c = 0; c < r.columns; c++)
		r.names[c] = mem_dup(mysql_fetch_field_direct(res, (unsigned)c)->name);
	while ((row = mysql_fetch_row(res)))
		keep(&r, res, row);
	*ret = r;
	return 0;
}

const char *mariadb_cell(const struct mariadb_rows *r, size_t row, size_t column)
{
	const char *cell = row < r->n && column < r->columns ? r->cells[row * r->columns + column] : NULL;

	return cell ? cell : "";
}

const char *mariadb_named(const struct mariadb_rows *r, size_t row, const char *column)
{
	for (size_t c = 0; c < r->columns; c++)
		if (strcasecmp(r->names[c], column) == 0)
			return mariadb_cell(r, row, c);
	return "";
}

void mariadb_rows_free(struct mariadb_rows *r)
{
	for (size_t c = 0; r->names && c < r->columns; c++)
		free(r->names[c]);
	free(r->names);
	for (size_t i = 0; i < r->n * r->columns; i++)
		free(r->cells[i]);
	free(r->cells);
	*r = (struct mariadb_rows){ 0 };
}

int mariadb_do(struct mariadb *m, const char *what, const char *sql, struct err *e)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };

	return mariadb_rows(m, what, sql, MARIADB_ROWS, &r, e);
}

int mariadb_value(struct mariadb *m, const char *sql, struct buf *ret, struct err *e)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	int err = mariadb_rows(m, "asking the server", sql, MARIADB_ROWS, &r, e);

	if (err < 0)
		return err;
	buf_clear(ret);
	buf_str(ret, mariadb_cell(&r, 0, 0));
	return 0;
}

static bool is_plain(const char *s)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return text_is_utf8(s, strlen(s));
}

int mariadb_quote(struct mariadb *m, struct buf *b, const char *text, struct err *e)
{
	if (!is_plain(text))
		return err_set(e, ERR_REFUSED,
			       "a name for mariadb holds control characters or is not UTF-8; printable text is "
			       "expected");
	return mariadb_quote_bytes(m, b, text, strlen(text));
}

bool mariadb_warned(const struct mariadb *m)
{
	return mysql_warning_count(m->c) > 0;
}

/* In a session without NO_BACKSLASH_ESCAPES (mariadb_settle) and in utf8mb4. */
int mariadb_quote_bytes(struct mariadb *m, struct buf *b, const char *bytes, size_t len)
{
	char *to = mem_zero(2 * len + 1, 1);
	unsigned long n = mysql_real_escape_string(m->c, to, bytes, len);

	buf_char(b, '\'');
	buf_add(b, to, n);
	buf_char(b, '\'');
	explicit_bzero(to, 2 * len + 1);
	free(to);
	return b->over ? -ERR_LIMIT : 0;
}

int mariadb_quote_name(struct buf *b, const char *name, struct err *e)
{
	if (!is_plain(name) || !*name)
		return err_set(e, ERR_REFUSED,
			       "a name of mariadb holds control characters or is not UTF-8; printable text is "
			       "expected");
	buf_char(b, '`');
	for (const char *p = name; *p; p++) {
		if (*p == '`')
			buf_char(b, '`');
		buf_char(b, *p);
	}
	return buf_char(b, '`');
}
