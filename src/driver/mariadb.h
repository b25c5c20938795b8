#pragma once
/*
 * Inside of the MariaDB driver: shared by src/driver/mariadb*.c and by nobody else. <mysql.h> stands only in
 * mariadb_link.c. Names of accounts come from the register and from the server: both are hostile, both are quoted.
 */
#include "base/buf.h"
#include "driver/driver.h"
#include <stdbool.h>
#include <stdint.h>

#define MARIADB_ROWS 100000u      /* accounts, sessions, tables of one server */
#define MARIADB_DECLARED 1000u    /* rows that one verb changes */
#define MARIADB_HASH 48           /* the longest hash text: '*' and 40 hex digits, or 43 of base64 */

/* --- mariadb_link.c: one connection --- */
struct mariadb {
	const struct driver_job *job;
	struct st_mysql *c;
	unsigned number;          /* error number of the last failure: the server's, or from 2000 on the library's */
	uint64_t id;              /* our own connection */
	bool encrypted, changing; /* changing: an unanswered statement leaves the effect unknown */
	bool hidden;              /* the statement holds clear text: the server's words about it are not repeated */
};

enum {
	MARIADB_MANY_CONNECTIONS = 1040, MARIADB_NO_DATABASE = 1044, MARIADB_DENIED = 1045, MARIADB_NO_THREAD = 1094,
	MARIADB_NO_TABLE_RIGHT = 1142, MARIADB_MISSING = 1146, MARIADB_NO_RIGHT = 1227, MARIADB_READ_ONLY = 1290,
	MARIADB_FAILED = 1396, MARIADB_NO_PASSWORD = 1698, MARIADB_WEAK = 1819, MARIADB_MUST_SET = 1820,
	MARIADB_EXPIRED = 1862, MARIADB_BLOCKED = 4150, MARIADB_LOCKED = 4151,
};

/* Connects with the value; refuses clear-text plugins of a server. `whose` names the value in texts ("the old value").
 * On failure m->number tells why. The account may be expired: nothing but SET PASSWORD works then. */
int mariadb_open(struct mariadb *m, const char *user, const struct secret *value, const char *whose, struct err *e);
/* The job's admin, with a quiet session (sql_mode, time limits). */
int mariadb_open_admin(struct mariadb *m, struct err *e);
int mariadb_settle(struct mariadb *m, struct err *e);          /* those session settings, for another login */
void mariadb_close(struct mariadb *m);                         /* for _cleanup_; may be called twice */
/* Error out of the last failure: one sentence, the effect stated. */
int mariadb_fail(struct mariadb *m, const char *what, struct err *e);
bool mariadb_denied(const struct mariadb *m);                  /* the last failure was a missing right */

struct mariadb_rows {
	char **cells;             /* n * columns; NULL is SQL's NULL */
	char **names;             /* of the columns */
	size_t n, columns;
};
/* `what` in error texts: "reading the accounts". More than `max` rows: -ERR_LIMIT. */
int mariadb_rows(struct mariadb *m, const char *what, const char *sql, size_t max, struct mariadb_rows *ret,
		 struct err *e);
const char *mariadb_cell(const struct mariadb_rows *r, size_t row, size_t column);     /* "" for NULL */
/* "" when it is not there. */
const char *mariadb_named(const struct mariadb_rows *r, size_t row, const char *column);
void mariadb_rows_free(struct mariadb_rows *r);
int mariadb_do(struct mariadb *m, const char *what, const char *sql, struct err *e);
bool mariadb_warned(const struct mariadb *m);                  /* the last statement left warnings */
/* First column of the first row; "" when there is none. */
int mariadb_value(struct mariadb *m, const char *sql, struct buf *ret, struct err *e);
/* Adds 'text' or `name` for SQL. -ERR_REFUSED for what is not UTF-8 or holds control characters. */
int mariadb_quote(struct mariadb *m, struct buf *b, const char *text, struct err *e);
int mariadb_quote_bytes(struct mariadb *m, struct buf *b, const char *bytes, size_t len);
int mariadb_quote_name(struct buf *b, const char *name, struct err *e);

/* --- mariadb_hash.c: what the server keeps of a value --- */
struct mariadb_hash { char native[MARIADB_HASH], ed25519[MARIADB_HASH]; bool known; };
int mariadb_hash(const struct secret *value, struct mariadb_hash *ret, struct err *e);      /* NULL: known is false */
void mariadb_hash_wipe(struct mariadb_hash *h);
const char *mariadb_hash_for(const struct mariadb_hash *h, const char *plugin);             /* NULL: no such plugin */

/* --- mariadb_account.c: the accounts of the server --- */
#define MARIADB_WAYS 1000u        /* alternatives of one account: a hidden one must not fall off the end */
struct mariadb_way { char *plugin, *hash; };
struct mariadb_row {
	char *user, *host;
	struct mariadb_way *ways;                /* the alternatives of IDENTIFIED VIA, in the server's order */
	size_t n, cap;
	int64_t changed;                         /* password_last_changed, Unix seconds; 0 unknown */
	bool declared, by_name, locked;          /* by_name: only because all rows of the name are meant */
	bool wants_tls, wants_certificate;       /* REQUIRE SSL; REQUIRE X509 or more, which we never have */
};
struct mariadb_accounts {
	struct mariadb_row *rows;
	size_t n, cap;
	bool readable;                           /* false: mysql.global_priv may not be read */
	char *here;                              /* the host that the server sees us come from */
};

/* Reads them and marks the declared ones. Without the right to read, rows are made of `name@host` words alone. */
int mariadb_accounts_read(struct mariadb *m, struct mariadb_accounts *ret, struct err *e);
void mariadb_accounts_free(struct mariadb_accounts *a);
bool mariadb_may(struct mariadb *m, const char *right);        /* our own login, on the whole server */
/* Each word of the register that no account of the server fits: an error that names it. */
int mariadb_accounts_missing(const struct mariadb *m, const struct mariadb_accounts *a, struct err *e);
/* Splits "name@host" at the last '@'; *ret_host is NULL for all hosts. The caller frees both. */
void mariadb_word(const char *word, char **ret_user, char **ret_host);
/* Distinct names of the job's words, in order; the caller frees with strv_free. */
struct strv;
void mariadb_names(const struct driver_job *job, struct strv *ret);
void mariadb_text_account(struct buf *b, const struct mariadb_row *row);                    /* 'app'@'10.%', visible */
bool mariadb_host_fits(const char *pattern, const char *host);

bool mariadb_way_is_password(const struct mariadb_way *w);     /* native, old or ed25519, and not switched off */
bool mariadb_row_takes(const struct mariadb_row *row, const struct mariadb_hash *h);        /* lock left aside */
bool mariadb_row_is_empty(const struct mariadb_row *row);      /* lets in without a password */
bool mariadb_row_has_other(const struct mariadb_row *row, const struct mariadb_hash *a, const struct mariadb_hash *b);
bool mariadb_row_has_password(const struct mariadb_row *row);
/* Undeclared, unlocked rows that take the old value: how many; names them as findings of `ret` when given. */
size_t mariadb_sharers(const struct mariadb *m, const struct mariadb_accounts *a, const struct mariadb_hash *old,
		       struct driver_answer *ret, struct buf *names);

/* --- the verbs --- */
driver_fn mariadb_probe, mariadb_change, mariadb_stage, mariadb_retire, mariadb_cut, mariadb_inspect;
int mariadb_words(const char *address, const char *const *users, const json_t *options, struct err *e);
/* mariadb_alter.c */
enum mariadb_hold { MARIADB_ONLY_NEW, MARIADB_BOTH };
int mariadb_alter(struct mariadb *m, const struct mariadb_accounts *a, enum mariadb_hold hold,
		  const struct mariadb_hash *old, const struct mariadb_hash *new, struct err *e);
int mariadb_lock(struct mariadb *m, const struct mariadb_accounts *a, const struct mariadb_hash *old, size_t *ret_n,
		 struct err *e);
/* mariadb_self.c: an account that changes itself */
int mariadb_open_self(struct mariadb *m, struct err *e);        /* the one account of the job, with new or else old */
int mariadb_self_change(const struct driver_job *job, struct driver_answer *ret, struct err *e);
/* mariadb_replica.c: the value is what this server presents to its primary */
int mariadb_replica_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e);
int mariadb_replica_change(const struct driver_job *job, struct driver_answer *ret, struct err *e);
/* mariadb_inspect_*.c: parts of inspect. What could not be looked at becomes a finding, not an error. */
void mariadb_inspect_accounts(struct mariadb *m, const struct mariadb_accounts *a, struct driver_answer *ret,
			      const struct mariadb_hash *old, const struct mariadb_hash *new);
void mariadb_inspect_traces(struct mariadb *m, const struct mariadb_accounts *a, struct driver_answer *ret);
void mariadb_limit_time(struct mariadb *m);                    /* a statement may take a third of what is left */
void mariadb_inspect_stored(struct mariadb *m, const char *where, struct driver_answer *ret);   /* where: of t */
void mariadb_inspect_data(struct mariadb *m, const struct mariadb_accounts *a, struct driver_answer *ret);
