/*
 * A forward through a consumer's host ends here in a Unix socket of any name. libpq insists on a name of its own kind
 * and speaks no TLS over such sockets, so it gets a loopback port instead, whose bytes are carried while we wait for
 * it.
 * The port takes one connection, libpq's own, known by the port that it comes from.
 */
#include "driver/postgresql_relay.h"
#include "base/fs.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ROOM 16384u

struct lane {                          /* one direction */
	char bytes[ROOM];
	size_t at, len;
	bool ended, closed;            /* its source has said all; its target was told */
};

struct postgresql_relay {
	int listening, near, far;
	struct lane out, in;           /* near to far, far to near */
};

static int connect_far(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = -1;

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void) snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	return TAKE_FD(fd);
}

static int listen_near(uint16_t *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(at);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return -1;
	*ret_port = ntohs(at.sin_port);
	return TAKE_FD(fd);
}

struct postgresql_relay *postgresql_relay_new(const char *unix_path, uint16_t *ret_port, char *why, size_t size)
{
	struct postgresql_relay *r = mem_zero(1, sizeof(*r));

	r->near = -1;
	r->far = connect_far(unix_path);
	r->listening = r->far < 0 ? -1 : listen_near(ret_port);
	if (r->listening >= 0)
		return r;
	(void) snprintf(why, size, "near end of the forward: %s", strerror(errno));
	return postgresql_relay_free(r);
}

void postgresql_relay_ask(const struct postgresql_relay *r, struct pollfd *p)
{
	p[0] = (struct pollfd){ .fd = r->near < 0 ? r->listening : -1, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = r->near };
	p[2] = (struct pollfd){ .fd = r->far };
	/* A lane that is full is not read into; one that is empty has nothing to write. */
	if (!r->out.len && !r->out.ended)
		p[1].events |= POLLIN;
	if (r->out.len)
		p[2].events |= POLLOUT;
	if (!r->in.len && !r->in.ended && r->near >= 0)
		p[2].events |= POLLIN;
	if (r->in.len)
		p[1].events |= POLLOUT;
	/* Without anything to wait for, a closed end would make poll return for ever. */
	if (!p[1].events)
		p[1].fd = -1;
	if (!p[2].events)
		p[2].fd = -1;
}

static void take(struct postgresql_relay *r, int own)
{
	struct sockaddr_in from = { 0 }, ours = { 0 };
	socklen_t len = sizeof(from), len_ours = sizeof(ours);
	_cleanup_(closep) int fd = accept4(r->listening, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 || getsockname(own, (struct sockaddr *)&ours, &len_ours) < 0 || ours.sin_family != AF_INET ||
	    from.sin_port != ours.sin_port)
		return;
	r->near = TAKE_FD(fd);
	closep(&r->listening);
}

static bool is_later(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void carry_lane(struct lane *l, int from, int to)
{
	ssize_t n;

	if (!l->len && !l->ended) {
		n = recv(from, l->bytes, sizeof(l->bytes), 0);
		if (n > 0) {
			l->at = 0;
			l->len = (size_t)n;
		} else if (!is_later(n)) {
			l->ended = true;
		}
	}
	if (l->len) {
		n = send(to, l->bytes + l->at, l->len, MSG_NOSIGNAL);
		if (n > 0) {
			l->at += (size_t)n;
			l->len -= (size_t)n;
		} else if (!is_later(n)) {
			l->len = 0;
			l->ended = true;
		}
	}
	if (l->ended && !l->len && !l->closed) {
		(void) shutdown(to, SHUT_WR);
		l->closed = true;
	}
}

void postgresql_relay_carry(struct postgresql_relay *r, const struct pollfd *p, int own)
{
	if (r->near < 0 && p[0].revents)
		take(r, own);
	if (r->near < 0)
		return;
	carry_lane(&r->out, r->near, r->far);
	carry_lane(&r->in, r->far, r->near);
}

struct postgresql_relay *postgresql_relay_free(struct postgresql_relay *r)
{
	if (!r)
		return NULL;
	closep(&r->listening);
	closep(&r->near);
	closep(&r->far);
	/* What went through was a login. */
	explicit_bzero(r, sizeof(*r));
	free(r);
	return NULL;
}
