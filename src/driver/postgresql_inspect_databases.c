/*
 * Roles are the server's, tables are a database's: each database is a connection of its own. Looked for are columns
 * that look like passwords and that the leaked role could read, since what they hold may have to be reset as well.
 */
#include "driver/postgresql.h"
#include "base/buf.h"
#include <stdio.h>
#include <string.h>

#define DATABASES_MAX 64
#define NOT_ENOUGH_MS 1500

#define SHOWN 50                       /* of each list; the questions ask for one more */

static const char columns_sql[] =
	"SELECT n.nspname, c.relname, string_agg(a.attname::text, ', ' ORDER BY a.attnum), "
	"greatest(max(c.reltuples), 0)::bigint "
	"FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v') AND a.attnum > 0 AND NOT a.attisdropped "
	"AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
	"AND a.attname ~* '" STORED_COLUMNS_LIKE "' "
	"AND has_column_privilege($1::name, c.oid, a.attnum, 'SELECT') AND has_schema_privilege($1::name, n.oid, "
	"'USAGE') GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2 LIMIT 51";

static const char mappings_sql[] =
	"SELECT m.srvname FROM pg_user_mappings m WHERE (m.usename = $1::name OR m.umuser = 0 OR "
	"(SELECT rolsuper FROM pg_roles WHERE rolname = $1::name)) ORDER BY 1 LIMIT 51";

static int columns(struct postgresql *s, const char *database, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, columns_sql, &user, 1, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, SHOWN, "tables with passwords", a); i++) {
		_cleanup_(buf_free) struct buf table = BUF_INIT(1024);
		struct postgresql_cell names = postgresql_cell(r, i, 2);

		buf_printf(&table, "%s.%s.%s", database, postgresql_cell(r, i, 0).s, postgresql_cell(r, i, 1).s);
		job_stored(a, buf_text(&table), names.s, "role '%.63s' can read columns of '%s' that may hold "
			   "passwords (%s; about %s rows): reset what is stored there as a "
			   "precaution", user, buf_text(&table), names.s, postgresql_cell(r, i, 3).s);
	}
	return st;
}

static int mappings(struct postgresql *s, const char *database, const char *user, struct driver_answer *a,
		    struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, mappings_sql, &user, 1, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, SHOWN, "user mappings", a); i++)
		job_finding(a, "high", "opens another server", "role '%s' reaches foreign server '%s' in database '%s' "
			    "through a user mapping, which may hold that server's "
			    "password", user, postgresql_cell(r, i, 0).s, database);
	return st;
}

static int look_into(const struct driver_job *job, const char *database, const char *shown, struct driver_answer *a,
		     struct err *e)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	int r = postgresql_open(job, job->users[0], database, &s, e);

	for (size_t i = 0; r == 0 && job->users[i]; i++) {
		r = columns(&s, shown, job->users[i], a, e);
		if (r == 0)
			r = mappings(&s, shown, job->users[i], a, e);
	}
	return r;
}

int postgresql_look_into_databases(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
				  "ORDER BY pg_database_size(oid) DESC, datname LIMIT 65", NULL, 0, &r, e);
	int i = 0;

	if (st < 0 && strcmp(s->state, "42501") == 0)
		st = postgresql_query(s, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
				      "ORDER BY datname LIMIT 65", NULL, 0, &r, e);
	if (st < 0)
		return st;
	for (; i < PQntuples(r) && i < DATABASES_MAX && job_left_ms(s->job) > NOT_ENOUGH_MS; i++) {
		struct err why = ERR_INIT;

		if (look_into(s->job, PQgetvalue(r, i, 0), postgresql_cell(r, i, 0).s, a, &why) < 0)
			job_finding(a, "medium", "not looked at", "database '%s': %s", postgresql_cell(r, i, 0).s,
				    why.text);
	}
	if (i < PQntuples(r))
		job_finding(a, "medium", "not looked at", "%d databases or more were not looked into: too many, or out "
			    "of time", PQntuples(r) - i);
	return 0;
}
