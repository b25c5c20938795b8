/* Where each backend's bans stand, under names that it has from its own source, libexec/sshg-fw-*. */
#include "base/fs.h"
#include "base/mem.h"
#include "model/firewall.h"
#include "scout/posture_backend.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_of(const json_t *object, const char *key, const char *value)
{
	const char *s = json_str(object, key);

	return s && strcmp(s, value) == 0;
}

/* Of nft a set's list of members; of a chain itself. NULL: it is not there. */
static json_t *find(const json_t *ruleset, const struct posture_stands *at)
{
	const json_t *all = json_object_get(ruleset, "nftables");

	for (size_t k = 0; k < json_array_size(all); k++) {
		json_t *s = json_object_get(json_array_get(all, k), at->what);

		if (s && is_of(s, "family", at->family) && is_of(s, "name", at->name) &&
		    (!at->table || is_of(s, "table", at->table)))
			return s;
	}
	return NULL;
}

/* The address that a member of a set, or the right side of a match, begins with. */
static const char *address_in(const json_t *one)
{
	if (json_object_get(one, "elem"))
		one = json_object_get(json_object_get(one, "elem"), "val");
	if (json_object_get(one, "set"))
		one = json_array_get(json_object_get(one, "set"), 0);
	if (json_object_get(one, "prefix"))
		return json_str(json_object_get(one, "prefix"), "addr");
	if (json_object_get(one, "range"))
		return json_string_value(json_array_get(json_object_get(one, "range"), 0));
	return json_string_value(one);
}

static void banned_in_set(const struct posture_wall *w, const struct posture_stands *at,
			  const struct posture_ports *ports, json_t *list)
{
	const json_t *elements = json_object_get(find(w->ruleset, at), "elem");

	for (size_t k = 0; k < json_array_size(elements); k++) {
		const char *address = address_in(json_array_get(elements, k));

		if (address)
			posture_add_banned(w, list, address, ports);
	}
}

static void banned_in_chain(const struct posture_wall *w, const struct posture_stands *at,
			    const struct posture_ports *ports, json_t *list)
{
	const json_t *all = json_object_get(w->ruleset, "nftables");

	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *rule = json_object_get(json_array_get(all, k), "rule");
		const json_t *first = json_array_get(json_object_get(rule, "expr"), 0);
		const char *address = address_in(json_object_get(json_object_get(first, "match"), "right"));

		if (rule && address && is_of(rule, "family", at->family) && is_of(rule, "table", at->table) &&
		    is_of(rule, "chain", at->name))
			posture_add_banned(w, list, address, ports);
	}
}

/* In a copy of the ruleset: as if this address had just been banned. */
static void ban_in_copy(json_t *copy, const struct posture_stands *at, const char *address, bool six)
{
	json_t *to = find(copy, at), *all = json_object_get(copy, "nftables");

	if (strcmp(at->what, "set") == 0) {
		json_t *elements = json_object_get(to, "elem");

		if (!elements) {
			elements = json_array();
			json_object_set_new(to, "elem", elements);
		}
		json_array_append_new(elements, json_string(address));
		return;
	}
	json_array_insert_new(all, 0, json_pack(
		"{s:{s:s,s:s,s:s,s:[{s:{s:s,s:{s:{s:s,s:s}},s:s}},{s:n}]}}", "rule", "family", at->family,
		"table", at->table, "chain", at->name, "expr", "match", "op", "==", "left", "payload", "protocol",
		six ? "ip6" : "ip", "field", "saddr", "right", address, "drop"));
}

static const struct posture_stands of_nft[] = {
	{ "set", "ip", "sshguard", "attackers" }, { "set", "ip6", "sshguard", "attackers" },
};
static const struct posture_stands of_iptables[] = {
	{ "chain", "ip", "filter", "sshguard" }, { "chain", "ip6", "filter", "sshguard" },
};
static const struct posture_stands of_iptables_legacy[] = {
	{ "chain", "ip", "legacy filter", "sshguard" }, { "chain", "ip6", "legacy filter", "sshguard" },
};
static const struct posture_stands of_ipset[] = {
	{ "set", "ip", NULL, FIREWALL_IPSET "sshguard4" }, { "set", "ip6", NULL, FIREWALL_IPSET "sshguard6" },
};
static const struct posture_backend backends[] = {
	{ "sshg-fw-nft-sets", { of_nft }, "the set 'attackers' of table 'sshguard'" },
	{ "sshg-fw-iptables", { of_iptables, of_iptables_legacy }, "the chain 'sshguard'" },
	{ "sshg-fw-ipset", { of_ipset }, "a set that a rule asks for" },
	{ "sshg-fw-null", { NULL }, NULL },
};

static const struct posture_stands *place(const struct posture_wall *w, const struct posture_backend *b, bool six)
{
	for (size_t k = 0; k < ARRAY_SIZE(b->at); k++)
		if (b->at[k] && find(w->ruleset, &b->at[k][six]))
			return &b->at[k][six];
	return NULL;
}

/* What the rules would do with whom it bans next, of each family that is in use. */
static void would(const struct posture_wall *w, const struct posture_backend *b, bool six,
		  const struct posture_ports *ports, json_t *list)
{
	static const char *const nobody[] = { POSTURE_TEST_ADDRESS, "2001:db8:ffff::1" };
	const struct posture_stands *at = place(w, b, six);
	_cleanup_(json_freep) json_t *copy = at ? json_deep_copy(w->ruleset) : NULL;
	json_t *j = json_object();

	json_put(j, "family", six ? "IPv6" : "IPv4");
	json_put(j, "where", b->words);
	if (at)
		ban_in_copy(copy, at, nobody[six], six);
	json_put(j, "verdict", !at ? "absent" : posture_verdict_of(copy, w, nobody[six], ports));
	json_array_append_new(list, j);
}

/* It is told what the part before it would tell it. */
static bool tell(long backend, const char *verb)
{
	char path[64], line[100];
	int n = snprintf(line, sizeof(line), "%s %s 4 32\n", verb, POSTURE_TEST_ADDRESS);

	(void)snprintf(path, sizeof(path), "/proc/%ld/fd/0", backend);
	struct stat st;
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && write(fd, line, (size_t)n) == n;
}

static void try(struct scout_out *o, long backend, const struct posture_ports *ports, json_t *list)
{
	bool asked = tell(backend, "block"), held = asked && posture_is_held(o, ports);

	if (asked && !tell(backend, "release"))
		scout_unread(o, "the ban of " POSTURE_TEST_ADDRESS, "it could not be taken back");
	posture_tried(o, list, asked, held);
}

const struct posture_backend *posture_backend_find(const char *name)
{
	for (size_t k = 0; k < ARRAY_SIZE(backends); k++)
		if (strcmp(backends[k].name, name) == 0)
			return &backends[k];
	return NULL;
}

void posture_backend_rules(struct scout_out *o, const struct posture_wall *w, const struct posture_backend *b, long pid,
			   const struct posture_ports *ports, bool try_ban, json_t *j)
{
	json_t *list = json_array(), *next = json_array();

	for (int six = 0; six < 2; six++) {
		const struct posture_stands *at = place(w, b, six);

		if (at)
			(strcmp(at->what, "set") == 0 ? banned_in_set : banned_in_chain)(w, at, ports, list);
		if (!six || w->six)
			would(w, b, six, ports, next);
	}
	if (!json_array_size(list) && try_ban)
		try(o, pid, ports, list);
	json_object_set_new(j, "next", next);
	json_object_set_new(j, "banned", list);
}
