#include "scratch.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

char scratch[64];

int scratch_begin(void **state _unused_)
{
	struct err e = ERR_INIT;

	(void)snprintf(scratch, sizeof(scratch), "/tmp/fbt-XXXXXX");
	if (!mkdtemp(scratch) || secret_init(&e) < 0)
		return -1;
	return 0;
}

int scratch_end(void **state _unused_)
{
	struct err e = ERR_INIT;

	return fs_remove_tree(scratch, &e);
}

static char *line_of(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

static pid_t spawn(const char *const *argv, int out)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	union { const char *const *in; char *const *out; } words = { .in = argv };
	if (chdir(scratch) < 0)
		_exit(126);
	if (out >= 0) {
		dup2(out, 1);
		dup2(out, 2);
	}
	int null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	execvp(argv[0], words.out);
	_exit(127);
}

static int ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_line(const char *line, int out)
{
	const char *const argv[] = { "sh", "-c", line, NULL };

	return ended(spawn(argv, out));
}

int sh(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_(freep) char *line = line_of(fmt, ap);
	va_end(ap);
	_cleanup_(closep) int null = open("/dev/null", O_WRONLY);
	return run_line(line, null);
}

void must_sh(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_(freep) char *line = line_of(fmt, ap), *log = mem_printf("%s/.sh", scratch);
	va_end(ap);
	_cleanup_(closep) int out = open(log, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	int r = run_line(line, out);
	if (r != 0) {
		_cleanup_(freep) char *text = file_text(".sh");
		print_error("'%s' ended with %d: %s\n", line, r, text);
		fail();
	}
}

char *sh_text(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_(freep) char *line = line_of(fmt, ap), *log = mem_printf("%s/.out", scratch);
	va_end(ap);
	_cleanup_(closep) int out = open(log, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	(void)run_line(line, out);
	char *text = file_text(".out");
	size_t len = strlen(text);
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

void put_file(const char *name, const char *text)
{
	struct err e = ERR_INIT;
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, name);

	if (fs_write_atomic(path, text, strlen(text), 0600, &e) < 0)
		fail_msg("%s", e.text);
}

char *file_text(const char *name)
{
	struct err e = ERR_INIT;
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, name);
	struct buf b = BUF_INIT((size_t)16 << 20);

	if (fs_read(path, &b, &e) < 0)
		fail_msg("%s", e.text);
	return buf_take(&b);
}

bool file_has(const char *name, const char *text)
{
	_cleanup_(freep) char *there = file_text(name);

	return strstr(there, text) != NULL;
}

bool wait_for(bool (*ready)(void), int64_t limit_ms)
{
	int64_t until = clock_mono_us() + limit_ms * 1000;

	while (clock_mono_us() < until) {
		if (ready())
			return true;
		clock_sleep_ms(50);
	}
	return ready();
}

pid_t start_program(const char *const *argv, const char *log)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, log);
	_cleanup_(closep) int out = open(path, O_CREAT | O_APPEND | O_WRONLY, 0600);

	return spawn(argv, out);
}

void stop_program(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		(void)ended(pid);
	}
}

static void on_changing(void *arg)
{
	struct trial *t = arg;

	t->changing++;
}

static void add_secret(struct trial *t, const char *name, const char *text)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;

	if (!text)
		return;
	_cleanup_(freep) char *copy = mem_dup(text);
	if (secret_take(copy, strlen(text), &s, &e) < 0)
		fail_msg("%s", e.text);
	wire_secrets_add(&t->job.in, name, s);
}

void try_job(struct trial *t, job_fn *fn, const char *old, const char *new, const char *fmt, ...)
{
	va_list ap;

	*t = (struct trial){ .e = ERR_INIT };
	va_start(ap, fmt);
	_cleanup_(freep) char *text = line_of(fmt, ap);
	va_end(ap);
	if (json_read("job", text, strlen(text), WIRE_LINE_MAX, &t->body, &t->e) < 0)
		fail_msg("%s in %s", t->e.text, text);
	t->sink = (struct job_sink){ .changing = on_changing, .arg = t };
	t->job.body = t->body;
	t->job.result = json_object();
	t->job.sink = &t->sink;
	t->job.deadline_us = clock_mono_us() + json_int(t->body, "limit_ms", 30000) * 1000;
	add_secret(t, "old", old);
	add_secret(t, "new", new);
	t->r = fn(&t->job, &t->e);
}

void trial_end(struct trial *t)
{
	wire_secrets_free(&t->job.in);
	wire_secrets_free(&t->job.out);
	json_decref(t->job.result);
	json_decref(t->body);
}

static int is_text(const char *bytes, size_t len, void *arg)
{
	const char *text = arg;

	return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

bool same_secret(const struct secret *s, const char *text)
{
	union { const char *in; void *out; } t = { .in = text };

	return s && secret_with(s, is_text, t.out);
}
