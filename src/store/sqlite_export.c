/* The journal as JSON lines. An edited row is exported as it stands: telling what is wrong
 * is the verification's job. */
#include "store/sqlite.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include <sqlite3.h>

static json_t *to_json(const struct stored *s)
{
	json_t *o = json_object();
	json_t *body = NULL;
	struct buf b = BUF_INIT(1024);

	clock_format(&b, s->at_us);
	json_put_int(o, "seq", s->seq);
	json_put(o, "at", buf_text(&b));
	json_put_int(o, "at_us", s->at_us);
	if (s->clock_back_us)
		json_put_int(o, "clock_back_us", s->clock_back_us);
	json_put(o, "kind", s->kind.s);
	json_put_int(o, "incident", s->incident);
	json_put(o, "step", s->step.s);
	if (s->attempt)
		json_put_int(o, "attempt", s->attempt);
	json_put(o, "who", s->who.s);
	if (s->body.s && json_read("body", s->body.s, s->body.len, ROW_BODY_MAX, &body, NULL) == 0)
		json_object_set_new(o, "body", body);
	else
		json_put(o, "body_text", s->body.s);
	buf_clear(&b);
	text_hex(&b, s->mac.s, s->mac.len);
	json_put(o, "mac", buf_text(&b));
	buf_free(&b);
	return o;
}

int journal_export(struct journal *j, int64_t incident, int (*line)(const char *text, void *arg), void *arg,
		   struct err *e)
{
	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	int rc, r = sqlite_prepare(j, incident ? "SELECT " STORED_COLUMNS " FROM journal WHERE incident = ? "
						 "ORDER BY seq"
					       : "SELECT " STORED_COLUMNS " FROM journal ORDER BY seq", &st, e);

	if (r < 0)
		return r;
	if (incident)
		sqlite3_bind_int64(st, 1, incident);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct stored s;
		struct buf b = BUF_INIT(8 * (size_t)ROW_BODY_MAX);

		sqlite_read_row(st, &s);

		_cleanup_(json_freep) json_t *o = to_json(&s);

		json_line(&b, o);
		r = line(buf_text(&b), arg);
		buf_free(&b);
		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : sqlite_fail(j, rc, e, "read");
}
