/* Sets of ipset, from the text of `ipset save`: those that hold addresses or networks and nothing else. */
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/firewall_parts.h"
#include <string.h>

#define LINES_MAX 1000000u

static json_t *set_of(char *line)
{
	_cleanup_(strv_free) struct strv w = STRV_INIT;
	bool known, six = false;
	json_t *set;

	for (char *rest = line, *one = strsep(&rest, " "); one; one = strsep(&rest, " "))
		strv_add(&w, one);
	if (w.n < 3)
		return NULL;
	known = strcmp(w.s[2], "hash:ip") == 0 || strcmp(w.s[2], "hash:net") == 0;
	for (uint32_t k = 3; k + 1 < w.n; k++)
		six = six || (strcmp(w.s[k], "family") == 0 && strcmp(w.s[k + 1], "inet6") == 0);
	_cleanup_(freep) char *name = mem_printf(FIREWALL_IPSET "%s", w.s[1]);

	set = json_object();
	json_put(set, "family", six ? "ip6" : "ip");
	json_put(set, "name", name);
	json_object_set_new(set, "elem", known ? json_array() : json_pack("[{}]"));
	return set;
}

/* "10.0.0.1", "10.0.0.0/8", with what else is said of it behind; an empty object is a member that is not understood. */
static json_t *member(const char *address, const char *more)
{
	const char *slash = strchr(address, '/');
	_cleanup_(freep) char *net = mem_dupn(address, slash ? (size_t)(slash - address) : strlen(address));
	uint32_t bits;
	json_t *j;

	if (strstr(more, "nomatch") || strpbrk(address, ",-"))
		return json_object();
	if (!slash)
		return json_string(address);
	j = json_object();
	if (text_u32(slash + 1, 0, 128, &bits) == 0)
		json_object_set_new(j, "prefix", json_pack("{s:s,s:i}", "addr", net, "len", (int)bits));
	return j;
}

static json_t *named(json_t *sets, const char *name)
{
	for (size_t k = 0; k < json_array_size(sets); k++) {
		json_t *set = json_object_get(json_array_get(sets, k), "set");

		if (strcmp(json_str(set, "name") + sizeof(FIREWALL_IPSET) - 1, name) == 0)
			return set;
	}
	return NULL;
}

static void take(json_t *sets, char *line)
{
	char *rest = line, *verb = strsep(&rest, " "), *name = rest ? strsep(&rest, " ") : NULL, *address;
	json_t *set;

	if (!name || strcmp(verb, "add") != 0 || !(set = named(sets, name)) || !rest)
		return;
	address = strsep(&rest, " ");
	json_array_append_new(json_object_get(set, "elem"), member(address, rest ? rest : ""));
}

void firewall_add_ipsets(json_t *ruleset, const char *save)
{
	_cleanup_(freep) char *text = mem_dup(text_is_utf8(save, strlen(save)) ? save : "");
	_cleanup_(json_freep) json_t *sets = json_array();
	json_t *all = json_object_get(ruleset, "nftables");
	uint32_t n = 0;

	for (char *rest = text, *line; (line = strsep(&rest, "\n")); ) {
		json_t *set = ++n <= LINES_MAX && text_starts(line, "create ") ? set_of(line) : NULL;

		if (set)
			json_array_append_new(sets, json_pack("{s:o}", "set", set));
		else if (n <= LINES_MAX)
			take(sets, line);
	}
	/* of sets that are not whole nothing is known */
	if (n <= LINES_MAX && json_is_array(all))
		(void)json_array_extend(all, sets);
}

static bool asks(const json_t *rule)
{
	const json_t *list = json_object_get(rule, "expr");

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *m = json_object_get(json_array_get(list, k), "match");
		const char *right = json_str(m, "right");

		if (right && text_starts(right, "@" FIREWALL_IPSET))
			return true;
	}
	return false;
}

bool firewall_has_ipsets(const json_t *ruleset)
{
	const json_t *all = json_object_get(ruleset, "nftables");

	for (size_t k = 0; k < json_array_size(all); k++)
		if (asks(json_object_get(json_array_get(all, k), "rule")))
			return true;
	return false;
}
