/*
 * Ends sessions by their ids: KILL USER takes the client's address, not the account's host pattern, and says nothing
 * when it ends none. Sessions younger than our own connection are left alone: they came in after the change.
 */
#include "driver/mariadb.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

#define LOOKS_APART_MS ((int64_t)100)

static void strip_port(char *host)
{
	char *colon = strrchr(host, ':');

	if (colon && strspn(colon + 1, "0123456789") == strlen(colon + 1))
		*colon = '\0';
}

/* The list shows the client, not the account that it met; a client that a declared pattern fits is taken for it. A
 * pattern of numbers cannot be held against a resolved name: such a session is ended too. */
static bool is_wanted(const struct driver_job *job, const char *user, const char *client)
{
	char host[300];

	snprintf(host, sizeof(host), "%s", client);
	strip_port(host);
	for (size_t i = 0; job->users[i]; i++) {
		_cleanup_(freep) char *name = NULL, *pattern = NULL;
		bool numbers, resolved;

		mariadb_word(job->users[i], &name, &pattern);
		if (strcmp(name, user) != 0)
			continue;
		if (!pattern || mariadb_host_fits(pattern, host))
			return true;
		numbers = strspn(pattern, "0123456789.%_/:") == strlen(pattern);
		resolved = strspn(host, "0123456789.:abcdef") != strlen(host);
		if (numbers && resolved && strcmp(host, "localhost") != 0)
			return true;
	}
	return false;
}

static int sessions(struct mariadb *m, uint64_t before, struct mariadb_rows *ret, struct err *e)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT ID, USER, HOST, COMMAND FROM information_schema.PROCESSLIST WHERE ID < %"
		 PRIu64 " ORDER BY ID", before);
	mariadb_rows_free(ret);
	return mariadb_rows(m, "listing the sessions", sql, MARIADB_ROWS, ret, e);
}

static int end_one(struct mariadb *m, const struct mariadb_rows *r, size_t i, struct err *e)
{
	char sql[64], what[160];
	int64_t id;
	int err;

	if (text_i64(mariadb_cell(r, i, 0), &id) < 0)
		return 0;
	snprintf(sql, sizeof(sql), "KILL HARD CONNECTION %" PRId64, id);
	snprintf(what, sizeof(what), "ending session %" PRId64 " of '%.60s' from '%.60s'", id, mariadb_cell(r, i, 1),
		 mariadb_cell(r, i, 2));
	job_changing(m->job);
	m->changing = true;
	err = mariadb_do(m, "ending a session", sql, e);
	m->changing = false;
	if (err < 0 && m->number == MARIADB_NO_THREAD)
		err = 0;
	job_tried(m->job, what, err == 0 ? "ended" : e->text);
	return err;
}

/* One look: ends what is there. *ret_left: how many there were; *ret_new: those that were not seen before. */
static int sweep(struct mariadb *m, uint64_t *high, struct mariadb_rows *r, uint32_t *ret_left, uint32_t *ret_new,
		 struct err *e)
{
	uint64_t top = *high;
	int err = sessions(m, m->id, r, e);

	*ret_left = 0;
	for (size_t i = 0; err == 0 && i < r->n; i++) {
		int64_t id = 0;

		if (!is_wanted(m->job, mariadb_cell(r, i, 1), mariadb_cell(r, i, 2)))
			continue;
		(*ret_left)++;
		(void)text_i64(mariadb_cell(r, i, 0), &id);
		/* "Killed" is on its way out: its transaction rolls back, which may take a while. */
		if (strcmp(mariadb_cell(r, i, 3), "Killed") == 0)
			continue;
		*ret_new += (uint64_t)id > *high;
		top = (uint64_t)id > top ? (uint64_t)id : top;
		err = end_one(m, r, i, e);
	}
	*high = top;
	return err;
}

/* Prepared XA transactions outlive their session, with all their locks. */
static void tell_prepared(struct mariadb *m, struct driver_answer *ret)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	struct err ignored = ERR_INIT;

	if (mariadb_rows(m, "listing prepared transactions", "XA RECOVER", MARIADB_ROWS, &r, &ignored) == 0 && r.n > 0)
		job_finding(ret, "medium", "prepared transactions outlive the cut",
			    "%zu prepared XA transactions hold their locks without a session; the server does not say "
			    "whose they are: look at XA RECOVER, then XA COMMIT or XA ROLLBACK", r.n);
}

/* Still better than nothing: all sessions of the name, which CONNECTION ADMIN allows unseen. */
static int cut_blind(struct mariadb *m, struct err *e)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	int r = 0;

	mariadb_names(m->job, &names);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_(buf_free) struct buf sql = BUF_INIT(1000);

		buf_str(&sql, "KILL HARD USER ");
		r = mariadb_quote(m, &sql, names.s[i], e);
		job_changing(m->job);
		m->changing = true;
		if (r == 0)
			r = mariadb_do(m, "ending the sessions of a user", buf_text(&sql), e);
		m->changing = false;
	}
	if (r < 0)
		return r;
	r = err_set(e, ERR_REMOTE, "mariadb at '%s': the sessions were told to end, but '%s' may not see the sessions "
		    "of others, so nobody can say that none is left; GRANT PROCESS ON *.* to it", m->job->address,
		    m->job->admin_user);
	e->effect = EFFECT_CHANGED;
	return r;
}

int mariadb_cut(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	uint64_t high = 0;
	uint32_t left = 0, n = 0;
	int err;

	if (job->replica) {
		snprintf(ret->text, sizeof(ret->text), "a replica opens the session itself: cut it at its primary");
		return 0;
	}
	err = job->admin_user ? mariadb_open_admin(&m, e) : mariadb_open_self(&m, e);
	/* Without PROCESS the list holds our own sessions only, and "none is left" would be a lie. */
	if (err == 0 && job->admin_user && !mariadb_may(&m, "PROCESS"))
		return cut_blind(&m, e);
	while (err == 0) {
		err = sweep(&m, &high, &r, &left, &n, e);
		if (err < 0 || left == 0 || job_left_ms(job) < 5 * LOOKS_APART_MS)
			break;
		clock_sleep_ms(LOOKS_APART_MS);
	}
	ret->count = n;
	ret->left = left;
	if (err < 0)
		return err;
	tell_prepared(&m, ret);
	if (left == 0) {
		snprintf(ret->text, sizeof(ret->text), "%" PRIu32 " sessions ended, none is left", n);
		return 0;
	}
	err = err_set(e, ERR_REMOTE,
		      "mariadb at '%s': %" PRIu32 " sessions are still there (killed, rolling back?); look again later",
		      job->address, left);
	e->effect = EFFECT_CHANGED;
	return err;
}
