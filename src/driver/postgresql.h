#pragma once
/*
 * The inside of the PostgreSQL driver: sessions with a deadline, one file for each verb. Nobody else includes this.
 *
 * libpq copies the password into its connection object and does not promise to wipe it: it dies with the worker.
 * Looking up a host name is the one thing here that libpq does without our deadline; the worker's own ends that.
 */
#include "driver/driver.h"
#include "driver/postgresql_relay.h"
#include <libpq-fe.h>

#define POSTGRESQL_NAME_MAX 63u       /* NAMEDATALEN - 1: the server cuts longer names without a word */
#define POSTGRESQL_USERS_MAX 32u
#define POSTGRESQL_ITERATIONS_MAX 1000000u

/* What a login attempt said about the value that was shown. */
enum postgresql_login {
	LOGIN_IN,       /* a session is open */
	LOGIN_RIGHT,    /* the value is right; what came behind it was refused: no such database, no CONNECT right */
	LOGIN_BARRED,   /* the value is right, but the role may not log in (NOLOGIN) */
	LOGIN_WRONG,    /* 28P01: the value was looked at and refused */
	LOGIN_UNTOLD,   /* the server answered without looking at the value: pg_hba.conf, another method */
	LOGIN_AWAY,     /* no answer, or one that says nothing: starting up, too many connections, no TLS */
};

struct postgresql {
	PGconn *c;                     /* NULL unless LOGIN_IN */
	const struct driver_job *job;
	struct postgresql_relay *relay;        /* NULL: libpq reaches the server by itself */
	enum postgresql_login login;
	bool asked;                    /* the server asked for a password */
	char state[6];                 /* SQLSTATE of the last answer; "" when none came */
	char why[200];                 /* the server's or the library's words, one line, visible */
};

struct postgresql_role {
	bool found, can_login, expired;
	char valid_until[40];
};

struct postgresql_cell { char s[160]; };

/* --- words.c: what the register says --- */
int postgresql_words(const char *address, const char *const *users, const json_t *options, struct err *e);
int postgresql_check(const struct driver_job *job, struct err *e);       /* the same, for a job; at least one user */
/* Where libpq connects: `host` is the name that the certificate is compared with. */
struct postgresql_where {
	char host[256], hostaddr[64], port[8];
	const char *sslmode, *ca;
	const char *relayed;           /* a Unix socket that libpq cannot use as it is; NULL: none */
};
int postgresql_where(const struct driver_job *job, struct postgresql_where *ret, struct err *e);

/* --- connect.c, said.c --- */
/* database NULL: the option's. Fills ret in each case; the caller closes it. An error only when the job is wrong. */
int postgresql_connect(const struct driver_job *job, const char *user, const struct secret *password,
		       const char *database, struct postgresql *ret, struct err *e);
void postgresql_close(struct postgresql *s);
/* Sorts a failed start by SQLSTATE and by the place in the server that said it. */
void postgresql_said(struct postgresql *s, const char *message);
/* One line for job_tried. */
void postgresql_answer(const struct postgresql *s, char ret[300]);
/* Login of somebody who should get in: an error with one sentence when it did not. */
int postgresql_must(const struct postgresql *s, const char *who, struct err *e);
/* The session that does the work: the admin's, or without one the user's own with old, then new. */
int postgresql_open(const struct driver_job *job, const char *user, const char *database, struct postgresql *ret,
		    struct err *e);

/* --- query.c --- */
/* One statement, $1.. as text. 0 with a result; -ERR_REMOTE with the server's words; -ERR_NET when it went away. */
int postgresql_query(struct postgresql *s, const char *sql, const char *const *params, int n, PGresult **ret,
		     struct err *e);
int postgresql_run(struct postgresql *s, const char *sql, struct err *e);      /* without parameters and rows */
/* First cell as text, "" when there is no row. */
int postgresql_one(struct postgresql *s, const char *sql, const char *param, struct postgresql_cell *ret,
		   struct err *e);
struct postgresql_cell postgresql_cell(const PGresult *r, int row, int column);      /* visible, cut */
bool postgresql_true(const PGresult *r, int row, int column);
void postgresql_clear(PGresult **r);
/* Waits for libpq's socket until the job's deadline; false when time is up. */
bool postgresql_wait(struct postgresql *s, bool write);
int postgresql_role(struct postgresql *s, const char *user, struct postgresql_role *ret, struct err *e);

/* --- verifier.c --- */
/* Does `known` open the role whose pg_authid.rolpassword is `stored`? -ERR_LIMIT: a form we do not check. */
int postgresql_verifies(const char *stored, const char *role, const struct secret *known, bool *ret);

/* --- inspect_*.c: findings about one role --- */
int postgresql_look_at_role(struct postgresql *s, const char *user, struct driver_answer *a, struct err *e);
int postgresql_look_for_sharers(struct postgresql *s, struct driver_answer *a, struct err *e);
int postgresql_look_at_server(struct postgresql *s, struct driver_answer *a, struct err *e);
/* Is row i one to tell? Behind `max` of them a finding says that there are more `what`. */
bool postgresql_told(const PGresult *r, int i, int max, const char *what, struct driver_answer *a);
int postgresql_look_into_databases(struct postgresql *s, struct driver_answer *a, struct err *e);

/* --- the verbs --- */
driver_fn postgresql_probe, postgresql_change, postgresql_cut, postgresql_inspect;
driver_fn postgresql_replica_probe;
