/* Statements: prepared at first use and kept, because a row's own work must be small beside its fsync. */
#include "store/sqlite.h"
#include <sqlite3.h>

static const char *const text[STATEMENTS] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_HEAD] = "SELECT seq, at_us, mac FROM journal ORDER BY seq DESC LIMIT 1",
	[ST_ADD] = ("INSERT INTO journal(" STORED_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[ST_LAST_INCIDENT] = "SELECT coalesce(max(incident), 0) FROM journal",
};

int sqlite_prepare(struct journal *j, const char *sql, struct sqlite3_stmt **ret, struct err *e)
{
	int rc = sqlite3_prepare_v3(j->db, sql, -1, 0, ret, NULL);

	return rc == SQLITE_OK ? 0 : sqlite_fail(j, rc, e, "read");
}

int sqlite_get(struct journal *j, enum statement which, struct sqlite3_stmt **ret, struct err *e)
{
	if (!j->st[which]) {
		int rc = sqlite3_prepare_v3(j->db, text[which], -1, SQLITE_PREPARE_PERSISTENT, &j->st[which], NULL);

		if (rc != SQLITE_OK)
			return sqlite_fail(j, rc, e, "read");
	}
	*ret = j->st[which];
	return 0;
}

int sqlite_run(struct journal *j, enum statement which, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = sqlite_get(j, which, &st, e);

	if (r != 0)
		return r;

	int rc = sqlite3_step(st);

	r = rc == SQLITE_DONE ? 0 : sqlite_fail(j, rc, e, which == ST_BEGIN ? "take the lock" : "write");
	sqlite3_reset(st);
	return r;
}

void sqlite_finishp(struct sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
	*st = NULL;
}

void sqlite_resetp(struct sqlite3_stmt **st)
{
	if (*st)
		sqlite3_reset(*st);
}

static struct piece piece_of(struct sqlite3_stmt *st, int column)
{
	struct piece p = { NULL, 0 };

	if (sqlite3_column_type(st, column) != SQLITE_NULL) {
		const char *s = sqlite3_column_blob(st, column);

		p.len = (size_t)sqlite3_column_bytes(st, column);
		p.s = s ? s : "";
	}
	return p;
}

/* Texts get their NUL from column_text; the length is asked for after it, as SQLite wants it. */
static struct piece text_of(struct sqlite3_stmt *st, int column)
{
	struct piece p = { NULL, 0 };

	if (sqlite3_column_type(st, column) != SQLITE_NULL) {
		const unsigned char *s = sqlite3_column_text(st, column);

		p.len = (size_t)sqlite3_column_bytes(st, column);
		p.s = s ? (const char *)s : "";
	}
	return p;
}

void sqlite_read_row(struct sqlite3_stmt *st, struct stored *ret)
{
	*ret = (struct stored){
		.seq = sqlite3_column_int64(st, 0),
		.at_us = sqlite3_column_int64(st, 1),
		.clock_back_us = sqlite3_column_int64(st, 2),
		.kind = text_of(st, 3),
		.incident = sqlite3_column_int64(st, 4),
		.step = text_of(st, 5),
		.attempt = sqlite3_column_int64(st, 6),
		.who = text_of(st, 7),
		.body = text_of(st, 8),
		.mac = piece_of(st, 9),
	};
}
