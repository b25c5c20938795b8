#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN 0
#endif

static struct secret *make(const char *text)
{
	char bytes[64];
	struct secret *s = NULL;
	size_t len = strlen(text);

	assert_true(len < sizeof(bytes));
	memcpy(bytes, text, len);
	assert_int_equal(secret_take(bytes, len, &s, NULL), 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], 0);
	return s;
}

static void init_forbids_cores(void **state _unused_)
{
	struct rlimit core;

	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(core.rlim_cur, 0);
	assert_int_equal(core.rlim_max, 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

static void lock_is_looked_up(void **state _unused_)
{
	struct rlimit memlock;

	/* AddressSanitizer turns mlock into nothing, and the answer says so. */
	assert_true(secret_is_locked() == !HAS_ASAN);

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &memlock), 0);
	if (geteuid() != 0) {
		memlock.rlim_cur = 0;
		assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &memlock), 0);
		assert_false(secret_is_locked());
	}
}

static int is_hello(const char *bytes, size_t len, void *arg)
{
	(*(int *)arg)++;
	assert_int_equal(len, 5);
	assert_string_equal(bytes, "hello"); /* NUL behind it */
	return 42;
}

static int lend_again(const char *bytes, size_t len, void *arg)
{
	const struct secret *s = arg;
	int calls = 0;

	assert_int_equal(secret_with(s, is_hello, &calls), 42);
	assert_int_equal(calls, 1);
	assert_memory_equal(bytes, "hello", len); /* the outer loan still holds */
	return 7;
}

static void lends(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = make("hello");
	int calls = 0;

	assert_int_equal(secret_len(s), 5);
	assert_int_equal(secret_with(s, is_hello, &calls), 42);
	assert_int_equal(secret_with(s, lend_again, s), 7);
	assert_int_equal(secret_with(s, is_hello, &calls), 42);
	assert_int_equal(calls, 2);
}

static int keep_address(const char *bytes, size_t len _unused_, void *arg)
{
	*(const volatile char **)arg = bytes;
	return 0;
}

/* Runs in a child: reading (or writing) at the address must end it. */
static bool is_fatal(const volatile char *at, bool write_it, const struct secret *lent)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		if (lent) {
			const volatile char *again;

			(void)secret_with(lent, keep_address, &again);
		}
		if (write_it)
			*(volatile char *)(uintptr_t)at = 'x';
		else
			(void)*at;
		_exit(0);
	}

	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static int write_while_lent(const char *bytes, size_t len _unused_, void *arg _unused_)
{
	assert_true(is_fatal(bytes, true, NULL));
	assert_false(is_fatal(bytes, false, NULL));
	return 0;
}

static void pages_are_closed_between_loans(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = make("hello");
	const volatile char *at = NULL;

	assert_int_equal(secret_with(s, keep_address, &at), 0);
	assert_true(is_fatal(at, false, NULL));
	assert_true(is_fatal(at, false, s));
	assert_int_equal(secret_with(s, write_while_lent, NULL), 0);
}

static void refuses_lengths(void **state _unused_)
{
	static char big[SECRET_MAX + 1];
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	int p[2];

	assert_int_equal(secret_take(big, 0, &s, &e), -ERR_CONFIG);
	big[SECRET_MAX] = 'x';
	assert_int_equal(secret_take(big, sizeof(big), &s, &e), -ERR_LIMIT);
	assert_int_equal(big[SECRET_MAX], 0); /* wiped all the same */
	assert_null(s);
	assert_int_equal(secret_take(big, SECRET_MAX, &s, &e), 0);
	assert_int_equal(secret_len(s), SECRET_MAX);
	s = secret_free(s);
	assert_null(s);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(secret_read(p[0], 0, &s, &e), -ERR_CONFIG);
	assert_int_equal(secret_read(p[0], SECRET_MAX + 1, &s, &e), -ERR_LIMIT);
	close(p[0]);
	close(p[1]);
}

static void copies_and_compares(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *a = make("hello");
	_cleanup_(secret_freep) struct secret *b = secret_copy(a);
	_cleanup_(secret_freep) struct secret *c = make("hellO");
	_cleanup_(secret_freep) struct secret *d = make("hell");

	assert_true(secret_equal(a, b));
	assert_true(secret_equal(a, a));
	assert_false(secret_equal(a, c));
	assert_false(secret_equal(a, d));
	assert_false(secret_equal(d, a));
	assert_false(secret_equal(a, NULL));
	assert_false(secret_equal(NULL, NULL));
}

static int count_characters(const char *bytes, size_t len, void *arg)
{
	unsigned *seen = arg;

	for (size_t i = 0; i < len; i++)
		seen[(unsigned char)bytes[i]]++;
	return 0;
}

static void random_is_even(void **state _unused_)
{
	unsigned seen[256] = { 0 };
	struct secret *s = NULL;

	for (int i = 0; i < 60; i++) {
		assert_int_equal(secret_random(500, "abc", &s, NULL), 0);
		assert_int_equal(secret_len(s), 500);
		(void)secret_with(s, count_characters, seen);
		s = secret_free(s);
	}
	/* 30,000 throws: 10,000 each, six standard deviations are 490 */
	for (const char *c = "abc"; *c; c++)
		assert_in_range(seen[(unsigned char)*c], 9510, 10490);
	assert_int_equal(seen['a'] + seen['b'] + seen['c'], 30000);
}

static void random_refuses(void **state _unused_)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(secret_random(7, "abc", &s, &e), -ERR_CONFIG);
	assert_int_equal(secret_random(513, "abc", &s, &e), -ERR_CONFIG);
	assert_int_equal(secret_random(8, "a", &s, &e), -ERR_CONFIG);
	assert_int_equal(secret_random(8, "aba", &s, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "'a' twice"));
	assert_int_equal(secret_random(8, "ab c", &s, &e), -ERR_CONFIG);
	assert_int_equal(secret_random(8, "ab\xc3\xa9", &s, &e), -ERR_CONFIG);
	assert_null(s);
}

static void goes_through_a_pipe(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = make("hello");
	_cleanup_(secret_freep) struct secret *back = NULL;
	struct secret *none = NULL;
	struct err e = ERR_INIT;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(secret_write(s, p[1]), 0);
	assert_int_equal(secret_read(p[0], 5, &back, &e), 0);
	assert_true(secret_equal(s, back));
	assert_int_equal(secret_write(s, p[1]), 0);
	close(p[1]);
	assert_int_equal(secret_read(p[0], 6, &none, &e), -ERR_IO);
	assert_non_null(strstr(e.text, "5 of 6"));
	assert_null(none);
	close(p[0]);
}

static void goes_nowhere_else(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = make("hello");
	sigset_t pending;
	int p[2], fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(secret_write(s, fd), -ERR_IO);
	close(fd);
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(secret_write(s, fd), -ERR_IO);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);

	/* A reader that went away is an error and no signal. */
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	assert_int_equal(secret_write(s, p[1]), -ERR_IO);
	close(p[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p), 0);
	close(p[0]);
	assert_int_equal(secret_write(s, p[1]), -ERR_IO);
	close(p[1]);
	assert_int_equal(sigpending(&pending), 0);
	assert_false(sigismember(&pending, SIGPIPE));
}

static void *slow_reader(int fd)
{
	static char bytes[SECRET_MAX];
	size_t n = 0;

	for (ssize_t r; n < sizeof(bytes) && (r = read(fd, bytes + n, 1000)) > 0;)
		n += (size_t)r;
	_exit(n == SECRET_MAX && bytes[SECRET_MAX - 1] == 'z' ? 0 : 1);
}

static void a_full_pipe_is_waited_for(void **state _unused_)
{
	static char big[SECRET_MAX];
	_cleanup_(secret_freep) struct secret *s = NULL;
	int p[2], status = 1;

	memset(big, 'z', sizeof(big));
	assert_int_equal(secret_take(big, sizeof(big), &s, NULL), 0);
	assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(fcntl(p[1], F_SETPIPE_SZ, 4096) > 0);

	pid_t pid = fork();

	if (pid == 0) {
		fcntl(p[0], F_SETFL, 0);
		close(p[1]);
		(void)slow_reader(p[0]);
	}
	close(p[0]);
	assert_int_equal(secret_write(s, p[1]), 0);
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_forbids_cores),
		cmocka_unit_test(lends),
		cmocka_unit_test(pages_are_closed_between_loans),
		cmocka_unit_test(refuses_lengths),
		cmocka_unit_test(copies_and_compares),
		cmocka_unit_test(random_is_even),
		cmocka_unit_test(random_refuses),
		cmocka_unit_test(goes_through_a_pipe),
		cmocka_unit_test(goes_nowhere_else),
		cmocka_unit_test(a_full_pipe_is_waited_for),
		cmocka_unit_test(lock_is_looked_up),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
