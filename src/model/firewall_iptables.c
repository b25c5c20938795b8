/* Rules of iptables, from the text of iptables-save, in the words of libnftables-json(5). What is not known here
 * becomes a match that cannot be told. */
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/firewall_parts.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RULES_MAX 100000u
#define WORDS_MAX 200u

static json_t *object1(const char *key, json_t *value)
{
	json_t *o = json_object();

	json_object_set_new(o, key, value);
	return o;
}

static json_t *payload(const char *protocol, const char *field)
{
	json_t *v = json_object();

	json_put(v, "protocol", protocol);
	json_put(v, "field", field);
	return object1("payload", v);
}

static json_t *key_of(const char *what, const char *key)
{
	json_t *v = json_object();

	json_put(v, "key", key);
	return object1(what, v);
}

static void match(json_t *exprs, bool negated, json_t *left, json_t *right)
{
	json_t *m = json_object();

	json_put(m, "op", negated ? "!=" : "==");
	json_object_set_new(m, "left", left);
	json_object_set_new(m, "right", right);
	json_array_append_new(exprs, object1("match", m));
}

static void not_known(json_t *exprs)
{
	json_array_append_new(exprs, object1("match", json_object()));
}

/* "22", "80:90", with commas between */
static json_t *ports(char *s)
{
	json_t *list = json_array();
	char *rest = s;

	for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ",")) {
		uint32_t from, to;
		char *colon = strchr(one, ':');

		if (colon)
			*colon = '\0';
		if (text_u32(colon && !*one ? "0" : one, 0, 65535, &from) < 0 ||
		    text_u32(!colon ? one : colon[1] ? colon + 1 : "65535", 0, 65535, &to) < 0)
			json_array_append_new(list, json_string("?"));
		else
			json_array_append_new(list, object1("range", json_pack("[i,i]", (int)from, (int)to)));
	}
	return object1("set", list);
}

static json_t *addresses(char *s, bool six)
{
	json_t *list = json_array();
	char *rest = s;

	for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ",")) {
		char *slash = strchr(one, '/');
		uint32_t bits = six ? 128 : 32;

		if (slash)
			*slash = '\0';
		if (slash && text_u32(slash + 1, 0, bits, &bits) < 0) {
			json_array_append_new(list, json_string("?"));
			continue;
		}
		json_t *p = json_object();

		json_put(p, "addr", one);
		json_put_int(p, "len", bits);
		json_array_append_new(list, object1("prefix", p));
	}
	return object1("set", list);
}

static json_t *states(char *s)
{
	json_t *list = json_array();
	char *rest = s;

	for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ",")) {
		for (char *c = one; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
		json_array_append_new(list, json_string(one));
	}
	return object1("set", list);
}

struct rule { json_t *exprs; const char *protocol; bool six; };

static void verdict(struct rule *r, const char *target, bool comes_back)
{
	static const struct { const char *target, *statement; } known[] = {
		{ "ACCEPT", "accept" }, { "DROP", "drop" }, { "REJECT", "reject" }, { "RETURN", "return" },
		{ "LOG", "log" }, { "NFLOG", "log" }, { "MARK", "mangle" }, { "CT", "ct helper" },
	};
	json_t *to;

	for (size_t k = 0; k < ARRAY_SIZE(known); k++)
		if (strcmp(known[k].target, target) == 0) {
			json_array_append_new(r->exprs, object1(known[k].statement, json_null()));
			return;
		}
	to = json_object();
	json_put(to, "target", target);
	json_array_append_new(r->exprs, object1(comes_back ? "jump" : "goto", to));
}

/* "--match-set NAME src": the address alone, which is all that our packet has of it. */
static void match_set(struct rule *r, const char *name, const char *what, bool negated)
{
	char text[100];
	int n = snprintf(text, sizeof(text), "@" FIREWALL_IPSET "%s", name);

	if (strcmp(what, "src") != 0 || n >= (int)sizeof(text))
		not_known(r->exprs);
	else
		match(r->exprs, negated, payload(r->six ? "ip6" : "ip", "saddr"), json_string(text));
}

/* What one option with its value, and the word behind that, means; false: it takes no part here. */
static bool option(struct rule *r, const char *name, char *value, const char *behind, bool negated)
{
	if (strcmp(name, "-p") == 0 || strcmp(name, "--protocol") == 0) {
		r->protocol = value;
		match(r->exprs, negated, key_of("meta", "l4proto"), json_string(value));
	} else if (strcmp(name, "-s") == 0) {
		match(r->exprs, negated, payload(r->six ? "ip6" : "ip", "saddr"), addresses(value, r->six));
	} else if (strcmp(name, "-i") == 0) {
		size_t len = strlen(value);

		if (len && value[len - 1] == '+')
			value[len - 1] = '*';
		match(r->exprs, negated, key_of("meta", "iifname"), json_string(value));
	} else if (strcmp(name, "--dport") == 0 || strcmp(name, "--dports") == 0) {
		match(r->exprs, negated, payload(r->protocol ? r->protocol : "th", "dport"), ports(value));
	} else if (strcmp(name, "--ctstate") == 0 || strcmp(name, "--state") == 0) {
		match(r->exprs, negated, key_of("ct", "state"), states(value));
	} else if (strcmp(name, "--match-set") == 0) {
		match_set(r, value, behind, negated);
	} else if (strcmp(name, "-j") == 0 || strcmp(name, "-g") == 0) {
		verdict(r, value, name[1] == 'j');
	} else {
		return false;
	}
	return true;
}

static bool says_nothing(const char *name, const char *value)
{
	static const char *const modules[] = { "tcp", "udp", "multiport", "conntrack", "state", "comment", "icmp",
					       "icmp6", "ipv6-icmp", "set" };

	if (strcmp(name, "--comment") == 0 || text_starts(name, "--log-") || text_starts(name, "--nflog-") ||
	    strcmp(name, "--reject-with") == 0)
		return true;
	for (size_t k = 0; strcmp(name, "-m") == 0 && k < ARRAY_SIZE(modules); k++)
		if (strcmp(modules[k], value) == 0)
			return true;
	return false;
}

/* Words with double quotes and backslashes, cut out of the line. */
static size_t words(char *s, char *w[WORDS_MAX])
{
	size_t n = 0;

	while (n < WORDS_MAX) {
		char *to;
		bool quoted = false;

		s += strspn(s, " ");
		if (!*s)
			break;
		w[n++] = to = s;
		for (; *s && (quoted || *s != ' '); s++) {
			if (*s == '"') {
				quoted = !quoted;
				continue;
			}
			if (*s == '\\' && s[1])
				s++;
			*to++ = *s;
		}
		s += *s == ' ';
		*to = '\0';
	}
	return n;
}

static json_t *rule_of(const char *family, const char *table, char *line, bool six)
{
	char *w[WORDS_MAX];
	size_t n = words(line, w);
	struct rule r = { .exprs = json_array(), .six = six };
	json_t *rule = json_object();
	bool negated = false;

	for (size_t k = 2; k < n; k++) {
		static char none[] = "";
		char *value = k + 1 < n && w[k + 1][0] != '-' ? w[k + 1] : none;
		const char *behind = *value && k + 2 < n ? w[k + 2] : none;

		if (strcmp(w[k], "!") == 0) {
			negated = true;
			continue;
		}
		if (*w[k] == '-' && !option(&r, w[k], value, behind, negated) && !says_nothing(w[k], value))
			not_known(r.exprs);
		negated = false;
	}
	/* the target stands last there; what a module says behind it changes nothing of the verdict */
	json_put(rule, "family", family);
	json_put(rule, "table", table);
	json_put(rule, "chain", n > 1 ? w[1] : "");
	json_object_set_new(rule, "expr", r.exprs);
	return object1("rule", rule);
}

static bool is_nat(const char *table)
{
	return strcmp(table, "nat") == 0 || strcmp(table, "legacy nat") == 0;
}

static json_t *chain_of(const char *family, const char *table, char *line)
{
	static const struct { const char *name, *hook; } built_in[] = { { "INPUT", "input" }, { "PREROUTING",
		"prerouting" } };
	char *w[WORDS_MAX];
	size_t n = words(line + 1, w);
	json_t *chain = json_object();

	json_put(chain, "family", family);
	json_put(chain, "table", table);
	json_put(chain, "name", n ? w[0] : "");
	for (size_t k = 0; n > 1 && k < ARRAY_SIZE(built_in); k++)
		if (strcmp(w[0], built_in[k].name) == 0) {
			json_put(chain, "type", is_nat(table) ? "nat" : "filter");
			json_put(chain, "hook", built_in[k].hook);
			json_put(chain, "policy", strcmp(w[1], "DROP") == 0 ? "drop" : "accept");
		}
	return object1("chain", chain);
}

static void remove_tables(json_t *all, const char *family, const struct strv *tables)
{
	for (size_t k = json_array_size(all); k-- > 0; ) {
		json_t *one = json_array_get(all, k);
		const json_t *o = json_object_iter_value(json_object_iter(one));
		const char *f = json_str(o, "family"), *t = json_str(o, "table");

		if (f && t && strcmp(f, family) == 0 && strv_has(tables, t))
			(void)json_array_remove(all, k);
	}
}

/* "# Generated by iptables-save v1.8.9 (nf_tables) on Mon ..." */
bool firewall_is_legacy(const char *save)
{
	const char *of = strstr(save, "(nf_tables)"), *table = *save == '*' ? save : strstr(save, "\n*");

	return !of || (table && of > table);
}

bool firewall_add_iptables(json_t *ruleset, const char *save, bool six)
{
	_cleanup_(strv_free) struct strv tables = STRV_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(64 << 20);
	json_t *all = json_object_get(ruleset, "nftables"), *added = json_array();
	const char *family = six ? "ip6" : "ip", *beside = firewall_is_legacy(save) ? "legacy " : "";
	char *rest, *line;

	if (!json_is_array(all) || !text_is_utf8(save, strlen(save)) || buf_str(&b, save) < 0 || !b.len) {
		json_decref(added);
		return false;
	}
	rest = b.data;
	while ((line = strsep(&rest, "\n")) && json_array_size(added) < RULES_MAX) {
		const char *table = tables.n ? tables.s[tables.n - 1] : NULL;

		if (*line == '*' && line[1]) {
			_cleanup_(freep) char *name = mem_printf("%s%s", beside, line + 1);

			strv_add(&tables, name);
		} else if (*line == ':' && table) {
			json_array_append_new(added, chain_of(family, table, line));
		} else if (text_starts(line, "-A ") && table) {
			json_array_append_new(added, rule_of(family, table, line, six));
		}
	}
	bool found = tables.n;

	if (found) {
		remove_tables(all, family, &tables);
		(void)json_array_extend(all, added);
	}
	json_decref(added);
	return found;
}

bool firewall_has_iptables(const json_t *ruleset)
{
	const json_t *all = json_object_get(ruleset, "nftables");

	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *list = json_object_get(json_object_get(json_array_get(all, k), "rule"), "expr");

		for (size_t x = 0; x < json_array_size(list); x++)
			if (json_object_get(json_array_get(list, x), "xt"))
				return true;
	}
	return false;
}
