#include "base/proc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc_start.h"
#include "base/text.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_DEFAULT ((size_t)1 << 20)
#define GRACE_US INT64_C(1000000) /* between SIGTERM (git removes its locks) and SIGKILL */

struct run {
	const struct proc_job *job;
	struct proc_child child;
	struct proc_result *result;
	size_t written;
	int64_t deadline;
	bool ended;
};

static void run_end(struct run *r)
{
	bool started = r->child.pid > 0;
	int status = proc_child_end(&r->child, !r->ended || r->result->timed_out);

	if (started)
		r->result->status = status;
}

static void shut(int *fd)
{
	closep(fd);
	*fd = -1;
}

static void feed(struct run *r)
{
	const char *input = r->job->input;
	ssize_t n = write(r->child.in, input + r->written, r->job->input_len - r->written);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* a program that does not want all of it is no error: its exit code tells */
	if (n < 0 || (r->written += (size_t)n) == r->job->input_len)
		shut(&r->child.in);
}

/* Reads what is there. 0, or -ERR_LIMIT. */
static int drain(int *fd, struct buf *b)
{
	char chunk[16384];
	int result = 0;

	while (*fd >= 0 && result == 0) {
		ssize_t n = read(*fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			shut(fd);
		else
			result = buf_add(b, chunk, (size_t)n);
	}
	if (b->wipe)
		explicit_bzero(chunk, sizeof(chunk));
	return result;
}

static int drain_both(struct run *r, struct err *e)
{
	if (drain(&r->child.out, &r->result->out) < 0 || drain(&r->child.err, &r->result->err) < 0)
		return err_set(e, ERR_LIMIT, "'%s' wrote more than %zu bytes and was stopped", r->job->argv[0],
			       r->result->out.max);
	return 0;
}

/* First the polite signal, then the other one. */
static void enforce(struct run *r)
{
	kill(-r->child.pid, r->result->timed_out ? SIGKILL : SIGTERM);
	r->result->timed_out = true;
	r->deadline = clock_mono_us() + GRACE_US;
}

static int watch(struct run *r, struct err *e)
{
	while (!r->ended) {
		struct pollfd fds[] = {
			{ .fd = r->child.pidfd, .events = POLLIN },
			{ .fd = r->child.out, .events = POLLIN },
			{ .fd = r->child.err, .events = POLLIN },
			{ .fd = r->child.in, .events = POLLOUT },
		};
		int64_t left_ms = (r->deadline - clock_mono_us() + 999) / 1000;
		int n;

		if (left_ms <= 0) {
			enforce(r);
			continue;
		}
		n = poll(fds, ARRAY_SIZE(fds), left_ms > 3600000 ? 3600000 : (int)left_ms);
		if (n < 0 && errno != EINTR)
			return err_errno(e, "watch '%s'", r->job->argv[0]);
		if (n <= 0)
			continue;
		if (fds[3].revents)
			feed(r);
		/* What it wrote before it ended is in the pipes by now. What a daemon that it left behind (ssh's
		 * master) may still write is not waited for. */
		r->ended = fds[0].revents != 0;
		if (drain_both(r, e) < 0)
			return -ERR_LIMIT;
	}
	return 0;
}

int proc_run(const struct proc_job *job, struct proc_result *ret, struct err *e)
{
	size_t max = job->output_max ? job->output_max : OUTPUT_DEFAULT;
	struct run run = { .job = job, .child = PROC_CHILD_INIT, .result = ret };
	struct proc_quiet quiet;
	int r;

	*ret = (struct proc_result){ .status = -1, .out = { .max = max, .wipe = job->wipe },
				     .err = { .max = max, .wipe = job->wipe } };
	if (!job->argv || !job->argv[0] || job->limit_ms <= 0)
		return err_set(e, ERR_BUG, "a program without a name or a deadline was to be started");
	proc_quiet_begin(&quiet);
	r = proc_start(job, &run.child, e);
	if (r == 0) {
		run.deadline = clock_mono_us() + job->limit_ms * 1000;
		r = watch(&run, e);
	}
	run_end(&run);
	proc_quiet_end(&quiet);
	return r;
}

void proc_result_free(struct proc_result *r)
{
	buf_free(&r->out);
	buf_free(&r->err);
}

const char *proc_last_line(const struct proc_result *r, char ret[200])
{
	const char *s = buf_text(&r->err), *end = s + r->err.len, *begin;
	_cleanup_(buf_free) struct buf seen = { .max = 199, .wipe = r->err.wipe };
	size_t n;

	while (end > s && strchr(" \t\r\n", end[-1]))
		end--;
	for (begin = end; begin > s && begin[-1] != '\n' && begin[-1] != '\r'; begin--)
		;
	text_visible(&seen, begin, (size_t)(end - begin));
	for (n = seen.len; n && !text_is_utf8(buf_text(&seen), n); n--)
		;
	memcpy(ret, buf_text(&seen), n);
	ret[n] = '\0';
	return ret;
}
