#include "driver/postgresql.h"
#include <stdio.h>
#include <string.h>

#define SHOWN 50                       /* of each list; the questions ask for one more */

static int sessions(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s,
		"SELECT pid, backend_type, coalesce(host(client_addr), 'a unix socket'), coalesce(client_port, -1), "
		"coalesce(datname, '-'), coalesce(application_name, ''), to_char(backend_start AT TIME ZONE 'UTC', "
		"'YYYY-MM-DD HH24:MI:SS') FROM pg_stat_activity WHERE usename = $1::name AND pid <> pg_backend_pid() "
		"ORDER BY backend_start LIMIT 51", &user, 1, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, SHOWN, "sessions of the role", a); i++)
		job_finding(a, "medium", "session", "role '%s': %s, pid %s, from %s port %s, database '%s', program "
			    "'%s', since %s UTC", user, postgresql_cell(r, i, 1).s, postgresql_cell(r, i, 0).s,
			    postgresql_cell(r, i, 2).s, postgresql_cell(r, i, 3).s, postgresql_cell(r, i, 4).s,
			    postgresql_cell(r, i, 5).s, postgresql_cell(r, i, 6).s);
	return st;
}

static const struct { const char *attribute, *severity, *opens; } attributes[] = {
	{ "rolsuper", "high", "it is a superuser: everything in all databases, files and programs of the server's "
	  "user" },
	{ "rolreplication", "high", "it may replicate: a copy of all databases with all verifiers" },
	{ "rolbypassrls", "medium", "it sees rows past row level security" },
	{ "rolcreaterole", "high", "it may create roles and change other roles' passwords" },
	{ "rolcreatedb", "low", "it may create databases" },
};

static int rights(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s,
		"SELECT rolsuper, rolreplication, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, "
		"coalesce(rolvaliduntil < now(), false), coalesce(rolvaliduntil::text, '') FROM pg_roles "
		"WHERE rolname = $1::name", &user, 1, &r, e);

	if (st < 0)
		return st;
	if (PQntuples(r) == 0)
		return err_set(e, ERR_CONFIG, "there is no role '%s' on '%s'", user, s->job->address);
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (postgresql_true(r, 0, (int)i))
			job_finding(a, attributes[i].severity, "right", "role '%s': %s", user, attributes[i].opens);
	}
	if (!postgresql_true(r, 0, 5))
		job_finding(a, "info", "role cannot log in", "role '%s' has NOLOGIN", user);
	if (postgresql_true(r, 0, 6))
		job_finding(a, "info", "role has expired", "role '%s' was VALID UNTIL %s", user,
			    postgresql_cell(r, 0, 7).s);
	return 0;
}

/* Roles that the holder may act as, however many steps away. */
static int memberships(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s,
		"WITH RECURSIVE up(oid) AS (SELECT oid FROM pg_roles WHERE rolname = $1::name UNION "
		"SELECT m.roleid FROM pg_auth_members m JOIN up ON m.member = up.oid) "
		"SELECT g.rolname, g.rolsuper OR g.rolcreaterole OR g.rolreplication OR g.rolname IN "
		"('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_read_all_data', "
		"'pg_write_all_data') FROM up JOIN pg_roles g USING (oid) WHERE g.rolname <> $1::name ORDER BY 2 DESC, "
		"1 LIMIT 51", &user, 1, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, SHOWN, "memberships of the role", a); i++)
		job_finding(a, postgresql_true(r, i, 1) ? "high" : "low", "membership", "role '%s' acts as member of "
			    "'%s'", user, postgresql_cell(r, i, 0).s);
	return st;
}

/* Roles that act as this one: they reach what it owns, and their own passwords open it too. */
static int members(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s,
		"SELECT m.rolname FROM pg_auth_members x JOIN pg_roles m ON m.oid = x.member JOIN pg_roles g ON g.oid "
		"= x.roleid WHERE g.rolname = $1::name ORDER BY 1 LIMIT 51", &user, 1, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, SHOWN, "members of the role", a); i++)
		job_finding(a, "info", "member", "role '%s' may act as '%s'", postgresql_cell(r, i, 0).s, user);
	return st;
}

static int owned(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s,
		"SELECT coalesce(d.datname, 'shared'), count(*) FILTER (WHERE x.deptype = 'o'), "
		"count(*) FILTER (WHERE x.deptype = 'a'), bool_or(x.classid = 'pg_database'::regclass) "
		"FROM pg_shdepend x LEFT JOIN pg_database d ON d.oid = coalesce(nullif(x.dbid, 0), "
		"CASE WHEN x.classid = 'pg_database'::regclass THEN x.objid END) "
		"WHERE x.refclassid = 'pg_authid'::regclass AND x.refobjid = (SELECT oid FROM pg_roles WHERE rolname = "
		"$1::name) GROUP BY 1 ORDER BY 1 LIMIT 51", &user, 1, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, SHOWN, "databases with objects of the role", a); i++)
		job_finding(a, "medium", "objects", "role '%s' in database '%s': owns %s objects%s, has rights on %s",
			    user, postgresql_cell(r, i, 0).s, postgresql_cell(r, i, 1).s,
			    postgresql_true(r, i, 3) ? " or the database itself" : "", postgresql_cell(r, i, 2).s);
	return st;
}

int postgresql_look_at_role(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	static int (*const looks[])(struct postgresql *, const char *, struct driver_answer *, struct err *) = {
		rights, sessions, memberships, members, owned,
	};

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		int r = looks[i](s, user, a, e);

		if (r < 0)
			return r;
	}
	return 0;
}
