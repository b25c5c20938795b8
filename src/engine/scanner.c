#include "engine/scanner.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/worker.h"
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define THREADS_MAX 4
#define FILE_NAME_MAX ((size_t)1 << 16)

struct run {
	const struct scanner_job *job;
	const struct scanner_ears *ears;
	struct gaps *gaps;
	struct scanner_sum *sum;
	struct sd_event *loop;
	struct err *e;
	int result;
	bool odd;                          /* a line had another shape than it should */
};

static void unref_loop(struct sd_event **loop)
{
	sd_event_unref(*loop);
}

void scanner_put_rules(json_t *list, const char *file, bool shipped)
{
	json_t *one = json_object();

	json_put(one, "file", file);
	json_object_set_new(one, "shipped", json_boolean(shipped));
	json_array_append_new(list, one);
}

static unsigned threads_of(const struct scanner_job *j)
{
	long n = j->threads ? (long)j->threads : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

static json_t *make_job(const struct scanner_job *j, int64_t limit_ms)
{
	json_t *body = json_object(), *rules = json_array();

	json_put_int(body, "v", WIRE_VERSION);
	json_put(body, "verb", j->repository ? "scan-history" : "scan-folder");
	json_put_int(body, "limit_ms", limit_ms);
	json_put_int(body, "threads", threads_of(j));
	json_put(body, "repository", j->repository);
	json_put(body, "folder", j->folder);
	json_object_set_new(body, "tree", json_boolean(j->tree));
	json_object_set_new(body, "unreachable", json_boolean(j->unreachable));
	json_put(body, "since", j->since);
	if (j->shipped_rules)
		scanner_put_rules(rules, j->shipped_rules, true);
	for (size_t i = 0; j->team_rules && i < j->team_rules->n; i++)
		scanner_put_rules(rules, j->team_rules->s[i], false);
	if (j->values)
		json_decref(rules);
	else
		json_object_set_new(body, "rules", rules);
	return body;
}

/* "file", or "file_hex" when the name is no UTF-8. */
static const char *file_of(const json_t *line, struct buf *room)
{
	const char *hex = json_str(line, "file_hex");

	if (!hex)
		return json_str(line, "file");
	return text_hex_decode(room, hex, strlen(hex)) < 0 ? NULL : buf_text(room);
}

static void take_found(struct run *r, const json_t *line)
{
	const json_t *hits = json_object_get(line, "hits");
	_cleanup_(buf_free) struct buf room = BUF_INIT(FILE_NAME_MAX);
	struct scanner_found f = { .object = json_str(line, "object"), .is = json_str(line, "is"),
				   .file = file_of(line, &room) };

	for (size_t i = 0; i < json_array_size(hits); i++) {
		const json_t *hit = json_array_get(hits, i), *what = json_array_get(hit, 0);

		f.rule = json_string_value(what);
		f.value = (uint32_t)json_integer_value(what);
		f.offset = (uint64_t)json_integer_value(json_array_get(hit, 1));
		f.line = (uint64_t)json_integer_value(json_array_get(hit, 2));
		f.col = (uint64_t)json_integer_value(json_array_get(hit, 3));
		f.tag = json_string_value(json_array_get(hit, 4));
		if ((!f.object && !f.file) || (!f.rule && !json_is_integer(what)) || !f.tag)
			r->odd = true;
		else if (r->ears->found)
			r->ears->found(&f, r->ears->arg);
	}
}

static void take_unread(struct run *r, const json_t *line)
{
	const char *kind = json_str(line, "kind"), *object = json_str(line, "object"), *why = json_str(line, "why");
	_cleanup_(buf_free) struct buf room = BUF_INIT(FILE_NAME_MAX);
	struct gap gap = { .kind = UNREAD_DAMAGED, .repository = r->job->name, .file = file_of(line, &room) };

	for (int i = 0; kind && i < UNREAD_KINDS; i++)
		if (!strcmp(unread_name((enum unread)i), kind))
			gap.kind = (enum unread)i;
	if (object)
		gaps_add(r->gaps, &gap, "object %s: %s", object, why ? why : "");
	else
		gaps_add(r->gaps, &gap, "%s", why ? why : "");
}

static void on_line(enum wire_type type, const json_t *line, void *arg)
{
	struct run *r = arg;
	const struct scanner_progress p = { (uint64_t)json_int(line, "done", 0), (uint64_t)json_int(line, "total", 0) };

	if (type == WIRE_FOUND)
		take_found(r, line);
	else if (type == WIRE_UNREAD)
		take_unread(r, line);
	else if (r->ears->progress)
		r->ears->progress(&p, r->ears->arg);
}

static void take_sum(struct run *r, const json_t *line)
{
	const struct gap all = { .kind = UNREAD_LARGE, .repository = r->job->name };

	*r->sum = (struct scanner_sum){
		.texts = (uint64_t)json_int(line, "texts", 0), .bytes = (uint64_t)json_int(line, "bytes", 0),
		.found = (uint64_t)json_int(line, "found", 0), .more = (uint64_t)json_int(line, "more", 0),
	};
	r->gaps->more += (uint64_t)json_int(line, "unread_more", 0);
	if (r->sum->more)
		gaps_add(r->gaps, &all, "more than %llu findings: %llu more are not told; mend these first",
			 (unsigned long long)r->sum->found, (unsigned long long)r->sum->more);
	if (r->odd)
		gaps_add(r->gaps, &all, "the scanner told something that was not understood: install again");
}

static void on_done(struct worker_result *result, void *arg)
{
	struct run *r = arg;
	const struct gap all = { .kind = UNREAD_DAMAGED, .repository = r->job->name };

	if (result->ok)
		take_sum(r, result->result);
	else if (result->result)
		r->result = err_set(r->e, result->code, "%s", result->text);
	else
		gaps_add(r->gaps, &all, "not all of it was looked through: %s", result->text);
	(void)sd_event_exit(r->loop, 0);
}

static int copy_key(const struct digest_key *key, struct wire_secrets *to, struct err *e)
{
	char bytes[DIGEST_KEY_LEN];
	struct secret *s = NULL;

	memcpy(bytes, key->bytes, sizeof(bytes));
	int r = secret_take(bytes, sizeof(bytes), &s, e);
	if (r == 0)
		wire_secrets_add(to, "key", s);
	return r;
}

int scanner_run(const struct scanner_job *job, const struct scanner_ears *ears, struct gaps *gaps,
		struct scanner_sum *ret, struct err *e)
{
	const int64_t limit_ms = job->limit_ms ? job->limit_ms : SCANNER_LIMIT_MS;
	_cleanup_(json_freep) json_t *body = make_job(job, limit_ms);
	_cleanup_(wire_secrets_free) struct wire_secrets key = { 0 };
	_cleanup_(unref_loop) struct sd_event *loop = NULL;
	struct run r = { .job = job, .ears = ears, .gaps = gaps, .sum = ret, .e = e };
	const char *path = job->repository ? job->repository : job->folder;
	struct worker *w = NULL;
	int x = 0;

	*ret = (struct scanner_sum){ 0 };
	if (!text_is_utf8(path, strlen(path)))
		return err_set(e, ERR_USAGE, "the path is not UTF-8: reach it by a link whose name is");
	if (!job->values)
		x = copy_key(job->key, &key, e);
	if (x == 0 && sd_event_new(&loop) < 0)
		x = err_set(e, ERR_IO, "no event loop can be made");
	r.loop = loop;
	if (x == 0)
		x = worker_start(loop, job->program, body, job->values ? job->values : &key, limit_ms, on_done, &r, &w,
				 e);
	if (x < 0)
		return x;
	worker_listen(w, on_line, &r);
	if (sd_event_loop(loop) < 0)
		return err_set(e, ERR_IO, "the event loop failed");
	return r.result;
}
