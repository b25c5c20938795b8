#include "scout/nf_tables.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REPLY_MAX 65536
#define CHAINS_MAX 100000u
#define TRIES 5

static const struct { uint8_t number; const char *name; } families[] = {
	{ NFPROTO_INET, "inet" }, { NFPROTO_IPV4, "ip" }, { NFPROTO_IPV6, "ip6" }, { NFPROTO_NETDEV, "netdev" },
	{ NFPROTO_BRIDGE, "bridge" }, { NFPROTO_ARP, "arp" },
};
static const char *const hooks[] = { "prerouting", "input", "forward", "output", "postrouting", "ingress" };

/* One attribute: its text or bytes lie in the reply. */
struct attribute { uint16_t type; const char *data; size_t len; };

/* false: that was the last one. */
static bool next(const char **at, size_t *left, struct attribute *ret)
{
	struct nlattr a;

	if (*left < sizeof(a))
		return false;
	memcpy(&a, *at, sizeof(a));
	if (a.nla_len < sizeof(a) || a.nla_len > *left)
		return false;
	*ret = (struct attribute){ a.nla_type & NLA_TYPE_MASK, *at + sizeof(a), a.nla_len - sizeof(a) };

	size_t step = (size_t)NLA_ALIGN(a.nla_len);

	step = step < *left ? step : *left;
	*at += step;
	*left -= step;
	return true;
}

static void text_of(const struct attribute *a, char *ret, size_t room)
{
	(void)snprintf(ret, room, "%.*s", (int)strnlen(a->data, a->len), a->data);
}

static uint32_t number_of(const struct attribute *a)
{
	uint32_t n = 0;

	if (a->len >= sizeof(n))
		memcpy(&n, a->data, sizeof(n));
	return ntohl(n);
}

static const char *family_of(uint8_t number)
{
	for (size_t k = 0; k < ARRAY_SIZE(families); k++)
		if (families[k].number == number)
			return families[k].name;
	return "other";
}

static void hook_of(uint8_t family, const struct attribute *nested, struct nf_chain *c)
{
	const char *at = nested->data;
	size_t left = nested->len;
	struct attribute a;

	while (next(&at, &left, &a)) {
		uint32_t n = number_of(&a);

		if (a.type != NFTA_HOOK_HOOKNUM)
			continue;
		/* those of netdev have numbers of their own, and the first is what comes in */
		(void)snprintf(c->hook, sizeof(c->hook), "%s",
			       family == NFPROTO_NETDEV ? n == NF_NETDEV_INGRESS ? "ingress" : "other"
			       : n < ARRAY_SIZE(hooks) ? hooks[n] : "other");
	}
}

static int take_chain(struct nf_chains *to, uint8_t family, const char *at, size_t left)
{
	struct nf_chain c = { .drops = false };
	struct attribute a;

	(void)snprintf(c.family, sizeof(c.family), "%s", family_of(family));
	while (next(&at, &left, &a)) {
		if (a.type == NFTA_CHAIN_TABLE)
			text_of(&a, c.table, sizeof(c.table));
		else if (a.type == NFTA_CHAIN_NAME)
			text_of(&a, c.name, sizeof(c.name));
		else if (a.type == NFTA_CHAIN_TYPE)
			text_of(&a, c.type, sizeof(c.type));
		else if (a.type == NFTA_CHAIN_HOOK)
			hook_of(family, &a, &c);
		else if (a.type == NFTA_CHAIN_POLICY)
			c.drops = number_of(&a) == NF_DROP;
	}
	if (!*c.hook)
		return 0;
	if (!GROW(to->list, to->n, to->cap, CHAINS_MAX))
		return -ERR_LIMIT;
	to->list[to->n++] = c;
	return 0;
}

static int take_rule(struct nf_chains *to, uint8_t family, const char *at, size_t left)
{
	char table[sizeof(to->list->table)] = "", chain[sizeof(to->list->name)] = "";
	struct attribute a;

	while (next(&at, &left, &a)) {
		if (a.type == NFTA_RULE_TABLE)
			text_of(&a, table, sizeof(table));
		else if (a.type == NFTA_RULE_CHAIN)
			text_of(&a, chain, sizeof(chain));
	}
	for (size_t k = 0; k < to->n; k++) {
		struct nf_chain *c = &to->list[k];

		if (strcmp(c->family, family_of(family)) == 0 && strcmp(c->table, table) == 0 &&
		    strcmp(c->name, chain) == 0)
			c->has_rules = true;
	}
	return 0;
}

typedef int take_fn(struct nf_chains *to, uint8_t family, const char *at, size_t left);

static int error_of(const struct nlmsghdr *h, struct err *e)
{
	int why = netlink_end(h);

	/* a kernel without nf_tables */
	if (why == 0 || (h->nlmsg_type == NLMSG_ERROR && (why == EOPNOTSUPP || why == EINVAL)))
		return 0;
	return err_set(e, ERR_REMOTE, "the kernel does not list its rules: %s", strerror(why));
}

/* 1: there is more; 0: that was all. -ERR_CONFLICT: it changed meanwhile. */
static int take(const char *reply, size_t len, take_fn *each, struct nf_chains *to, struct err *e)
{
	for (const struct nlmsghdr *h = (const void *)reply; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		const size_t head = NLMSG_LENGTH(sizeof(struct nfgenmsg));
		const struct nfgenmsg *g = NLMSG_DATA(h);

		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			return -ERR_CONFLICT;
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return error_of(h, e);
		if (h->nlmsg_len < head)
			continue;
		if (each(to, g->nfgen_family, (const char *)h + NLMSG_ALIGN(head), h->nlmsg_len - head) < 0)
			return err_set(e, ERR_REMOTE, "the kernel lists more than %u chains", CHAINS_MAX);
	}
	return 1;
}

static int dump(int fd, uint8_t message, take_fn *each, struct nf_chains *to, struct err *e)
{
	struct { struct nlmsghdr head; struct nfgenmsg body; } ask = {
		.head = { .nlmsg_len = sizeof(ask), .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			  .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message) },
		.body = { .nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0 },
	};
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_cleanup_(freep) char *reply = mem_zero(1, REPLY_MAX);
	int r = 1;

	if (sendto(fd, &ask, sizeof(ask), 0, (const struct sockaddr *)&kernel, sizeof(kernel)) != sizeof(ask))
		return err_errno(e, "the kernel does not take the question for its rules");
	while (r > 0) {
		ssize_t n = recv(fd, reply, REPLY_MAX, 0);

		if (n < 0 && errno != EINTR)
			return err_errno(e, "the kernel does not list its rules");
		if (n >= 0)
			r = take(reply, (size_t)n, each, to, e);
	}
	return r;
}

static int once(struct nf_chains *to, struct err *e)
{
	const struct timeval limit = { .tv_sec = 5 };
	_cleanup_(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	/* without netfilter there is nothing that could have rules */
	if (fd < 0 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT))
		return 0;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return err_errno(e, "the kernel does not list its rules");
	int r = dump(fd, NFT_MSG_GETCHAIN, take_chain, to, e);

	return r < 0 ? r : dump(fd, NFT_MSG_GETRULE, take_rule, to, e);
}

int nf_chains_read(struct nf_chains *ret, struct err *e)
{
	int r = -ERR_CONFLICT;

	for (unsigned k = 0; r == -ERR_CONFLICT && k < TRIES; k++) {
		_cleanup_(nf_chains_free) struct nf_chains c = { .n = 0 };

		r = once(&c, e);
		if (r < 0)
			continue;
		*ret = c;
		c = (struct nf_chains){ .n = 0 };
	}
	return r == -ERR_CONFLICT ? err_set(e, ERR_REMOTE, "the kernel's rules change all the time") : r;
}

void nf_chains_free(struct nf_chains *c)
{
	free(c->list);
	*c = (struct nf_chains){ .n = 0 };
}
