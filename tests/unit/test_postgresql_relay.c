/* The relay alone: a reader that lags, a stranger at its port, an end that closes. */
#include "driver/postgresql_relay.h"
#include "base/macro.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define TOTAL ((size_t)6 << 20)

static char folder[] = "/tmp/firebreak-relay-XXXXXX";

struct ends {
	struct postgresql_relay *relay;
	int listening, near, far;      /* near: the client's socket; far: the server's */
	uint16_t port;
};

static int client(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static struct ends open_ends(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct ends x = { .near = -1 };
	char why[200];

	(void) snprintf(at.sun_path, sizeof(at.sun_path), "%s/far", folder);
	(void) unlink(at.sun_path);
	x.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(x.listening, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(x.listening, 1), 0);
	x.relay = postgresql_relay_new(at.sun_path, &x.port, why, sizeof(why));
	assert_non_null(x.relay);
	x.far = accept4(x.listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(x.far >= 0);
	return x;
}

static void close_ends(struct ends *x)
{
	x->relay = postgresql_relay_free(x->relay);
	(void) close(x->listening);
	(void) close(x->near);
	(void) close(x->far);
}

static void carry(struct ends *x)
{
	struct pollfd p[POSTGRESQL_RELAY_FDS];

	postgresql_relay_ask(x->relay, p);
	(void) poll(p, POSTGRESQL_RELAY_FDS, 5);
	postgresql_relay_carry(x->relay, p, x->near);
}

static unsigned char pattern(size_t i)
{
	return (unsigned char)((i * 2654435761u) >> 13);
}

/* Reads only every 40th round, so that all buffers on the way fill up and the relay has to hold what it took. */
static void pump(struct ends *x, int from, int to)
{
	static unsigned char bytes[60000];
	size_t sent = 0, got = 0;

	for (unsigned round = 0; got < TOTAL; round++) {
		size_t n = TOTAL - sent < sizeof(bytes) ? TOTAL - sent : sizeof(bytes);
		ssize_t k;

		for (size_t i = 0; i < n; i++)
			bytes[i] = pattern(sent + i);
		k = n ? send(from, bytes, n, MSG_NOSIGNAL) : 0;
		sent += k > 0 ? (size_t)k : 0;
		carry(x);
		if (round % 40 != 0 && sent < TOTAL)
			continue;
		while ((k = recv(to, bytes, 7001, 0)) > 0) {
			for (ssize_t i = 0; i < k; i++)
				if (bytes[i] != pattern(got + (size_t)i))
					fail_msg("byte %zu is another one", got + (size_t)i);
			got += (size_t)k;
		}
		assert_true(k < 0 && errno == EAGAIN);
	}
}

static void a_lagging_reader_loses_nothing(void **state)
{
	struct ends x = open_ends();

	(void) state;
	x.near = client(x.port);
	pump(&x, x.far, x.near);
	pump(&x, x.near, x.far);
	close_ends(&x);
}

static void a_stranger_is_not_let_in(void **state)
{
	struct ends x = open_ends();
	int stranger = client(x.port);
	char byte;

	(void) state;
	assert_int_equal(send(stranger, "s", 1, 0), 1);
	x.near = client(x.port);
	assert_int_equal(send(x.near, "n", 1, 0), 1);
	for (int i = 0; i < 10; i++)
		carry(&x);
	assert_int_equal(recv(x.far, &byte, 1, 0), 1);
	assert_int_equal(byte, 'n');
	assert_true(recv(x.far, &byte, 1, 0) < 0 && errno == EAGAIN);
	assert_true(recv(stranger, &byte, 1, 0) <= 0 && errno != EAGAIN);
	(void) close(stranger);
	close_ends(&x);
}

static void what_was_said_before_the_end_arrives(void **state)
{
	struct ends x = open_ends();
	char bytes[16];

	(void) state;
	x.near = client(x.port);
	assert_int_equal(send(x.far, "FATAL", 5, 0), 5);
	(void) close(x.far);
	for (int i = 0; i < 10; i++)
		carry(&x);
	assert_int_equal(recv(x.near, bytes, sizeof(bytes), 0), 5);
	assert_int_equal(recv(x.near, bytes, sizeof(bytes), 0), 0);
	x.far = -1;
	close_ends(&x);
}

static int begin(void **state)
{
	(void) state;
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	char path[80];

	(void) state;
	(void) snprintf(path, sizeof(path), "%s/far", folder);
	(void) unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lagging_reader_loses_nothing),
		cmocka_unit_test(a_stranger_is_not_let_in),
		cmocka_unit_test(what_was_said_before_the_end_arrives),
	};

	return cmocka_run_group_tests_name("postgresql_relay", tests, begin, end);
}
