#include "driver/people.h"
#include "base/mem.h"
#include "base/text.h"
#include "driver/mariadb.h"
#include <string.h>

#define PAGE 10000u
#define SQL_MAX 32000u       /* the names of groups among it */

static int table_of(struct buf *b, const struct mariadb_wiki *w, const char *name, struct err *e)
{
	_cleanup_(freep) char *table = mem_printf("%s%s", w->prefix, name);
	int r = mariadb_quote_name(b, w->database, e);

	buf_char(b, '.');
	return r < 0 ? r : mariadb_quote_name(b, table, e);
}

/* Who is in one of the groups now, for a WHERE; nothing when everybody counts. The names, which may be any, in hex. */
static int in_groups(struct buf *b, const struct mariadb_wiki *w, struct err *e)
{
	int r;

	if (!json_array_size(w->groups))
		return 0;
	buf_str(b, "EXISTS (SELECT 1 FROM ");
	r = table_of(b, w, "user_groups", e);
	buf_str(b, " WHERE ug_user = user_id AND (ug_expiry IS NULL OR "
		"ug_expiry > DATE_FORMAT(UTC_TIMESTAMP(), '%Y%m%d%H%i%s')) AND ug_group IN (");
	for (size_t k = 0; k < json_array_size(w->groups); k++) {
		const char *name = json_string_value(json_array_get(w->groups, k));

		if (!name || !*name)
			return err_set(e, ERR_CONFIG, "job: \"groups\" holds what is no name");
		buf_str(b, k ? ", X'" : "X'");
		text_hex(b, name, strlen(name));
		buf_str(b, "'");
	}
	buf_str(b, "))");
	return b->over ? err_set(e, ERR_LIMIT, "too many groups are asked for at once") : r;
}

/* One snapshot, in which nothing can be written, whatever the account may do. */
static int open_to_read(struct mariadb *m, struct err *e)
{
	int r = mariadb_open_admin(m, e);

	return r < 0 ? r : mariadb_do(m, "beginning to read",
				      "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", e);
}

static int number(const struct mariadb_rows *rows, size_t column, int64_t *ret)
{
	const char *cell = mariadb_cell(rows, 0, column);

	*ret = 0;
	return *cell ? text_i64(cell, ret) : 0;
}

int mariadb_people_count(const struct driver_job *job, const struct mariadb_wiki *w, struct mariadb_people *ret,
			 struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(mariadb_rows_free) struct mariadb_rows rows = { 0 };
	_cleanup_(buf_free) struct buf sql = BUF_INIT(SQL_MAX);
	int64_t *const columns[] = { &ret->accounts, &ret->confirmed, &ret->unconfirmed, &ret->without };
	int r = open_to_read(&m, e);

	if (r < 0)
		return r;
	buf_str(&sql, "SELECT COUNT(*), SUM(user_email <> '' AND user_email_authenticated IS NOT NULL), "
		"SUM(user_email <> '' AND user_email_authenticated IS NULL), SUM(user_email = '') FROM ");
	r = table_of(&sql, w, "user", e);
	if (r == 0 && json_array_size(w->groups)) {
		buf_str(&sql, " WHERE ");
		r = in_groups(&sql, w, e);
	}
	if (r == 0)
		r = mariadb_rows(&m, "counting the accounts of the wiki", buf_text(&sql), 1, &rows, e);
	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(columns); k++)
		if (number(&rows, k, columns[k]) < 0)
			r = err_set(e, ERR_REMOTE, "mariadb at '%s': a count is no number", job->address);
	return r;
}

static int give_page(const struct mariadb_rows *rows, int64_t *last, int (*each)(const char *, size_t, void *),
		     void *arg, struct err *e)
{
	for (size_t i = 0; i < rows->n; i++) {
		const char *hex = mariadb_cell(rows, i, 1);
		_cleanup_(buf_free) struct buf address = BUF_WIPED(1 << 16);

		if (text_i64(mariadb_cell(rows, i, 0), last) < 0 ||
		    text_hex_decode(&address, hex, strlen(hex)) < 0)
			return err_set(e, ERR_REMOTE, "a row of the wiki's user table cannot be read");
		int r = each(buf_text(&address), address.len, arg);

		if (r < 0)
			return err_set(e, (enum err_code)-r, "the addresses could not be passed on");
	}
	return 0;
}

int mariadb_people_list(const struct driver_job *job, const struct mariadb_wiki *w,
			int (*each)(const char *address, size_t len, void *arg), void *arg, struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(buf_free) struct buf table = BUF_INIT(SQL_MAX), groups = BUF_INIT(SQL_MAX);
	int64_t last = 0;
	size_t n = PAGE;
	int r = open_to_read(&m, e);

	if (r == 0)
		r = table_of(&table, w, "user", e);
	if (r == 0)
		r = in_groups(&groups, w, e);
	/* In hex: an address may hold any bytes. */
	while (r == 0 && n == PAGE) {
		_cleanup_(mariadb_rows_free) struct mariadb_rows rows = { 0 };
		_cleanup_(buf_free) struct buf sql = BUF_INIT(2 * SQL_MAX);

		buf_printf(&sql, "SELECT user_id, HEX(user_email) FROM %s WHERE user_id > %lld AND user_email <> '' "
			   "AND user_email_authenticated IS NOT NULL%s%s ORDER BY user_id LIMIT %u", buf_text(&table),
			   (long long)last, groups.len ? " AND " : "", buf_text(&groups), PAGE);
		r = mariadb_rows(&m, "reading the addresses of the wiki", buf_text(&sql), PAGE, &rows, e);
		n = rows.n;
		if (r == 0)
			r = give_page(&rows, &last, each, arg, e);
	}
	return r;
}
