#include "engine/worker.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)
#define OUTPUT_KEPT 65536

struct worker {
	pid_t pid;
	int answers, secrets, output, job;
	sd_event_source *on_answer, *on_deadline;
	struct buf line;
	uint32_t lines, found_lines;
	worker_line *listener;
	void *listener_arg;
	bool changing;
	struct worker_result result;
	worker_done *done;
	void *arg;
};

static int pipe_of(int ret[2], struct err *e)
{
	if (pipe2(ret, O_CLOEXEC) < 0)
		return err_errno(e, "pipe to a worker");
	/* Whole jobs are written before anybody reads. */
	if (fcntl(ret[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
		return err_errno(e, "pipe to a worker: %d bytes of room", PIPE_BYTES);
	return 0;
}

static _Noreturn void become(const char *program, const int fds[4], int output, pid_t parent)
{
	/* ssh's agent is the team's way in; git and Puppet want a home. Nothing else comes along. */
	const char *home = env_get("HOME"), *agent = env_get("SSH_AUTH_SOCK");
	char *env[3] = { NULL };
	size_t n = 0;

	if (home)
		env[n++] = mem_printf("HOME=%s", home);
	if (agent)
		env[n++] = mem_printf("SSH_AUTH_SOCK=%s", agent);
	char *const argv[] = { mem_dup(program), NULL };
	int high[4], nothing = open("/dev/null", O_RDWR);

	/* A parent that is gone records nothing: its worker ends with it, also when it went before this line. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	/* Ctrl-C is the parent's to answer; and what a driver's program has started ends with it. */
	setpgid(0, 0);
	for (int i = 0; i < 4; i++)
		high[i] = fcntl(fds[i], F_DUPFD, 64);
	dup2(nothing, 0);
	dup2(output, 1);
	dup2(output, 2);
	for (int i = 0; i < 4; i++)
		dup2(high[i], WIRE_JOB_FD + i);
	for (int fd = WIRE_SECRETS_OUT_FD + 1; fd < 256; fd++)
		close(fd);
	signal(SIGPIPE, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(program, argv, env);
	_exit(127);
}

static void conclude(struct worker *w, int status)
{
	struct worker_result *r = &w->result;
	char kept[300] = "";
	ssize_t n = pread(w->output, kept, sizeof(kept) - 1, 0);

	if (r->result) {
		const char *code = json_str(r->result, "error");

		r->ok = json_is(r->result, "ok");
		if (effect_parse(json_str(r->result, "effect"), &r->effect) < 0)
			r->effect = EFFECT_UNKNOWN;
		r->code = r->ok ? ERR_NONE : code ? err_code_parse(code) : ERR_REMOTE;
		snprintf(r->text, sizeof(r->text), "%s", json_str(r->result, "text") ? json_str(r->result, "text")
											    : "");
		return;
	}
	r->ok = false;
	r->effect = w->changing ? EFFECT_UNKNOWN : EFFECT_NONE;
	r->code = r->timed_out ? ERR_NET : ERR_IO;
	_cleanup_(buf_free) struct buf shown = BUF_INIT(2000);

	text_visible(&shown, kept, n > 0 ? (size_t)n : 0);
	if (r->timed_out)
		snprintf(r->text, sizeof(r->text), "no answer within its time; the worker was ended%s",
			 w->changing ? ", what it did is not known" : "");
	else
		snprintf(r->text, sizeof(r->text), "the worker ended without a result (%s %d)%s%.250s",
			 WIFSIGNALED(status) ? "signal" : "exit code",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), shown.len ? ": " : "",
			 buf_text(&shown));
}

static void finish(struct worker *w)
{
	struct err e = ERR_INIT;
	int status = 0;

	kill(-w->pid, SIGKILL);
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	conclude(w, status);
	if (w->result.ok && wire_secrets_read(w->secrets, &w->result.out, &e) < 0) {
		w->result.ok = false;
		w->result.code = e.code;
		snprintf(w->result.text, sizeof(w->result.text), "%s", e.text);
	}
	sd_event_source_disable_unref(w->on_answer);
	sd_event_source_disable_unref(w->on_deadline);
	closep(&w->answers);
	closep(&w->secrets);
	closep(&w->output);
	closep(&w->job);
	w->done(&w->result, w->arg);
	wire_secrets_free(&w->result.out);
	json_decref(w->result.tries);
	json_decref(w->result.result);
	buf_free(&w->line);
	free(w);
}

void worker_listen(struct worker *w, worker_line *line, void *arg)
{
	w->listener = line;
	w->listener_arg = arg;
}

static bool is_listened_to(enum wire_type type)
{
	return type == WIRE_FOUND || type == WIRE_UNREAD || type == WIRE_PROGRESS || type == WIRE_MAILED;
}

/* False: the worker does not speak the protocol; it is ended. */
static bool take_line(struct worker *w, const char *line, size_t len)
{
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;
	enum wire_type type;

	if (w->result.result || wire_receive(line, len, &type, &j, &e) < 0)
		return false;
	if (is_listened_to(type)) {
		if (!w->listener || ++w->found_lines > WIRE_FOUND_MAX)
			return false;
		w->listener(type, j, w->listener_arg);
		return true;
	}
	if (++w->lines > WIRE_LINES_MAX)
		return false;
	if (type == WIRE_CHANGING)
		w->changing = true;
	else if (type == WIRE_TRIED)
		json_array_append(w->result.tries, j);
	else
		w->result.result = TAKE(j);
	return true;
}

static bool take_bytes(struct worker *w, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;

		if (buf_add(&w->line, bytes, part) < 0)
			return false;
		if (end && !take_line(w, buf_text(&w->line), w->line.len))
			return false;
		if (end)
			buf_clear(&w->line);
		bytes += part + (end ? 1 : 0);
		len -= part + (end ? 1 : 0);
	}
	return true;
}

static int on_answer(sd_event_source *s _unused_, int fd, uint32_t events _unused_, void *arg)
{
	struct worker *w = arg;
	char part[16384];
	ssize_t n = read(fd, part, sizeof(part));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0 || !take_bytes(w, part, (size_t)n))
		finish(w);
	return 0;
}

static int on_deadline(sd_event_source *s _unused_, uint64_t at _unused_, void *arg)
{
	struct worker *w = arg;

	w->result.timed_out = true;
	finish(w);
	return 0;
}

void worker_kill(struct worker *w)
{
	finish(w);
}

static int watch(struct worker *w, struct sd_event *loop, int64_t limit_ms, struct err *e)
{
	uint64_t at = (uint64_t)(clock_mono_us() + limit_ms * 1000);

	if (sd_event_add_io(loop, &w->on_answer, w->answers, EPOLLIN, on_answer, w) < 0 ||
	    sd_event_add_time(loop, &w->on_deadline, CLOCK_MONOTONIC, at, 10000, on_deadline, w) < 0)
		return err_set(e, ERR_IO, "the event loop takes no more workers");
	return 0;
}

static int send_job(int job_fd, int secrets_fd, const json_t *job, const struct wire_secrets *secrets, struct err *e)
{
	int r = wire_send(job_fd, job, e);

	if (r == 0 && secrets)
		r = wire_secrets_write(secrets, secrets_fd, e);
	return r;
}

static void close_all(int (*p)[2])
{
	for (int i = 0; i < 4; i++) {
		closep(&p[i][0]);
		closep(&p[i][1]);
	}
}

int worker_tell(struct worker *w, const json_t *line, struct err *e)
{
	return wire_send(w->job, line, e);
}

void worker_hush(struct worker *w)
{
	closep(&w->job);
}

void worker_again(struct worker *w, int64_t limit_ms)
{
	(void)sd_event_source_set_time(w->on_deadline, (uint64_t)(clock_mono_us() + limit_ms * 1000));
}

int worker_start_to_tell(struct sd_event *loop, const char *program, const json_t *job,
			 const struct wire_secrets *secrets, int64_t limit_ms, worker_done *done, void *arg,
			 struct worker **ret, struct err *e)
{
	int p[4][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } }, r = 0;
	const pid_t self = getpid();
	struct worker *w;

	for (int i = 0; r == 0 && i < 4; i++)
		r = pipe_of(p[i], e);
	/* nobody reads yet: what does not fit is an error and no standstill */
	if (r == 0 && (fcntl(p[0][1], F_SETFL, O_NONBLOCK) < 0 || fcntl(p[1][1], F_SETFL, O_NONBLOCK) < 0))
		r = err_errno(e, "pipe to a worker");
	if (r == 0)
		r = send_job(p[0][1], p[1][1], job, secrets, e);
	if (r < 0) {
		close_all(p);
		return r;
	}
	w = mem_zero(1, sizeof(*w));
	*w = (struct worker){ .answers = TAKE_FD(p[2][0]), .secrets = TAKE_FD(p[3][0]), .done = done, .arg = arg,
			      .line = BUF_INIT(WIRE_LINE_MAX), .job = TAKE_FD(p[0][1]),
			      .output = memfd_create("worker", MFD_CLOEXEC) };
	w->result.tries = json_array();
	w->pid = fork();
	if (w->pid == 0)
		become(program, (const int[4]){ p[0][0], p[1][0], p[2][1], p[3][1] }, w->output, self);
	close_all(p);
	r = w->pid < 0 ? err_errno(e, "a worker cannot be started") : watch(w, loop, limit_ms, e);
	if (r < 0) {
		if (w->pid > 0) {
			kill(w->pid, SIGKILL);
			waitpid(w->pid, NULL, 0);
		}
		sd_event_source_disable_unref(w->on_answer);
		closep(&w->answers);
		closep(&w->secrets);
		closep(&w->output);
		closep(&w->job);
		json_decref(w->result.tries);
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

int worker_start(struct sd_event *loop, const char *program, const json_t *job, const struct wire_secrets *secrets,
		 int64_t limit_ms, worker_done *done, void *arg, struct worker **ret, struct err *e)
{
	int r = worker_start_to_tell(loop, program, job, secrets, limit_ms, done, arg, ret, e);

	if (r == 0)
		worker_hush(*ret);
	return r;
}
