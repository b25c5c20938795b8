/*
 * The columns whose names say that passwords of others may be kept there. A farm has the same tables in each of its
 * thousand databases: many alike are told as one.
 */
#include "driver/mariadb.h"
#include "base/buf.h"
#include <string.h>

#define TABLES 20000u
#define ALIKE_MAX 10u                  /* databases with the same table and columns that are told one by one */
#define TOLD_MAX 100u                  /* the other findings need room too */

static bool is_same(const struct mariadb_rows *r, size_t a, size_t b)
{
	return strcmp(mariadb_cell(r, a, 1), mariadb_cell(r, b, 1)) == 0 &&
	       strcmp(mariadb_cell(r, a, 2), mariadb_cell(r, b, 2)) == 0;
}

static void tell_one(const struct mariadb_rows *r, size_t at, struct driver_answer *ret)
{
	_cleanup_(buf_free) struct buf table = BUF_INIT(4096);
	const char *columns = mariadb_cell(r, at, 2);

	buf_printf(&table, "%s.%s", mariadb_cell(r, at, 0), mariadb_cell(r, at, 1));
	job_stored(ret, buf_text(&table), columns, "'%s' has columns that may hold passwords (%.200s): reset what is "
		   "stored there as a precaution", buf_text(&table), columns);
}

static void tell_alike(const struct mariadb_rows *r, size_t from, size_t n, struct driver_answer *ret)
{
	_cleanup_(buf_free) struct buf table = BUF_INIT(4096);
	const char *columns = mariadb_cell(r, from, 2);

	buf_printf(&table, "*.%s", mariadb_cell(r, from, 1));
	job_stored(ret, buf_text(&table), columns, "%zu databases ('%.60s' to '%.60s') have a table '%.60s' with "
		   "columns that may hold passwords (%.200s): reset what is stored there as a precaution", n,
		   mariadb_cell(r, from, 0), mariadb_cell(r, from + n - 1, 0), mariadb_cell(r, from, 1), columns);
}

void mariadb_inspect_stored(struct mariadb *m, const char *where, struct driver_answer *ret)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	_cleanup_(buf_free) struct buf sql = BUF_INIT(1000000);
	struct err why = ERR_INIT;
	size_t told = 0, i = 0;

	buf_printf(&sql, "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, GROUP_CONCAT(t.COLUMN_NAME ORDER BY t.ORDINAL_POSITION "
		   "SEPARATOR ', ') FROM information_schema.COLUMNS t WHERE LOWER(t.COLUMN_NAME) REGEXP '%s' AND "
		   "t.TABLE_SCHEMA <> 'mysql' AND %s GROUP BY 1, 2 ORDER BY 2, 3, 1 LIMIT %u",
		   STORED_COLUMNS_LIKE, where, TABLES);
	mariadb_limit_time(m);
	if (mariadb_rows(m, "looking for columns that hold passwords", buf_text(&sql), TABLES, &r, &why) < 0) {
		job_finding(ret, "medium", "columns with passwords not looked for", "%s", why.text);
		return;
	}
	while (i < r.n && told < TOLD_MAX) {
		size_t n = 1;

		while (i + n < r.n && is_same(&r, i, i + n))
			n++;
		n = n > ALIKE_MAX ? n : 1;
		if (n > 1)
			tell_alike(&r, i, n, ret);
		else
			tell_one(&r, i, ret);
		told++;
		i += n;
	}
	if (i < r.n || r.n == TABLES)
		job_finding(ret, "high", "more tables may hold passwords", "at least %zu further tables have columns "
			    "that look so, from '%.60s' on: look through the databases by hand", r.n - i,
			    i < r.n ? mariadb_cell(&r, i, 1) : mariadb_cell(&r, r.n - 1, 1));
}
