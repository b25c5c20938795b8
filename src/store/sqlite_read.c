/* Reading rows and the head. */
#include "store/sqlite.h"
#include "base/text.h"
#include <sqlite3.h>

static int to_row(const struct journal *j, const struct stored *s, struct row *ret, struct err *e)
{
	enum row_kind kind;

	if (!s->kind.s || !s->who.s || !s->body.s || row_kind_parse(s->kind.s, &kind) < 0)
		return err_set(e, ERR_CONFIG, "journal '%s': row %lld is of a kind that this program does not know: "
			       "see 'firebreak journal verify'", j->path, (long long)s->seq);
	*ret = (struct row){
		.seq = s->seq,
		.at_us = s->at_us,
		.kind = kind,
		.incident = s->incident,
		.step = s->step.s,
		.attempt = (uint32_t)s->attempt,
		.who = s->who.s,
		.body = s->body.s,
	};
	return 0;
}

/* Not kept: a callback may read the journal again. The last seq is taken once, so that a callback that adds rows does
 * not read its own for ever. */
int journal_each(struct journal *j, int64_t incident, int64_t after, int (*each)(const struct row *row, void *arg),
		 void *arg, struct err *e)
{
	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	int rc, r = sqlite_prepare(j, incident ? "SELECT " STORED_COLUMNS " FROM journal WHERE incident = ?1 AND seq > "
						 "?2 AND seq <= (SELECT max(seq) FROM journal) ORDER BY seq"
					       : "SELECT " STORED_COLUMNS " FROM journal WHERE seq > ?2 "
						 "AND seq <= (SELECT max(seq) FROM journal) ORDER BY seq",
				   &st, e);

	if (r < 0)
		return r;
	if (incident)
		sqlite3_bind_int64(st, 1, incident);
	sqlite3_bind_int64(st, 2, after);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct stored s;
		struct row row;

		sqlite_read_row(st, &s);
		r = to_row(j, &s, &row, e);
		if (r < 0)
			return r;
		r = each(&row, arg);
		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : sqlite_fail(j, rc, e, "read");
}

int journal_last_incident(struct journal *j, int64_t *ret, struct err *e)
{
	_cleanup_(sqlite_resetp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_get(j, ST_LAST_INCIDENT, &st, e);

	if (r < 0)
		return r;

	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW)
		return sqlite_fail(j, rc, e, "read");
	*ret = sqlite3_column_int64(st, 0);
	return 0;
}

int journal_head(struct journal *j, struct journal_head *ret, struct err *e)
{
	_cleanup_(sqlite_resetp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_get(j, ST_HEAD, &st, e);

	if (r < 0)
		return r;

	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sqlite_fail(j, rc, e, "read");
	*ret = (struct journal_head){ 0 };
	if (rc == SQLITE_DONE)
		return 0;

	struct buf hex = BUF_INIT(sizeof(ret->mac) - 1);

	ret->seq = sqlite3_column_int64(st, 0);
	text_hex(&hex, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
	memcpy(ret->mac, buf_text(&hex), hex.len);
	buf_free(&hex);
	return 0;
}
