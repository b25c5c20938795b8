#include "driver/postgresql.h"
#include "base/clock.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define ROUNDS 40u
#define PAUSE_MS ((int64_t)100)
#define SESSIONS_TOLD 50u

struct cut {
	struct postgresql *s;
	char roles[POSTGRESQL_USERS_MAX * 140u];       /* as an array's text: {"app","other"} */
	uint32_t count;
};

/* '{"a","b\"c"}': backslash before quote and backslash is all that an array's text needs inside of quotes. */
static int roles_text(const char *const *users, size_t n, char *ret, size_t size, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(size - 1);

	(void) buf_char(&b, '{');
	for (size_t i = 0; i < n; i++) {
		(void) buf_str(&b, i ? ",\"" : "\"");
		for (const char *p = users[i]; *p; p++) {
			if (*p == '"' || *p == '\\')
				(void) buf_char(&b, '\\');
			(void) buf_char(&b, *p);
		}
		(void) buf_char(&b, '"');
	}
	(void) buf_char(&b, '}');
	if (b.over)
		return err_set(e, ERR_LIMIT, "role names of this account are too long together");
	(void) snprintf(ret, size, "%s", buf_text(&b));
	return 0;
}

/* Walsenders and parallel workers stand in pg_stat_activity with the role's name like everybody else. */
#define OF_ROLES "FROM pg_catalog.pg_stat_activity WHERE usename::text = ANY ($1::text[]) " \
	"AND pid <> pg_catalog.pg_backend_pid()"

static void tell(struct cut *c, const PGresult *r)
{
	char what[120];

	for (int i = 0; i < PQntuples(r) && c->count + (uint32_t)i < SESSIONS_TOLD; i++) {
		(void) snprintf(what, sizeof(what), "end %.40s %.12s of '%.50s'", postgresql_cell(r, i, 1).s,
				postgresql_cell(r, i, 0).s, postgresql_cell(r, i, 2).s);
		job_tried(c->s->job, what, postgresql_true(r, i, 3) ? "signal sent" : "already gone");
	}
}

static int end_all(struct cut *c, struct err *e)
{
	const char *params[] = { c->roles };
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(c->s, "SELECT pid, backend_type, usename, pg_catalog.pg_terminate_backend(pid) "
				  OF_ROLES, params, 1, &r, e);

	if (st < 0 && strcmp(c->s->state, "42501") == 0)
		return err_set(e, ERR_AUTH, "'%s' may not end sessions of '%s' on '%s': grant pg_signal_backend to it; "
			       "for a superuser's sessions it takes a superuser; nothing was ended for certain",
			       c->s->job->admin_user ? c->s->job->admin_user : "the role itself", c->s->job->users[0],
			       c->s->job->address);
	if (st < 0)
		return st;
	tell(c, r);
	c->count += (uint32_t)PQntuples(r);
	return 0;
}

static int look_again(struct cut *c, uint32_t *ret, struct err *e)
{
	struct postgresql_cell left;
	int r = postgresql_one(c->s, "SELECT pg_catalog.count(*) " OF_ROLES, c->roles, &left, e);

	if (r < 0)
		return r;
	return text_u32(left.s, 0, UINT32_MAX, ret);
}

/* A backend that is stopped, or waits inside the kernel, takes its signal later or never: ends are looked for, and
 * who logged in meanwhile is ended as well. */
static int until_none(struct cut *c, uint32_t *ret_left, struct err *e)
{
	uint32_t left = 0;

	for (unsigned i = 0; i < ROUNDS && job_left_ms(c->s->job) > 2 * PAUSE_MS; i++) {
		int r = look_again(c, &left, e);

		if (r < 0)
			return r;
		if (left == 0)
			break;
		clock_sleep_ms(PAUSE_MS);
		if (i % 10 == 9) {
			uint32_t counted = c->count;

			r = end_all(c, e);
			if (r < 0)
				return r;
			c->count = counted;
		}
	}
	*ret_left = left;
	return 0;
}

/* Ends what users[0..n) have open, over one connection. */
static int cut_roles(const struct driver_job *job, const char *const *users, size_t n, struct driver_answer *a,
		     struct err *e)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	struct cut c = { .s = &s };
	uint32_t left = 0;
	int r;

	if (roles_text(users, n, c.roles, sizeof(c.roles), e) < 0)
		return -ERR_LIMIT;
	r = postgresql_open(job, users[0], NULL, &s, e);
	if (r < 0)
		return r;
	job_changing(job);
	r = end_all(&c, e);
	if (r == 0)
		r = until_none(&c, &left, e);
	a->count += c.count;
	a->left += left;
	if (r < 0) {
		if (e)
			e->effect = c.count > 0 || r == -ERR_NET ? EFFECT_UNKNOWN : EFFECT_NONE;
		return err_wrap(e, "end sessions of '%s'", users[0]);
	}
	if (left == 0)
		return 0;
	r = err_set(e, ERR_REMOTE, "%u sessions of '%s' on '%s' are still there after the signal: look at their "
		    "processes on the server", left, users[0], job->address);
	if (e)
		e->effect = EFFECT_CHANGED;
	return r;
}

int postgresql_cut(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	size_t n = 0;

	if (postgresql_check(job, e) < 0)
		return -ERR_CONFIG;
	while (job->users[n])
		n++;
	ret->count = ret->left = 0;
	if (job->admin_user) {
		int r = cut_roles(job, job->users, n, ret, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n && !job->admin_user; i++) {
		int r = cut_roles(job, &job->users[i], 1, ret, e);

		if (r < 0)
			return r;
	}
	(void) snprintf(ret->text, sizeof(ret->text), "%u sessions of role '%s' ended, none left at the second look",
			ret->count, job->users[0]);
	return 0;
}
