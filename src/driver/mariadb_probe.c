/* Which values does the server take? Logins tell it; the hashes tell it for host
 * patterns that no login from here meets. */
#include "driver/mariadb.h"
#include "base/strv.h"
#include "base/text.h"
#include <string.h>

enum login { LOGIN_NOT_TRIED, LOGIN_IN, LOGIN_REFUSED, LOGIN_LOCKED, LOGIN_UNCLEAR };

struct probe {
	const struct driver_job *job;
	struct mariadb admin;
	struct mariadb_accounts a;
	struct mariadb_hash old, new;
	bool seen;                     /* the accounts could be read */
	bool old_works, new_fails, new_works, unclear, locked;
	uint32_t wrong_allowed;        /* max_password_errors */
	struct err first;              /* why something is unclear */
};

static void probe_end(struct probe *p)
{
	mariadb_hash_wipe(&p->old);
	mariadb_hash_wipe(&p->new);
	mariadb_accounts_free(&p->a);
	mariadb_close(&p->admin);
}

static void is_unclear(struct probe *p, const struct err *why)
{
	p->unclear = true;
	if (!*p->first.text)
		p->first = *why;
}

static void read_limit(struct probe *p)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);
	struct err ignored = ERR_INIT;

	if (mariadb_value(&p->admin, "SELECT @@GLOBAL.max_password_errors", &b, &ignored) == 0)
		(void)text_u32(buf_text(&b), 0, UINT32_MAX, &p->wrong_allowed);
}

/* Not being able to look is no reason to stop: the logins can still be tried. */
static void look(struct probe *p)
{
	struct err why = ERR_INIT;
	int r;

	if (!p->job->admin_user)
		return;
	r = mariadb_open_admin(&p->admin, &why);
	if (r == -ERR_NET)
		is_unclear(p, &why);
	if (r == 0)
		r = mariadb_accounts_read(&p->admin, &p->a, &why);
	if (r < 0) {
		job_tried(p->job, "reading the accounts' hashes", why.text);
		return;
	}
	p->seen = p->a.readable;
	read_limit(p);
	if (!p->seen)
		job_tried(p->job, "reading the accounts' hashes", "this login may not read mysql.global_priv");
}

static enum login outcome_of(int r, unsigned number)
{
	if (r == 0 || number == MARIADB_EXPIRED)
		return LOGIN_IN;
	if (number == MARIADB_LOCKED)
		return LOGIN_LOCKED;
	return r == -ERR_AUTH ? LOGIN_REFUSED : LOGIN_UNCLEAR;
}

static enum login try_login(struct probe *p, const char *name, const struct secret *value, const char *whose,
			    const char *tag)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = p->job };
	_cleanup_(buf_free) struct buf what = BUF_INIT(300), answer = BUF_INIT(300);
	struct err why = ERR_INIT, ignored = ERR_INIT;
	int r = mariadb_open(&m, name, value, whose, &why);
	enum login l = outcome_of(r, m.number);

	buf_str(&what, "login as '");
	text_visible(&what, name, strlen(name));
	buf_printf(&what, "' with %s%s%s", whose, tag ? " " : "", tag ? tag : "");
	if (l == LOGIN_IN && m.number == 0 && mariadb_value(&m, "SELECT CURRENT_USER()", &answer, &ignored) == 0)
		buf_printf(&what, ", met by '%s'", buf_text(&answer));
	job_tried(p->job, buf_text(&what), l == LOGIN_IN ? "accepted" : why.text);
	if (l == LOGIN_UNCLEAR)
		is_unclear(p, &why);
	return l;
}

/* Does any declared account of this name meet a login that comes from where we are? One that asks for more TLS than we
 * have refuses the right value with the words for a wrong one: there, only the hash can tell. */
static bool meets_us(const struct probe *p, const char *name)
{
	for (size_t i = 0; i < p->a.n; i++) {
		const struct mariadb_row *row = &p->a.rows[i];

		if (row->wants_certificate || (row->wants_tls && !p->admin.encrypted))
			continue;
		if (row->declared && strcmp(row->user, name) == 0 && mariadb_host_fits(row->host, p->a.here))
			return true;
	}
	return false;
}

static bool name_takes(const struct probe *p, const char *name, const struct mariadb_hash *h)
{
	for (size_t i = 0; i < p->a.n; i++)
		if (strcmp(p->a.rows[i].user, name) == 0 && mariadb_row_takes(&p->a.rows[i], h))
			return true;
	return false;
}

static void take(struct probe *p, const char *name, bool is_old, enum login l)
{
	if (l == LOGIN_LOCKED)
		p->locked = true;
	if (is_old)
		p->old_works = p->old_works || l == LOGIN_IN;
	else if (l == LOGIN_IN)
		p->new_works = true;
	else if (l == LOGIN_REFUSED && (!p->seen || meets_us(p, name)))
		p->new_fails = true;
	else if (l == LOGIN_LOCKED)
		p->new_fails = true;
}

/* Each value once. The one that should work comes last, so that the server's count of wrong logins starts again; where
 * a single wrong login blocks the account, one that the hashes rule out is not tried. */
static void try_name(struct probe *p, const char *name)
{
	bool new_last = !p->seen || name_takes(p, name, &p->new);

	for (int turn = 0; turn < 2; turn++) {
		bool is_old = (turn == 0) == new_last;
		const struct secret *value = is_old ? p->job->old : p->job->new;

		/* A server that is away is asked once. */
		if (!value || p->unclear)
			continue;
		if (p->wrong_allowed <= 1 && p->seen && !name_takes(p, name, is_old ? &p->old : &p->new)) {
			job_tried(p->job, is_old ? "login with the old value" : "login with the new value",
				  "not tried: max_password_errors is 1 and the hash is another; told by the hash");
			p->new_fails = p->new_fails || !is_old;
			continue;
		}
		take(p, name, is_old, try_login(p, name, value, is_old ? "the old value" : "the new value",
						is_old ? p->job->old_tag : p->job->new_tag));
	}
}

/* What the hashes say of every declared account, wherever it may log in from. */
static void take_hashes(struct probe *p, struct buf *notes)
{
	_cleanup_(buf_free) struct buf names = BUF_INIT(100);
	size_t declared = 0, holding = 0, locked = 0;

	for (size_t i = 0; i < p->a.n; i++) {
		const struct mariadb_row *row = &p->a.rows[i];

		if (!row->declared || (row->by_name && !mariadb_row_has_password(row)))
			continue;
		declared++;
		locked += row->locked;
		holding += row->locked || mariadb_row_takes(row, &p->new);
		if (!row->locked && mariadb_row_takes(row, &p->old))
			p->old_works = true;
	}
	if (declared == 0 || declared == locked || holding < declared)
		p->new_fails = true;
	else
		p->new_works = true;
	if (locked > 0)
		buf_printf(notes, "; %zu of %zu locked", locked, declared);
	if (holding < declared && holding > locked)
		buf_printf(notes, "; %zu of %zu accounts take the new value", holding - locked, declared);
	if (p->old.known && mariadb_sharers(&p->admin, &p->a, &p->old, NULL, &names) > 0) {
		p->old_works = true;
		buf_printf(notes, "; the old value also opens %s: add them to users, or set lock_sharers: \"yes\"",
			   buf_text(&names));
	}
}

static void conclude(struct probe *p, const char *notes, struct driver_answer *ret)
{
	bool new_in = p->new_works && !p->new_fails;

	/* An open old value is certain; "refused" is only said when every question was answered. */
	if (p->unclear && !(p->old_works && !p->job->new)) {
		ret->accepts = ACCEPTS_UNREACHABLE;
		snprintf(ret->text, sizeof(ret->text), "cannot tell: %.250s", p->first.text);
		return;
	}
	ret->accepts = accepts_of(p->old_works, new_in);
	snprintf(ret->text, sizeof(ret->text), "accepts %s%s%.220s", accepts_name(ret->accepts),
		 p->locked ? "; the account is locked" : "", notes);
}

int mariadb_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(probe_end) struct probe p = { .job = job, .admin.job = job, .wrong_allowed = UINT32_MAX };
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	_cleanup_(buf_free) struct buf notes = BUF_INIT(1000);

	if (job->replica)
		return mariadb_replica_probe(job, ret, e);
	if (mariadb_hash(job->old, &p.old, e) < 0 || mariadb_hash(job->new, &p.new, e) < 0)
		return -(int)e->code;
	mariadb_names(job, &names);
	if (names.n == 0)
		return err_set(e, ERR_CONFIG, "mariadb at '%s': the register names no users for it", job->address);
	look(&p);
	for (size_t i = 0; i < names.n; i++)
		try_name(&p, names.s[i]);
	if (p.seen && mariadb_accounts_missing(&p.admin, &p.a, e) < 0)
		return -(int)e->code;
	if (p.seen)
		take_hashes(&p, &notes);
	conclude(&p, buf_text(&notes), ret);
	return 0;
}
