/* Every worker program begins here: one job, then it ends. docs/formats/worker-protocol.md. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "driver/sink.h"
#include "worker/jobs.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void send_line(json_t *line)
{
	struct err e = ERR_INIT;

	if (wire_send(WIRE_ANSWERS_FD, line, &e) < 0)
		_exit(70);
	json_decref(line);
}

static void tried(void *arg _unused_, const char *what, const char *answer)
{
	json_t *line = json_object();

	json_put(line, "type", "tried");
	json_put_int(line, "at_us", clock_now_us());
	json_put(line, "what", what);
	json_put(line, "answer", answer);
	send_line(line);
}

static void changing(void *arg _unused_)
{
	json_t *line = json_object();

	json_put(line, "type", "changing");
	send_line(line);
}

static void result(struct job *job, int r, const struct err *e)
{
	json_t *line = json_object();

	json_put(line, "type", "result");
	json_object_set_new(line, "ok", json_boolean(r == 0));
	json_put(line, "error", r < 0 ? err_code_name(e->code) : NULL);
	json_put(line, "effect", effect_name(r < 0 ? e->effect : EFFECT_CHANGED));
	json_put(line, "text", r < 0 ? e->text : job->text);
	json_object_update(line, job->result);
	send_line(line);
}

/* Up to the line's end; what came with it stays in `rest`. */
static int read_job(struct buf *rest, json_t **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(WIRE_LINE_MAX);
	char part[8192];
	ssize_t n;

	while ((n = read(WIRE_JOB_FD, part, sizeof(part))) != 0) {
		const char *end = n > 0 ? memchr(part, '\n', (size_t)n) : NULL;
		size_t len = end ? (size_t)(end - part) : (size_t)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || buf_add(&text, part, len) < 0)
			return err_set(e, ERR_IO, "job: could not be read");
		if (!end)
			continue;
		(void)buf_add(rest, end + 1, (size_t)n - len - 1);
		break;
	}
	return json_read("job", buf_text(&text), text.len, WIRE_LINE_MAX, ret, e);
}

static int run(struct job *job, struct err *e)
{
	const char *verb = json_str(job->body, "verb");

	if (json_int(job->body, "v", 0) != WIRE_VERSION)
		return err_set(e, ERR_CONFIG, "job: \"v\" must be %d: parent and worker are of different versions",
			       WIRE_VERSION);
	if (!verb)
		return err_set(e, ERR_CONFIG, "job: \"verb\" is missing");
	return job_run(job, verb, e);
}

int main(void)
{
	_cleanup_(json_freep) json_t *body = NULL;
	struct job_sink sink = { .tried = tried, .changing = changing };
	struct job job = { .sink = &sink, .rest = BUF_INIT(2 * WIRE_LINE_MAX) };
	struct err e = ERR_INIT;
	int r;

	/* The parent gone means that nobody records what we do. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = secret_init(&e);
	if (r == 0)
		r = read_job(&job.rest, &body, &e);
	if (r == 0)
		r = wire_secrets_read(WIRE_SECRETS_FD, &job.in, &e);
	job.result = json_object();
	if (r == 0) {
		job.body = body;
		job.deadline_us = sink.deadline_us = clock_mono_us() + json_int(body, "limit_ms", 30000) * 1000;
		r = run(&job, &e);
	}
	if (r == 0 && job.out.n)
		r = wire_secrets_write(&job.out, WIRE_SECRETS_OUT_FD, &e);
	result(&job, r, &e);
	wire_secrets_free(&job.in);
	wire_secrets_free(&job.out);
	buf_free(&job.rest);
	json_decref(job.result);
	return 0;
}
