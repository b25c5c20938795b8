/* The statements that change accounts: all declared accounts in one, with hashes made here. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <string.h>

#define STATEMENT_MAX ((size_t)1 << 20)

static const char *plugin_for(const struct mariadb *m, const struct mariadb_row *row)
{
	const char *wish = job_option(m->job, "plugin");

	if (wish)
		return wish;
	for (size_t i = 0; i < row->n; i++)
		if (mariadb_way_is_password(&row->ways[i]) && strcmp(row->ways[i].plugin, "ed25519") == 0)
			return "ed25519";
	return "mysql_native_password";
}

static int add_way(struct mariadb *m, struct buf *b, const char *plugin, const char *hash, bool *first, struct err *e)
{
	int r;

	buf_str(b, *first ? " IDENTIFIED VIA " : " OR ");
	*first = false;
	r = mariadb_quote_name(b, plugin, e);
	if (r < 0 || !*hash)
		return r;
	buf_str(b, " USING ");
	return mariadb_quote(m, b, hash, e);
}

/* Staging only adds: what the account takes today it goes on taking, and it takes nothing
 * old that it does not take now. */
static bool is_kept(const struct mariadb_way *w, enum mariadb_hold hold)
{
	if (!mariadb_way_is_password(w))
		return strcmp(w->hash, "invalid") != 0;
	return hold == MARIADB_BOTH && *w->hash;
}

/* The new value, then what is kept: other passwords while staged, and what lets in without
 * one of its own (a socket). */
static int add_row(struct mariadb *m, struct buf *b, const struct mariadb_row *row, enum mariadb_hold hold,
		   const struct mariadb_hash *old, const struct mariadb_hash *new, struct err *e)
{
	const char *plugin = plugin_for(m, row);
	const char *value = mariadb_hash_for(new, plugin), *former = mariadb_hash_for(old, plugin);
	bool first = true;
	int r;

	if (!value)
		return err_set(e, ERR_CONFIG,
			       "mariadb at '%s': the option plugin is '%s'; mysql_native_password or ed25519 is "
			       "expected", m->job->address, plugin);
	r = mariadb_quote(m, b, row->user, e);
	buf_char(b, '@');
	if (r == 0)
		r = mariadb_quote(m, b, row->host, e);
	if (r == 0)
		r = add_way(m, b, plugin, value, &first, e);
	/* Where the accounts may not be read, what it takes today is not known: the old
	 * value, as far as we are told. */
	if (r == 0 && hold == MARIADB_BOTH && row->n == 0 && former)
		r = add_way(m, b, plugin, former, &first, e);
	for (size_t i = 0; r == 0 && i < row->n; i++)
		if (is_kept(&row->ways[i], hold))
			r = add_way(m, b, row->ways[i].plugin, row->ways[i].hash, &first, e);
	return r;
}

/* A replica of this server that lacks the account would stop at a plain ALTER USER. What is missing here is found by
 * reading the accounts; one who may not read them needs the server's own word for it. */
static const char *alter(const struct mariadb_accounts *a)
{
	return a->readable ? "ALTER USER IF EXISTS " : "ALTER USER ";
}

/* An account that is only meant as "all of this name" and has no password today (a socket account) gets none. */
static bool is_meant(const struct mariadb_accounts *a, const struct mariadb_row *row)
{
	return row->declared && (!a->readable || !row->by_name || mariadb_row_has_password(row));
}

static int set_strict(struct mariadb *m, bool on, struct err *e)
{
	return mariadb_do(m, "switching strict_password_validation", on ? "SET GLOBAL strict_password_validation=1" :
			  "SET GLOBAL strict_password_validation=0", e);
}

static bool is_strict(struct mariadb *m)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);
	struct err ignored = ERR_INIT;

	return mariadb_value(m, "SELECT @@GLOBAL.strict_password_validation", &b, &ignored) == 0 &&
	       strcmp(buf_text(&b), "1") == 0;
}

/* A validation plugin cannot judge a hash, so the server refuses all of them: with a number that says nothing. */
static int alter_past_validation(struct mariadb *m, const char *sql, struct err *e)
{
	struct err back = ERR_INIT;
	int r = set_strict(m, false, e), undone;

	/* Said before, so that it stands in the journal when this process does not live to set it back. */
	job_tried(m->job, "SET GLOBAL strict_password_validation=0 for the moment of the change",
		  r < 0 ? e->text : "done");
	if (r < 0)
		return err_wrap(e, "a password validation plugin refuses hashes, and this login may not set "
				"strict_password_validation=0 for a moment (SUPER)");
	r = mariadb_do(m, "changing the account", sql, e);
	undone = set_strict(m, true, &back);
	if (undone == 0)
		return r;
	job_tried(m->job, "SET GLOBAL strict_password_validation=1", back.text);
	if (r < 0)
		return r;
	r = err_set(e, ERR_REMOTE, "the account is changed, but strict_password_validation could not be set back to 1; "
		    "do that by hand: %s", back.text);
	if (e)
		e->effect = EFFECT_CHANGED;
	return r;
}

static int run(struct mariadb *m, const char *sql, size_t rows, struct err *e)
{
	bool refused;
	int r;

	job_changing(m->job);
	m->changing = true;
	r = mariadb_do(m, "changing the account", sql, e);
	/* IF EXISTS makes a warning of 1396, whatever its reason was. */
	refused = r < 0 ? m->number == MARIADB_FAILED || m->number == MARIADB_WEAK : mariadb_warned(m);
	if (refused && is_strict(m))
		r = alter_past_validation(m, sql, e);
	m->changing = false;
	/* One statement, yet not one deed: those accounts that could be changed are, when another one could not. */
	if (r < 0 && e && e->effect == EFFECT_NONE && rows > 1 && m->number == MARIADB_FAILED)
		e->effect = EFFECT_UNKNOWN;
	return r;
}

int mariadb_alter(struct mariadb *m, const struct mariadb_accounts *a, enum mariadb_hold hold,
		  const struct mariadb_hash *old, const struct mariadb_hash *new, struct err *e)
{
	_cleanup_(buf_free) struct buf sql = BUF_WIPED(STATEMENT_MAX);
	size_t n = 0;

	buf_str(&sql, alter(a));
	for (size_t i = 0; i < a->n; i++) {
		if (!is_meant(a, &a->rows[i]))
			continue;
		if (hold == MARIADB_BOTH && mariadb_row_takes(&a->rows[i], new))
			continue;
		buf_str(&sql, n++ ? ", " : "");
		if (add_row(m, &sql, &a->rows[i], hold, old, new, e) < 0)
			return -(int)e->code;
	}
	if (sql.over || n > MARIADB_DECLARED)
		return err_set(e, ERR_LIMIT, "mariadb at '%s': %zu accounts to change; at most %u are changed in one "
			       "step", m->job->address, n, MARIADB_DECLARED);
	if (n > 0)
		return run(m, buf_text(&sql), n, e);
	if (hold == MARIADB_BOTH)
		return 0;
	return err_set(e, ERR_REFUSED,
		       "mariadb at '%s': none of the declared accounts logs in with a password (socket or another "
		       "plugin); name the one that should as name@pattern", m->job->address);
}

/* The admin's own account stays open: nobody could undo the lock. */
static bool is_own(const struct mariadb *m, const struct mariadb_row *row)
{
	return m->job->admin_user && strcmp(m->job->admin_user, row->user) == 0;
}

int mariadb_lock(struct mariadb *m, const struct mariadb_accounts *a, const struct mariadb_hash *old, size_t *ret_n,
		 struct err *e)
{
	_cleanup_(buf_free) struct buf sql = BUF_INIT(STATEMENT_MAX);
	size_t n = 0;
	int r = 0;

	buf_str(&sql, alter(a));
	for (size_t i = 0; r == 0 && i < a->n; i++) {
		const struct mariadb_row *row = &a->rows[i];

		if (row->declared || row->locked || is_own(m, row) || !mariadb_row_takes(row, old))
			continue;
		buf_str(&sql, n++ ? ", " : "");
		r = mariadb_quote(m, &sql, row->user, e);
		buf_char(&sql, '@');
		if (r == 0)
			r = mariadb_quote(m, &sql, row->host, e);
	}
	*ret_n = n;
	if (r < 0 || n == 0)
		return r;
	buf_str(&sql, " ACCOUNT LOCK");
	if (sql.over)
		return err_set(e, ERR_LIMIT, "mariadb at '%s': too many accounts share the value", m->job->address);
	m->changing = true;
	r = mariadb_do(m, "locking the accounts that share the value", buf_text(&sql), e);
	m->changing = false;
	return r;
}
