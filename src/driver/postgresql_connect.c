#include "driver/postgresql.h"
#include <stdio.h>
#include <string.h>

struct start {
	const char *keys[20], *values[20];
	size_t n;
	PGconn *c;
};

static void with(struct start *p, const char *key, const char *value)
{
	p->keys[p->n] = key;
	p->values[p->n++] = value;
}

/* A server's notices are its own text, and libpq would print them. */
static void drop_notice(void *arg, const PGresult *r)
{
	(void) arg;
	(void) r;
}

static int start_lent(const char *bytes, size_t len, void *arg)
{
	struct start *p = arg;

	/* PostgreSQL takes passwords as C strings: a shorter one than we think would be proven. */
	if (memchr(bytes, '\0', len))
		return -ERR_CONFIG;
	with(p, "password", bytes);
	p->c = PQconnectStartParams(p->keys, p->values, 0);
	return 0;
}

static void drive(struct postgresql *s)
{
	PostgresPollingStatusType st = PGRES_POLLING_WRITING;

	while (st != PGRES_POLLING_OK && st != PGRES_POLLING_FAILED) {
		if (!postgresql_wait(s, st == PGRES_POLLING_WRITING)) {
			s->login = LOGIN_AWAY;
			(void) snprintf(s->why, sizeof(s->why), "no answer in time, though something took the "
					"connection");
			return;
		}
		st = PQconnectPoll(s->c);
	}
	s->asked = PQconnectionUsedPassword(s->c);
	if (st == PGRES_POLLING_OK) {
		s->login = LOGIN_IN;
		return;
	}
	postgresql_said(s, PQerrorMessage(s->c));
}

/* Without the near end there is no server: as far as it is concerned, nobody answered. */
static int relay(struct postgresql *s, struct postgresql_where *w)
{
	uint16_t port = 0;

	s->relay = postgresql_relay_new(w->relayed, &port, s->why, sizeof(s->why));
	if (!s->relay)
		return -ERR_NET;
	(void) snprintf(w->hostaddr, sizeof(w->hostaddr), "127.0.0.1");
	(void) snprintf(w->port, sizeof(w->port), "%u", port);
	return 0;
}

int postgresql_connect(const struct driver_job *job, const char *user, const struct secret *password,
		       const char *database, struct postgresql *ret, struct err *e)
{
	struct start p = { .n = 0 };
	struct postgresql_where w;

	*ret = (struct postgresql){ .job = job, .login = LOGIN_AWAY };
	if (postgresql_where(job, &w, e) < 0)
		return -ERR_CONFIG;
	if (w.relayed && relay(ret, &w) < 0)
		return 0;
	if (!database)
		database = job_option(job, "database");
	with(&p, "host", w.host);
	with(&p, "hostaddr", w.hostaddr);
	with(&p, "port", w.port);
	with(&p, "dbname", database ? database : "postgres");
	with(&p, "user", user);
	with(&p, "sslmode", w.sslmode);
	with(&p, "sslrootcert", w.ca);
	with(&p, "gssencmode", "disable");
	with(&p, "target_session_attrs", "any");
	with(&p, "passfile", "/nonexistent");
	with(&p, "client_encoding", "UTF8");
	with(&p, "application_name", "firebreak");
	if (!password) {
		p.c = PQconnectStartParams(p.keys, p.values, 0);
	} else if (secret_with(password, start_lent, &p) < 0) {
		return err_set(e, ERR_CONFIG, "login as '%s' on '%s': the value holds a zero byte, which postgresql "
			       "cannot take; nothing has changed", user, job->address);
	}
	if (!p.c)
		return err_set(e, ERR_BUG, "no memory for a connection to '%s'", job->address);
	ret->c = p.c;
	(void) PQsetNoticeReceiver(p.c, drop_notice, NULL);
	/* The SQLSTATE of a refused login stands in its text only, and only when asked for before it comes. */
	(void) PQsetErrorVerbosity(p.c, PQERRORS_VERBOSE);
	if (PQstatus(p.c) == CONNECTION_BAD)
		postgresql_said(ret, PQerrorMessage(p.c));
	else
		drive(ret);
	if (ret->login != LOGIN_IN)
		postgresql_close(ret);
	return 0;
}

void postgresql_close(struct postgresql *s)
{
	if (s->c)
		PQfinish(s->c);
	s->c = NULL;
	s->relay = postgresql_relay_free(s->relay);
}
