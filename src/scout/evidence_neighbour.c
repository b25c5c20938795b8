/* Neighbours of both families, asked of the kernel: /proc has those of IPv4 only. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/evidence.h"
#include "scout/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_S 2

static int ask(struct evidence *v)
{
	struct { struct nlmsghdr head; struct ndmsg what; } request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETNEIGH,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};
	_cleanup_(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct timeval wait = { .tv_sec = WAIT_S };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    send(fd, &request, sizeof(request), 0) < 0) {
		evidence_cut(v, "the kernel does not tell its neighbours: %s", strerror(errno));
		return -1;
	}
	return TAKE_FD(fd);
}

static void tell(struct evidence *v, const struct nlmsghdr *head)
{
	const struct ndmsg *what = NLMSG_DATA(head);
	const struct rtattr *a = (const struct rtattr *)(const void *)((const char *)what +
								       NLMSG_ALIGN(sizeof(*what)));
	int left = (int)head->nlmsg_len - (int)NLMSG_SPACE(sizeof(*what));
	char address[INET6_ADDRSTRLEN] = "", link[20] = "";

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		const unsigned char *bytes = RTA_DATA(a);

		if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) >= (what->ndm_family == AF_INET6 ? 16 : 4))
			(void)inet_ntop(what->ndm_family, bytes, address, sizeof(address));
		if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == 6)
			(void)snprintf(link, sizeof(link), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
				       bytes[2], bytes[3], bytes[4], bytes[5]);
	}
	/* bridges have a table of their own in the same answer */
	if (!*address)
		return;

	json_t *line = json_object();

	json_put(line, "s", "neighbour");
	json_put(line, "address", address);
	json_put(line, "link", *link ? link : NULL);
	json_put_int(line, "interface", what->ndm_ifindex);
	json_put_int(line, "state", what->ndm_state);
	evidence_put(v, line);
}

bool evidence_neighbours_take(struct evidence *v, const void *answer, size_t len)
{
	for (const struct nlmsghdr *h = answer; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
			int why = netlink_end(h);

			if (why)
				evidence_cut(v, "the kernel does not tell its neighbours: %s", strerror(why));
			return false;
		}
		if (h->nlmsg_type == RTM_NEWNEIGH && h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ndmsg)))
			tell(v, h);
	}
	return true;
}

void evidence_neighbours(struct evidence *v)
{
	_Alignas(struct nlmsghdr) char part[32768];
	_cleanup_(closep) int fd = ask(v);
	ssize_t n;

	while (fd >= 0 && !evidence_is_over(v) && (n = recv(fd, part, sizeof(part), 0)) > 0)
		if (!evidence_neighbours_take(v, part, (size_t)n))
			return;
	if (fd >= 0)
		evidence_cut(v, "the kernel did not tell all of its neighbours");
}
