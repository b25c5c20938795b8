/* Answers on their way out: held back until there are enough of them, counted, limited. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/scout.h"
#include <stdio.h>
#include <string.h>

#define HELD_ENOUGH ((size_t)64 << 10)
#define HELD_MAX (HELD_ENOUGH + SCOUT_LINE_MAX)
/* Lines and bytes that are kept back for saying what was left out, and for the result. */
#define ROOM_LINES 1000u
#define ROOM_BYTES (UINT64_C(1) << 20)

void scout_out_begin(struct scout_out *o, int fd, const char *root)
{
	*o = (struct scout_out){ .root = root, .fd = fd, .held = BUF_INIT(HELD_MAX), .line = BUF_INIT(SCOUT_LINE_MAX),
				 .bytes_max = SCOUT_BYTES_MAX, .deadline_us = INT64_MAX };
	hash_begin(&o->evidence);
}

void scout_out_end(struct scout_out *o)
{
	(void)scout_flush(o);
	buf_free(&o->held);
	buf_free(&o->line);
	json_decref(o->result);
	o->result = NULL;
}

int scout_flush(struct scout_out *o)
{
	if (!o->gone && o->held.len && fs_write_all(o->fd, o->held.data, o->held.len) < 0)
		o->gone = true;
	buf_clear(&o->held);
	return o->gone ? -ERR_IO : 0;
}

static int add(struct scout_out *o, const char *line, size_t len, bool reserved)
{
	uint64_t bytes_max = o->bytes_max - (reserved ? 0 : ROOM_BYTES);

	if (o->gone)
		return -ERR_IO;
	if (len > SCOUT_LINE_MAX || o->bytes + len > bytes_max ||
	    o->lines >= SCOUT_LINES_MAX - (reserved ? 0 : ROOM_LINES))
		return -ERR_LIMIT;
	o->bytes += len;
	o->lines++;
	(void)buf_add(&o->held, line, len);
	return o->held.len >= HELD_ENOUGH ? scout_flush(o) : 0;
}

static int add_evidence(struct scout_out *o, const char *line, size_t len)
{
	int r = add(o, line, len, false);

	if (r == 0) {
		hash_add(&o->evidence, line, len);
		o->evidence_bytes += len;
	}
	return r;
}

static int send(struct scout_out *o, const char *type, json_t *line, bool reserved)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(SCOUT_LINE_MAX);
	_cleanup_(json_freep) json_t *whole = json_object();

	json_put(whole, "type", type);
	json_put(whole, "of", o->of);
	json_object_update(whole, line);
	json_decref(line);
	json_line(&text, whole);
	if (buf_char(&text, '\n') < 0)
		return -ERR_LIMIT;

	return strcmp(type, "evidence") == 0 ? add_evidence(o, text.data, text.len) :
					       add(o, text.data, text.len, reserved);
}

int scout_keep(struct scout_out *o, json_t *line)
{
	return send(o, "evidence", line, false);
}

int scout_keep_fields(struct scout_out *o, const struct scout_field *fields, size_t n)
{
	struct buf *b = &o->line;

	buf_clear(b);
	buf_str(b, "{\"type\":\"evidence\"");
	if (o->of) {
		buf_str(b, ",\"of\":");
		json_quote(b, o->of);
	}
	for (size_t i = 0; i < n; i++) {
		char number[24];

		buf_str(b, ",\"");
		buf_str(b, fields[i].key);
		buf_str(b, "\":");
		if (fields[i].text) {
			json_quote(b, fields[i].text);
		} else {
			(void)snprintf(number, sizeof(number), "%lld", (long long)fields[i].number);
			buf_str(b, number);
		}
	}
	return buf_str(b, "}\n") < 0 ? -ERR_LIMIT : add_evidence(o, b->data, b->len);
}

int scout_found(struct scout_out *o, json_t *line)
{
	return send(o, "found", line, false);
}

void scout_unread(struct scout_out *o, const char *what, const char *why)
{
	json_t *line = json_object();

	json_put(line, "what", what);
	json_put(line, "why", why);
	(void)send(o, "unread", line, true);
}

void scout_tried(struct scout_out *o, const char *what, const char *answer)
{
	json_t *line = json_object();

	json_put_int(line, "at_us", clock_now_us());
	json_put(line, "what", what);
	json_put(line, "answer", answer);
	(void)send(o, "tried", line, true);
}

char *scout_path(const struct scout_out *o, const char *path)
{
	return mem_printf("%s%s", o->root, path);
}
