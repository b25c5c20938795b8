#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/secret.h"
#include "base/text.h"
#include "proc_help.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct proc_result result;
static struct err e;

static int run(const char *script, struct proc_job job)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	job.argv = argv;
	job.limit_ms = job.limit_ms ? job.limit_ms : 20000;
	e = (struct err)ERR_INIT;
	return proc_run(&job, &result, &e);
}

static int tear_down(void **state _unused_)
{
	proc_result_free(&result);
	return 0;
}

static void both_streams_and_the_exit_code(void **state _unused_)
{
	char line[200];

	assert_int_equal(run("echo out; echo first >&2; printf 'last\\n \\n' >&2; exit 3", (struct proc_job){ 0 }), 0);
	assert_int_equal(result.status, 3);
	assert_false(result.timed_out);
	assert_string_equal(buf_text(&result.out), "out\n");
	assert_string_equal(proc_last_line(&result, line), "last");
}

static void a_signal_is_told(void **state _unused_)
{
	assert_int_equal(run("kill -9 $$", (struct proc_job){ 0 }), 0);
	assert_int_equal(result.status, 128 + 9);
	assert_false(result.timed_out);
}

static void the_environment_is_made_from_nothing(void **state _unused_)
{
	static const char *const env[] = { "A=1", "A=2", "LANG=de_DE.UTF-8", NULL };

	setenv("FIREBREAK_CANARY", "in the parent", 1);
	assert_int_equal(run("env", (struct proc_job){ .env = env }), 0);
	assert_null(strstr(buf_text(&result.out), "CANARY"));
	assert_non_null(strstr(buf_text(&result.out), "A=2\n"));
	assert_null(strstr(buf_text(&result.out), "A=1\n"));
	assert_non_null(strstr(buf_text(&result.out), "LANG=de_DE.UTF-8\n"));
	assert_null(strstr(buf_text(&result.out), "LANG=C"));
	assert_non_null(strstr(buf_text(&result.out), ":/usr/sbin:"));
	assert_non_null(strstr(buf_text(&result.out), "/opt/puppetlabs/bin"));
}

static void nothing_open_is_inherited(void **state _unused_)
{
	int fd = open("/dev/null", O_RDONLY), high = dup2(fd, 200);

	assert_true(fd >= 0 && high == 200);
	/* 3 is the folder that ls itself reads */
	assert_int_equal(run("ls /proc/self/fd", (struct proc_job){ 0 }), 0);
	assert_string_equal(buf_text(&result.out), "0\n1\n2\n3\n");
	close(fd);
	close(high);
}

static void no_input_is_an_end_at_once(void **state _unused_)
{
	assert_int_equal(run("cat; readlink /proc/self/fd/0", (struct proc_job){ 0 }), 0);
	assert_string_equal(buf_text(&result.out), "/dev/null\n");
}

static void much_goes_in_and_comes_out_at_once(void **state _unused_)
{
	size_t len = 3 << 20;
	_cleanup_(freep) char *input = mem_zero(len, 1);

	memset(input, 'x', len);
	assert_int_equal(run("tee /dev/stderr",
			     (struct proc_job){ .input = input, .input_len = len, .output_max = len }), 0);
	assert_int_equal(result.out.len, len);
	assert_int_equal(result.err.len, len);
	assert_memory_equal(result.out.data, input, len);
}

static void who_does_not_read_is_no_error(void **state _unused_)
{
	size_t len = 1 << 20;
	_cleanup_(freep) char *input = mem_zero(len, 1);
	sigset_t pending;

	assert_int_equal(run("exit 0", (struct proc_job){ .input = input, .input_len = len }), 0);
	assert_int_equal(result.status, 0);
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

static struct secret *secret_of(const char *text, size_t len)
{
	char *copy = mem_dupn(text, len);
	struct secret *s = NULL;

	assert_int_equal(secret_take(copy, len, &s, &e), 0);
	free(copy);
	return s;
}

static void the_secret_comes_before_the_input(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = secret_of("first", 5);

	assert_int_equal(run("cat; tr '\\0' ' ' </proc/$$/cmdline; env",
			     (struct proc_job){ .secret = s, .input = " then\n", .input_len = 6, .wipe = true }), 0);
	assert_true(text_starts(buf_text(&result.out), "first then\n"));
	assert_null(strstr(buf_text(&result.out) + 6, "first"));
	assert_true(result.out.wipe);
}

static void the_largest_secret_fits_the_pipe(void **state _unused_)
{
	_cleanup_(freep) char *text = mem_zero(SECRET_MAX, 1);
	_cleanup_(secret_freep) struct secret *s = NULL;

	memset(text, 'y', SECRET_MAX);
	s = secret_of(text, SECRET_MAX);
	assert_int_equal(run("wc -c", (struct proc_job){ .secret = s, .input = "z", .input_len = 1 }), 0);
	assert_string_equal(buf_text(&result.out), "65537\n");
	proc_result_free(&result);
	/* nobody reads it: the deadline still holds */
	assert_int_equal(run("sleep 30", (struct proc_job){ .secret = s, .limit_ms = 100 }), 0);
	assert_true(result.timed_out);
}

static void the_deadline_ends_the_whole_group(void **state _unused_)
{
	int64_t begin = clock_mono_us(), pid = 0;

	assert_int_equal(run("sleep 61 & echo $!; wait", (struct proc_job){ .limit_ms = 300 }), 0);
	assert_true(result.timed_out);
	assert_int_equal(result.status, 128 + SIGTERM);
	assert_true(clock_mono_us() - begin < 5000000);
	result.out.data[strcspn(result.out.data, "\n")] = '\0';
	assert_int_equal(text_i64(buf_text(&result.out), &pid), 0);
	assert_true(goes_away(pid));
}

static void who_does_not_listen_is_killed(void **state _unused_)
{
	int64_t begin = clock_mono_us();

	assert_int_equal(run("trap '' TERM; while :; do sleep 1; done", (struct proc_job){ .limit_ms = 100 }), 0);
	assert_true(result.timed_out);
	assert_int_equal(result.status, 128 + SIGKILL);
	assert_true(clock_mono_us() - begin < 8000000);
}

static void a_daemon_left_behind_is_not_waited_for(void **state _unused_)
{
	int64_t begin = clock_mono_us(), pid;

	assert_int_equal(run("setsid sleep 8 & echo $!", (struct proc_job){ 0 }), 0);
	assert_true(clock_mono_us() - begin < 5000000);
	assert_false(result.timed_out);
	result.out.data[strcspn(result.out.data, "\n")] = '\0';
	assert_int_equal(text_i64(buf_text(&result.out), &pid), 0);
	kill((pid_t)pid, SIGKILL);
}

static void a_flood_is_stopped(void **state _unused_)
{
	assert_int_equal(run("yes", (struct proc_job){ .output_max = 5000 }), -ERR_LIMIT);
	assert_int_equal(result.out.len, 5000);
	proc_result_free(&result);
	assert_int_equal(run("yes >&2", (struct proc_job){ 0 }), -ERR_LIMIT);
	assert_non_null(strstr(e.text, "1048576"));
	proc_result_free(&result);
	assert_int_equal(run("printf 12345", (struct proc_job){ .output_max = 5 }), 0);
	assert_string_equal(buf_text(&result.out), "12345");
}

static int start(const char *program, const char *cwd)
{
	const char *argv[] = { program, NULL };
	struct proc_job job = { .argv = argv, .limit_ms = 20000, .cwd = cwd };
	int r;

	proc_result_free(&result);
	e = (struct err)ERR_INIT;
	r = proc_run(&job, &result, &e);
	return r;
}

static void what_cannot_start_says_why(void **state _unused_)
{
	assert_int_equal(start("no-such-program", NULL), -ERR_IO);
	assert_non_null(strstr(e.text, "program 'no-such-program' is not installed"));
	assert_int_equal(start("/etc/passwd", NULL), -ERR_IO);
	assert_non_null(strstr(e.text, "Permission denied"));
	assert_int_equal(start("true", "/no/such/folder"), -ERR_IO);
	assert_non_null(strstr(e.text, "'/no/such/folder'"));
	assert_int_equal(start("pwd", "/usr"), 0);
	assert_string_equal(buf_text(&result.out), "/usr\n");
	/* nothing is left to be reaped */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void no_deadline_no_child(void **state _unused_)
{
	const char *argv[] = { "true", NULL };
	struct proc_job job = { .argv = argv };

	assert_int_equal(proc_run(&job, &result, &e), -ERR_BUG);
}

static void the_path_may_be_named(void **state _unused_)
{
	static const char *const env[] = { "PATH=/nowhere:relative", NULL };

	assert_int_equal(run("true", (struct proc_job){ .env = env }), -ERR_IO);
}

static void the_last_line_is_short_and_visible(void **state _unused_)
{
	char line[200];

	assert_int_equal(run("printf 'a\\033[2Jb' >&2", (struct proc_job){ 0 }), 0);
	assert_string_equal(proc_last_line(&result, line), "a\\x1b[2Jb");
	proc_result_free(&result);
	assert_int_equal(run("i=0; while [ $i -lt 150 ]; do printf 'x\\303\\244' >&2; i=$((i+1)); done",
			     (struct proc_job){ 0 }), 0);
	proc_last_line(&result, line);
	assert_in_range(strlen(line), 197, 199);
	assert_true(text_is_utf8(line, strlen(line)));
	proc_result_free(&result);
	assert_int_equal(run("true", (struct proc_job){ 0 }), 0);
	assert_string_equal(proc_last_line(&result, line), "");
}

/* The child of a process that is killed does not outlive it. */
static void children_die_with_us(void **state _unused_)
{
	int pair[2];
	char text[32] = "";
	int64_t child = 0;
	pid_t pid;

	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		char script[64];

		fcntl(pair[1], F_SETFD, 0);
		/* So that the script may look into this process when it is not root's. */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		snprintf(script, sizeof(script), "echo $$ >/proc/%d/fd/%d; exec sleep 62", getpid(), pair[1]);
		(void)run(script, (struct proc_job){ .limit_ms = 60000 });
		_exit(0);
	}
	close(pair[1]);
	assert_true(read(pair[0], text, sizeof(text) - 1) > 0);
	close(pair[0]);
	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(text_i64(text, &child), 0);
	assert_false(is_gone(child));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(goes_away(child));
}

#define T(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_streams_and_the_exit_code),
		T(a_signal_is_told),
		T(the_environment_is_made_from_nothing),
		T(nothing_open_is_inherited),
		T(no_input_is_an_end_at_once),
		T(much_goes_in_and_comes_out_at_once),
		T(who_does_not_read_is_no_error),
		T(the_secret_comes_before_the_input),
		T(the_largest_secret_fits_the_pipe),
		T(the_deadline_ends_the_whole_group),
		T(who_does_not_listen_is_killed),
		T(a_daemon_left_behind_is_not_waited_for),
		T(a_flood_is_stopped),
		T(what_cannot_start_says_why),
		T(no_deadline_no_child),
		T(the_path_may_be_named),
		T(the_last_line_is_short_and_visible),
		T(children_die_with_us),
	};

	if (secret_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
