#include "driver/postgresql.h"
#include "base/buf.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct verifier {
	PGconn *c;
	const char *role, *kind;
	char *text;                    /* from libpq; as good as the password when it is md5 */
};

static int make_lent(const char *bytes, size_t len, void *arg)
{
	struct verifier *v = arg;

	if (memchr(bytes, '\0', len))
		return -ERR_CONFIG;
	v->text = PQencryptPasswordConn(v->c, bytes, v->role, v->kind);
	return v->text ? 0 : -ERR_BUG;
}

static void verifier_free(struct verifier *v)
{
	if (v->text)
		OPENSSL_cleanse(v->text, strlen(v->text));
	PQfreemem(v->text);
	v->text = NULL;
}

static void freememp(char **p)
{
	PQfreemem(*p);
}

/* What stands now in pg_authid: "SCRAM", "md5", or "" when there is none or we may not look. */
static void stored_kind(struct postgresql *s, const char *user, struct postgresql_cell *ret)
{
	struct err ignored = ERR_INIT;

	*ret = (struct postgresql_cell){ "" };
	if (postgresql_run(s, "SAVEPOINT look", &ignored) < 0)
		return;
	if (postgresql_one(s, "SELECT CASE WHEN rolpassword LIKE 'md5%' THEN 'md5' WHEN rolpassword LIKE 'SCRAM%' "
			   "THEN 'SCRAM' END FROM pg_catalog.pg_authid WHERE rolname = "
			   "$1::name", user, ret, &ignored) < 0)
		*ret = (struct postgresql_cell){ "" };
	(void) postgresql_run(s, "ROLLBACK TO SAVEPOINT look", &ignored);
}

/* A server that still makes md5 by itself has clients that know nothing else: SCRAM would lock them out tonight. */
static const char *pick_kind(struct postgresql *s, const char *user, struct driver_answer *a)
{
	struct postgresql_cell setting = { "" }, stored;
	struct err ignored = ERR_INIT;

	stored_kind(s, user, &stored);
	if (postgresql_one(s, "SELECT pg_catalog.current_setting('password_encryption')", NULL, &setting,
			   &ignored) == 0 &&
	    strcmp(setting.s, "md5") == 0 && strcmp(stored.s, "SCRAM") != 0) {
		job_finding(a, "medium", "weak password form", "role '%s' keeps an md5 hash, since the server has "
			    "password_encryption = md5: the hash alone opens the role, and the server's log may hold "
			    "it; move the clients to scram-sha-256", user);
		return "md5";
	}
	if (strcmp(stored.s, "md5") == 0)
		job_finding(a, "low", "password form", "role '%s' had an md5 hash and has a SCRAM verifier now; "
			    "clients older than libpq 10 cannot log in with it", user);
	return "scram-sha-256";
}

static int check_role(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	struct postgresql_role role;
	int r = postgresql_role(s, user, &role, e);

	if (r < 0)
		return r;
	if (!role.found)
		return err_set(e, ERR_CONFIG, "there is no role '%s' on '%s': mend the register, or the address; "
			       "nothing has changed", user, s->job->address);
	if (!role.can_login)
		job_finding(a, "medium", "role cannot log in", "role '%s' has NOLOGIN: no value opens it, so the new "
			    "one cannot be proven", user);
	if (role.expired)
		job_finding(a, "medium", "role has expired", "role '%s' is VALID UNTIL %s: no value opens it, so the "
			    "new one cannot be proven", user, role.valid_until);
	return 0;
}

static int alter_one(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(buf_free) struct buf sql = BUF_WIPED(4096);
	_cleanup_(verifier_free) struct verifier v = { .c = s->c, .role = user };
	_cleanup_(freememp) char *name = NULL;
	_cleanup_(freememp) char *quoted = NULL;
	int r = check_role(s, user, a, e);

	if (r < 0)
		return r;
	v.kind = pick_kind(s, user, a);
	if (secret_with(s->job->new, make_lent, &v) < 0)
		return err_set(e, ERR_CONFIG, "new value for role '%s' on '%s' cannot be made a verifier: it holds a "
			       "zero byte, or the library refused; nothing has changed", user, s->job->address);
	name = PQescapeIdentifier(s->c, user, strlen(user));
	quoted = PQescapeLiteral(s->c, v.text, strlen(v.text));
	if (!name || !quoted)
		return err_set(e, ERR_CONFIG, "role name '%.40s' cannot be quoted for '%s': it is not valid in the "
			       "server's encoding; nothing has changed", user, s->job->address);
	(void) buf_printf(&sql, "ALTER ROLE %s PASSWORD %s", name, quoted);
	return postgresql_run(s, buf_text(&sql), e);
}

static int refuse_standby(struct postgresql *s, struct err *e)
{
	struct postgresql_cell standby;
	int r = postgresql_one(s, "SELECT pg_catalog.pg_is_in_recovery()", NULL, &standby, e);

	if (r < 0)
		return r;
	if (standby.s[0] == 't')
		return err_set(e, ERR_REFUSED, "'%s' is a standby and read-only: change the role on its primary; "
			       "nothing has changed", s->job->address);
	return 0;
}

/* Up to COMMIT a broken connection changes nothing; only its missing answer leaves us not knowing. */
static int commit(struct postgresql *s, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, "COMMIT", NULL, 0, &r, e);

	if (st == -ERR_NET) {
		if (e)
			e->effect = EFFECT_UNKNOWN;
		return err_wrap(e, "commit was sent and not answered");
	}
	if (st < 0)
		return st;
	if (strcmp(PQcmdStatus(r), "COMMIT") != 0)
		return err_set(e, ERR_REMOTE, "'%s' rolled the change back; nothing has changed", s->job->address);
	return 0;
}

static int change_in(struct postgresql *s, const char *const *users, size_t n, struct driver_answer *a, struct err *e)
{
	char tried[160];
	int r;

	r = refuse_standby(s, e);
	if (r < 0)
		return r;
	r = postgresql_run(s, "BEGIN READ WRITE", e);
	if (r < 0)
		return r;
	job_changing(s->job);
	for (size_t i = 0; i < n; i++) {
		r = alter_one(s, users[i], a, e);
		(void) snprintf(tried, sizeof(tried), "alter role '%s' with a verifier", users[i]);
		job_tried(s->job, tried, r < 0 ? (*s->state ? s->state : "no answer") : "ALTER ROLE");
		if (r < 0)
			return err_wrap(e, "password of role '%s'", users[i]);
	}
	r = commit(s, e);
	job_tried(s->job, "commit", r < 0 ? (*s->state ? s->state : "no answer") : "COMMIT");
	return r;
}

static int change_as_admin(const struct driver_job *job, size_t n, struct driver_answer *ret, struct err *e)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	int r = postgresql_open(job, job->users[0], NULL, &s, e);

	return r < 0 ? r : change_in(&s, job->users, n, ret, e);
}

/* Each role changes itself, one after another: there is no transaction around all of them. */
static int change_themselves(const struct driver_job *job, size_t n, struct driver_answer *ret, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(postgresql_close) struct postgresql s = { 0 };
		int r = postgresql_open(job, job->users[i], NULL, &s, e);

		if (r == 0)
			r = change_in(&s, &job->users[i], 1, ret, e);
		if (r < 0 && i > 0 && e)
			e->effect = EFFECT_UNKNOWN;
		if (r < 0)
			return i > 0 ? err_wrap(e, "%zu of %zu roles changed, then", i, n) : r;
	}
	return 0;
}

int postgresql_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	size_t n = 0;
	int r;

	if (postgresql_check(job, e) < 0)
		return -ERR_CONFIG;
	if (!job->new)
		return err_set(e, ERR_REFUSED, "no new value for '%s'", job->address);
	while (job->users[n])
		n++;
	r = job->admin_user ? change_as_admin(job, n, ret, e) : change_themselves(job, n, ret, e);
	if (r < 0)
		return r;
	(void) snprintf(ret->text, sizeof(ret->text), "%zu of %zu roles have the new value, first '%s'; sessions "
			"opened with the old one go on until they are cut", n, n, job->users[0]);
	return 0;
}
