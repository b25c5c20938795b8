#include "model/contain.h"
#include "base/text.h"
#include <string.h>

/* Before the rules that the host has of its own, so that the answer is ours; what drops a packet here drops it for
 * good, what lets it through here may still be stopped by the others. */
#define PRIORITY "-10"

static int wrong_label(const char *label, struct err *e)
{
	size_t n = strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .:-");

	return n > 0 && n <= CONTAIN_LABEL_MAX && !label[n] ? 0
	     : err_set(e, ERR_BUG, "the label of a containment has a character that nft would not take as one");
}

static int check(const struct contain_rules *c, struct err *e)
{
	if (c->level >= CONTAIN_LEVELS || !contain_levels[c->level].rules)
		return err_set(e, ERR_BUG, "this level is not made of rules");
	if (!c->n_responders)
		return err_set(e, ERR_CONFIG, "no address of a responder is known: nobody would be let in; name them "
			       "in the register, 'containment: {responders: [...]}'");
	if (!c->n_ports)
		return err_set(e, ERR_CONFIG, "no port of ssh is known: nobody would be let in");
	if (c->n_responders > CONTAIN_NETS || c->n_ports > CONTAIN_HOST_PORTS)
		return err_set(e, ERR_LIMIT, "at most %u addresses of responders and %u ports are taken",
			       CONTAIN_NETS, CONTAIN_HOST_PORTS);
	return wrong_label(c->label, e);
}

static int set(const struct contain_rules *c, bool six, struct buf *b, struct err *e)
{
	unsigned n = 0;

	buf_printf(b, "\tset responders%d {\n\t\ttype ipv%d_addr\n\t\tflags interval\n\t\tauto-merge\n", six ? 6 : 4,
		   six ? 6 : 4);
	for (uint32_t k = 0; k < c->n_responders; k++) {
		struct contain_net net;

		if (contain_net_parse(c->responders[k], &net) < 0)
			return err_set(e, ERR_CONFIG, "'%.80s' is no address of a responder", c->responders[k]);
		if (net.six != six)
			continue;
		buf_str(b, n++ ? ", " : "\t\telements = { ");
		contain_net_write(b, &net);
	}
	buf_str(b, n ? " }\n\t}\n" : "\t}\n");
	return 0;
}

static void ports(const struct contain_rules *c, struct buf *b)
{
	buf_str(b, "{ ");
	for (uint32_t k = 0; k < c->n_ports; k++)
		buf_printf(b, "%s%u", k ? ", " : "", c->ports[k]);
	buf_str(b, " }");
}

static void chain(struct buf *b, const char *name, const char *policy)
{
	buf_printf(b, "\tchain %s {\n\t\ttype filter hook %s priority " PRIORITY "; policy %s;\n", name, name, policy);
}

/* "ip saddr @responders4 tcp dport { 22 } accept", for both families. */
static void responders(const struct contain_rules *c, struct buf *b, bool in, const char *verdict)
{
	for (int six = 0; six < 2; six++) {
		buf_printf(b, "\t\t%s %s %s@responders%d tcp %s ", six ? "ip6" : "ip", in ? "saddr" : "daddr",
			   *verdict == 'a' ? "" : "!= ", six ? 6 : 4, in ? "dport" : "sport");
		ports(c, b);
		buf_printf(b, " %s\n", verdict);
	}
}

/* A refusal is an answer, silence is none: who probes must be able to tell a block from a dead line. A bare reset
 * carries no data; that it leaves is also what closes the far end of a connection that was cut. */
#define RESET_OUT "\t\ttcp flags & (fin | syn | rst | psh) == rst meta length <= 80 accept\n"
#define RESET "limit rate 1000/second reject with tcp reset"

static void isolate(const struct contain_rules *c, struct buf *b)
{
	chain(b, "input", "drop");
	buf_str(b, c->loopback ? "\t\tiif \"lo\" accept\n" : "");
	responders(c, b, true, "accept");
	/* without neighbours no responder is reached over IPv6 */
	buf_str(b, "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } ip6 hoplimit 255 "
		"accept\n"
		/* of routers in between, who are no responders: without it large packets of theirs are lost */
		"\t\ticmp type destination-unreachable accept\n"
		"\t\ticmpv6 type packet-too-big accept\n"
		"\t\tmeta l4proto tcp " RESET "\n\t}\n");
	chain(b, "forward", "drop");
	buf_str(b, "\t}\n");
	chain(b, "output", "drop");
	buf_str(b, c->loopback ? "\t\toif \"lo\" accept\n" : "");
	responders(c, b, false, "accept");
	buf_str(b, "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } ip6 hoplimit 255 "
		"accept\n" RESET_OUT "\t}\n");
}

static void port22(const struct contain_rules *c, struct buf *b)
{
	chain(b, "input", "accept");
	buf_str(b, c->loopback ? "\t\tiif \"lo\" accept\n" : "");
	responders(c, b, true, RESET);
	responders(c, b, true, "drop");
	buf_str(b, "\t}\n");
	chain(b, "output", "accept");
	buf_str(b, c->loopback ? "\t\toif \"lo\" accept\n" : "");
	buf_str(b, RESET_OUT);
	responders(c, b, false, "drop");
	buf_str(b, "\t}\n");
}

int contain_nft(const struct contain_rules *c, struct buf *ret, struct err *e)
{
	int r = check(c, e);

	if (r < 0)
		return r;
	/* made first, so that the deletion never fails: the whole is repeatable and one transaction */
	buf_printf(ret, "table inet " CONTAIN_TABLE "\ndelete table inet " CONTAIN_TABLE "\n"
		   "table inet " CONTAIN_TABLE " {\n\tcomment \"%s\"\n", c->label);
	r = set(c, false, ret, e);
	if (r == 0)
		r = set(c, true, ret, e);
	if (r < 0)
		return r;
	if (c->level == LEVEL_ISOLATE)
		isolate(c, ret);
	else
		port22(c, ret);
	buf_str(ret, "}\n");
	return ret->over ? err_set(e, ERR_LIMIT, "the rules are longer than %zu bytes", ret->max) : 0;
}

bool contain_lets_in(const struct contain_rules *c, const char *address)
{
	struct contain_net one, net;

	if (contain_net_parse(address, &one) < 0)
		return false;
	for (uint32_t k = 0; k < c->n_responders; k++)
		if (contain_net_parse(c->responders[k], &net) == 0 && contain_net_has(&net, &one))
			return true;
	return false;
}

/* The n-th word of the connection. */
static bool word(const char *connection, unsigned n, char *ret, size_t room)
{
	size_t len;

	for (; n; n--) {
		connection += strcspn(connection, " ");
		connection += *connection == ' ';
	}
	len = strcspn(connection, " ");
	if (len == 0 || len >= room)
		return false;
	memcpy(ret, connection, len);
	ret[len] = 0;
	/* of a link-local address its interface is no part */
	ret[strcspn(ret, "%")] = 0;
	return true;
}

int contain_lockout(const struct contain_rules *c, const char *connection, struct err *e)
{
	char from[80], port[8];
	uint32_t number;

	if (!connection || !word(connection, 0, from, sizeof(from)) || !word(connection, 3, port, sizeof(port)) ||
	    text_u32(port, 1, 65535, &number) < 0)
		return err_set(e, ERR_REFUSED, "the host does not say from which address you come (SSH_CONNECTION): "
			       "whether you would be cut off is not known, so nothing was done");
	if (!contain_lets_in(c, from))
		return err_set(e, ERR_REFUSED, "you would be cut off: the host sees you come from %s, which is none of "
			       "the responders' addresses; add it to 'responders' of 'containment' in the register "
			       "(of a jump host its own)", from);
	for (uint32_t k = 0; k < c->n_ports; k++)
		if (c->ports[k] == number)
			return 0;
	return err_set(e, ERR_REFUSED, "you would be cut off: its ssh server listens on port %u, and 'ports' of "
		       "'containment' in the register does not name it", number);
}

static bool same_address(const char *one, const char *other, unsigned n)
{
	char a[80], b[80];
	struct contain_net x, y;

	if (!word(one, n, a, sizeof(a)) || !word(other, n, b, sizeof(b)))
		return false;
	if (contain_net_parse(a, &x) < 0 || contain_net_parse(b, &y) < 0)
		return !strcmp(a, b);
	return contain_net_has(&x, &y) && contain_net_has(&y, &x);
}

bool contain_same_path(const char *one, const char *other)
{
	return one && other && same_address(one, other, 0) && same_address(one, other, 2);
}
