#include "base/proc_stream.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "proc_help.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct proc_stream *stream;
static struct err e;

static int begin(const char *script, int64_t limit_ms, int64_t silence_ms)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	const struct proc_job job = { .argv = argv, .limit_ms = limit_ms };

	e = (struct err)ERR_INIT;
	return proc_stream_open(&job, silence_ms, &stream, &e);
}

static int tear_down(void **state _unused_)
{
	stream = proc_stream_free(stream);
	/* whatever came before: nothing is left to be reaped */
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static void ask(const char *text)
{
	assert_int_equal(proc_stream_ask(stream, text, strlen(text), &e), 0);
}

static void expect(const char *text)
{
	char got[200] = "";
	size_t len = 0, n = 1;

	while (len < strlen(text) && n > 0) {
		if (proc_stream_read(stream, got + len, sizeof(got) - 1 - len, &n, &e) < 0)
			fail_msg("%s", e.text);
		len += n;
	}
	assert_string_equal(got, text);
}

static void expect_end(void)
{
	char byte;
	size_t n = 1;

	if (proc_stream_read(stream, &byte, 1, &n, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(n, 0);
}

static void questions_and_answers_take_turns(void **state _unused_)
{
	assert_int_equal(begin("while read -r line; do echo \"<$line>\"; done; echo over; exit 3", 20000, 20000), 0);
	ask("one\n");
	expect("<one>\n");
	ask("two\nthree\n");
	expect("<two>\n<three>\n");
	ask("four\n");
	proc_stream_last(stream);
	expect("<four>\nover\n");
	expect_end();
	expect_end();
	assert_int_equal(proc_stream_end(stream), 3);
	assert_int_equal(proc_stream_end(stream), 3);
}

/* More in both directions than pipes hold: nobody waits for the other. */
static void much_goes_in_and_comes_out(void **state _unused_)
{
	size_t len = (size_t)8 << 20, got = 0, n = 1;
	_cleanup_(freep) char *bytes = mem_zero(len, 1);
	static char into[70000];

	memset(bytes, 'x', len);
	assert_int_equal(begin("exec cat", 60000, 20000), 0);
	assert_int_equal(proc_stream_ask(stream, bytes, len, &e), 0);
	proc_stream_last(stream);
	while (n > 0) {
		if (proc_stream_read(stream, into, sizeof(into), &n, &e) < 0)
			fail_msg("%s", e.text);
		got += n;
	}
	assert_int_equal(got, len);
	assert_int_equal(proc_stream_end(stream), 0);
}

static void who_goes_away_ends_the_answers(void **state _unused_)
{
	sigset_t pending;

	assert_int_equal(begin("echo bye >&2; exit 7", 20000, 20000), 0);
	clock_sleep_ms(200);
	ask("anybody there?\n");
	expect_end();
	assert_int_equal(proc_stream_end(stream), 7);
	assert_string_equal(proc_stream_said(stream), "bye\n");
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	/* and one that does not read: writing to it raises no signal either */
	stream = proc_stream_free(stream);
	assert_int_equal(begin("exec <&-; sleep 0.3; echo done", 20000, 20000), 0);
	clock_sleep_ms(100);
	ask("anybody there?\n");
	expect("done\n");
	expect_end();
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

static pid_t read_pid(void)
{
	char text[32] = "";
	int64_t pid = 0;
	size_t n;

	assert_int_equal(proc_stream_read(stream, text, sizeof(text) - 1, &n, &e), 0);
	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(text_i64(text, &pid), 0);
	return (pid_t)pid;
}

static void silence_is_ended_with_the_whole_group(void **state _unused_)
{
	int64_t start = clock_mono_us();
	char byte;
	size_t n;

	assert_int_equal(begin("sleep 63 & echo $!; trap '' TERM; while :; do sleep 1; done", 60000, 400), 0);
	pid_t child = read_pid();
	assert_int_equal(proc_stream_read(stream, &byte, 1, &n, &e), -ERR_IO);
	assert_string_equal(e.text, "'sh' said nothing for 1 s and was stopped");
	assert_true(clock_mono_us() - start < 10000000);
	assert_int_equal(proc_stream_end(stream), 128 + SIGKILL);
	assert_true(goes_away(child));
}

/* One that talks all the time has a deadline, too. */
static void chatter_ends_at_the_deadline(void **state _unused_)
{
	int64_t start = clock_mono_us();
	static char into[65536];
	size_t n;
	int r;

	assert_int_equal(begin("exec yes", 700, 20000), 0);
	while ((r = proc_stream_read(stream, into, sizeof(into), &n, &e)) == 0 && n > 0)
		;
	assert_int_equal(r, -ERR_IO);
	assert_string_equal(e.text, "'sh' was not done within 1 s and was stopped");
	assert_true(clock_mono_us() - start < 10000000);
	stream = proc_stream_free(stream);
	start = clock_mono_us();
	assert_int_equal(begin("while sleep 0.1; do echo; done", 700, 20000), 0);
	while ((r = proc_stream_read(stream, into, sizeof(into), &n, &e)) == 0 && n > 0)
		;
	assert_int_equal(r, -ERR_IO);
	assert_true(clock_mono_us() - start < 10000000);
}

/* So does one whose answers are taken so slowly that there is always one more. */
static void a_slow_reader_sees_the_deadline_too(void **state _unused_)
{
	int64_t start = clock_mono_us();
	char byte;
	size_t n = 1;
	int r = 0;

	assert_int_equal(begin("exec yes", 700, 20000), 0);
	while (r == 0 && n > 0 && clock_mono_us() - start < 5000000)
		r = proc_stream_read(stream, &byte, 1, &n, &e);
	assert_int_equal(r, -ERR_IO);
	assert_string_equal(e.text, "'sh' was not done within 1 s and was stopped");
}

static void freeing_ends_it_at_once(void **state _unused_)
{
	int64_t start = clock_mono_us();

	assert_int_equal(begin("sleep 64 & echo $!; wait", 60000, 20000), 0);
	pid_t child = read_pid();
	stream = proc_stream_free(stream);
	assert_true(clock_mono_us() - start < 10000000);
	assert_true(goes_away(child));
}

static void who_does_not_end_is_ended(void **state _unused_)
{
	assert_int_equal(begin("exec >&-; exec sleep 65", 60000, 20000), 0);
	expect_end();
	assert_int_equal(proc_stream_end(stream), 128 + SIGKILL);
}

static void what_a_daemon_may_still_write_is_not_waited_for(void **state _unused_)
{
	int64_t start = clock_mono_us();

	assert_int_equal(begin("setsid sleep 8 & echo $!", 60000, 20000), 0);
	pid_t daemon_pid = read_pid();
	expect_end();
	assert_true(clock_mono_us() - start < 5000000);
	assert_int_equal(proc_stream_end(stream), 0);
	kill(daemon_pid, SIGKILL);
}

static void a_flood_of_complaints_is_cut_and_harms_nobody(void **state _unused_)
{
	assert_int_equal(begin("head -c 1000000 /dev/zero | tr '\\0' e >&2; echo done", 20000, 20000), 0);
	expect("done\n");
	expect_end();
	assert_int_equal(proc_stream_end(stream), 0);
	assert_int_equal(strlen(proc_stream_said(stream)), 64 << 10);
}

static void too_many_questions_are_refused(void **state _unused_)
{
	_cleanup_(freep) char *bytes = mem_zero(PROC_ASK_MAX + 1, 1);

	assert_int_equal(begin("sleep 66", 60000, 20000), 0);
	assert_int_equal(proc_stream_ask(stream, bytes, PROC_ASK_MAX + 1, &e), -ERR_LIMIT);
}

static void what_cannot_start_says_why(void **state _unused_)
{
	const char *argv[] = { "no-such-program", NULL };
	const struct proc_job job = { .argv = argv, .limit_ms = 1000 }, endless = { .argv = argv };

	assert_int_equal(proc_stream_open(&job, 1000, &stream, &e), -ERR_IO);
	assert_non_null(strstr(e.text, "program 'no-such-program' is not installed"));
	assert_int_equal(proc_stream_open(&endless, 1000, &stream, &e), -ERR_BUG);
	assert_null(stream);
}

static void what_was_flushed_is_read_and_what_comes_behind_is_not(void **state _unused_)
{
	static char much[300000];
	bool gone = true;

	memset(much, 'x', sizeof(much));
	assert_int_equal(begin("head -c 300000 | wc -c; read -r line; echo \"<$line>\"", 20000, 20000), 0);
	assert_int_equal(proc_stream_ask(stream, much, sizeof(much), &e), 0);
	assert_int_equal(proc_stream_flush(stream, &gone, &e), 0);
	assert_false(gone);
	ask("now\n");
	proc_stream_last(stream);
	expect("300000\n<now>\n");

	stream = proc_stream_free(stream);
	assert_int_equal(begin("exit 4", 20000, 20000), 0);
	assert_int_equal(proc_stream_ask(stream, much, sizeof(much), &e), 0);
	assert_int_equal(proc_stream_flush(stream, &gone, &e), 0);
	assert_true(gone);
	assert_int_equal(proc_stream_end(stream), 4);

	stream = proc_stream_free(stream);
	assert_int_equal(begin("sleep 66", 300, 20000), 0);
	assert_int_equal(proc_stream_ask(stream, much, sizeof(much), &e), 0);
	assert_int_equal(proc_stream_flush(stream, &gone, &e), -ERR_IO);
}

#define T(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(questions_and_answers_take_turns),
		T(much_goes_in_and_comes_out),
		T(who_goes_away_ends_the_answers),
		T(silence_is_ended_with_the_whole_group),
		T(chatter_ends_at_the_deadline),
		T(a_slow_reader_sees_the_deadline_too),
		T(freeing_ends_it_at_once),
		T(who_does_not_end_is_ended),
		T(what_a_daemon_may_still_write_is_not_waited_for),
		T(a_flood_of_complaints_is_cut_and_harms_nobody),
		T(too_many_questions_are_refused),
		T(what_cannot_start_says_why),
		T(what_was_flushed_is_read_and_what_comes_behind_is_not),
	};

	return cmocka_run_group_tests_name("proc_stream", tests, NULL, NULL);
}
