/* What a match of a rule says of our packet: its address, protocol and port, that it comes from outside, and that its
 * connection is new. */
#include "base/text.h"
#include "model/firewall_parts.h"
#include <arpa/inet.h>
#include <string.h>

#define DEPTH_MAX 8u

static bool is_of(const json_t *object, const char *key, const char *value)
{
	const char *s = json_str(object, key);

	return s && strcmp(s, value) == 0;
}

/* What the left side is of our packet. */
enum left { LEFT_UNKNOWN, LEFT_SOURCE, LEFT_OTHER_FAMILY, LEFT_PORT, LEFT_OTHER_PROTOCOL, LEFT_WORD, LEFT_INTERFACE };

struct side { enum left left; const char *word, *second; };    /* of LEFT_WORD: what it is for our packet */

static struct side payload(const json_t *v, const struct firewall_packet *p)
{
	const char *protocol = json_str(v, "protocol"), *field = json_str(v, "field");

	if (!protocol || !field)
		return (struct side){ LEFT_UNKNOWN };
	if (strcmp(protocol, "ip") == 0 || strcmp(protocol, "ip6") == 0) {
		if ((strcmp(protocol, "ip6") == 0) != p->six)
			return (struct side){ LEFT_OTHER_FAMILY };
		if (strcmp(field, "saddr") == 0)
			return (struct side){ LEFT_SOURCE };
		if (strcmp(field, "protocol") == 0 || strcmp(field, "nexthdr") == 0)
			return (struct side){ LEFT_WORD, p->protocol };
		return (struct side){ LEFT_UNKNOWN };
	}
	if (strcmp(protocol, "th") != 0 && strcmp(protocol, p->protocol) != 0)
		return (struct side){ LEFT_OTHER_PROTOCOL };
	return (struct side){ strcmp(field, "dport") == 0 ? LEFT_PORT : LEFT_UNKNOWN };
}

static struct side meta(const json_t *v, const struct firewall_packet *p)
{
	const char *key = json_str(v, "key");

	if (!key)
		return (struct side){ LEFT_UNKNOWN };
	if (strcmp(key, "iif") == 0 || strcmp(key, "iifname") == 0)
		return (struct side){ LEFT_INTERFACE };
	if (strcmp(key, "l4proto") == 0)
		return (struct side){ LEFT_WORD, p->protocol };
	if (strcmp(key, "nfproto") == 0)
		return (struct side){ LEFT_WORD, p->six ? "ipv6" : "ipv4" };
	if (strcmp(key, "protocol") == 0)
		return (struct side){ LEFT_WORD, p->six ? "ip6" : "ip" };
	return (struct side){ LEFT_UNKNOWN };
}

static struct side side_of(const json_t *left, const struct firewall_packet *p)
{
	const json_t *v = json_object_get(left, "payload");

	if (v)
		return payload(v, p);
	v = json_object_get(left, "meta");
	if (v)
		return meta(v, p);
	v = json_object_get(left, "ct");
	if (v && is_of(v, "key", "state"))
		return (struct side){ LEFT_WORD, "new", "untracked" };
	return (struct side){ LEFT_UNKNOWN };
}

static bool address_of(const char *s, bool six, uint8_t ret[16])
{
	memset(ret, 0, 16);
	return s && inet_pton(six ? AF_INET6 : AF_INET, s, ret) == 1;
}

static enum met in_prefix(const json_t *prefix, const struct firewall_packet *p)
{
	int64_t bits = json_int(prefix, "len", -1);
	uint8_t net[16], mine[16];

	if (bits < 0 || bits > (p->six ? 128 : 32) || !address_of(json_str(prefix, "addr"), p->six, net) ||
	    !address_of(p->source, p->six, mine))
		return MET_UNTOLD;
	for (int k = 0; bits > 0; k++, bits -= 8) {
		uint8_t mask = bits >= 8 ? 0xff : (uint8_t)(0xff << (8 - bits));

		if ((net[k] & mask) != (mine[k] & mask))
			return MET_NOT;
	}
	return MET;
}

static enum met in_range(const json_t *range, const struct side *side, const struct firewall_packet *p)
{
	const json_t *a = json_array_get(range, 0), *b = json_array_get(range, 1);
	uint8_t from[16], to[16], mine[16];

	if (side->left == LEFT_PORT && json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) <= p->port && p->port <= json_integer_value(b) ? MET : MET_NOT;
	if (side->left != LEFT_SOURCE || !address_of(json_string_value(a), p->six, from) ||
	    !address_of(json_string_value(b), p->six, to) || !address_of(p->source, p->six, mine))
		return MET_UNTOLD;
	return memcmp(from, mine, 16) <= 0 && memcmp(mine, to, 16) <= 0 ? MET : MET_NOT;
}

static enum met one(const json_t *right, const struct side *side, const struct firewall_packet *p)
{
	uint8_t theirs[16], mine[16];
	const char *s = json_string_value(right);

	switch (side->left) {
	case LEFT_PORT:
		if (json_is_integer(right))
			return json_integer_value(right) == p->port ? MET : MET_NOT;
		return MET_UNTOLD;
	case LEFT_WORD:
		if (!s)
			return MET_UNTOLD;
		if (side->second && strcmp(s, side->second) == 0)
			return MET_UNTOLD;
		return strcmp(s, side->word) == 0 ? MET : MET_NOT;
	case LEFT_SOURCE:
		if (!address_of(s, p->six, theirs) || !address_of(p->source, p->six, mine))
			return MET_UNTOLD;
		return memcmp(theirs, mine, 16) == 0 ? MET : MET_NOT;
	case LEFT_INTERFACE:
		if (!s || (!p->interface && strcmp(s, "lo") != 0))
			return MET_UNTOLD;
		return text_matches(s, p->interface ? p->interface : "") ? MET : MET_NOT;
	default:
		return MET_UNTOLD;
	}
}

/* Those of ipset are in no table. */
static bool reaches(const json_t *set, const json_t *rule)
{
	const char *family = json_str(rule, "family"), *table = json_str(rule, "table"), *name = json_str(set, "name");

	return family && table && is_of(set, "family", family) &&
	       (is_of(set, "table", table) || (name && text_starts(name, FIREWALL_IPSET)));
}

static const json_t *set_named(const json_t *all, const json_t *rule, const char *name)
{
	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *s = json_object_get(json_array_get(all, k), "set");

		if (s && is_of(s, "name", name) && reaches(s, rule))
			return s;
	}
	return NULL;
}

struct look { const json_t *all, *rule; const struct side *side; const struct firewall_packet *p; };

static enum met value(const struct look *l, const json_t *right, unsigned depth);

static enum met any(const struct look *l, const json_t *list, unsigned depth)
{
	enum met met = MET_NOT;

	for (size_t k = 0; k < json_array_size(list) && met != MET; k++) {
		enum met this = value(l, json_array_get(list, k), depth);

		if (this != MET_NOT)
			met = this;
	}
	return met;
}

static enum met value(const struct look *l, const json_t *right, unsigned depth)
{
	const char *s = json_string_value(right);

	if (depth > DEPTH_MAX)
		return MET_UNTOLD;
	if (json_is_array(right))
		return any(l, right, depth + 1);
	if (s && *s == '@') {
		const json_t *set = set_named(l->all, l->rule, s + 1);

		/* one that may be filled by packets may hold anything the next moment */
		return set ? any(l, json_object_get(set, "elem"), depth + 1) : MET_UNTOLD;
	}
	if (!json_is_object(right))
		return one(right, l->side, l->p);
	if (json_object_get(right, "set"))
		return any(l, json_object_get(right, "set"), depth + 1);
	if (json_object_get(right, "elem"))
		return value(l, json_object_get(json_object_get(right, "elem"), "val"), depth + 1);
	if (json_object_get(right, "prefix"))
		return l->side->left == LEFT_SOURCE ? in_prefix(json_object_get(right, "prefix"), l->p) : MET_UNTOLD;
	if (json_object_get(right, "range"))
		return in_range(json_object_get(right, "range"), l->side, l->p);
	return MET_UNTOLD;
}

/* A field that the packet does not have is neither equal nor unequal to anything. */
static bool has_none(const struct side *side)
{
	return side->left == LEFT_OTHER_FAMILY || side->left == LEFT_OTHER_PROTOCOL;
}

enum met firewall_value(const json_t *all, const json_t *rule, const json_t *left, const json_t *right,
			const struct firewall_packet *p)
{
	struct side side = side_of(left, p);
	struct look l = { all, rule, &side, p };

	return has_none(&side) ? MET_NOT : side.left == LEFT_UNKNOWN ? MET_UNTOLD : value(&l, right, 0);
}

enum met firewall_match(const json_t *all, const json_t *rule, const json_t *match, const struct firewall_packet *p)
{
	const json_t *left = json_object_get(match, "left");
	enum met met = firewall_value(all, rule, left, json_object_get(match, "right"), p);
	struct side side = side_of(left, p);
	const char *op = json_str(match, "op");

	if (has_none(&side) || !op)
		return has_none(&side) ? MET_NOT : MET_UNTOLD;
	if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
		return met;
	if (strcmp(op, "!=") == 0)
		return met == MET ? MET_NOT : met == MET_NOT ? MET : MET_UNTOLD;
	return MET_UNTOLD;
}
