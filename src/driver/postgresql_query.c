#include "driver/postgresql.h"
#include "base/text.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

bool postgresql_wait(struct postgresql *s, bool write)
{
	struct pollfd p[1 + POSTGRESQL_RELAY_FDS] = { { .fd = PQsocket(s->c), .events = write ? POLLOUT : POLLIN } };
	nfds_t n = s->relay ? ARRAY_SIZE(p) : 1;

	while (p[0].fd >= 0) {
		int64_t left = job_left_ms(s->job);

		/* job_left_ms never says zero: one millisecond left is the deadline. */
		if (left <= 1)
			return false;
		if (s->relay)
			postgresql_relay_ask(s->relay, p + 1);
		if (poll(p, n, left > 3600000 ? 3600000 : (int)left) < 0 && errno != EINTR)
			return false;
		if (p[0].revents)
			return true;
		if (s->relay)
			postgresql_relay_carry(s->relay, p + 1, p[0].fd);
	}
	return false;
}

static int gone(struct postgresql *s, struct err *e)
{
	return err_set(e, ERR_NET, "'%s' did not answer in time or closed the connection", s->job->address);
}

static int server_error(struct postgresql *s, const PGresult *r, struct err *e)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	_cleanup_(buf_free) struct buf b = BUF_INIT(2048);

	(void) snprintf(s->state, sizeof(s->state), "%s", state ? state : "");
	/* Without a SQLSTATE it is the library that speaks: the connection broke. */
	if (!state)
		return gone(s, e);
	text_visible(&b, message ? message : "", message ? strnlen(message, 180) : 0);
	(void) snprintf(s->why, sizeof(s->why), "%s", buf_text(&b));
	return err_set(e, strncmp(state, "57P0", 4) == 0 ? ERR_NET : ERR_REMOTE, "'%s' answered %s: %s",
		       s->job->address, state, buf_text(&b));
}

static int send_all(struct postgresql *s)
{
	int r;

	while ((r = PQflush(s->c)) == 1) {
		if (!postgresql_wait(s, true))
			return -1;
	}
	return r;
}

int postgresql_query(struct postgresql *s, const char *sql, const char *const *params, int n, PGresult **ret,
		     struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	PGresult *next;
	ExecStatusType st;

	s->state[0] = '\0';
	(void) PQsetnonblocking(s->c, 1);
	if (PQsendQueryParams(s->c, sql, n, NULL, params, NULL, NULL, 0) != 1 || send_all(s) < 0)
		return gone(s, e);
	for (;;) {
		while (PQisBusy(s->c)) {
			if (!postgresql_wait(s, false) || PQconsumeInput(s->c) != 1)
				return gone(s, e);
		}
		next = PQgetResult(s->c);
		if (!next)
			break;
		PQclear(r);
		r = next;
	}
	st = PQresultStatus(r);
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		return server_error(s, r, e);
	*ret = TAKE(r);
	return 0;
}

int postgresql_run(struct postgresql *s, const char *sql, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;

	return postgresql_query(s, sql, NULL, 0, &r, e);
}

int postgresql_one(struct postgresql *s, const char *sql, const char *param, struct postgresql_cell *ret, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s, sql, &param, param ? 1 : 0, &r, e);

	if (st < 0)
		return st;
	*ret = PQntuples(r) > 0 ? postgresql_cell(r, 0, 0) : (struct postgresql_cell){ "" };
	return 0;
}

struct postgresql_cell postgresql_cell(const PGresult *r, int row, int column)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
	struct postgresql_cell c = { "" };
	const char *text = PQgetvalue(r, row, column);

	if (text)
		text_visible(&b, text, strnlen(text, sizeof(c.s) - 1));
	(void) snprintf(c.s, sizeof(c.s), "%s", buf_text(&b));
	return c;
}

bool postgresql_true(const PGresult *r, int row, int column)
{
	const char *text = PQgetvalue(r, row, column);

	return text && text[0] == 't';
}

void postgresql_clear(PGresult **r)
{
	PQclear(*r);
	*r = NULL;
}

int postgresql_role(struct postgresql *s, const char *user, struct postgresql_role *ret, struct err *e)
{
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	int st = postgresql_query(s,
		"SELECT rolcanlogin, coalesce(rolvaliduntil < pg_catalog.now(), false), rolvaliduntil "
		"FROM pg_catalog.pg_roles WHERE rolname = $1::name", &user, 1, &r, e);

	if (st < 0)
		return st;
	*ret = (struct postgresql_role){ .found = PQntuples(r) == 1 };
	if (ret->found) {
		ret->can_login = postgresql_true(r, 0, 0);
		ret->expired = postgresql_true(r, 0, 1);
		(void) snprintf(ret->valid_until, sizeof(ret->valid_until), "%.39s", postgresql_cell(r, 0, 2).s);
	}
	return 0;
}
