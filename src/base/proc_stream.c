#include "base/proc_stream.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc_start.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PIPE_SIZE (1 << 20) /* what the kernel gives without asking is 64 KiB: a switch between two programs for each */
#define SAID_MAX ((size_t)64 << 10)
#define GRACE_MS 2000

struct proc_stream {
	struct proc_child child;
	char *program;
	int64_t deadline, limit_ms, silence_ms;
	struct buf questions, said;
	size_t sent;          /* of the questions */
	bool last, gone;      /* gone: ended, what is left in the pipe is all */
	int status;
};

int proc_stream_open(const struct proc_job *job, int64_t silence_ms, struct proc_stream **ret, struct err *e)
{
	_cleanup_(proc_stream_freep) struct proc_stream *s = mem_zero(1, sizeof(*s));
	struct proc_job talking = *job;
	struct proc_quiet quiet;

	s->child = (struct proc_child)PROC_CHILD_INIT;
	if (!job->argv || !job->argv[0] || job->limit_ms <= 0 || silence_ms <= 0)
		return err_set(e, ERR_BUG, "a program without a name or a deadline was to be started");
	talking.talk = true;
	talking.input = NULL;
	talking.secret = NULL;
	s->program = mem_dup(job->argv[0]);
	s->questions = (struct buf){ .max = PROC_ASK_MAX, .wipe = job->wipe };
	s->said = (struct buf){ .max = SAID_MAX, .wipe = job->wipe };
	s->limit_ms = job->limit_ms;
	s->silence_ms = silence_ms;
	s->deadline = clock_mono_us() + job->limit_ms * 1000;
	proc_quiet_begin(&quiet);
	int r = proc_start(&talking, &s->child, e);
	proc_quiet_end(&quiet);
	if (r < 0)
		return r;
	(void)fcntl(s->child.out, F_SETPIPE_SZ, PIPE_SIZE);
	*ret = TAKE(s);
	return 0;
}

int proc_stream_ask(struct proc_stream *s, const void *bytes, size_t len, struct err *e)
{
	if (s->sent > 0 && s->sent == s->questions.len) {
		buf_clear(&s->questions);
		s->sent = 0;
	}
	if (buf_add(&s->questions, bytes, len) < 0)
		return err_set(e, ERR_LIMIT, "more than %zu bytes of questions wait for '%s'", PROC_ASK_MAX,
			       s->program);
	return 0;
}

static void shut(int *fd)
{
	closep(fd);
	*fd = -1;
}

void proc_stream_last(struct proc_stream *s)
{
	s->last = true;
	if (s->sent == s->questions.len)
		shut(&s->child.in);
}

/* A program that does not want all of it is no error: its answers tell. */
static void feed(struct proc_stream *s)
{
	struct proc_quiet quiet;
	ssize_t n;

	proc_quiet_begin(&quiet);
	n = write(s->child.in, s->questions.data + s->sent, s->questions.len - s->sent);
	proc_quiet_end(&quiet);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	s->sent = n < 0 ? s->questions.len : s->sent + (size_t)n;
	if (n < 0 || (s->last && s->sent == s->questions.len))
		shut(&s->child.in);
}

static void listen_to(struct proc_stream *s)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(s->child.err, chunk, sizeof(chunk))) > 0)
		if (!s->said.over)
			(void)buf_add(&s->said, chunk, (size_t)n);
	if (n == 0)
		shut(&s->child.err);
	if (s->said.wipe)
		explicit_bzero(chunk, sizeof(chunk));
}

static int stuck(struct proc_stream *s, const char *how, int64_t ms, struct err *e)
{
	kill(-s->child.pid, SIGKILL);
	return err_set(e, ERR_IO, "'%s' %s %lld s and was stopped", s->program, how, (long long)((ms + 999) / 1000));
}

/* Until there is something to read (with `answers`) or to send, or it is known that there will be nothing more. */
static int wait_for_it(struct proc_stream *s, bool answers, int64_t until, struct err *e)
{
	bool more = s->sent < s->questions.len;
	struct pollfd fds[] = {
		{ .fd = s->child.pidfd, .events = POLLIN },
		{ .fd = answers ? s->child.out : -1, .events = POLLIN },
		{ .fd = s->child.err, .events = POLLIN },
		{ .fd = more ? s->child.in : -1, .events = POLLOUT },
	};
	int64_t left_ms = ((until < s->deadline ? until : s->deadline) - clock_mono_us() + 999) / 1000;
	int n;

	if (left_ms <= 0)
		return s->deadline <= until ? stuck(s, "was not done within", s->limit_ms, e)
					    : stuck(s, "said nothing for", s->silence_ms, e);
	n = poll(fds, ARRAY_SIZE(fds), left_ms > 3600000 ? 3600000 : (int)left_ms);
	if (n < 0 && errno != EINTR)
		return err_errno(e, "watch '%s'", s->program);
	if (n <= 0)
		return 0;
	if (fds[3].revents)
		feed(s);
	if (fds[2].revents)
		listen_to(s);
	s->gone = fds[0].revents != 0;
	return 0;
}

int proc_stream_read(struct proc_stream *s, void *into, size_t room, size_t *ret_len, struct err *e)
{
	int64_t until = clock_mono_us() + s->silence_ms * 1000;

	while (s->child.out >= 0) {
		bool gone = s->gone;
		ssize_t n = read(s->child.out, into, room);

		if (n > 0 && clock_mono_us() < s->deadline) {
			*ret_len = (size_t)n;
			return 0;
		}
		if (n > 0)
			return stuck(s, "was not done within", s->limit_ms, e);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return err_errno(e, "read from '%s'", s->program);
		/* What a program that it left behind may still write is not waited for. */
		if (n == 0 || gone) {
			shut(&s->child.out);
			break;
		}
		int r = wait_for_it(s, true, until, e);
		if (r < 0)
			return r;
	}
	*ret_len = 0;
	return 0;
}

int proc_stream_flush(struct proc_stream *s, bool *ret_gone, struct err *e)
{
	int64_t until = clock_mono_us() + s->silence_ms * 1000;

	while (!s->gone && s->child.in >= 0 && s->sent < s->questions.len) {
		int r = wait_for_it(s, false, until, e);

		if (r < 0)
			return r;
	}
	*ret_gone = s->gone || s->child.in < 0;
	return 0;
}

int proc_stream_end(struct proc_stream *s)
{
	if (s->child.pid <= 0)
		return s->status;
	if (s->child.in >= 0)
		shut(&s->child.in);

	struct pollfd end = { .fd = s->child.pidfd, .events = POLLIN };
	int64_t until = clock_mono_us() + INT64_C(1000) * GRACE_MS, left;

	while ((left = until - clock_mono_us()) > 0 && !(end.revents & POLLIN))
		if (poll(&end, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			break;
	if (s->child.err >= 0)
		listen_to(s);
	s->status = proc_child_end(&s->child, !(end.revents & POLLIN));
	return s->status;
}

const char *proc_stream_said(const struct proc_stream *s)
{
	return buf_text(&s->said);
}

struct proc_stream *proc_stream_free(struct proc_stream *s)
{
	if (!s)
		return NULL;
	(void)proc_child_end(&s->child, true);
	buf_free(&s->questions);
	buf_free(&s->said);
	free(s->program);
	free(s);
	return NULL;
}

void proc_stream_freep(struct proc_stream **s)
{
	*s = proc_stream_free(*s);
}
