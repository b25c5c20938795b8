/* Adding rows: the only way in. */
#include "store/sqlite.h"
#include "base/json.h"
#include "base/text.h"
#include <sqlite3.h>

static int check_row(const struct journal *j, const struct row *row, struct err *e)
{
	if (!j->write)
		return err_set(e, ERR_BUG, "journal '%s': opened for reading, no row can be added", j->path);
	if ((unsigned)row->kind >= ROW_KINDS || row->incident < 0 || !row->who || !row->body)
		return err_set(e, ERR_BUG, "journal '%s': a row without kind, incident, responder or body", j->path);

	size_t len = strlen(row->body);

	if (len > ROW_BODY_MAX)
		return err_set(e, ERR_LIMIT, "journal '%s': body of a row '%s' has %zu bytes, at most %u are kept",
			       j->path, row_kind_name(row->kind), len, ROW_BODY_MAX);
	if (strlen(row->who) > SQLITE_TEXT_MAX || (row->step && strlen(row->step) > SQLITE_TEXT_MAX))
		return err_set(e, ERR_LIMIT, "journal '%s': responder or step of a row '%s' has more than %u bytes",
			       j->path, row_kind_name(row->kind), SQLITE_TEXT_MAX);
	if (!text_is_utf8(row->who, strlen(row->who)) || (row->step && !text_is_utf8(row->step, strlen(row->step))))
		return err_set(e, ERR_BUG, "journal '%s': responder or step of a row '%s' is no UTF-8", j->path,
			       row_kind_name(row->kind));

	/* A body that cannot be read back would be a hole in the only thing that comes back. */
	_cleanup_(json_freep) json_t *body = NULL;

	if (json_read("body", row->body, len, ROW_BODY_MAX, &body, NULL) < 0 || !json_is_object(body))
		return err_set(e, ERR_BUG, "journal '%s': body of a row '%s' is no JSON object", j->path,
			       row_kind_name(row->kind));
	return 0;
}

static struct piece piece(const char *s)
{
	return (struct piece){ s, s ? strlen(s) : 0 };
}

/* What the new row stands behind: seq and time 0 and a mac of zeroes in front of the first. */
static int read_head(struct journal *j, struct stored *row, uint8_t mac[DIGEST_LEN], struct err *e)
{
	_cleanup_(sqlite_resetp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_get(j, ST_HEAD, &st, e);

	if (r < 0)
		return r;

	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sqlite_fail(j, rc, e, "read the last row");
	memset(mac, 0, DIGEST_LEN);
	row->seq = 1;
	row->at_us = j->now_us();
	if (rc == SQLITE_DONE)
		return 0;
	if (sqlite3_column_bytes(st, 2) != DIGEST_LEN)
		return err_set(e, ERR_CONFLICT, "journal '%s': its last row has no hash: see 'firebreak journal "
			       "verify'", j->path);
	memcpy(mac, sqlite3_column_blob(st, 2), DIGEST_LEN);
	row->seq = sqlite3_column_int64(st, 0) + 1;

	int64_t before = sqlite3_column_int64(st, 1);

	if (row->at_us < before) {
		row->clock_back_us = before - row->at_us;
		row->at_us = before;
		if (row->clock_back_us > j->clock_back_us)
			j->clock_back_us = row->clock_back_us;
	}
	return 0;
}

static int insert(struct journal *j, const struct stored *s, struct err *e)
{
	_cleanup_(sqlite_resetp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_get(j, ST_ADD, &st, e);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, s->seq);
	sqlite3_bind_int64(st, 2, s->at_us);
	sqlite3_bind_int64(st, 3, s->clock_back_us);
	sqlite3_bind_text(st, 4, s->kind.s, (int)s->kind.len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, s->incident);
	sqlite3_bind_text(st, 6, s->step.s, (int)s->step.len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 7, s->attempt);
	sqlite3_bind_text(st, 8, s->who.s, (int)s->who.len, SQLITE_STATIC);
	sqlite3_bind_text(st, 9, s->body.s, (int)s->body.len, SQLITE_STATIC);
	sqlite3_bind_blob(st, 10, s->mac.s, (int)s->mac.len, SQLITE_STATIC);

	int rc = sqlite3_step(st);

	r = rc == SQLITE_DONE ? 0 : sqlite_fail(j, rc, e, "add a row");
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r;
}

static int add(struct journal *j, const struct row *row, int64_t *ret_seq, struct err *e)
{
	uint8_t before[DIGEST_LEN], mac[DIGEST_LEN];
	struct stored s = {
		.kind = piece(row_kind_name(row->kind)),
		.incident = row->incident,
		.step = piece(row->step),
		.attempt = row->attempt,
		.who = piece(row->who),
		.body = piece(row->body),
		.mac = { (const char *)mac, sizeof(mac) },
	};
	int r = read_head(j, &s, before, e);

	if (r < 0)
		return r;
	sqlite_chain_mac(&j->chain, before, &s, mac);
	r = insert(j, &s, e);
	if (r < 0)
		return r;
	*ret_seq = s.seq;
	return 0;
}

/* SQLite itself may have rolled back (a full disk does that); asking twice would hide the first error. */
static void roll_back(struct journal *j)
{
	if (!sqlite3_get_autocommit(j->db))
		(void)sqlite_run(j, ST_ROLLBACK, NULL);
}

static int commit(struct journal *j, struct err *e)
{
	int r = sqlite_run(j, ST_COMMIT, e);

	if (r < 0)
		roll_back(j);
	return r;
}

int journal_append(struct journal *j, const struct row *row, int64_t *ret_seq, struct err *e)
{
	int64_t seq = 0;
	int r = check_row(j, row, e);

	if (r < 0)
		return r;
	if (j->alone && j->spoiled)
		return err_set(e, ERR_IO, "journal '%s': a row before this one could not be written", j->path);
	if (!j->alone) {
		r = sqlite_run(j, ST_BEGIN, e);
		if (r < 0)
			return r;
	}
	r = add(j, row, &seq, e);
	if (r < 0 && j->alone)
		j->spoiled = true;
	else if (r < 0)
		roll_back(j);
	else if (!j->alone)
		r = commit(j, e);
	if (r < 0)
		return r;
	if (ret_seq)
		*ret_seq = seq;
	return 0;
}

int journal_alone(struct journal *j, int (*work)(struct journal *j, void *arg, struct err *e), void *arg,
		  struct err *e)
{
	if (!j->write || j->alone)
		return err_set(e, ERR_BUG, "journal '%s': %s", j->path,
			       j->alone ? "already alone with it" : "opened for reading, no row can be added");

	int r = sqlite_run(j, ST_BEGIN, e);

	if (r < 0)
		return r;
	j->alone = true;
	j->spoiled = false;
	r = work(j, arg, e);
	j->alone = false;
	if (r == 0 && j->spoiled)
		r = err_set(e, ERR_IO, "journal '%s': a row could not be written", j->path);
	if (r == 0)
		return commit(j, e);
	roll_back(j);
	return r;
}
