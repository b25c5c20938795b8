/*
 * Recomputing the chain. Without an anchor a cut tail cannot be seen: what is left is a whole chain, only shorter.
 */
#include "store/sqlite.h"
#include "base/buf.h"
#include "base/text.h"
#include <sqlite3.h>
#include <strings.h>

static int check_anchor(const struct journal *j, const struct journal_head *anchor, const struct stored *s,
			struct err *e)
{
	struct buf hex = BUF_INIT(2 * DIGEST_LEN);

	text_hex(&hex, s->mac.s, s->mac.len);

	bool same = strcasecmp(buf_text(&hex), anchor->mac) == 0;

	buf_free(&hex);
	if (same)
		return 0;
	return err_set(e, ERR_CONFLICT, "journal '%s': row %lld is not the one that the anchor names: the journal was "
		       "rewritten by somebody who had its key, or the anchor is another journal's", j->path,
		       (long long)s->seq);
}

static int check_row(const struct journal *j, const struct stored *s, int64_t expected, uint8_t mac[DIGEST_LEN],
		     struct err *e)
{
	uint8_t right[DIGEST_LEN];

	if (s->seq != expected)
		return err_set(e, ERR_CONFLICT, "journal '%s': row %lld is missing: the next one is %lld", j->path,
			       (long long)expected, (long long)s->seq);
	sqlite_chain_mac(&j->chain, mac, s, right);
	if (s->mac.len != DIGEST_LEN || memcmp(s->mac.s, right, DIGEST_LEN) != 0)
		return err_set(e, ERR_CONFLICT, expected == 1
			       ? "journal '%s': row %lld was edited, or the journal was written with another key"
			       : "journal '%s': row %lld was edited, or put where another one stood", j->path,
			       (long long)s->seq);
	memcpy(mac, right, DIGEST_LEN);
	return 0;
}

static int check_pages(struct journal *j, struct err *e)
{
	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_prepare(j, "PRAGMA integrity_check(1)", &st, e);

	if (r < 0)
		return r;

	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW)
		return sqlite_fail(j, rc, e, "read");

	const char *text = (const char *)sqlite3_column_text(st, 0);

	if (text && strcmp(text, "ok") == 0)
		return 0;
	return sqlite_fail(j, SQLITE_CORRUPT, e, "%s", text ? text : "read");
}

static int walk(struct journal *j, const struct journal_head *anchor, int64_t *rows, struct err *e)
{
	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	uint8_t mac[DIGEST_LEN] = { 0 };
	int rc, r = sqlite_prepare(j, "SELECT " STORED_COLUMNS " FROM journal ORDER BY seq", &st, e);

	if (r < 0)
		return r;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct stored s;

		sqlite_read_row(st, &s);
		r = check_row(j, &s, *rows + 1, mac, e);
		if (r == 0 && anchor && anchor->seq == s.seq)
			r = check_anchor(j, anchor, &s, e);
		if (r < 0)
			return r;
		++*rows;
	}
	if (rc != SQLITE_DONE)
		return sqlite_fail(j, rc, e, "read behind row %lld", (long long)*rows);
	if (anchor && anchor->seq > *rows)
		return err_set(e, ERR_CONFLICT, "journal '%s': rows %lld to %lld are missing: the tail was cut, the "
			       "anchor has seen row %lld", j->path, (long long)*rows + 1, (long long)anchor->seq,
			       (long long)anchor->seq);
	return 0;
}

int journal_verify(struct journal *j, const struct journal_head *anchor, int64_t *ret_rows, struct err *e)
{
	int64_t rows = 0;
	int r = sqlite_chain_key(j, false, e);

	if (r < 0)
		return r;
	r = walk(j, anchor, &rows, e);
	if (ret_rows)
		*ret_rows = rows;
	if (r < 0)
		return r;
	return check_pages(j, e);
}
