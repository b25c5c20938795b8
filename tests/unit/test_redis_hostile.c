/* Replies that no Redis gives. The server here is a script: it answers each command with the next line of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/fs.h"
#include "driver/driver.h"
#include "driver/sink.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD "the-old-value-of-this-test"
#define NEW "the-new-value-of-this-test"
#define CLOSE "close"          /* ends the connection instead of an answer */
#define HANG "hang"            /* never answers */
#define ENDLESS "endless"      /* a bulk that does not end */
#define DRIP "drip"            /* one byte of a line every 20 ms, for ever */
#define ECHO "echo"            /* an error that holds what the client sent */
#define HASH "d1acf0e5e4c4b38f0bbb7b0e1b1bbfd1ac1df5f5f0bbb7b0e1b1bbfd1ac1df5f"
#define USER "*4\r\n$5\r\nflags\r\n*1\r\n+on\r\n$9\r\npasswords\r\n*1\r\n$64\r\n" HASH "\r\n"

extern const struct driver driver_redis;

struct answer { int r; struct err e; struct driver_answer a; bool changing; int64_t took_ms; char tried[4096]; };

static void keep_sending(int fd, const char *bytes, size_t len, useconds_t pause)
{
	while (send(fd, bytes, len, MSG_NOSIGNAL) > 0) {
		if (pause)
			(void) usleep(pause);
	}
}

static void play(int fd, const char *const *script)
{
	char in[65536], block[65536];
	ssize_t n;

	for (; *script && (n = recv(fd, in, sizeof(in) - 1, 0)) > 0; script++) {
		in[n] = '\0';
		if (strcmp(*script, CLOSE) == 0)
			return;
		if (strcmp(*script, HANG) == 0)
			(void) pause();
		if (strcmp(*script, ENDLESS) == 0) {
			memset(block, 'x', sizeof(block));
			(void) send(fd, "$2000000000\r\n", 13, MSG_NOSIGNAL);
			keep_sending(fd, block, sizeof(block), 0);
		} else if (strcmp(*script, DRIP) == 0) {
			keep_sending(fd, "+", 1, 20000);
		} else if (strcmp(*script, ECHO) == 0) {
			for (char *at = in; *at; at++)
				*at = *at == '\r' || *at == '\n' ? ' ' : *at;
			(void) snprintf(block, sizeof(block), "-ERR I was told: %.20000s\r\n", in);
			(void) send(fd, block, strlen(block), MSG_NOSIGNAL);
		} else {
			(void) send(fd, *script, strlen(*script), MSG_NOSIGNAL);
		}
	}
}

static pid_t serve(const char *const *script, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0) {
		(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			int client = accept(fd, NULL, NULL);

			play(client, script);
			(void) close(client);
		}
	}
	(void) close(fd);
	return pid;
}

static void tried(void *arg, const char *what, const char *said)
{
	struct answer *s = arg;
	size_t len = strlen(s->tried);

	(void) snprintf(s->tried + len, sizeof(s->tried) - len, "%s: %s\n", what, said);
}

static void changing(void *arg)
{
	((struct answer *)arg)->changing = true;
}

static struct secret *secret_of(const char *text)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	char copy[100];

	(void) snprintf(copy, sizeof(copy), "%s", text);
	assert_int_equal(secret_take(copy, strlen(copy), &s, &e), 0);
	return s;
}

static void ask(enum driver_verb verb, const char *const *script, struct answer *ret)
{
	_cleanup_(secret_freep) struct secret *old = secret_of(OLD), *new = secret_of(NEW);
	_cleanup_(json_freep) json_t *options = json_object();
	int64_t limit_ms = 60000, begun = clock_mono_us();
	struct job_sink sink = { tried, changing, ret, 0 };
	struct driver_job job = { .driver = "redis", .address = "redis1:6379", .options = options, .old = old,
				  .new = new, .at = { .host = "127.0.0.1" }, .sink = &sink };
	pid_t pid = serve(script, &job.at.port);

	for (size_t i = 0; script[i]; i++) {
		if (strcmp(script[i], HANG) == 0 || strcmp(script[i], DRIP) == 0)
			limit_ms = 600;
	}
	job.limit_ms = limit_ms;
	sink.deadline_us = begun + limit_ms * 1000;

	*ret = (struct answer){ .e = ERR_INIT };
	ret->r = driver_redis.verb[verb](&job, &ret->a, &ret->e);
	ret->took_ms = (clock_mono_us() - begun) / 1000;
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	/* a bound of what hangs, on a machine with other work */
	assert_true(ret->took_ms < limit_ms + 10000);
	assert_null(strstr(ret->tried, OLD));
	assert_null(strstr(ret->e.text, OLD));
	assert_null(strstr(ret->e.text, NEW));
	json_decref(ret->a.findings);
	ret->a.findings = NULL;
}
#define ASK(verb, ret, ...) ask(verb, (const char *const[]){ __VA_ARGS__, NULL }, ret)

static void is_unreachable(const struct answer *s, const char *because)
{
	assert_int_equal(s->r, 0);
	assert_int_equal(s->a.accepts, ACCEPTS_UNREACHABLE);
	if (!strstr(s->a.text, because))
		fail_msg("'%s' does not say '%s'", s->a.text, because);
}

static void another_protocol_is_no_refusal(void **state _unused_)
{
	struct answer s;

	ASK(VERB_PROBE, &s, "HTTP/1.1 400 Bad Request\r\n\r\n");
	is_unreachable(&s, "is this the port of a Redis");
	ASK(VERB_PROBE, &s, ":7\r\n");
	is_unreachable(&s, "not that of a Redis");
	ASK(VERB_PROBE, &s, "-DENIED Redis is running in protected mode\r\n");
	is_unreachable(&s, "protected mode");
	ASK(VERB_PROBE, &s, CLOSE);
	is_unreachable(&s, "does this port want TLS");
	ASK(VERB_PROBE, &s, "+PONG\r\n", "-ERR something that no Redis says\r\n");
	is_unreachable(&s, "something that no Redis says");
	ASK(VERB_PROBE, &s, "+PONG\r\n", "$-1\r\n");
	is_unreachable(&s, "another kind");
	ASK(VERB_PROBE, &s, "+PONG\r\n", "-WRONGPASS no\r\n", CLOSE);
	is_unreachable(&s, "closed the connection");
}

static void replies_have_limits(void **state _unused_)
{
	struct answer s;

	ASK(VERB_PROBE, &s, ENDLESS);
	is_unreachable(&s, "more than 32 MB");
	ASK(VERB_PROBE, &s, "*2000000000\r\n");
	is_unreachable(&s, "more than 100000 elements");
	ASK(VERB_PROBE, &s, "*2147483648\r\n");
	is_unreachable(&s, "");
	ASK(VERB_PROBE, &s, "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n+x\r\n");
	is_unreachable(&s, "protocol");
	ASK(VERB_PROBE, &s, "*50000\r\n*60000\r\n");
	is_unreachable(&s, "elements");
	ASK(VERB_PROBE, &s, "$-2\r\n");
	is_unreachable(&s, "protocol");
	ASK(VERB_PROBE, &s, "$99999999999999999999\r\n");
	is_unreachable(&s, "");
}

static void silence_ends_at_the_deadline(void **state _unused_)
{
	struct answer s;

	ASK(VERB_PROBE, &s, HANG);
	is_unreachable(&s, "no answer in time");
	ASK(VERB_PROBE, &s, DRIP);
	is_unreachable(&s, "no answer in time");
}

static void what_a_server_says_is_made_visible(void **state _unused_)
{
	struct answer s;

	ASK(VERB_PROBE, &s, "+PONG\r\n", "-WRONGPASS \x1b[2J\x07 cleared\r\n", "-WRONGPASS no\r\n");
	assert_int_equal(s.a.accepts, ACCEPTS_NEITHER);
	assert_null(strchr(s.tried, '\x1b'));
	assert_non_null(strstr(s.tried, "cleared"));
}

static void a_value_that_is_said_back_is_masked(void **state _unused_)
{
	struct answer s;

	ASK(VERB_PROBE, &s, "+PONG\r\n", ECHO);
	is_unreachable(&s, "I was told");
	assert_non_null(strstr(s.a.text, "*****"));
	assert_null(strstr(s.a.text, OLD));
}

static void an_unanswered_change_is_unknown(void **state _unused_)
{
	static const char *const ends[] = { CLOSE, HANG, ":1\r\n", "+QUEUED\r\n" };
	struct answer s;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		ASK(VERB_CHANGE, &s, "+PONG\r\n", "+OK\r\n", USER, "*2\r\n$10\r\nmaxclients\r\n$1\r\n1\r\n", ends[i]);
		assert_true(s.r < 0 && s.changing);
		assert_int_equal(s.e.effect, EFFECT_UNKNOWN);
	}
	ASK(VERB_CHANGE, &s, "+PONG\r\n", "+OK\r\n", USER, "*2\r\n$10\r\nmaxclients\r\n$1\r\n1\r\n", "-ERR no\r\n");
	assert_true(s.r < 0 && s.changing);
	assert_int_equal(s.e.effect, EFFECT_NONE);
}

static void a_change_that_did_not_come_true_is_unknown(void **state _unused_)
{
	struct answer s;

	ASK(VERB_CHANGE, &s, "+PONG\r\n", "+OK\r\n", USER, "*2\r\n$10\r\nmaxclients\r\n$1\r\n1\r\n", "+OK\r\n", USER);
	assert_true(s.r < 0);
	assert_int_equal(s.e.effect, EFFECT_UNKNOWN);
	assert_non_null(strstr(s.e.text, "does not hold exactly the new value"));
}

static void garbage_before_a_change_changes_nothing(void **state _unused_)
{
	static const char *const users[] = {
		"+OK\r\n", ":1\r\n", "$-1\r\n", "-ERR no\r\n",
		"*4\r\n$5\r\nflags\r\n*1\r\n+on\r\n$9\r\npasswords\r\n*1\r\n$3\r\nabc\r\n",
	};
	struct answer s;

	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		ASK(VERB_CHANGE, &s, "+PONG\r\n", "+OK\r\n", users[i]);
		assert_true(s.r < 0 && !s.changing);
		assert_int_equal(s.e.effect, EFFECT_NONE);
	}
}

static void a_cut_believes_no_garbage(void **state _unused_)
{
	struct answer s;

	ASK(VERB_CUT, &s, "+PONG\r\n", "+OK\r\n", ":5\r\n", "$0\r\n\r\n", ":-3\r\n");
	assert_true(s.r < 0 && s.changing);
	ASK(VERB_CUT, &s, "+PONG\r\n", "+OK\r\n", ":5\r\n", "$17\r\nid=4 user=default\r\n", ":1\r\n");
	assert_true(s.r < 0);
	/* A session that does not go away is a failure, however often the server says that it is gone. */
	ASK(VERB_CUT, &s, "+PONG\r\n", "+OK\r\n", ":5\r\n", "$18\r\nid=4 user=default\n\r\n", ":1\r\n",
	    "$18\r\nid=4 user=default\n\r\n", ":1\r\n", "$18\r\nid=4 user=default\n\r\n", ":1\r\n",
	    "$18\r\nid=4 user=default\n\r\n", ":1\r\n", "$18\r\nid=4 user=default\n\r\n");
	assert_true(s.r < 0 && s.a.left == 1 && s.a.count == 4);
	assert_int_equal(s.e.effect, EFFECT_CHANGED);
}

static void who_comes_back_after_a_cut_is_not_left(void **state _unused_)
{
	struct answer s;

	ASK(VERB_CUT, &s, "+PONG\r\n", "+OK\r\n", ":5\r\n", "$18\r\nid=4 user=default\n\r\n", ":1\r\n",
	    "$18\r\nid=9 user=default\n\r\n");
	assert_int_equal(s.r, 0);
	assert_true(s.a.left == 0 && s.a.count == 1);
}

static int begin(void **state _unused_)
{
	struct err e = ERR_INIT;

	return secret_init(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_protocol_is_no_refusal),
		cmocka_unit_test(replies_have_limits),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(what_a_server_says_is_made_visible),
		cmocka_unit_test(a_value_that_is_said_back_is_masked),
		cmocka_unit_test(an_unanswered_change_is_unknown),
		cmocka_unit_test(a_change_that_did_not_come_true_is_unknown),
		cmocka_unit_test(garbage_before_a_change_changes_nothing),
		cmocka_unit_test(a_cut_believes_no_garbage),
		cmocka_unit_test(who_comes_back_after_a_cut_is_not_left),
	};

	return cmocka_run_group_tests_name("redis hostile", tests, begin, NULL);
}
