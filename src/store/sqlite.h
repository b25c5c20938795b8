#pragma once
/*
 * The inside of the SQLite journal: only the sqlite*.c files of this folder and their tests include this. <sqlite3.h>
 * stays out of it, so that nobody else meets it by accident.
 */
#include "base/digest.h"
#include "base/err.h"
#include "model/row.h"
#include "store/journal.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SQLITE_FILE "journal.db"
#define SQLITE_KEY_FILE "journal.key"
#define SQLITE_APPLICATION_ID 0x4642524b /* "FBRK" */
#define SQLITE_USER_VERSION 1
#define SQLITE_BUSY_MS 10000
#define SQLITE_TEXT_MAX 1000u /* bytes of `who` and `step` */

struct sqlite3;
struct sqlite3_stmt;

enum statement { ST_BEGIN, ST_COMMIT, ST_ROLLBACK, ST_HEAD, ST_ADD, ST_LAST_INCIDENT, STATEMENTS };

struct journal {
	struct sqlite3 *db;
	struct sqlite3_stmt *st[STATEMENTS]; /* prepared at first use, kept until the end */
	char *folder, *path;
	int64_t (*now_us)(void);             /* the clock; tests set another one */
	struct digest_key chain;
	int64_t clock_back_us;               /* the most of all rows that were added through it */
	bool has_key, write;
	bool alone;                          /* inside journal_alone */
	bool spoiled;                        /* a write inside journal_alone failed: it may not be committed */
};

/* Text with its length: an edited row may hold NUL bytes, and the hash must see what stands behind them. */
struct piece {
	const char *s; /* NULL: SQL NULL */
	size_t len;
};

/* A row as it is stored; pieces are borrowed from the statement until its next step. */
struct stored {
	int64_t seq, at_us, clock_back_us, incident, attempt;
	struct piece kind, step, who, body, mac;
};

#define STORED_COLUMNS "seq, at_us, clock_back_us, kind, incident, step, attempt, who, body, mac"

/* sqlite_error.c: what SQLite says, as one of our codes with a sentence. */
int sqlite_fail(const struct journal *j, int rc, struct err *e, const char *fmt, ...) _printf_(4, 5);
#define sqlite_fail(...) _failing_(sqlite_fail(__VA_ARGS__))

/* sqlite_schema.c */
int sqlite_schema_make(const char *folder, const char *path, struct err *e);
int sqlite_schema_check(struct journal *j, struct err *e);

/* sqlite_statement.c */
int sqlite_get(struct journal *j, enum statement which, struct sqlite3_stmt **ret, struct err *e);
int sqlite_run(struct journal *j, enum statement which, struct err *e);
int sqlite_prepare(struct journal *j, const char *sql, struct sqlite3_stmt **ret, struct err *e);
void sqlite_finishp(struct sqlite3_stmt **st);
void sqlite_resetp(struct sqlite3_stmt **st);
void sqlite_read_row(struct sqlite3_stmt *st, struct stored *ret);

/* sqlite_chain.c */
int sqlite_chain_key(struct journal *j, bool make, struct err *e);
void sqlite_chain_mac(const struct digest_key *k, const uint8_t before[DIGEST_LEN], const struct stored *s,
		      uint8_t ret[DIGEST_LEN]);
