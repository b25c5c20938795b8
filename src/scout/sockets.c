/* Connections and listeners as the kernel lists them, and closing one of them. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALL_BUT_ENDED (~((1u << TCP_TIME_WAIT) | (1u << TCP_CLOSE)))
#define REPLY_MAX 65536

_Static_assert(sizeof(((struct socket_seen *)0)->id) == sizeof(struct inet_diag_sockid), "its name in the kernel");

struct ask { struct nlmsghdr head; struct inet_diag_req_v2 body; };

static int send_to_kernel(int fd, struct ask *a, struct err *e)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	a->head.nlmsg_len = sizeof(*a);
	if (sendto(fd, a, sizeof(*a), 0, (const struct sockaddr *)&kernel, sizeof(kernel)) != (ssize_t)sizeof(*a))
		return err_errno(e, "the kernel does not take the question for its connections");
	return 0;
}

static int open_kernel(int *ret, struct err *e)
{
	const struct timeval limit = { .tv_sec = 5 };

	*ret = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (*ret < 0 || setsockopt(*ret, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return err_errno(e, "the kernel does not list its connections");
	return 0;
}

static int give(const struct inet_diag_msg *m, const struct socket_kind *kind, socket_fn *each, void *arg)
{
	bool udp = kind->protocol == IPPROTO_UDP;
	struct socket_seen s = { .kind = kind->name, .six = m->idiag_family == AF_INET6, .udp = udp,
				 .inode = m->idiag_inode, .uid = m->idiag_uid, .state = m->idiag_state,
				 .listening = m->idiag_state == (udp ? TCP_CLOSE : TCP_LISTEN),
				 .local_port = ntohs(m->id.idiag_sport), .remote_port = ntohs(m->id.idiag_dport) };

	memcpy(s.id, &m->id, sizeof(s.id));
	if (!inet_ntop(m->idiag_family, m->id.idiag_src, s.local, sizeof(s.local)) ||
	    !inet_ntop(m->idiag_family, m->id.idiag_dst, s.remote, sizeof(s.remote)))
		return 0;
	return each(&s, arg);
}

int netlink_end(const struct nlmsghdr *h)
{
	int why = 0;

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(why)))
		memcpy(&why, NLMSG_DATA(h), sizeof(why));
	if (h->nlmsg_type == NLMSG_DONE)
		return why < 0 ? -why : 0;
	return why < 0 ? -why : EPROTO;
}

/* A kernel without the module for a protocol says it that way. */
static int end_of_list(const struct nlmsghdr *h, struct err *e)
{
	int why = netlink_end(h);

	return why == 0 ? 0 : err_set(e, ERR_REMOTE, "the kernel does not list its connections: %s", strerror(why));
}

/* 1: there is more; 0: that was all, or enough. */
static int take(const char *reply, size_t len, const struct socket_kind *kind, socket_fn *each, void *arg,
		struct err *e)
{
	for (const struct nlmsghdr *h = (const void *)reply; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		int r;

		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return end_of_list(h, e);
		if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
			continue;
		r = give(NLMSG_DATA(h), kind, each, arg);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 1;
}

int sockets_dump(const struct socket_kind *kind, uint32_t states, socket_fn *each, void *arg, struct err *e)
{
	struct ask a = {
		.head = { .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = (uint8_t)kind->family, .sdiag_protocol = (uint8_t)kind->protocol,
			  .idiag_states = states },
	};
	_cleanup_(freep) char *reply = mem_zero(1, REPLY_MAX);
	_cleanup_(closep) int fd = -1;
	int r = open_kernel(&fd, e);

	if (r == 0)
		r = send_to_kernel(fd, &a, e);
	if (r < 0)
		return r;
	do {
		ssize_t n = recv(fd, reply, REPLY_MAX, 0);

		if (n < 0 && errno == EINTR)
			r = 1;
		else if (n < 0)
			return err_errno(e, "the kernel does not list its connections");
		else
			r = take(reply, (size_t)n, kind, each, arg, e);
	} while (r > 0);
	return r;
}

int sockets_close(const struct socket_seen *s, struct err *e)
{
	struct ask a = {
		.head = { .nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.body = { .sdiag_family = s->six ? AF_INET6 : AF_INET,
			  .sdiag_protocol = s->udp ? IPPROTO_UDP : IPPROTO_TCP, .idiag_states = ALL_BUT_ENDED },
	};
	struct { struct nlmsghdr head; struct nlmsgerr body; char more[1024]; } answer;
	_cleanup_(closep) int fd = -1;
	int r = open_kernel(&fd, e);

	memcpy(&a.body.id, s->id, sizeof(a.body.id));
	if (r == 0)
		r = send_to_kernel(fd, &a, e);
	if (r < 0)
		return r;
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(answer.body)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return err_set(e, ERR_REMOTE, "the kernel gave no answer that is known here");
	/* gone already is closed */
	if (answer.body.error == 0 || answer.body.error == -ENOENT)
		return 0;
	return err_set(e, ERR_REMOTE, "the kernel does not close it: %s", strerror(-answer.body.error));
}
