/* change, stage, retire by an admin. The account that changes itself is in mariadb_self.c. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <string.h>

struct work {
	struct mariadb m;
	struct mariadb_accounts a;
	struct mariadb_hash old, new;
};

static void work_end(struct work *w)
{
	mariadb_hash_wipe(&w->old);
	mariadb_hash_wipe(&w->new);
	mariadb_accounts_free(&w->a);
	mariadb_close(&w->m);
}

static int begin(struct work *w, struct err *e)
{
	const struct driver_job *job = w->m.job;
	int r;

	if (!job->new)
		return err_set(e, ERR_BUG, "mariadb at '%s': there is no new value to set", job->address);
	r = mariadb_hash(job->old, &w->old, e);
	if (r == 0)
		r = mariadb_hash(job->new, &w->new, e);
	if (r == 0)
		r = mariadb_open_admin(&w->m, e);
	if (r == 0)
		r = mariadb_accounts_read(&w->m, &w->a, e);
	if (r == 0)
		r = mariadb_accounts_missing(&w->m, &w->a, e);
	return r;
}

/* Looks again: what the server keeps now, not what the statement meant. */
static int look_again(struct work *w, bool both, struct err *e)
{
	if (!w->a.readable)
		return 0;
	mariadb_accounts_free(&w->a);
	if (mariadb_accounts_read(&w->m, &w->a, e) < 0 || mariadb_accounts_missing(&w->m, &w->a, e) < 0)
		return -(int)e->code;
	for (size_t i = 0; i < w->a.n; i++) {
		const struct mariadb_row *row = &w->a.rows[i];
		_cleanup_(buf_free) struct buf who = BUF_INIT(300);
		bool stale = both ? false : mariadb_row_takes(row, &w->old) || mariadb_row_is_empty(row);

		if (!row->declared || (row->by_name && !mariadb_row_has_password(row)))
			continue;
		if (mariadb_row_takes(row, &w->new) && !stale)
			continue;
		mariadb_text_account(&who, row);
		return err_set(e, ERR_CONFLICT, "mariadb at '%s': %s does not hold what was just set; somebody else "
			       "changes it too", w->m.job->address, buf_text(&who));
	}
	return 0;
}

static void say(struct driver_answer *ret, const struct work *w, const char *done, const char *sharers, size_t n,
		size_t locked)
{
	char rest[200] = "";

	if (locked > 0)
		snprintf(rest, sizeof(rest), "; %zu more with the same value locked", locked);
	else if (n > 0)
		snprintf(rest, sizeof(rest), "; the old value still opens %.80s: add them to users, or set "
			 "lock_sharers: \"yes\"", sharers);
	else if (!w->a.readable)
		snprintf(rest, sizeof(rest), "; mysql.global_priv may not be read, so accounts that share the value "
			 "are not known");
	snprintf(ret->text, sizeof(ret->text), "%s%s", done, rest);
}

static int changed(int r, struct err *e)
{
	if (e && e->effect == EFFECT_NONE)
		e->effect = EFFECT_CHANGED;
	return r;
}

static int tell_sharers(struct work *w, const char *done, struct driver_answer *ret, struct err *e)
{
	const char *lock = job_option(w->m.job, "lock_sharers");
	_cleanup_(buf_free) struct buf names = BUF_INIT(1000);
	size_t locked = 0, n;
	int r = 0;

	if (lock && strcmp(lock, "yes") == 0) {
		r = mariadb_lock(&w->m, &w->a, &w->old, &locked, e);
		if (r == 0) {
			mariadb_accounts_free(&w->a);
			r = mariadb_accounts_read(&w->m, &w->a, e);
		}
		if (r < 0)
			return changed(r, e);
	}
	n = mariadb_sharers(&w->m, &w->a, &w->old, ret, &names);
	say(ret, w, done, buf_text(&names), n, n ? 0 : locked);
	return 0;
}

static int set(const struct driver_job *job, enum mariadb_hold hold, const char *done, struct driver_answer *ret,
	       struct err *e)
{
	_cleanup_(work_end) struct work w = { .m.job = job };
	int r = begin(&w, e);

	if (r < 0)
		return r;
	for (size_t i = 0; hold == MARIADB_ONLY_NEW && i < w.a.n; i++) {
		_cleanup_(buf_free) struct buf who = BUF_INIT(300);

		if (!w.a.rows[i].declared || !mariadb_row_has_other(&w.a.rows[i], &w.old, &w.new))
			continue;
		mariadb_text_account(&who, &w.a.rows[i]);
		job_finding(ret, "medium", "another password ended", "%s took a further password besides the leaked "
			    "one; it ends with this change", buf_text(&who));
	}
	r = mariadb_alter(&w.m, &w.a, hold, &w.old, &w.new, e);
	if (r < 0)
		return r;
	r = look_again(&w, hold == MARIADB_BOTH, e);
	if (r < 0)
		return changed(r, e);
	if (hold == MARIADB_BOTH) {
		snprintf(ret->text, sizeof(ret->text), "%s", done);
		return 0;
	}
	return tell_sharers(&w, done, ret, e);
}

static int need_admin(const struct driver_job *job, const char *verb, struct err *e)
{
	return err_set(e, ERR_REFUSED, "mariadb at '%s': %s needs an admin account in the register: an account may "
		       "only replace its own password, not hold two", job->address, verb);
}

int mariadb_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	if (job->replica)
		return mariadb_replica_change(job, ret, e);
	if (!job->admin_user)
		return mariadb_self_change(job, ret, e);
	return set(job, MARIADB_ONLY_NEW, "the accounts take only the new value", ret, e);
}

int mariadb_stage(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	if (job->replica)
		return err_set(e, ERR_REFUSED, "mariadb at '%s': a replica presents one value; change it while its "
			       "primary takes both", job->address);
	if (!job->admin_user)
		return need_admin(job, "stage", e);
	if (!job->old)
		return err_set(e, ERR_REFUSED, "mariadb at '%s': stage needs the old value too", job->address);
	return set(job, MARIADB_BOTH, "the accounts take the new value beside what they took before", ret, e);
}

/* Ends the old value only where the new one is in: otherwise it would be a change that nobody prepared. */
int mariadb_retire(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(work_end) struct work w = { .m.job = job };

	if (job->replica) {
		snprintf(ret->text, sizeof(ret->text), "a replica holds one value: nothing to retire");
		return 0;
	}
	if (!job->admin_user)
		return need_admin(job, "retire", e);
	if (begin(&w, e) < 0)
		return -(int)e->code;
	if (!w.a.readable)
		return err_set(e, ERR_REFUSED, "mariadb at '%s': retire must read mysql.global_priv to see that the "
			       "new value is in; grant SELECT on it to '%s'", job->address, job->admin_user);
	for (size_t i = 0; i < w.a.n; i++) {
		const struct mariadb_row *row = &w.a.rows[i];
		_cleanup_(buf_free) struct buf who = BUF_INIT(300);

		if (!row->declared || mariadb_row_takes(row, &w.new) ||
		    (row->by_name && !mariadb_row_has_password(row)))
			continue;
		mariadb_text_account(&who, row);
		return err_set(e, ERR_REFUSED, "mariadb at '%s': %s does not take the new value yet; stage it first, "
			       "or change it at once", job->address, buf_text(&who));
	}
	work_end(&w);
	w = (struct work){ .m.job = job };
	return set(job, MARIADB_ONLY_NEW, "the accounts take only the new value", ret, e);
}
