#include "model/firewall.h"
#include "base/text.h"
#include "model/firewall_parts.h"
#include <string.h>

#define DEPTH_MAX 16u           /* of jumps; the kernel's own limit */
#define STEPS_MAX 200000u       /* rules that are walked for one packet */

const char *const firewall_verdict_names[] = {
	[FIREWALL_ACCEPTED] = "accepted", [FIREWALL_REFUSED] = "refused", [FIREWALL_UNTOLD] = "untold",
};

/* What may come of a chain: a set of these. */
enum { MAY_ACCEPT = 1, MAY_DROP = 2, MAY_GO_ON = 4 };

struct walk {
	const json_t *all;              /* the array behind "nftables" */
	const struct firewall_packet *p;
	uint32_t steps;
};

static bool is_of(const json_t *object, const char *key, const char *value)
{
	const char *s = json_str(object, key);

	return s && strcmp(s, value) == 0;
}

static bool is_same(const json_t *a, const json_t *b, const char *key)
{
	const char *s = json_str(a, key), *t = json_str(b, key);

	return s && t && strcmp(s, t) == 0;
}

/* inet counts for both. */
static bool is_family(const json_t *object, bool six)
{
	return is_of(object, "family", "inet") || is_of(object, "family", six ? "ip6" : "ip");
}

static bool same_chain(const json_t *rule, const json_t *chain)
{
	return is_same(rule, chain, "family") && is_same(rule, chain, "table") &&
	       json_str(chain, "name") && is_of(rule, "chain", json_str(chain, "name"));
}

static const json_t *chain_named(const struct walk *w, const json_t *like, const char *name)
{
	for (size_t k = 0; name && k < json_array_size(w->all); k++) {
		const json_t *c = json_object_get(json_array_get(w->all, k), "chain");

		if (c && is_of(c, "name", name) && is_same(like, c, "family") && is_same(like, c, "table"))
			return c;
	}
	return NULL;
}

static unsigned walk_chain(struct walk *w, const json_t *chain, unsigned depth);

static unsigned jump(struct walk *w, const json_t *rule, const json_t *target, unsigned depth)
{
	const json_t *to = chain_named(w, rule, json_str(target, "target"));

	return to && depth < DEPTH_MAX ? walk_chain(w, to, depth + 1) : MAY_ACCEPT | MAY_DROP | MAY_GO_ON;
}

/* Statements that end nothing. */
static bool is_neutral(const char *name)
{
	static const char *const names[] = { "counter", "log", "mangle", "notrack", "set", "map", "ct helper", "meta",
					     "ct count", "quota", "secmark" };

	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		if (strcmp(names[k], name) == 0)
			return true;
	return false;
}

struct step { unsigned may; bool sure; bool returns; };

static const json_t *elements(const struct walk *w, const json_t *rule, const json_t *data)
{
	const char *name = json_string_value(data);

	if (!name || *name != '@')
		return json_object_get(data, "set");
	for (size_t k = 0; k < json_array_size(w->all); k++) {
		const json_t *m = json_object_get(json_array_get(w->all, k), "map");

		if (m && is_of(m, "name", name + 1) && is_same(rule, m, "family") && is_same(rule, m, "table"))
			return json_object_get(m, "elem");
	}
	return NULL;
}

static bool statement(struct walk *w, const json_t *rule, const char *name, const json_t *value, unsigned depth,
		      struct step *s);

/* "ct state vmap { established : accept, invalid : drop }" */
static void verdict_map(struct walk *w, const json_t *rule, const json_t *vmap, unsigned depth, struct step *s)
{
	const json_t *list = elements(w, rule, json_object_get(vmap, "data"));

	if (!list)
		s->may = MAY_ACCEPT | MAY_DROP | MAY_GO_ON;
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *pair = json_array_get(list, k);
		json_t *of = json_array_get(pair, 1);
		enum met met = firewall_value(w->all, rule, json_object_get(vmap, "key"), json_array_get(pair, 0),
			w->p);
		const char *name = json_object_iter_key(json_object_iter(of));
		struct step this = { .may = MAY_GO_ON, .sure = true };

		if (met == MET_NOT || !name || strcmp(name, "vmap") == 0)
			continue;
		(void)statement(w, rule, name, json_object_iter_value(json_object_iter(of)), depth, &this);
		if (met == MET) {
			*s = (struct step){ .may = this.may, .sure = s->sure, .returns = this.returns };
			return;
		}
		s->may |= this.may;
		s->sure = false;
	}
}

/* One statement of a rule whose matches so far are met: false ends the rule. */
static bool statement(struct walk *w, const json_t *rule, const char *name, const json_t *value, unsigned depth,
		      struct step *s)
{
	if (strcmp(name, "match") == 0) {
		enum met met = firewall_match(w->all, rule, value, w->p);

		s->sure = s->sure && met != MET_UNTOLD;
		return met != MET_NOT;
	}
	if (strcmp(name, "accept") == 0)
		s->may = MAY_ACCEPT;
	else if (strcmp(name, "drop") == 0 || strcmp(name, "reject") == 0)
		s->may = MAY_DROP;
	else if (strcmp(name, "return") == 0)
		s->returns = true;
	else if (strcmp(name, "jump") == 0)
		s->may = jump(w, rule, value, depth);
	else if (strcmp(name, "goto") == 0) {
		/* behind it the rest of this chain is not walked */
		s->may = jump(w, rule, value, depth);
		s->returns = true;
	} else if (strcmp(name, "vmap") == 0) {
		verdict_map(w, rule, value, depth, s);
	} else if (strcmp(name, "xt") == 0 && is_of(value, "type", "match")) {
		s->sure = false;
		return true;
	} else if (strcmp(name, "xt") == 0 && (is_of(value, "name", "REJECT") || is_of(value, "name", "DROP"))) {
		s->may = MAY_DROP;
	} else if (!is_neutral(name)) {
		/* a limit, a statement of iptables, a verdict map: it may end here, and it may not */
		s->may = MAY_ACCEPT | MAY_DROP | MAY_GO_ON;
		s->sure = false;
	}
	return strcmp(name, "limit") == 0 || is_neutral(name);
}

static struct step walk_rule(struct walk *w, const json_t *rule, unsigned depth)
{
	const json_t *list = json_object_get(rule, "expr");
	struct step s = { .may = MAY_GO_ON, .sure = true };

	for (size_t k = 0; k < json_array_size(list); k++) {
		json_t *one = json_array_get(list, k);
		const char *name = json_object_iter_key(json_object_iter(one));
		const json_t *value = json_object_iter_value(json_object_iter(one));

		if (name && statement(w, rule, name, value, depth, &s))
			continue;
		if (name && strcmp(name, "match") == 0 && s.may == MAY_GO_ON && !s.returns)
			return (struct step){ .may = MAY_GO_ON, .sure = true };
		break;
	}
	/* met only perhaps: then the next rule may be reached as well */
	if (!s.sure)
		s.may |= MAY_GO_ON;
	return s;
}

static unsigned walk_chain(struct walk *w, const json_t *chain, unsigned depth)
{
	unsigned may = 0;

	for (size_t k = 0; k < json_array_size(w->all); k++) {
		const json_t *rule = json_object_get(json_array_get(w->all, k), "rule");

		if (!rule || !same_chain(rule, chain))
			continue;
		if (++w->steps > STEPS_MAX)
			return MAY_ACCEPT | MAY_DROP | MAY_GO_ON;
		struct step s = walk_rule(w, rule, depth);

		may |= s.may & ~(unsigned)MAY_GO_ON;
		if (s.returns && s.sure)
			return may | ((s.may & MAY_GO_ON) ? MAY_GO_ON : 0);
		if (!(s.may & MAY_GO_ON))
			return may;
	}
	return may | MAY_GO_ON;
}

static bool is_base(const json_t *chain, bool six)
{
	static const char *const hooks[] = { "prerouting", "input" };

	if (!chain || !is_family(chain, six) || !is_of(chain, "type", "filter"))
		return false;
	for (size_t k = 0; k < ARRAY_SIZE(hooks); k++)
		if (is_of(chain, "hook", hooks[k]))
			return true;
	return false;
}

static const json_t *list_of(const json_t *ruleset)
{
	const json_t *all = json_object_get(ruleset, "nftables");

	return json_is_array(all) ? all : NULL;
}

enum firewall_verdict firewall_verdict(const json_t *ruleset, const struct firewall_packet *p)
{
	struct walk w = { .all = list_of(ruleset), .p = p };
	bool perhaps = false;

	if (!w.all)
		return FIREWALL_UNTOLD;
	for (size_t k = 0; k < json_array_size(w.all); k++) {
		const json_t *chain = json_object_get(json_array_get(w.all, k), "chain");

		if (!is_base(chain, p->six))
			continue;
		unsigned may = walk_chain(&w, chain, 0);

		if (may & MAY_GO_ON)
			may |= is_of(chain, "policy", "drop") ? MAY_DROP : MAY_ACCEPT;
		may &= MAY_ACCEPT | MAY_DROP;
		/* whatever the other chains say: a drop is final */
		if (may == MAY_DROP)
			return FIREWALL_REFUSED;
		perhaps = perhaps || may & MAY_DROP;
	}
	return perhaps ? FIREWALL_UNTOLD : FIREWALL_ACCEPTED;
}

unsigned firewall_hooks(const json_t *ruleset, bool six)
{
	const json_t *all = list_of(ruleset);
	unsigned n = 0;

	for (size_t k = 0; k < json_array_size(all); k++)
		n += is_base(json_object_get(json_array_get(all, k), "chain"), six);
	return n;
}

/* An empty chain translates nothing. */
static bool has_rules(const json_t *all, const json_t *chain)
{
	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *rule = json_object_get(json_array_get(all, k), "rule");

		if (rule && same_chain(rule, chain))
			return true;
	}
	return false;
}

const char *firewall_blind(const json_t *ruleset)
{
	const json_t *all = list_of(ruleset);

	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *c = json_object_get(json_array_get(all, k), "chain");

		if (c && is_of(c, "hook", "ingress"))
			return "an ingress hook";
		if (c && is_of(c, "type", "nat") && is_of(c, "hook", "prerouting") && has_rules(all, c))
			return "address translation before input";
		if (c && is_of(c, "family", "bridge"))
			return "rules of a bridge";
	}
	return NULL;
}

static void add(json_t *ruleset, const char *what, json_t *object)
{
	json_t *one = json_object();

	json_object_set_new(one, what, object);
	json_array_append_new(json_object_get(ruleset, "nftables"), one);
}

void firewall_add_unseen(json_t *ruleset, const struct firewall_unseen *chain)
{
	json_t *c = json_object(), *r = json_object();

	json_put(c, "family", chain->family);
	json_put(c, "table", chain->table);
	json_put(c, "name", chain->name);
	json_put(c, "type", chain->type);
	json_put(c, "hook", chain->hook);
	json_put(c, "policy", chain->drops ? "drop" : "accept");
	json_put(r, "family", chain->family);
	json_put(r, "table", chain->table);
	json_put(r, "chain", chain->name);
	json_object_set_new(r, "expr", json_pack("[{s:n}]", "unseen"));
	add(ruleset, "chain", c);
	if (chain->has_rules)
		add(ruleset, "rule", r);
	else
		json_decref(r);
}
