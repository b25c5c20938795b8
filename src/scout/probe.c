/* Tries ports of other hosts from this one, all at once: what answers, with what. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/hold.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_ONCE 400u
#define TARGETS_MAX 20000u
#define LIMIT_MS_MAX 60000

struct try { const char *address; uint16_t port; int fd; int64_t until_us; };

static int begin(struct try *t)
{
	struct contain_net net;
	struct sockaddr_storage a = { 0 };
	socklen_t len;

	if (contain_net_parse(t->address, &net) < 0)
		return EINVAL;
	a.ss_family = net.six ? AF_INET6 : AF_INET;
	if (net.six) {
		((struct sockaddr_in6 *)&a)->sin6_port = htons(t->port);
		memcpy(&((struct sockaddr_in6 *)&a)->sin6_addr, net.bytes, 16);
		len = sizeof(struct sockaddr_in6);
	} else {
		((struct sockaddr_in *)&a)->sin_port = htons(t->port);
		memcpy(&((struct sockaddr_in *)&a)->sin_addr, net.bytes, 4);
		len = sizeof(struct sockaddr_in);
	}
	t->fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return errno;
	return connect(t->fd, (const struct sockaddr *)&a, len) < 0 ? errno : 0;
}

/* Silence is no refusal, and a road that we do not have is none either. What is an address of this host too (each has a
 * bridge for containers, and all of these have the same one) never leaves it: EADDRINUSE stands for that. */
static const char *word(int error)
{
	return error == 0 ? "open" : error == ECONNREFUSED || error == ECONNRESET ? "refused"
	     : error == ETIMEDOUT ? "silent" : error == EADDRINUSE ? "own" : "no way";
}

static void tell(struct scout_out *o, json_t *answers, const struct try *t, int error)
{
	json_t *one = json_array();

	(void)o;
	json_array_append_new(one, json_string(t->address));
	json_array_append_new(one, json_integer(t->port));
	json_array_append_new(one, json_string(word(error)));
	if (error)
		json_array_append_new(one, json_string(error == EADDRINUSE ? "the probe has this address itself"
									   : strerror(error)));
	json_array_append_new(answers, one);
}

static int error_of(const struct try *t)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static void wait_for(struct try *list, uint32_t n)
{
	struct pollfd fds[AT_ONCE];

	for (uint32_t k = 0; k < n; k++)
		fds[k] = (struct pollfd){ .fd = list[k].fd, .events = POLLOUT };
	(void)poll(fds, n, 50);
	for (uint32_t k = 0; k < n; k++)
		if (fds[k].revents)
			list[k].until_us = -1;
}

static void run(struct scout_out *o, struct try *all, uint32_t n, const struct ifaddrs *own, int64_t limit_us,
		json_t *answers)
{
	struct try now[AT_ONCE];
	uint32_t next = 0, running = 0;

	while (next < n || running) {
		while (next < n && running < AT_ONCE) {
			struct try *t = &now[running];
			int error;

			*t = all[next++];
			t->until_us = clock_mono_us() + limit_us;
			error = hold_is_own(own, t->address) ? EADDRINUSE : begin(t);
			if (error == EINPROGRESS) {
				running++;
				continue;
			}
			tell(o, answers, t, error);
			closep(&t->fd);
		}
		wait_for(now, running);
		for (uint32_t k = 0; k < running;) {
			bool ready = now[k].until_us < 0;

			if (!ready && clock_mono_us() < now[k].until_us) {
				k++;
				continue;
			}
			tell(o, answers, &now[k], ready ? error_of(&now[k]) : ETIMEDOUT);
			closep(&now[k].fd);
			now[k] = now[--running];
		}
	}
}

int scout_probe(const json_t *request, struct scout_out *o, struct err *e)
{
	const json_t *targets = json_object_get(request, "targets");
	int64_t limit_ms = json_int(request, "wait_ms", 2500);
	size_t n = json_array_size(targets);
	_cleanup_(freep) struct try *list = mem_zero(n + 1, sizeof(*list));
	json_t *answers = json_array();
	struct ifaddrs *own = NULL;

	json_object_set_new(o->result, "answers", answers);
	if (n == 0 || n > TARGETS_MAX || limit_ms < 1 || limit_ms > LIMIT_MS_MAX)
		return err_set(e, ERR_CONFIG, "request: \"targets\" with 1 to %u entries and \"wait_ms\" are expected",
			       TARGETS_MAX);
	for (size_t k = 0; k < n; k++) {
		const json_t *one = json_array_get(targets, k);
		int64_t port = json_integer_value(json_array_get(one, 1));

		list[k] = (struct try){ .address = json_string_value(json_array_get(one, 0)), .port = (uint16_t)port,
					.fd = -1 };
		if (!list[k].address || port < 1 || port > 65535)
			return err_set(e, ERR_CONFIG, "request: a target is [address, port]");
	}
	if (getifaddrs(&own) < 0)
		return err_errno(e, "this host does not list its own addresses");
	run(o, list, (uint32_t)n, own, limit_ms * 1000, answers);
	freeifaddrs(own);
	(void)snprintf(o->text, sizeof(o->text), "%zu tried", n);
	return 0;
}
