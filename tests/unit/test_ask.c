#include "base/err.h"
#include "base/secret.h"
#include "base/term.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The child's answer as exit code: it sits at a terminal of its own, we type. */
static char seen[4096];

static int at_a_terminal(int (*child)(void), const char *prompt, const char *typed)
{
	int master, status;
	size_t n = 0;
	bool answered = false;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	if (pid == 0)
		_exit(child());
	assert_true(pid > 0);
	memset(seen, 0, sizeof(seen));
	for (;;) {
		struct pollfd p = { .fd = master, .events = POLLIN };
		ssize_t r;

		if (poll(&p, 1, 10000) != 1)
			break;
		r = read(master, seen + n, sizeof(seen) - 1 - n);
		if (r <= 0)
			break;
		n += (size_t)r;
		if (!answered && strstr(seen, prompt)) {
			assert_int_equal(write(master, typed, strlen(typed)), strlen(typed));
			answered = true;
		}
	}
	close(master);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int is_hunter2(const char *bytes, size_t len, void *arg _unused_)
{
	return len == 7 && !memcmp(bytes, "hunter2", 7);
}

/* 0: it is hunter2 and the terminal echoes again; otherwise the error's code, or 100 and more. */
static int ask_secret(void)
{
	_cleanup_(secret_freep) struct secret *s = NULL;
	struct err e = ERR_INIT;
	struct termios t;

	if (secret_init(&e) < 0)
		return 100;
	if (term_ask_secret("Passphrase: ", &s, &e) < 0)
		return tcgetattr(0, &t) == 0 && t.c_lflag & ECHO && t.c_lflag & ISIG ? (int)e.code : 101;
	if (tcgetattr(0, &t) < 0 || !(t.c_lflag & ECHO) || !(t.c_lflag & ICANON))
		return 102;
	return secret_with(s, is_hunter2, NULL) ? 0 : 103;
}

static void a_secret_is_asked_without_echo(void **state _unused_)
{
	assert_int_equal(at_a_terminal(ask_secret, "Passphrase: ", "hunter2\n"), 0);
	assert_null(strstr(seen, "hunter"));
}

static void mistakes_can_be_taken_back(void **state _unused_)
{
	assert_int_equal(at_a_terminal(ask_secret, "Passphrase: ", "wrong\025hxä\177\177unter2\r"), 0);
	assert_null(strstr(seen, "unter"));
}

static void an_interrupt_leaves_a_good_terminal(void **state _unused_)
{
	assert_int_equal(at_a_terminal(ask_secret, "Passphrase: ", "hunt\003"), ERR_REFUSED);
	assert_int_equal(at_a_terminal(ask_secret, "Passphrase: ", "\004"), ERR_REFUSED);
	assert_int_equal(at_a_terminal(ask_secret, "Passphrase: ", "\n"), ERR_REFUSED);
}

static int confirm(void)
{
	return term_confirm("Type 'redis': ", "redis") ? 0 : 1;
}

static void only_the_word_itself_confirms(void **state _unused_)
{
	assert_int_equal(at_a_terminal(confirm, "Type", "redis\n"), 0);
	assert_int_equal(at_a_terminal(confirm, "Type", "redi\n"), 1);
	assert_int_equal(at_a_terminal(confirm, "Type", "redis2\n"), 1);
	assert_int_equal(at_a_terminal(confirm, "Type", "yes\n"), 1);
	assert_int_equal(at_a_terminal(confirm, "Type", "\004"), 1);
}

static int without_terminal(void)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;

	if (setsid() < 0)
		return 104;
	if (term_confirm("?", ""))
		return 105;
	return term_ask_secret("?", &s, &e) == -ERR_REFUSED && !s ? 0 : 106;
}

static void nobody_is_asked_without_a_terminal(void **state _unused_)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(without_terminal());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_asked_without_echo),
		cmocka_unit_test(mistakes_can_be_taken_back),
		cmocka_unit_test(an_interrupt_leaves_a_good_terminal),
		cmocka_unit_test(only_the_word_itself_confirms),
		cmocka_unit_test(nobody_is_asked_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
