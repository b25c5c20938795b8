/* What a ledger is asked. */
#include "store/sqlite_ledger.h"
#include <sqlite3.h>

struct seen { int64_t first; uint32_t n; };

static int rows(struct ledger *l, struct sqlite3_stmt *st, int (*each)(const struct ledger_row *row, void *arg),
		void *arg, struct seen *ret, struct err *e)
{
	int rc, r = 0;

	*ret = (struct seen){ 0 };
	while (r == 0 && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			return ledger_fail(l, rc, e);
		struct ledger_row row = {
			.n = sqlite3_column_int64(st, 0), .state = (enum ledger_state)sqlite3_column_int(st, 1),
			.tries = (uint32_t)sqlite3_column_int(st, 2), .due_us = sqlite3_column_int64(st, 3),
			.at_us = sqlite3_column_int64(st, 4), .code = sqlite3_column_int(st, 5),
			.tag = sqlite3_column_blob(st, 6), .address = sqlite3_column_blob(st, 7),
			.address_len = (size_t)sqlite3_column_bytes(st, 7),
			.said = (const char *)sqlite3_column_text(st, 8),
			.message = (const char *)sqlite3_column_text(st, 9),
			.relay = (const char *)sqlite3_column_text(st, 10),
		};

		if ((unsigned)row.state >= LEDGER_STATES || sqlite3_column_bytes(st, 6) != (int)LEDGER_TAG_LEN)
			return err_set(e, ERR_CONFIG, "ledger '%s': row %lld is damaged", l->path, (long long)row.n);
		if (!ret->n++)
			ret->first = row.n;
		r = each(&row, arg);
	}
	sqlite3_reset(st);
	return r;
}

int ledger_due(struct ledger *l, int64_t now_us, uint32_t max, int (*each)(const struct ledger_row *row, void *arg),
	       void *arg, struct err *e)
{
	struct sqlite3_stmt *st;
	struct seen planned, due;
	int r = ledger_get(l, LS_PLANNED, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, l->planned_from);
	sqlite3_bind_int64(st, 2, max);
	r = rows(l, st, each, arg, &planned, e);
	if (r == 0)
		l->planned_from = planned.n ? planned.first : INT64_MAX;
	if (r < 0 || planned.n == max)
		return r;
	r = ledger_get(l, LS_DUE, &st, e);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, now_us);
	sqlite3_bind_int64(st, 2, max - planned.n);
	return rows(l, st, each, arg, &due, e);
}

int ledger_next_due(struct ledger *l, int64_t *ret, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_NEXT, &st, e), rc;

	if (r < 0)
		return r;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : ledger_fail(l, rc, e);
}

int ledger_each(struct ledger *l, enum ledger_state state, int (*each)(const struct ledger_row *row, void *arg),
		void *arg, struct err *e)
{
	struct sqlite3_stmt *st;
	struct seen seen;
	int r = ledger_get(l, LS_EACH, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int(st, 1, (int)state);
	return rows(l, st, each, arg, &seen, e);
}

int ledger_count(struct ledger *l, struct ledger_counts *ret, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_COUNT, &st, e), rc;

	*ret = (struct ledger_counts){ 0 };
	if (r < 0)
		return r;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		int state = sqlite3_column_int(st, 0);

		if (state >= 0 && state < (int)LEDGER_STATES)
			ret->of[state] += sqlite3_column_int64(st, 1);
		ret->all += sqlite3_column_int64(st, 1);
	}
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : ledger_fail(l, rc, e);
}
