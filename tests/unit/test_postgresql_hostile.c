/* Servers that are none, lie, or never end: each is unreachable within its time, and nothing
 * of it reaches a terminal. */
#include "base/clock.h"
#include "driver/postgresql.h"
#include "driver/sink.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define LIMIT_MS 600

typedef void script(int fd);

struct fake {
	pid_t pid;
	uint16_t port;
};

static char tries[8000];
static const char *const app[] = { "app", NULL };

static void put(int fd, const void *bytes, size_t len)
{
	if (send(fd, bytes, len, MSG_NOSIGNAL) < 0)
		_exit(0);
}

#define PUT(fd, literal) put((fd), (literal), sizeof(literal) - 1)

/* The client's first packet: four bytes of length, then the rest. */
static void take_startup(int fd)
{
	char bytes[4096];

	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		_exit(0);
}

static void serve(int listening, script *run)
{
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (fork() == 0) {
			(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
			run(fd);
			_exit(0);
		}
		(void) close(fd);
	}
}

static struct fake fake_start(script *run)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct fake f;

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	f = (struct fake){ .port = ntohs(at.sin_port), .pid = fork() };
	if (f.pid == 0)
		serve(fd, run);
	(void) close(fd);
	return f;
}

static void fake_stop(struct fake *f)
{
	(void) kill(f->pid, SIGKILL);
	(void) waitpid(f->pid, NULL, 0);
}

static void closes(int fd)
{
	take_startup(fd);
}

static void garbage(int fd)
{
	take_startup(fd);
	for (int i = 0; i < 200; i++)
		PUT(fd, "\xff\x00\x1b[32mproven\x07\r\n\x80\x90 garbage of no protocol");
}

static void drips(int fd)
{
	take_startup(fd);
	for (;;) {
		PUT(fd, "R");
		(void) usleep(30000);
	}
}

static void huge_length(int fd)
{
	take_startup(fd);
	PUT(fd, "R\x7f\xff\xff\xff\x00\x00\x00\x0a");
	for (;;)
		PUT(fd, "SCRAM-SHA-256 and so on, without an end in sight, for as long as anybody listens to it");
}

static void lets_everybody_in(int fd)
{
	take_startup(fd);
	PUT(fd, "R\0\0\0\x08\0\0\0\0" "K\0\0\0\x0c\0\0\0\x01\0\0\0\x01" "Z\0\0\0\x05I");
	(void) sleep(5);
}

static void never_asked_and_refuses(int fd)
{
	take_startup(fd);
	PUT(fd, "E\0\0\0\x28SFATAL\0C28P01\0Mno such thing, ever\0\0");
}

static void coloured_refusal(int fd)
{
	take_startup(fd);
	PUT(fd, "E\0\0\0\x26SFATAL\0C99999\0M\x1b[32mproven\x1b[0m\x07\n\0\0");
}

/* After a login that asked for nothing: rows without end to the first question. */
static void rows_without_end(int fd)
{
	char bytes[4096];

	take_startup(fd);
	PUT(fd, "R\0\0\0\x08\0\0\0\0" "K\0\0\0\x0c\0\0\0\x01\0\0\0\x01" "Z\0\0\0\x05I");
	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		_exit(0);
	PUT(fd, "1\0\0\0\x04" "2\0\0\0\x04" "T\0\0\0\x1a\0\x01" "a\0" "\0\0\0\0" "\0\0" "\0\0\0\x19" "\xff\xff"
		"\xff\xff\xff\xff" "\0\0");
	for (;;) {
		PUT(fd, "D\0\0\0\x0b\0\x01\0\0\0\x01t");
		(void) usleep(1000);
	}
}

static void on_tried(void *arg, const char *what, const char *answer)
{
	size_t n = strlen(tries);

	(void) arg;
	(void) snprintf(tries + n, sizeof(tries) - n, "%s: %s\n", what, answer);
}

static struct secret *secret_of(const char *text)
{
	char *copy = strdup(text);
	struct secret *s = NULL;

	assert_int_equal(secret_take(copy, strlen(text), &s, NULL), 0);
	free(copy);
	return s;
}

static int ask(script *run, driver_fn *verb, const char *admin, struct driver_answer *a, struct err *e)
{
	_cleanup_(secret_freep) struct secret *old = secret_of("old-value-of-this-test"),
		*new = secret_of("new-value-of-this-test");
	struct fake f = fake_start(run);
	int64_t began = clock_mono_us();
	struct job_sink sink = { .tried = on_tried, .deadline_us = began + LIMIT_MS * 1000 };
	struct driver_job job = {
		.driver = "postgresql", .address = "127.0.0.1:5432", .at = { .host = "127.0.0.1", .port = f.port },
		.users = app, .admin_user = admin, .old = old, .new = new, .admin = new, .limit_ms = LIMIT_MS,
		.sink = &sink,
	};
	int r;

	tries[0] = '\0';
	*a = (struct driver_answer){ 0 };
	*e = (struct err)ERR_INIT;
	r = verb(&job, a, e);
	fake_stop(&f);
	assert_true(clock_mono_us() - began < (LIMIT_MS + 10000) * INT64_C(1000));
	for (const char *p = tries; *p; p++)
		assert_true(*p == '\n' || ((unsigned char)*p >= ' ' && *p != 0x7f));
	assert_null(strstr(tries, "value-of-this-test"));
	return r;
}

static void no_lie_is_taken_for_an_answer(void **state)
{
	static script *const scripts[] = { closes, garbage, drips, huge_length, lets_everybody_in,
					   never_asked_and_refuses, coloured_refusal };
	struct driver_answer a;
	struct err e;

	(void) state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		assert_int_equal(ask(scripts[i], postgresql_probe, NULL, &a, &e), 0);
		assert_int_equal(a.accepts, ACCEPTS_UNREACHABLE);
		assert_null(strchr(a.text, '\x1b'));
	}
}

static void no_change_is_reported_that_was_not_sent(void **state)
{
	static script *const scripts[] = { closes, garbage, drips, huge_length, never_asked_and_refuses,
					   coloured_refusal, rows_without_end };
	struct driver_answer a;
	struct err e;

	(void) state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		assert_true(ask(scripts[i], postgresql_change, "admin", &a, &e) < 0);
		assert_int_equal(e.effect, EFFECT_NONE);
		assert_null(strchr(e.text, '\x1b'));
		assert_non_null(strstr(e.text, "127.0.0.1:5432"));
	}
}

static int start(void **state)
{
	struct err e = ERR_INIT;

	(void) state;
	return secret_init(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_lie_is_taken_for_an_answer),
		cmocka_unit_test(no_change_is_reported_that_was_not_sent),
	};

	return cmocka_run_group_tests_name("postgresql_hostile", tests, start, NULL);
}
