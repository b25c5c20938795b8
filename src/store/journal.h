#pragma once
/*
 * The journal: append-only truth, its own file, never part of anybody else's transaction. journal_append returns after
 * the row is on disk (fsync). Each row carries a keyed hash over itself and the row before it; the key lies beside the
 * journal (0600). The head is written off the machine (commits, reports), so that a cut tail is seen too.
 *
 * One interface, one back end today: SQLite in WAL mode with synchronous=FULL. UPDATE and DELETE are refused by
 * triggers. A clock that steps back never makes a row older than the one before: the time of the row before is kept and
 * the difference is noted in the row ("clock_back_us" in journal_export).
 *
 * Errors in one sentence, and nothing lost: there is none to read (-ERR_USAGE), disk full (-ERR_IO, the row is not
 * there), read-only file or folder (-ERR_IO), damaged page (-ERR_CONFIG), another program holds the lock longer than
 * 10 s (-ERR_CONFLICT).
 */
#include "base/buf.h"
#include "base/err.h"
#include "model/row.h"
#include <stdbool.h>
#include <stdint.h>

struct journal;

enum journal_mode { JOURNAL_READ, JOURNAL_WRITE };     /* WRITE makes folder, key and file when missing */

struct journal_head {
	int64_t seq;                  /* 0: empty */
	char mac[65];                 /* hex */
};

int journal_open(const char *folder, enum journal_mode mode, struct journal **ret, struct err *e);
bool journal_exists(const char *folder);
struct journal *journal_close(struct journal *j);
void journal_closep(struct journal **j);

/* row->seq and row->at_us are ignored on the way in; *ret_seq may be NULL. */
int journal_append(struct journal *j, const struct row *row, int64_t *ret_seq, struct err *e);
/* How far the clock stood behind the row before, at the most, when rows were added through j; 0: never. */
int64_t journal_clock_back_us(const struct journal *j);
/* Calls `each` in order of seq; incident 0: all; after: only rows with a greater seq. A non-zero return stops and comes
 * back. Strings of the row are borrowed for the call. */
int journal_each(struct journal *j, int64_t incident, int64_t after, int (*each)(const struct row *row, void *arg),
		 void *arg, struct err *e);
/* Runs `work` while nobody else can append: looking and appending become one. Its appends are committed together when
 * it returns 0, and none of them otherwise. */
int journal_alone(struct journal *j, int (*work)(struct journal *j, void *arg, struct err *e), void *arg,
		  struct err *e);
int journal_last_incident(struct journal *j, int64_t *ret, struct err *e);
int journal_head(struct journal *j, struct journal_head *ret, struct err *e);

/* Recomputes the chain. anchor NULL or a head that was written elsewhere. 0: whole; -ERR_CONFLICT: e says which row is
 * edited, missing, or that the tail behind the anchor was cut; *ret_rows counts the good ones. */
int journal_verify(struct journal *j, const struct journal_head *anchor, int64_t *ret_rows, struct err *e);
/* JSON lines, one a row, sealed values left in their sealed form. */
int journal_export(struct journal *j, int64_t incident, int (*line)(const char *text, void *arg), void *arg,
		   struct err *e);
