#pragma once
/* The inside of the ledger: for sqlite_ledger*.c. */
#include "store/ledger.h"

#define LEDGER_APPLICATION_ID 0x46424d4c /* "FBML" */
#define LEDGER_VERSION 2

struct sqlite3;
struct sqlite3_stmt;

enum ledger_statement { LS_BEGIN, LS_COMMIT, LS_ROLLBACK, LS_MAILING, LS_ADD, LS_BATCH, LS_INTEND, LS_RELAY, LS_SETTLE,
			LS_DECIDE, LS_FORGET, LS_EMPTY, LS_SILENCE, LS_LOST, LS_PLANNED, LS_DUE, LS_NEXT,
			LS_EACH, LS_COUNT, LEDGER_STATEMENTS };

struct ledger {
	struct sqlite3 *db;
	struct sqlite3_stmt *st[LEDGER_STATEMENTS];
	char *path;
	int lock;
	bool write, inside;
	bool has_mailing;
	int64_t planned_from;    /* no row below it is planned */
	struct ledger_mailing mailing;
	char *owned[4];
};

int ledger_fail(const struct ledger *l, int rc, struct err *e);
#define ledger_fail(...) _failing_(ledger_fail(__VA_ARGS__))
/* Prepared at first use; reset before it is given. */
int ledger_get(struct ledger *l, enum ledger_statement which, struct sqlite3_stmt **ret, struct err *e);
/* Steps to the end and resets; *ret_changed (may be NULL): rows. */
int ledger_run(struct ledger *l, struct sqlite3_stmt *st, int64_t *ret_changed, struct err *e);
/* A statement that takes nothing and gives nothing. */
int ledger_simply(struct ledger *l, enum ledger_statement which, struct err *e);
