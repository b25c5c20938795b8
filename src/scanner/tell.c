#include "scanner/scanner.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_objects.h"
#include <string.h>
#include <unistd.h>

#define PROGRESS_US 200000

/* Under the lock: lines of two threads must not mix. */
static void send_line(json_t *line)
{
	/* nobody listens any more */
	if (wire_send(WIRE_ANSWERS_FD, line, NULL) < 0)
		_exit(70);
	json_decref(line);
}

static void hold_or_send(struct scanner *s, json_t *line)
{
	if (s->held && json_str(line, "object"))
		json_array_append_new(s->held, line);
	else
		send_line(line);
}

/* A file's name may be any bytes; JSON takes UTF-8 only. */
static void put_file(json_t *line, const char *file)
{
	_cleanup_(buf_free) struct buf hex = BUF_INIT(1 << 16);

	if (!file || text_is_utf8(file, strlen(file))) {
		json_put(line, "file", file);
		return;
	}
	text_hex(&hex, file, strlen(file));
	json_put(line, "file_hex", buf_text(&hex));
}

static json_t *line_of(const char *type, const char *object, const char *file)
{
	json_t *line = json_object();

	json_put(line, "type", type);
	json_put(line, "object", object);
	put_file(line, file);
	return line;
}

static void send_hits(struct text *t)
{
	json_t *line = line_of("found", t->object, t->file);

	json_put(line, "is", t->is);
	json_object_set_new(line, "hits", TAKE(t->hits));
	pthread_mutex_lock(&t->s->lock);
	hold_or_send(t->s, line);
	pthread_mutex_unlock(&t->s->lock);
}

static bool may_tell(struct scanner *s)
{
	pthread_mutex_lock(&s->lock);
	bool may = s->found < SCANNER_FOUND_MAX;

	if (may)
		s->found++;
	else
		s->more++;
	pthread_mutex_unlock(&s->lock);
	return may;
}

void tell_match(const struct match *m, void *arg)
{
	struct text *t = arg;
	json_t *hit;

	if (!may_tell(t->s))
		return;
	hit = json_array();
	json_array_append_new(hit, t->s->rules.n ? json_string(t->s->rules.r[m->id]->id) : json_integer(m->id));
	json_array_append_new(hit, json_integer((json_int_t)m->offset));
	json_array_append_new(hit, json_integer((json_int_t)m->line));
	json_array_append_new(hit, json_integer((json_int_t)m->col));
	json_array_append_new(hit, json_string(m->tag));
	if (!t->hits)
		t->hits = json_array();
	json_array_append_new(t->hits, hit);
	if (json_array_size(t->hits) == SCANNER_BATCH)
		send_hits(t);
}

void tell_text(struct text *t)
{
	if (t->hits)
		send_hits(t);
	pthread_mutex_lock(&t->s->lock);
	t->s->texts++;
	pthread_mutex_unlock(&t->s->lock);
}

void tell_bytes(struct scanner *s, uint64_t bytes)
{
	pthread_mutex_lock(&s->lock);
	s->done += bytes;
	int64_t now = clock_mono_us();

	if (now - s->told_us > PROGRESS_US) {
		json_t *line = line_of("progress", NULL, NULL);

		s->told_us = now;
		json_put_int(line, "done", (int64_t)s->done);
		json_put_int(line, "total", (int64_t)s->total);
		send_line(line);
	}
	pthread_mutex_unlock(&s->lock);
}

void tell_unread(struct scanner *s, enum unread kind, const char *object, const char *file, const char *why)
{
	json_t *line = line_of("unread", object, file);

	json_put(line, "kind", unread_name(kind));
	json_put(line, "why", why);
	pthread_mutex_lock(&s->lock);
	if (s->unread < SCANNER_UNREAD_MAX) {
		s->unread++;
		hold_or_send(s, line);
	} else {
		s->unread_more++;
		json_decref(line);
	}
	pthread_mutex_unlock(&s->lock);
}

void tell_hold(struct scanner *s)
{
	s->held = json_array();
}

int tell_asked(struct scanner *s, struct git_oids *ret, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(s->held); i++)
		r = git_oids_add(ret, json_str(json_array_get(s->held, i), "object"), e);
	return r;
}

void tell_held(struct scanner *s, bool (*counts)(const char *object, void *arg), void *arg)
{
	for (size_t i = 0; i < json_array_size(s->held); i++) {
		json_t *line = json_array_get(s->held, i);

		if (counts(json_str(line, "object"), arg))
			send_line(json_incref(line));
		else
			s->found -= json_array_size(json_object_get(line, "hits"));
	}
	json_decref(s->held);
	s->held = NULL;
}

void tell_sum(struct scanner *s)
{
	json_put_int(s->job->result, "texts", (int64_t)s->texts);
	json_put_int(s->job->result, "bytes", (int64_t)s->done);
	json_put_int(s->job->result, "found", (int64_t)s->found);
	json_put_int(s->job->result, "more", (int64_t)s->more);
	json_put_int(s->job->result, "unread_more", (int64_t)s->unread_more);
}
