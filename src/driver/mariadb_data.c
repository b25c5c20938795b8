/* The databases that the account reaches: CHECK TABLE over their tables, small ones first, as far as the time goes. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

#define TABLES 20000u
#define SPARE_MS ((int64_t)1000)

/* information_schema spells a grantee 'user'@'host', with plain quotes round what stands there. */
static int add_reach(struct mariadb *m, const struct mariadb_accounts *a, struct buf *b, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		_cleanup_(buf_free) struct buf grantee = BUF_INIT(1000);

		if (!a->rows[i].declared)
			continue;
		buf_printf(&grantee, "'%s'@'%s'", a->rows[i].user, a->rows[i].host);
		buf_str(b, n++ ? ", " : "(");
		if (mariadb_quote(m, b, buf_text(&grantee), e) < 0)
			return -(int)e->code;
	}
	buf_str(b, n ? ")" : "('')");
	return 0;
}

/* The condition "t is in reach", with t.TABLE_SCHEMA and t.TABLE_NAME. */
static int reach(struct mariadb *m, const struct mariadb_accounts *a, struct buf *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf who = BUF_INIT(200000);

	if (add_reach(m, a, &who, e) < 0)
		return -(int)e->code;
	buf_printf(ret, "t.TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys') AND ("
		   "EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES u WHERE u.GRANTEE IN %s AND "
		   "u.PRIVILEGE_TYPE IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'DROP', 'ALTER')) "
		   "OR EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES s WHERE s.GRANTEE IN %s AND "
		   "t.TABLE_SCHEMA LIKE s.TABLE_SCHEMA) "
		   "OR EXISTS (SELECT 1 FROM information_schema.TABLE_PRIVILEGES p WHERE p.GRANTEE IN %s AND "
		   "p.TABLE_SCHEMA = t.TABLE_SCHEMA AND p.TABLE_NAME = t.TABLE_NAME))", buf_text(&who), buf_text(&who),
		   buf_text(&who));
	return ret->over ? err_set(e, ERR_LIMIT, "too many accounts for one question") : 0;
}

void mariadb_limit_time(struct mariadb *m)
{
	char sql[100];
	struct err ignored = ERR_INIT;
	int64_t ms = job_left_ms(m->job) / 3;

	snprintf(sql, sizeof(sql), "SET SESSION max_statement_time=%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
	(void)mariadb_do(m, "setting a limit", sql, &ignored);
}

/* Returns whether the table is whole; what could not be said counts as not checked. */
static bool check(struct mariadb *m, const char *schema, const char *table, struct driver_answer *ret, size_t *checked)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	_cleanup_(buf_free) struct buf sql = BUF_INIT(2000);
	struct err why = ERR_INIT;

	buf_str(&sql, "CHECK TABLE ");
	if (mariadb_quote_name(&sql, schema, &why) < 0)
		return true;
	buf_char(&sql, '.');
	mariadb_limit_time(m);
	if (mariadb_quote_name(&sql, table, &why) < 0 ||
	    mariadb_rows(m, "CHECK TABLE", buf_text(&sql), 1000, &r, &why) < 0) {
		job_finding(ret, "medium", "a table was not checked", "'%s'.'%s': %s", schema, table, why.text);
		return true;
	}
	(*checked)++;
	for (size_t i = 0; i < r.n; i++) {
		const char *kind = mariadb_cell(&r, i, 2), *text = mariadb_cell(&r, i, 3);

		/* A view or an engine without a check answers with a note: nothing is wrong with it. */
		if (strcasecmp(kind, "error") != 0 && strcasecmp(kind, "warning") != 0)
			continue;
		job_finding(ret, "high", "a table is damaged", "'%s'.'%s': %s: %s", schema, table, kind, text);
		return false;
	}
	return true;
}

static void check_all(struct mariadb *m, const char *where, struct driver_answer *ret)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	_cleanup_(buf_free) struct buf sql = BUF_INIT(1000000);
	struct err why = ERR_INIT;
	size_t checked = 0, damaged = 0, i;

	buf_printf(&sql, "SELECT t.TABLE_SCHEMA, t.TABLE_NAME FROM information_schema.TABLES t WHERE t.TABLE_TYPE = "
		   "'BASE TABLE' AND %s ORDER BY t.DATA_LENGTH, t.TABLE_SCHEMA, t.TABLE_NAME LIMIT %u", where, TABLES);
	mariadb_limit_time(m);
	if (mariadb_rows(m, "listing the tables", buf_text(&sql), TABLES, &r, &why) < 0) {
		job_finding(ret, "medium", "the tables were not checked", "%s", why.text);
		return;
	}
	for (i = 0; i < r.n && m->number < 2000 && job_left_ms(m->job) > 3 * SPARE_MS; i++)
		damaged += !check(m, mariadb_cell(&r, i, 0), mariadb_cell(&r, i, 1), ret, &checked);
	if (checked < r.n)
		job_finding(ret, "medium", "not all tables were checked",
			    "%zu of %zu tables in the account's reach were checked in the time there was; run "
			    "mariadb-check for the others", checked, r.n);
	else
		job_finding(ret, "info", "tables checked", "%zu tables in the account's reach, %zu damaged", checked,
			    damaged);
	snprintf(ret->text, sizeof(ret->text), "%zu of %zu tables checked, %zu damaged", checked, r.n, damaged);
}

void mariadb_inspect_data(struct mariadb *m, const struct mariadb_accounts *a, struct driver_answer *ret)
{
	_cleanup_(buf_free) struct buf where = BUF_INIT(800000);
	struct err why = ERR_INIT;

	/* The server leaves out of its lists what a login may not read, without a word. */
	if (!mariadb_may(m, "SELECT")) {
		job_finding(ret, "medium", "the tables were not checked", "%s may not read all tables; GRANT SELECT ON "
			    "*.* to the admin, or run mariadb-check",
			    m->job->admin_user ? "the admin" : "the account itself");
		return;
	}
	if (reach(m, a, &where, &why) < 0) {
		job_finding(ret, "medium", "the tables were not checked", "%s", why.text);
		return;
	}
	mariadb_inspect_stored(m, buf_text(&where), ret);
	check_all(m, buf_text(&where), ret);
}
