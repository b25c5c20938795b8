#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/contain.h"

static const char *const loopback_words[] = { "open", "closed", NULL };

static bool take_loopback(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct containment *c = item;
	bool ok = take_choice(l, k, n, item);

	c->loopback += ok;
	return ok;
}

static const char *check_responder(const char *s)
{
	struct contain_net net;

	return contain_net_parse(s, &net) == 0 ? NULL
		: "an address or a network ('192.0.2.7', '2001:db8:7::/64'), of IPv4 /16 or smaller, of IPv6 /48 or "
		  "smaller";
}

static const char *check_own_address(const char *s)
{
	struct contain_net net;

	return !strchr(s, '/') && contain_net_parse(s, &net) == 0 ? NULL : "an address ('192.0.2.7', '2001:db8::7')";
}

static const char *check_port(const char *s)
{
	uint32_t port;

	return text_u32(s, 1, 65535, &port) == 0 ? NULL : "a port, 1 to 65535";
}

/* As an address of ssh, with {host} somewhere. */
static const char *check_second(const char *s)
{
	const char *at = strstr(s, "{host}");
	_cleanup_(freep) char *one = at ? mem_printf("%.*sh%s", (int)(at - s), s, at + 6) : mem_dup(s);

	return check_address(one) ? "an address that ssh is told, not beginning with '-'; {host} in it becomes the "
				    "host's name ('{host}-by-console')" : NULL;
}

#define AT(field) offsetof(struct containment, field)
static const struct key keys[] = {
	{ "responders", take_texts, AT(responders), .check = check_responder, .limit = CONTAIN_ADDRESSES },
	{ "second", take_text, AT(second), .check = check_second },
	{ "second_config", take_text, AT(second_config), .check = check_local_file },
	{ "probe", take_late, AT(probes), .late = LATE_HOSTS, .limit = CONTAIN_PROBES },
	{ "dead_man", take_seconds, AT(dead_man_s) },
	{ "ports", take_texts, AT(ports), .check = check_port, .limit = CONTAIN_PORTS },
	{ "loopback", take_loopback, AT(loopback), .words = loopback_words },
	{ "addresses", take_texts, AT(addresses), .check = check_own_address, .limit = CONTAIN_ADDRESSES },
};
#undef AT
#define HOST_ONLY 1u                     /* at the end of the table */

static bool read_keys(struct loader *l, const struct yaml_node *n, size_t n_keys, struct containment *c)
{
	c->at = position_of(l, n);
	return take_map(l, n, keys, n_keys, c, "'containment'");
}

bool read_containment(struct loader *l, const struct yaml_node *n)
{
	struct containment *c = &l->r->containment;

	if (c->at.file)
		return problem_at(l, n, "'containment' stands twice: the first is at %s:%u:%u", c->at.file, c->at.line,
				  c->at.col);
	return read_keys(l, n, ARRAY_SIZE(keys) - HOST_ONLY, c);
}

bool take_containment(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	return read_keys(l, n, ARRAY_SIZE(keys), (struct containment *)((char *)item + k->offset));
}
