/*
 * No admin in the register: each account logs in and replaces its own password with SET PASSWORD, which takes a hash
 * and needs no right. It replaces the first of several passwords only, so the old one is tried again afterwards.
 */
#include "driver/mariadb.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include <string.h>

static bool landed_elsewhere(const struct driver_job *job, const char *name, const char *current)
{
	const char *host = strrchr(current, '@');
	bool named = false;

	for (size_t i = 0; job->users[i]; i++) {
		_cleanup_(freep) char *user = NULL, *pattern = NULL;

		mariadb_word(job->users[i], &user, &pattern);
		if (strcmp(user, name) != 0)
			continue;
		if (!pattern || (host && strcasecmp(pattern, host + 1) == 0))
			return false;
		named = true;
	}
	return named;
}

static int plugin_of(struct mariadb *m, char ret[24], struct err *e)
{
	_cleanup_(buf_free) struct buf made = BUF_WIPED(100000);
	int r = mariadb_value(m, "SHOW CREATE USER", &made, e);

	snprintf(ret, 24, "%s", strstr(buf_text(&made), " IDENTIFIED VIA ed25519 ") ? "ed25519" :
		 "mysql_native_password");
	return r;
}

static int set_own(struct mariadb *m, const char *name, const struct mariadb_hash *new, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(2000);
	char plugin[24] = "mysql_native_password";
	int r = mariadb_value(m, "SELECT CURRENT_USER()", &b, e);

	/* An expired account may do nothing but SET PASSWORD. */
	if (r < 0 && m->number != MARIADB_MUST_SET)
		return r;
	if (r == 0 && landed_elsewhere(m->job, name, buf_text(&b)))
		return err_set(e, ERR_REFUSED,
			       "mariadb at '%s': from here '%s' logs in as '%s', which the register does not name; an "
			       "admin account is needed for the others", m->job->address, name, buf_text(&b));
	if (r == 0)
		r = plugin_of(m, plugin, e);
	if (r < 0 && m->number != MARIADB_MUST_SET)
		return r;
	buf_clear(&b);
	buf_str(&b, "SET PASSWORD = ");
	if (mariadb_quote(m, &b, mariadb_hash_for(new, plugin), e) < 0)
		return -(int)e->code;
	job_changing(m->job);
	m->changing = true;
	r = mariadb_do(m, "the account changes its own password", buf_text(&b), e);
	if (r < 0 && (m->number == MARIADB_FAILED || m->number == MARIADB_WEAK))
		return err_wrap(e, "a password validation plugin refuses hashes; an admin account with SUPER is "
				"needed");
	return r;
}

static int still_open(const struct driver_job *job, const char *name, struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb again = { .job = job };
	struct err refused = ERR_INIT;

	if (!job->old || secret_equal(job->old, job->new) ||
	    mariadb_open(&again, name, job->old, "the old value", &refused) < 0) {
		if (job->old)
			job_tried(job, "login with the old value after the change", refused.text);
		return 0;
	}
	job_tried(job, "login with the old value after the change", "accepted");
	(void)err_set(e, ERR_REMOTE,
		      "mariadb at '%s': '%s' still takes the old value: it is the second of two passwords of the "
		      "account, and only an admin can end that one", job->address, name);
	if (e)
		e->effect = EFFECT_CHANGED;
	return -ERR_REMOTE;
}

static int change_one(const struct driver_job *job, const char *name, const struct mariadb_hash *new, bool *ret_done,
		      struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(mariadb_close) struct mariadb with_new = { .job = job };
	struct err ignored = ERR_INIT;
	int r = job->old ? mariadb_open(&m, name, job->old, "the old value", e) :
			   err_set(e, ERR_REFUSED, "mariadb at '%s': without an admin account the old value is needed "
				   "to change '%s'", job->address, name);

	if (r == 0) {
		*ret_done = true;
		r = set_own(&m, name, new, e);
		return r < 0 ? r : still_open(job, name, e);
	}
	/* The second call of the same deed: the new value is in already. */
	if (r == -ERR_AUTH && mariadb_open(&with_new, name, job->new, "the new value", &ignored) == 0)
		return 0;
	return r;
}

int mariadb_self_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	_cleanup_(mariadb_hash_wipe) struct mariadb_hash new = { 0 };
	bool done = false;
	int r;

	if (!job->new)
		return err_set(e, ERR_BUG, "mariadb at '%s': there is no new value to set", job->address);
	r = mariadb_hash(job->new, &new, e);
	mariadb_names(job, &names);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		r = change_one(job, names.s[i], &new, &done, e);
		if (r < 0 && e && e->effect == EFFECT_NONE && i > 0 && done)
			e->effect = EFFECT_CHANGED;
	}
	if (r < 0)
		return r;
	snprintf(ret->text, sizeof(ret->text),
		 "%zu account%s took the new value by itself; other host patterns and accounts that share the old "
		 "value cannot be seen without an admin account", names.n, names.n == 1 ? "" : "s");
	return 0;
}

int mariadb_open_self(struct mariadb *m, struct err *e)
{
	_cleanup_(freep) char *name = NULL, *host = NULL;
	int r;

	if (!m->job->users[0])
		return err_set(e, ERR_CONFIG, "mariadb at '%s': the register names no users for it", m->job->address);
	if (m->job->users[1])
		return err_set(e, ERR_REFUSED, "mariadb at '%s': without an admin account only one account can look "
			       "after its own sessions, and the register names several", m->job->address);
	mariadb_word(m->job->users[0], &name, &host);
	r = m->job->new ? mariadb_open(m, name, m->job->new, "the new value", e) : -ERR_AUTH;
	if (r == -ERR_AUTH && m->job->old) {
		mariadb_close(m);
		r = mariadb_open(m, name, m->job->old, "the old value", e);
	} else if (r < 0 && !m->job->new) {
		return err_set(e, ERR_REFUSED, "mariadb at '%s': there is neither an admin account nor a value to log "
			       "in with", m->job->address);
	}
	return r < 0 ? r : mariadb_settle(m, e);
}
