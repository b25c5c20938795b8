/* What the holder of the account may do on this server, and what it left behind that runs without it. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

#define SHOWN 50u

/* Whatever runs later under the account's name, or by itself: each query gives kind, name, definer, time. */
static const struct trace { const char *kind, *table, *name, *schema, *made; } traces[] = {
	{ "event", "EVENTS", "EVENT_NAME", "EVENT_SCHEMA", "LAST_ALTERED" },
	{ "routine", "ROUTINES", "ROUTINE_NAME", "ROUTINE_SCHEMA", "LAST_ALTERED" },
	{ "trigger", "TRIGGERS", "TRIGGER_NAME", "TRIGGER_SCHEMA", "CREATED" },
};

static void look_for(struct mariadb *m, const struct trace *t, const struct mariadb_row *row,
		     struct driver_answer *ret)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	_cleanup_(buf_free) struct buf sql = BUF_INIT(4000), definer = BUF_INIT(1000);
	struct err why = ERR_INIT;

	buf_printf(&definer, "%s@%s", row->user, row->host);
	buf_printf(&sql, "SELECT %s, %s, %s FROM information_schema.%s WHERE DEFINER = ", t->schema, t->name, t->made,
		   t->table);
	if (mariadb_quote(m, &sql, buf_text(&definer), &why) < 0)
		return;
	if (m->job->since_us > 0)
		buf_printf(&sql, " AND (%s IS NULL OR %s >= FROM_UNIXTIME(%" PRId64 "))", t->made, t->made,
			   m->job->since_us / 1000000);
	buf_printf(&sql, " LIMIT %u", SHOWN);
	if (mariadb_rows(m, "looking for what runs by itself", buf_text(&sql), SHOWN, &r, &why) < 0) {
		job_finding(ret, "low", "not looked at", "%s", why.text);
		return;
	}
	for (size_t i = 0; i < r.n; i++)
		job_finding(ret, "high", "something that runs without the account's password",
			    "%s '%s'.'%s', last changed %s, runs as '%s'", t->kind, mariadb_cell(&r, i, 0),
			    mariadb_cell(&r, i, 1), mariadb_cell(&r, i, 2), buf_text(&definer));
}

static void rights(struct mariadb *m, const struct mariadb_row *row, struct driver_answer *ret)
{
	static const char *const deep[] = { "ALL PRIVILEGES", "SUPER", "FILE", "CREATE USER", "GRANT OPTION",
					    "SET USER", "REPLICATION SLAVE" };
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	_cleanup_(buf_free) struct buf sql = BUF_INIT(1000), who = BUF_INIT(500), list = BUF_INIT(300);
	struct err why = ERR_INIT;
	int bad;

	buf_str(&sql, "SHOW GRANTS FOR ");
	bad = mariadb_quote(m, &sql, row->user, &why);
	buf_char(&sql, '@');
	if (bad < 0 || mariadb_quote(m, &sql, row->host, &why) < 0 ||
	    mariadb_rows(m, "reading its rights", buf_text(&sql), MARIADB_ROWS, &r, &why) < 0)
		return;
	for (size_t i = 0; i < r.n; i++) {
		const char *grant = mariadb_cell(&r, i, 0);

		for (size_t d = 0; strstr(grant, " ON *.* ") && d < ARRAY_SIZE(deep); d++)
			if (strstr(grant, deep[d]))
				buf_printf(&list, "%s%s", list.len ? ", " : "", deep[d]);
	}
	if (list.len == 0)
		return;
	mariadb_text_account(&who, row);
	job_finding(ret, "high", "rights on the whole server",
		    "%s holds %s: every database and account of this server is in its reach", buf_text(&who),
		    buf_text(&list));
}

void mariadb_inspect_traces(struct mariadb *m, const struct mariadb_accounts *a, struct driver_answer *ret)
{
	for (size_t i = 0; i < a->n; i++) {
		if (!a->rows[i].declared)
			continue;
		rights(m, &a->rows[i], ret);
		for (size_t t = 0; t < ARRAY_SIZE(traces); t++)
			look_for(m, &traces[t], &a->rows[i], ret);
	}
}
