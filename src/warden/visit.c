/* One host, one request: the scout goes there, its answers come back, nothing of it stays. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "driver/sink.h"
#include "scout/limits.h"
#include "transport/transport.h"
#include "warden/answers.h"
#include "warden/evidence.h"
#include "warden/ship.h"
#include "warden/warden.h"
#include "worker/way.h"
#include <string.h>

#define HOST_MARGIN_MS INT64_C(1000)      /* the scout ends itself before we end the visit */

struct visit {
	struct job *job;
	struct way way;
	struct proc_stream *stream;
	struct answers answers;
	const char *machine;
	const char *kept;        /* where an earlier visit left the scout; NULL: it is sent */
	bool changes;            /* the request may change something on the host */
	bool heard;              /* the request may have reached a scout there */
};

static void visit_end(struct visit *v)
{
	proc_stream_freep(&v->stream);
	answers_end(&v->answers);
}

/* What may have changed, for an answer that never came. */
static int fail(const struct visit *v, int r, struct err *e)
{
	e->effect = v->changes && v->heard ? EFFECT_UNKNOWN : EFFECT_NONE;
	(void)err_wrap(e, "host '%s'", v->way.host);
	return r;
}

static int make_request(const struct visit *v, int64_t limit_ms, struct buf *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *request = json_object();

	json_put_int(request, "v", SCOUT_VERSION);
	json_put_int(request, "limit_ms", limit_ms > 2 * HOST_MARGIN_MS ? limit_ms - HOST_MARGIN_MS : limit_ms);
	json_put_int(request, "bytes_max", (int64_t)v->answers.bytes_max);
	json_object_set(request, "do", json_object_get(v->job->body, "do"));
	json_line(ret, request);
	if (buf_char(ret, '\n') < 0)
		return err_set(e, ERR_LIMIT, "the request for host '%s' is longer than %u bytes", v->way.host,
			       SCOUT_LINE_MAX);
	return 0;
}

static int start(struct visit *v, size_t size, int64_t limit_ms, struct err *e)
{
	_cleanup_(buf_free) struct buf line = BUF_INIT(4096);
	struct digest_key chance;
	char token[SHIP_TOKEN + 1];

	digest_key_random(&chance);
	for (size_t i = 0; i < SHIP_TOKEN / 2; i++)
		(void)snprintf(token + 2 * i, 3, "%02x", chance.bytes[i]);
	if (v->kept)
		ship_line_kept(&line, v->kept, size, v->machine, token);
	else
		ship_line(&line, size, v->machine, token);
	struct proc_job job = { .argv = (const char *const[]){ "sh", "-c", buf_text(&line), NULL },
				.limit_ms = limit_ms, .wipe = true };
	return way_stream(&v->way, &job, json_is(v->job->body, "fresh"), &v->stream, e);
}

/* Is the program there already? What the host says first: one of two words, and nothing behind it. */
static int ask_kept(const struct visit *v, bool *ret, struct err *e)
{
	char said[16];
	size_t len = 0, n = 1;
	int r;

	while (len < strlen(SHIP_KEPT) && n) {
		r = proc_stream_read(v->stream, said + len, strlen(SHIP_KEPT) - len, &n, e);
		if (r < 0)
			return err_set(e, ERR_NET, "no answer within its time");
		len += n;
	}
	*ret = len == strlen(SHIP_KEPT) && !memcmp(said, SHIP_KEPT, len);
	if (*ret || !len || (len == strlen(SHIP_WANTED) && !memcmp(said, SHIP_WANTED, len)))
		return 0;
	return err_set(e, ERR_REMOTE, "it does not say whether the scout is there still");
}

/* The program first; only when that is on its way is the request said, so that a host that could not be reached is
 * known to have heard nothing. */
static int tell(struct visit *v, const struct buf *program, const struct buf *request, struct err *e)
{
	bool gone = false, is_there = false;
	int r = v->kept ? ask_kept(v, &is_there, e) : 0;

	if (r < 0 || (!is_there && (r = proc_stream_ask(v->stream, program->data, program->len, e)) < 0) ||
	    (r = proc_stream_flush(v->stream, &gone, e)) < 0 || gone)
		return r;
	v->heard = true;
	if (v->changes)
		v->job->sink->changing(v->job->sink->arg);
	r = proc_stream_ask(v->stream, request->data, request->len, e);
	if (r == 0)
		proc_stream_last(v->stream);
	return r;
}

static int listen_to(struct visit *v, struct err *e)
{
	char part[65536];
	size_t n = 0;
	int r;

	while (!v->answers.result) {
		r = proc_stream_read(v->stream, part, sizeof(part), &n, e);
		if (r < 0)
			return err_set(e, ERR_NET, "no result within its time");
		if (n == 0)
			return 0;
		r = answers_take(&v->answers, part, n, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Its last words on standard error, for an error text. */
static const char *last_words(const struct visit *v, char ret[200])
{
	const struct proc_result said = { .err = { .data = mem_dup(proc_stream_said(v->stream)),
						   .len = strlen(proc_stream_said(v->stream)) } };

	(void)proc_last_line(&said, ret);
	free(said.err.data);
	return ret;
}

static int no_result(struct visit *v, struct err *e)
{
	int status = proc_stream_end(v->stream);
	char words[200];

	(void)last_words(v, words);
	if (status == WAY_LOST && !v->way.local)
		return v->heard ? err_set(e, ERR_NET, "it went away: %s", words)
				: err_set(e, ERR_NET, "it cannot be reached: %s", words);
	if (status == SHIP_OTHER_PROCESSOR || status == SHIP_NO_PLACE)
		v->heard = false;
	if (status == SHIP_OTHER_PROCESSOR)
		return err_set(e, ERR_REMOTE, "its processor is '%s', the scout is built for %s: nothing was looked at "
			       "and nothing done", words, v->machine);
	if (status == SHIP_NO_PLACE)
		return err_set(e, ERR_REMOTE, "it has no folder with room for a program, and from which one can be "
			       "started (/dev/shm, /run, /root, /var/tmp and /tmp were tried): nothing was looked at "
			       "and nothing done");
	return err_set(e, ERR_REMOTE, "the scout ended without a result (exit code %d)%s%s", status, *words ? ": " : "",
		       words);
}

/* The host's own result: good or bad, in its words, made visible. */
static int take_result(struct visit *v, struct err *e)
{
	const json_t *said = v->answers.result;
	_cleanup_(buf_free) struct buf shown = BUF_INIT(4000);
	const char *text = json_str(said, "text"), *code = json_str(said, "error");

	json_object_set(v->job->result, "answer", v->answers.result);
	if (json_is(said, "ok"))
		return 0;
	text_visible(&shown, text ? text : "", text ? strlen(text) : 0);
	(void)err_set(e, code ? err_code_parse(code) : ERR_REMOTE, "%.400s", buf_text(&shown));
	if (effect_parse(json_str(said, "effect"), &e->effect) < 0)
		e->effect = v->changes ? EFFECT_UNKNOWN : EFFECT_NONE;
	(void)err_wrap(e, "host '%s'", v->way.host);
	return -(int)e->code;
}

static int64_t bytes_max(const json_t *body)
{
	int64_t most = json_int(body, "bytes_max", (int64_t)SCOUT_BYTES_MAX);

	return most > 0 && most < (int64_t)SCOUT_BYTES_MAX ? most : (int64_t)SCOUT_BYTES_MAX;
}

static int run(struct visit *v, struct err *e)
{
	_cleanup_(buf_free) struct buf program = BUF_INIT(SHIP_SCOUT_MAX), request = BUF_INIT(SCOUT_LINE_MAX);
	int64_t limit_ms = (v->job->deadline_us - clock_mono_us()) / 1000;
	const char *path = json_str(v->job->body, "scout");
	int r;

	if (!path || !json_is_object(json_object_get(v->job->body, "do")))
		return err_set(e, ERR_CONFIG, "job: \"visit\" with \"scout\" and \"do\" is expected");
	/* a host's word: what is no such path is as good as none */
	v->kept = json_str(v->job->body, "kept");
	if (v->kept && (!ship_is_path(v->kept) || v->way.local))
		v->kept = NULL;
	if ((r = ship_read(path, &program, &v->machine, e)) < 0 ||
	    (r = make_request(v, limit_ms, &request, e)) < 0 || (r = start(v, program.len, limit_ms, e)) < 0)
		return r;
	if ((r = tell(v, &program, &request, e)) < 0 || (r = listen_to(v, e)) < 0 ||
	    (!v->answers.result && (r = no_result(v, e)) < 0))
		return fail(v, r, e);
	return take_result(v, e);
}

int warden_visit(struct job *job, struct err *e)
{
	_cleanup_(visit_end) struct visit v = { .job = job, .changes = json_is(job->body, "changes") };
	int r = way_of_job(job, "host", &v.way, e);

	if (r < 0)
		return r;
	const json_t *wanted = json_object_get(job->body, "evidence");
	struct evidence evidence;

	if (wanted && (r = evidence_begin(&evidence, wanted, e)) < 0)
		return r;
	answers_begin(&v.answers, WIRE_ANSWERS_FD, (uint64_t)bytes_max(job->body), wanted ? &evidence : NULL);
	r = run(&v, e);
	if (wanted)
		evidence_end(&evidence, v.answers.result, job->result);
	return r;
}
