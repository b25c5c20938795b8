/* inspect: who is in now, which accounts stand open, what the leaked account left behind, is the data whole. */
#include "driver/mariadb.h"
#include "base/strv.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

#define SHOWN 50u

static void sessions(struct mariadb *m, struct driver_answer *ret)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err why = ERR_INIT;
	size_t shown = 0, more = 0;

	/* An account sees its own sessions in any case. */
	if (m->job->admin_user && !mariadb_may(m, "PROCESS")) {
		job_finding(ret, "medium", "sessions not seen", "'%s' may not see the sessions of others; GRANT "
			    "PROCESS ON *.* to it", m->job->admin_user);
		return;
	}
	mariadb_names(m->job, &names);
	if (mariadb_rows(m, "listing the sessions", "SELECT USER, HOST, COMMAND, TIME, DB FROM "
			 "information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()", MARIADB_ROWS, &r, &why) < 0) {
		job_finding(ret, "medium", "sessions not seen", "%s", why.text);
		return;
	}
	for (size_t i = 0; i < r.n; i++) {
		if (!strv_has(&names, mariadb_cell(&r, i, 0)))
			continue;
		if (++shown > SHOWN) {
			more++;
			continue;
		}
		job_finding(ret, "medium", "connected now", "'%s' from %s, %s for %s s, database '%s'",
			    mariadb_cell(&r, i, 0), mariadb_cell(&r, i, 1), mariadb_cell(&r, i, 2),
			    mariadb_cell(&r, i, 3), mariadb_cell(&r, i, 4));
	}
	if (more > 0)
		job_finding(ret, "medium", "connected now", "%zu sessions more", more);
}

static void one_account(const struct mariadb *m, const struct mariadb_row *row, const struct mariadb_hash *old,
			const struct mariadb_hash *new, struct driver_answer *ret)
{
	_cleanup_(buf_free) struct buf who = BUF_INIT(500);
	int64_t since = m->job->since_us / 1000000;

	mariadb_text_account(&who, row);
	if (mariadb_row_is_empty(row) && !row->locked)
		job_finding(ret, "high", "an account without a password",
			    "%s lets in without a password: give it one or drop it", buf_text(&who));
	if (row->declared && mariadb_row_takes(row, old) && mariadb_row_takes(row, new))
		job_finding(ret, "medium", "two values at once", "%s takes the old and the new value (auth_or)",
			    buf_text(&who));
	if (row->declared && old->known && mariadb_row_has_other(row, old, new))
		job_finding(ret, "high", "a password that nobody declared",
			    "%s takes a password that is neither the old nor the new value; mysql.user shows the first "
			    "of several only", buf_text(&who));
	if (!row->declared && since > 0 && row->changed >= since)
		job_finding(ret, "high", "an account changed since then",
			    "%s was made, or its password changed, at Unix time %" PRId64, buf_text(&who),
			    row->changed);
	if (row->declared && row->locked)
		job_finding(ret, "low", "a locked account", "%s is locked", buf_text(&who));
}

void mariadb_inspect_accounts(struct mariadb *m, const struct mariadb_accounts *a, struct driver_answer *ret,
			      const struct mariadb_hash *old, const struct mariadb_hash *new)
{
	_cleanup_(buf_free) struct buf names = BUF_INIT(100000);

	if (!a->readable) {
		job_finding(ret, "medium", "accounts not seen",
			    "mysql.global_priv may not be read: empty passwords and accounts that share the value are "
			    "not known");
		return;
	}
	for (size_t i = 0; i < a->n; i++)
		one_account(m, &a->rows[i], old, new, ret);
	(void)mariadb_sharers(m, a, old, ret, &names);
}

/* Left off by whoever meant to switch it on again, a step of ours that was killed among them. */
static void validation(struct mariadb *m, struct driver_answer *ret)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);
	struct err ignored = ERR_INIT;

	if (mariadb_value(m, "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'PASSWORD "
			  "VALIDATION' AND PLUGIN_STATUS = 'ACTIVE' AND @@GLOBAL.strict_password_validation = "
			  "0", &b, &ignored) == 0 &&
	    strcmp(buf_text(&b), "0") != 0)
		job_finding(ret, "low", "passwords are not judged",
			    "a password validation plugin is loaded, and strict_password_validation is off: SET GLOBAL "
			    "strict_password_validation=1 unless that is meant");
}

/* Statements that somebody typed: ours hold hashes only. */
static void logs(struct mariadb *m, struct driver_answer *ret)
{
	static const struct { const char *on, *detail; } kinds[] = {
		{ "SELECT @@GLOBAL.general_log", "the general log is on: each password that was set by hand "
		  "(IDENTIFIED BY '...', PASSWORD('...')) stands in it in clear text; search it and its copies" },
		{ "SELECT @@GLOBAL.slow_query_log", "the slow query log is on: a statement that took long stands in it "
		  "with its text, passwords set by hand included" },
		{ "SELECT @@GLOBAL.log_bin", "the binary log is on: CREATE USER and ALTER USER with IDENTIFIED BY "
		  "'...' by hand stand in it in clear text, and on every replica; search the old ones and their "
		  "copies" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(100);
		struct err why = ERR_INIT;

		if (mariadb_value(m, kinds[i].on, &b, &why) < 0)
			job_finding(ret, "medium", "not looked at", "%s: %s", kinds[i].on, why.text);
		else if (strcmp(buf_text(&b), "0") != 0)
			job_finding(ret, i == 1 ? "medium" : "high", "clear text in the log", "%s", kinds[i].detail);
	}
}

int mariadb_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(mariadb_accounts_free) struct mariadb_accounts a = { 0 };
	_cleanup_(mariadb_hash_wipe) struct mariadb_hash old = { 0 };
	_cleanup_(mariadb_hash_wipe) struct mariadb_hash new = { 0 };
	int r;

	r = mariadb_hash(job->old, &old, e);
	if (r == 0)
		r = mariadb_hash(job->new, &new, e);
	if (r == 0)
		r = job->admin_user ? mariadb_open_admin(&m, e) : mariadb_open_self(&m, e);
	if (r == 0 && job->admin_user)
		r = mariadb_accounts_read(&m, &a, e);
	if (r < 0)
		return r;
	sessions(&m, ret);
	validation(&m, ret);
	logs(&m, ret);
	mariadb_inspect_accounts(&m, &a, ret, &old, &new);
	mariadb_inspect_traces(&m, &a, ret);
	mariadb_inspect_data(&m, &a, ret);
	ret->count = (uint32_t)json_array_size(ret->findings);
	if (!*ret->text)
		snprintf(ret->text, sizeof(ret->text), "%u findings", ret->count);
	return 0;
}
