#include "notify/net.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

int net_wait(int fd, short events, int64_t deadline_us)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left_ms = (deadline_us - clock_mono_us()) / 1000;
		int n;

		if (left_ms <= 0)
			return 0;
		n = poll(&p, 1, left_ms > 3600000 ? 3600000 : (int)left_ms);
		if (n > 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return 0;
	}
}

static int connect_one(const struct addrinfo *a, int64_t deadline_us, int *ret_fd)
{
	_cleanup_(closep) int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	int error = 0;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		if (!net_wait(fd, POLLOUT, deadline_us))
			return -ETIMEDOUT;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
			return -(error ? error : errno);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int net_connect(const char *server, int type, int64_t deadline_us, int *ret_fd, char **ret_host, struct err *e)
{
	const char *colon = strrchr(server, ':');
	struct addrinfo hints = { .ai_socktype = type, .ai_family = AF_UNSPEC }, *list = NULL;
	bool brackets = colon && server[0] == '[' && colon > server && colon[-1] == ']';
	_cleanup_(freep) char *host = NULL;
	int r, last = -EHOSTUNREACH;

	if (!colon || colon == server || !colon[1])
		return err_set(e, ERR_CONFIG, "'%.100s' is no server: HOST:PORT is expected", server);
	host = mem_dupn(server + brackets, (size_t)(colon - server) - 2 * (size_t)brackets);
	r = getaddrinfo(host, colon + 1, &hints, &list);
	if (r != 0)
		return err_set(e, ERR_NET, "'%.100s' cannot be resolved: %s", host, gai_strerror(r));
	for (const struct addrinfo *a = list; a && last != 0; a = a->ai_next)
		last = connect_one(a, deadline_us, ret_fd);
	freeaddrinfo(list);
	if (last < 0)
		return err_set(e, ERR_NET, "'%.100s' cannot be connected to: %s", server, strerror(-last));
	if (ret_host)
		*ret_host = TAKE(host);
	return 0;
}
