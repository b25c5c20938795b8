#include "driver/postgresql.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLES_MAX 2000

static bool is_ours(const struct driver_job *job, const char *role)
{
	for (size_t i = 0; job->users[i]; i++) {
		if (strcmp(job->users[i], role) == 0)
			return true;
	}
	return false;
}

static void one_role(struct postgresql *s, const PGresult *r, int row, uint32_t *skipped, struct driver_answer *a)
{
	const char *role = PQgetvalue(r, row, 0);
	bool opens = false;

	if (postgresql_verifies(PQgetvalue(r, row, 1), role, s->job->old, &opens) < 0)
		(*skipped)++;
	else if (opens && is_ours(s->job, role))
		job_finding(a, "high", "leaked value still set", "role '%s' still has the leaked value",
			    postgresql_cell(r, row, 0).s);
	else if (opens)
		job_finding(a, "high", "same value", "role '%s' has the leaked value too%s: change it as well, and put "
			    "it into the register as another account of this secret", postgresql_cell(r, row, 0).s,
			    postgresql_true(r, row, 2) ? ", and is a superuser" : "");
}

int postgresql_look_for_sharers(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	uint32_t skipped = 0;
	int i = 0;
	int st;

	if (!s->job->old)
		return err_set(e, ERR_REFUSED, "the old value is not known, so no other role can be compared with it");
	st = postgresql_query(s, "SELECT rolname, rolpassword, rolsuper FROM pg_authid WHERE rolpassword IS NOT NULL "
			      "ORDER BY rolsuper DESC, rolname LIMIT 2001", NULL, 0, &r, e);
	if (st < 0 && strcmp(s->state, "42501") == 0)
		return err_set(e, ERR_AUTH, "only a superuser may read pg_authid: whether other roles have the leaked "
			       "value is not known");
	if (st < 0)
		return st;
	/* Each verifier costs thousands of rounds: what does not fit into the time is told, not left out. */
	for (; i < PQntuples(r) && i < ROLES_MAX && job_left_ms(s->job) > 2000; i++)
		one_role(s, r, i, &skipped, a);
	if (i < PQntuples(r) || skipped > 0)
		job_finding(a, "medium", "not looked at", "%u of %d roles were not compared with the leaked value: too "
			    "many, out of time, or a form that is not known "
			    "here", (unsigned)(PQntuples(r) - i) + skipped, PQntuples(r));
	return 0;
}

static const char *setting(const PGresult *r, const char *name)
{
	for (int i = 0; i < PQntuples(r); i++) {
		if (strcmp(PQgetvalue(r, i, 0), name) == 0)
			return PQgetvalue(r, i, 1);
	}
	return "";
}

/* Which settings have written passwords of the past into the log: our own statements carry a verifier only. */
static int log_settings(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, "SELECT name, setting FROM pg_settings WHERE name IN ('log_statement', "
				  "'log_min_duration_statement', 'log_min_error_statement', 'log_connections', "
				  "'password_encryption', 'data_checksums', 'log_min_duration_sample')", NULL, 0, &r,
				  e);
	const char *log;

	if (st < 0)
		return st;
	log = setting(r, "log_statement");
	if (strcmp(log, "none") != 0 && *log)
		job_finding(a, "high", "clear text in the log", "log_statement = %.20s: each CREATE ROLE or ALTER ROLE "
			    "with PASSWORD '...' by hand stands in the server's log in clear text; search its files, "
			    "archives and copies", log);
	log = setting(r, "log_min_duration_statement");
	if (strcmp(log, "-1") != 0 && *log)
		job_finding(a, "medium", "clear text in the log", "log_min_duration_statement = %.20s: slow statements "
			    "stand in the log with their text, passwords set by hand included", log);
	if (strcmp(setting(r, "log_min_error_statement"), "panic") != 0)
		job_finding(a, "low", "clear text in the log", "log_min_error_statement: a CREATE ROLE by hand that "
			    "failed stands in the log with its text");
	if (strcmp(setting(r, "log_connections"), "on") != 0)
		job_finding(a, "medium", "no record of logins", "log_connections is off: who logged in before now "
			    "cannot be told from this server's log");
	if (strcmp(setting(r, "password_encryption"), "md5") == 0)
		job_finding(a, "medium", "weak password form", "password_encryption = md5: new passwords are kept as "
			    "hashes that open the role by themselves");
	return 0;
}

/* Lines of pg_hba.conf that let somebody in without asking, or that make the client send clear text. */
static int hba(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, "SELECT line_number, type, auth_method, array_to_string(user_name, ','), "
				  "coalesce(address, '') FROM pg_hba_file_rules WHERE auth_method IN ('trust', "
				  "'password') ORDER BY 1 LIMIT 21", NULL, 0, &r, e);

	for (int i = 0; st == 0 && postgresql_told(r, i, 20, "lines of pg_hba.conf", a); i++)
		job_finding(a, "medium", "pg_hba.conf", "line %s: %s %s %s by '%s': %s", postgresql_cell(r, i, 0).s,
			    postgresql_cell(r, i, 1).s, postgresql_cell(r, i, 3).s, postgresql_cell(r, i, 4).s,
			    postgresql_cell(r, i, 2).s, PQgetvalue(r, i, 2)[0] == 't' ?
			    "no password is asked for, so changing it keeps nobody out there" : "the client sends "
			    "clear text");
	return st;
}

/* Values that stand in the catalogs in clear text and open other servers. */
static int kept_elsewhere(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	struct postgresql_cell n;
	int st = postgresql_one(s, "SELECT count(*) FROM pg_subscription WHERE subconninfo LIKE '%password%'", NULL, &n,
				e);

	if (st == 0 && strcmp(n.s, "0") != 0)
		job_finding(a, "medium", "values kept in clear text", "%s subscriptions hold a password of another "
			    "server", n.s);
	return st;
}

static int wholeness(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	struct postgresql_cell n;
	int st = postgresql_one(s, "SELECT coalesce(sum(checksum_failures), -1) FROM pg_stat_database", NULL, &n, e);

	if (st < 0)
		return st;
	if (strcmp(n.s, "-1") == 0)
		job_finding(a, "info", "data", "data checksums are off: whether pages are whole cannot be told");
	else
		job_finding(a, strcmp(n.s, "0") == 0 ? "info" : "high", "data", "%s checksum failures seen so far",
			    n.s);
	return 0;
}

int postgresql_look_at_server(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	static const struct {
		const char *what;
		int (*look)(struct postgresql *s, struct driver_answer *a, struct err *e);
	} looks[] = {
		{ "settings of the log", log_settings }, { "pg_hba.conf", hba },
		{ "passwords of other servers in subscriptions", kept_elsewhere }, { "checksums", wholeness },
	};

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		int r = looks[i].look(s, a, e);

		if (r == -ERR_NET)
			return r;
		if (r < 0)
			job_finding(a, "medium", "not looked at", "%s: %s", looks[i].what, e->text);
	}
	return 0;
}
