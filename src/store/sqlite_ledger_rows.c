/* What a ledger is told. */
#include "store/sqlite_ledger.h"
#include "base/mem.h"
#include <sqlite3.h>

#define COLUMNS "SELECT r.n, coalesce(s.state, 0), coalesce(s.tries, 0), coalesce(s.due_us, 0), " \
		"coalesce(s.at_us, 0), coalesce(s.code, 0), r.tag, r.address, coalesce(s.said, ''), b.message, " \
		"b.relay "
#define ROW COLUMNS "FROM recipient r LEFT JOIN status s ON s.n = r.n LEFT JOIN batch b ON b.id = s.batch "
#define STATUS COLUMNS "FROM status s JOIN recipient r ON r.n = s.n LEFT JOIN batch b ON b.id = s.batch "
_Static_assert(LEDGER_PLANNED == 0 && LEDGER_SENDING == 1 && LEDGER_DEFERRED == 4 && LEDGER_UNKNOWN == 5,
	       "states are stored as numbers");

/* States as numbers: 0 planned (also: no status), 1 sending, 4 deferred, 5 unknown. */
static const char *const sql[LEDGER_STATEMENTS] = {
	[LS_BEGIN] = "BEGIN IMMEDIATE",
	[LS_COMMIT] = "COMMIT",
	[LS_ROLLBACK] = "ROLLBACK",
	[LS_MAILING] = "INSERT INTO mailing VALUES(1, ?1, ?2, ?3, ?4, ?5)",
	[LS_ADD] = "INSERT INTO recipient(tag, address) VALUES(?1, ?2) ON CONFLICT DO NOTHING",
	[LS_BATCH] = "INSERT INTO batch(message, begun_us) VALUES(?1, ?2)",
	[LS_INTEND] = "INSERT INTO status SELECT n, 1, 0, 0, ?4, 0, '', ?3 FROM recipient WHERE n BETWEEN ?1 AND ?2 "
		      "ON CONFLICT(n) DO UPDATE SET state = 1, batch = excluded.batch, at_us = excluded.at_us "
		      "WHERE state IN (0, 4)",
	[LS_RELAY] = "UPDATE batch SET relay = ?2 WHERE id = ?1",
	[LS_SETTLE] = "UPDATE status SET state = ?3, code = ?4, said = ?5, due_us = ?6, tries = tries + ?7, "
		      "at_us = ?8 WHERE n BETWEEN ?1 AND ?2 AND state = 1",
	[LS_DECIDE] = "UPDATE status SET state = ?1, due_us = 0, at_us = ?2 WHERE state = 5",
	[LS_FORGET] = "UPDATE mailing SET key = ''",
	[LS_EMPTY] = "UPDATE recipient SET address = x''",
	[LS_SILENCE] = "UPDATE status SET said = ''",
	[LS_LOST] = "UPDATE status SET state = 5, at_us = ?1 WHERE state = 1",
	[LS_PLANNED] = ROW "WHERE r.n >= ?1 AND (s.state IS NULL OR s.state = 0) ORDER BY r.n LIMIT ?2",
	[LS_DUE] = STATUS "WHERE s.state = 4 AND s.due_us <= ?1 ORDER BY s.due_us, s.n LIMIT ?2",
	[LS_NEXT] = "SELECT min(due_us) FROM status WHERE state = 4",
	[LS_EACH] = ROW "WHERE ?1 = 6 OR coalesce(s.state, 0) = ?1 ORDER BY r.n",
	[LS_COUNT] = "SELECT state, count(*) FROM status GROUP BY state UNION ALL "
		     "SELECT 0, (SELECT count(*) FROM recipient) - (SELECT count(*) FROM status)",
};
_Static_assert(LEDGER_STATES == 6, "LS_EACH asks for all with it");

int ledger_get(struct ledger *l, enum ledger_statement which, struct sqlite3_stmt **ret, struct err *e)
{
	int rc = SQLITE_OK;

	if (!l->st[which])
		rc = sqlite3_prepare_v3(l->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &l->st[which], NULL);
	if (rc != SQLITE_OK)
		return ledger_fail(l, rc, e);
	sqlite3_reset(l->st[which]);
	*ret = l->st[which];
	return 0;
}

int ledger_run(struct ledger *l, struct sqlite3_stmt *st, int64_t *ret_changed, struct err *e)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		;
	if (rc == SQLITE_DONE && ret_changed)
		*ret_changed = sqlite3_changes64(l->db);
	rc = rc == SQLITE_DONE ? sqlite3_reset(st) : rc;
	return rc == SQLITE_OK ? 0 : ledger_fail(l, rc, e);
}

int ledger_simply(struct ledger *l, enum ledger_statement which, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, which, &st, e);

	return r < 0 ? r : ledger_run(l, st, NULL, e);
}

int ledger_begin(struct ledger *l, struct err *e)
{
	int r = ledger_simply(l, LS_BEGIN, e);

	l->inside = r == 0;
	return r;
}

int ledger_keep(struct ledger *l, struct err *e)
{
	int r = ledger_simply(l, LS_COMMIT, e);

	if (r < 0)
		ledger_drop(l);
	l->inside = false;
	return r;
}

void ledger_drop(struct ledger *l)
{
	if (l->inside && !sqlite3_get_autocommit(l->db))
		(void)ledger_simply(l, LS_ROLLBACK, NULL);
	l->inside = false;
	l->planned_from = 0;
}

static void may_be_planned(struct ledger *l, int64_t n)
{
	if (l->planned_from > n)
		l->planned_from = n;
}

static void text(struct sqlite3_stmt *st, int at, const char *s)
{
	sqlite3_bind_text(st, at, s, -1, SQLITE_TRANSIENT);
}

int ledger_set_mailing(struct ledger *l, const struct ledger_mailing *m, struct err *e)
{
	const char *const texts[] = { m->text_sha256, m->subject, m->body, m->key };
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_MAILING, &st, e);

	if (r < 0)
		return r;
	for (int i = 0; i < 4; i++)
		text(st, i + 1, texts[i]);
	sqlite3_bind_int64(st, 5, m->begun_us);
	r = ledger_run(l, st, NULL, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		l->owned[i] = mem_dup(texts[i]);
	l->mailing = (struct ledger_mailing){ l->owned[0], l->owned[1], l->owned[2], l->owned[3], m->begun_us };
	l->has_mailing = true;
	return 0;
}

int ledger_add(struct ledger *l, const uint8_t tag[LEDGER_TAG_LEN], const void *address, size_t len, bool *ret_new,
	       struct err *e)
{
	struct sqlite3_stmt *st;
	int64_t changed = 0;
	int r = ledger_get(l, LS_ADD, &st, e);

	if (r < 0)
		return r;
	/* borrowed until the statement is reset, at the end of ledger_run */
	sqlite3_bind_blob(st, 1, tag, (int)LEDGER_TAG_LEN, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, address, (int)len, SQLITE_STATIC);
	r = ledger_run(l, st, &changed, e);
	*ret_new = changed > 0;
	if (r == 0 && changed)
		may_be_planned(l, sqlite3_last_insert_rowid(l->db));
	return r;
}

int ledger_batch(struct ledger *l, const char *message, int64_t now_us, int64_t *ret, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_BATCH, &st, e);

	if (r < 0)
		return r;
	text(st, 1, message);
	sqlite3_bind_int64(st, 2, now_us);
	r = ledger_run(l, st, NULL, e);
	if (r == 0)
		*ret = sqlite3_last_insert_rowid(l->db);
	return r;
}

int ledger_intend(struct ledger *l, struct ledger_span rows, int64_t batch, int64_t now_us, struct err *e)
{
	struct sqlite3_stmt *st;
	int64_t changed = 0;
	int r = ledger_get(l, LS_INTEND, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, rows.first);
	sqlite3_bind_int64(st, 2, rows.last);
	sqlite3_bind_int64(st, 3, batch);
	sqlite3_bind_int64(st, 4, now_us);
	r = ledger_run(l, st, &changed, e);
	if (r == 0 && changed != rows.last - rows.first + 1)
		r = err_set(e, ERR_BUG, "ledger '%s': of the rows %lld to %lld only %lld can be sent to", l->path,
			    (long long)rows.first, (long long)rows.last, (long long)changed);
	return r;
}

int ledger_batch_relay(struct ledger *l, int64_t batch, const char *relay, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_RELAY, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, batch);
	text(st, 2, relay);
	return ledger_run(l, st, NULL, e);
}

int ledger_settle(struct ledger *l, struct ledger_span rows, const struct ledger_outcome *o, int64_t now_us,
		  struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_SETTLE, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, rows.first);
	sqlite3_bind_int64(st, 2, rows.last);
	sqlite3_bind_int(st, 3, (int)o->state);
	sqlite3_bind_int(st, 4, o->code);
	text(st, 5, o->said ? o->said : "");
	sqlite3_bind_int64(st, 6, o->due_us);
	sqlite3_bind_int(st, 7, o->tried);
	sqlite3_bind_int64(st, 8, now_us);
	if (o->state == LEDGER_PLANNED)
		may_be_planned(l, rows.first);
	return ledger_run(l, st, NULL, e);
}

int ledger_decide(struct ledger *l, enum ledger_state to, int64_t now_us, int64_t *ret, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_get(l, LS_DECIDE, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int(st, 1, (int)to);
	sqlite3_bind_int64(st, 2, now_us);
	l->planned_from = 0;
	return ledger_run(l, st, ret, e);
}
