#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/mem.h"
#include "model/firewall.h"

#define INPUT(policy) "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"in\",\"type\":\"filter\"," \
		      "\"hook\":\"input\",\"prio\":0,\"policy\":\"" policy "\"}}"
#define RULE(chain, expr) ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain "\",\"expr\":[" \
				  expr "]}}"
#define DPORT(n) "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}," \
		 "\"right\":" n "}}"
#define SADDR(op, v) "{\"match\":{\"op\":\"" op "\",\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}}," \
		     "\"right\":" v "}}"
#define IIF(v) "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"iifname\"}},\"right\":" v "}}"
#define ACCEPT "{\"accept\":null}"
#define DROP "{\"drop\":null}"

static json_t *ruleset(const char *objects)
{
	_cleanup_(freep) char *text = mem_printf("{\"nftables\":[%s]}", objects);
	json_t *j = NULL;
	struct err e = ERR_INIT;

	if (json_read("nft", text, strlen(text), 1 << 20, &j, &e) < 0)
		fail_msg("%s", e.text);
	return j;
}

/* The verdict for tcp/22 of 198.51.100.7. */
static const char *verdict(const char *objects)
{
	_cleanup_(json_freep) json_t *j = ruleset(objects);
	struct firewall_packet p = { .source = "198.51.100.7", .protocol = "tcp", .port = 22, .interface = "eth0" };

	return firewall_verdict_names[firewall_verdict(j, &p)];
}

static void chains_are_walked_as_the_kernel_does(void **state _unused_)
{
	static const struct { const char *objects, *want; } cases[] = {
		{ INPUT("accept"), "accepted" }, { INPUT("drop"), "refused" },
		{ INPUT("drop") RULE("in", DPORT("22") "," ACCEPT), "accepted" },
		{ INPUT("drop") RULE("in", DPORT("23") "," ACCEPT), "refused" },
		{ INPUT("drop") RULE("in", DPORT("{\"set\":[1,{\"range\":[20,30]}]}") "," ACCEPT), "accepted" },
		{ INPUT("accept") RULE("in", DROP), "refused" },
		{ INPUT("accept") RULE("in", ACCEPT) RULE("in", DROP), "accepted" },
		{ INPUT("drop") RULE("in", IIF("\"lo\"") "," ACCEPT), "refused" },
		{ INPUT("drop") RULE("in", IIF("\"eth*\"") "," ACCEPT), "accepted" },
		{ INPUT("drop") RULE("in", SADDR("!=", "{\"prefix\":{\"addr\":\"10.0.0.0\",\"len\":8}}") "," ACCEPT),
		  "accepted" },
		{ INPUT("drop") RULE("in", SADDR("==", "{\"prefix\":{\"addr\":\"198.51.100.0\",\"len\":25}}") ","
			ACCEPT),
		  "accepted" },
		{ INPUT("drop") RULE("in", SADDR("==", "{\"prefix\":{\"addr\":\"198.51.100.128\",\"len\":25}}") ","
			ACCEPT),
		  "refused" },
		{ INPUT("drop") RULE("in", SADDR("==", "{\"range\":[\"198.51.100.1\",\"198.51.100.9\"]}") "," ACCEPT),
		  "accepted" },
		/* a limit, a mark, an odd statement: perhaps */
		{ INPUT("drop") RULE("in", DPORT("22") ",{\"limit\":{\"rate\":1}}," ACCEPT), "untold" },
		{ INPUT("drop") RULE("in", "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"mark\"}},"
			"\"right\":1}},"
				     ACCEPT), "untold" },
		{ INPUT("drop") RULE("in", "{\"quaver\":null}"), "untold" },
		{ INPUT("accept") RULE("in", "{\"quaver\":null}"), "untold" },
		{ INPUT("drop") RULE("in", "{\"counter\":{}},{\"log\":null}," ACCEPT), "accepted" },
		/* whatever may come of it, the next rule drops all */
		{ INPUT("accept") RULE("in", "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"mark\"}},"
				       "\"right\":1}}," DROP) RULE("in", DROP), "refused" },
		/* jumps */
		{ INPUT("drop") ",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\"}}"
		  RULE("in", "{\"jump\":{\"target\":\"c\"}}") RULE("c", DPORT("22") "," ACCEPT), "accepted" },
		{ INPUT("accept") ",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\"}}"
		  RULE("in", "{\"jump\":{\"target\":\"c\"}}") RULE("in", DROP) RULE("c", "{\"return\":null}")
		  RULE("c", ACCEPT), "refused" },
		{ INPUT("accept") ",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\"}}"
		  RULE("in", "{\"goto\":{\"target\":\"c\"}}") RULE("in", DROP) RULE("c", DPORT("1") "," DROP),
			"accepted" },
		{ INPUT("drop") RULE("in", "{\"jump\":{\"target\":\"missing\"}}"), "untold" },
		{ INPUT("drop") ",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\"}}"
		  RULE("in", "{\"jump\":{\"target\":\"c\"}}") RULE("c", "{\"jump\":{\"target\":\"c\"}}"), "untold" },
		/* sets, also those of fail2ban, with and without timeouts */
		{ INPUT("accept") ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"elem\":"
		  "[{\"elem\":{\"val\":\"198.51.100.7\",\"timeout\":600}}]}}" RULE("in", SADDR("==",
			"\"@s\"") ",{\"reject\":{}}"),
		  "refused" },
		{ INPUT("accept") ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\"}}"
		  RULE("in", SADDR("==", "\"@s\"") "," DROP), "accepted" },
		{ INPUT("accept") RULE("in", SADDR("==", "\"@none\"") "," DROP), "untold" },
		/* verdict maps */
		{ INPUT("drop") RULE("in", "{\"vmap\":{\"key\":{\"ct\":{\"key\":\"state\"}},\"data\":{\"set\":"
				     "[[\"established\"," ACCEPT "],[\"new\"," ACCEPT "]]}}}"), "accepted" },
		{ INPUT("drop") RULE("in", "{\"vmap\":{\"key\":{\"ct\":{\"key\":\"state\"}},\"data\":{\"set\":"
				     "[[\"established\"," ACCEPT "],[\"invalid\"," DROP "]]}}}"), "refused" },
		{ INPUT("drop") RULE("in", "{\"vmap\":{\"key\":{\"payload\":{\"protocol\":\"udp\",\"field\":"
				     "\"dport\"}},\"data\":{\"set\":[[22," ACCEPT "]]}}}"), "refused" },
		/* rules for the other family, and for another protocol */
		{ INPUT("drop") RULE("in", "{\"match\":{\"op\":\"!=\",\"left\":{\"payload\":{\"protocol\":\"ip6\","
				     "\"field\":\"saddr\"}},\"right\":\"::1\"}}," ACCEPT), "refused" },
		{ INPUT("drop") RULE("in", "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"udp\","
				     "\"field\":\"dport\"}},\"right\":22}}," ACCEPT), "refused" },
		{ "{\"chain\":{\"family\":\"ip6\",\"table\":\"t\",\"name\":\"in\",\"type\":\"filter\","
			"\"hook\":\"input\","
		  "\"policy\":\"drop\"}}", "accepted" },
		/* a second base chain that drops is final */
		{ INPUT("accept") RULE("in", ACCEPT) ",{\"chain\":{\"family\":\"ip\",\"table\":\"u\",\"name\":\"x\","
		  "\"type\":\"filter\",\"hook\":\"input\",\"policy\":\"drop\"}}", "refused" },
		/* a rule of iptables whose match nft does not show */
		{ INPUT("drop") RULE("in", "{\"xt\":{\"type\":\"match\",\"name\":\"conntrack\"}}," ACCEPT), "untold" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
		if (strcmp(verdict(cases[k].objects), cases[k].want) != 0)
			fail_msg("case %zu: %s, and %s was expected", k, verdict(cases[k].objects), cases[k].want);
	assert_int_equal(firewall_verdict(NULL, &(struct firewall_packet){ .source = "1.2.3.4", .protocol = "tcp" }),
			 FIREWALL_UNTOLD);
}

#define NFT "# Generated by iptables-save v1.8.9 (nf_tables) on Mon\n"
#define OLD "# Generated by iptables-save v1.8.9 on Mon\n"
#define SAVE NFT "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:f2b - [0:0]\n"

static void iptables_save_is_read(void **state _unused_)
{
	static const struct { const char *save, *want; } cases[] = {
		{ SAVE "COMMIT\n", "refused" },
		{ SAVE "-A INPUT -p tcp -m tcp --dport 22 -m comment --comment \"for all \\\"friends\\\" -j DROP\" -j "
			"ACCEPT\n",
		  "accepted" },
		{ SAVE "-A INPUT -p tcp -m multiport --dports 80,20:22 -j ACCEPT\n", "accepted" },
		{ SAVE "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", "refused" },
		{ SAVE "-A INPUT -p tcp -m multiport --dports 22 -j f2b\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
		  "-A f2b -s 198.51.100.7/32 -j REJECT --reject-with icmp-port-unreachable\n-A f2b -j RETURN\n",
			"refused" },
		{ SAVE "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 22 -j f2b\n"
		  "-A f2b -s 198.51.100.7/32 -j DROP\n", "accepted" },
		{ SAVE "-A INPUT ! -s 10.0.0.0/8 -j ACCEPT\n", "accepted" },
		{ SAVE "-A INPUT -s 10.0.0.0/8 -j ACCEPT\n", "refused" },
		{ SAVE "-A INPUT -i lo -j ACCEPT\n", "refused" }, { SAVE "-A INPUT -i eth+ -j ACCEPT\n", "accepted" },
		{ SAVE "-A INPUT -p tcp -m recent --name x --rcheck -j ACCEPT\n", "untold" },
		{ SAVE "-A INPUT -p tcp -m tcp --dport ssh -j ACCEPT\n", "untold" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(json_freep) json_t *j = ruleset("{\"chain\":{\"family\":\"ip\",\"table\":\"filter\",\"name\":"
			"\"INPUT\",\"type\":\"filter\",\"hook\":\"input\",\"policy\":\"drop\"}},"
				"{\"rule\":{\"family\":\"ip\","
			"\"table\":\"filter\",\"chain\":\"INPUT\",\"expr\":[{\"xt\":{\"type\":\"match\","
				"\"name\":\"x\"}}," ACCEPT
			"]}}");
		struct firewall_packet p = { .source = "198.51.100.7", .protocol = "tcp", .port = 22,
					     .interface = "eth0" };

		assert_true(firewall_has_iptables(j));
		assert_int_equal(firewall_verdict(j, &p), FIREWALL_UNTOLD);
		assert_true(firewall_add_iptables(j, cases[k].save, false));
		assert_false(firewall_has_iptables(j));
		if (strcmp(firewall_verdict_names[firewall_verdict(j, &p)], cases[k].want) != 0)
			fail_msg("case %zu: %s", k, firewall_verdict_names[firewall_verdict(j, &p)]);
	}
	_cleanup_(json_freep) json_t *j = ruleset(INPUT("drop"));

	assert_false(firewall_add_iptables(j, "", false));
	assert_false(firewall_add_iptables(j, "no such text\n-A INPUT -j ACCEPT\n", false));
	assert_false(firewall_add_iptables(NULL, SAVE, false));
}

/* Both kinds are in force, each in chains of its own. */
static void iptables_legacy_stands_beside(void **state _unused_)
{
	static const struct { const char *nft, *legacy, *want; } cases[] = {
		{ ":INPUT DROP [0:0]\n", ":INPUT ACCEPT [0:0]\n", "refused" },
		{ ":INPUT ACCEPT [0:0]\n", ":INPUT DROP [0:0]\n", "refused" },
		{ ":INPUT ACCEPT [0:0]\n", ":INPUT ACCEPT [0:0]\n", "accepted" },
		{ ":INPUT ACCEPT [0:0]\n", ":INPUT ACCEPT [0:0]\n:x - [0:0]\n-A INPUT -j x\n-A x -j DROP\n",
		  "refused" },
	};
	struct firewall_packet p = { .source = "198.51.100.7", .protocol = "tcp", .port = 22, .interface = "eth0" };

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
		for (int turn = 0; turn < 2; turn++) {
			_cleanup_(freep) char *nft = mem_printf(NFT "*filter\n%sCOMMIT\n", cases[k].nft);
			_cleanup_(freep) char *old = mem_printf(OLD "*filter\n%sCOMMIT\n", cases[k].legacy);
			_cleanup_(json_freep) json_t *j = ruleset("");

			assert_true(firewall_add_iptables(j, turn ? nft : old, false));
			assert_true(firewall_add_iptables(j, turn ? old : nft, false));
			assert_int_equal(firewall_hooks(j, false), 2);
			if (strcmp(firewall_verdict_names[firewall_verdict(j, &p)], cases[k].want) != 0)
				fail_msg("case %zu: %s", k, firewall_verdict_names[firewall_verdict(j, &p)]);
		}
	assert_true(firewall_is_legacy(OLD "*filter\n"));
	assert_false(firewall_is_legacy("# Warning: x\n" NFT "*filter\n"));
	assert_true(firewall_is_legacy("*filter\n-A INPUT -m comment --comment (nf_tables)\n"));
}

#define ASKS(words) SAVE "-A INPUT -m set " words " -j REJECT\n-A INPUT -j ACCEPT\n"
static void sets_of_ipset_are_looked_up(void **state _unused_)
{
	static const struct { const char *save, *sets, *want; } cases[] = {
		{ ASKS("--match-set s src"),
		  "create s hash:ip family inet maxelem 65536\nadd s 198.51.100.7 timeout 9\n",
		  "refused" },
		{ ASKS("--match-set s src"), "create s hash:ip family inet\nadd s 198.51.100.8\n", "accepted" },
		{ ASKS("--match-set s src"), "create s hash:net family inet\nadd s 198.51.100.0/24\n", "refused" },
		{ ASKS("! --match-set s src"), "create s hash:net family inet\nadd s 10.0.0.0/8\n", "refused" },
		{ ASKS("--match-set s src"), "create s hash:net family inet\nadd s 198.51.100.7 nomatch\n", "untold" },
		{ ASKS("--match-set s src"), "create s hash:ip,port family inet\n", "untold" },
		{ ASKS("--match-set s src"), "create other hash:ip family inet\n", "untold" },
		{ ASKS("--match-set s src"), "create s hash:ip family inet6\n", "untold" },
		{ ASKS("--match-set s src,dst"), "create s hash:ip family inet\nadd s 198.51.100.7\n", "untold" },
		{ ASKS("--match-set s dst"), "create s hash:ip family inet\n", "untold" },
		{ ASKS("--match-set s src --return-nomatch"),
		  "create s hash:ip family inet\nadd s 198.51.100.7\n", "untold" },
		{ ASKS("--match-set s src"), "", "untold" },
		{ ASKS("--match-set s src"), "add s 1.2.3.4\ncreate\n", "untold" },
	};
	struct firewall_packet p = { .source = "198.51.100.7", .protocol = "tcp", .port = 22, .interface = "eth0" };

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(json_freep) json_t *j = ruleset("");

		assert_true(firewall_add_iptables(j, cases[k].save, false));
		firewall_add_ipsets(j, cases[k].sets);
		if (strcmp(firewall_verdict_names[firewall_verdict(j, &p)], cases[k].want) != 0)
			fail_msg("case %zu: %s", k, firewall_verdict_names[firewall_verdict(j, &p)]);
		assert_int_equal(firewall_has_ipsets(j), !strstr(cases[k].save, "dst"));
	}
	firewall_add_ipsets(NULL, "create s hash:ip family inet\n");
}

static void what_was_not_seen_proves_nothing(void **state _unused_)
{
	static const struct { struct firewall_unseen chain; const char *want; } cases[] = {
		{ { "inet", "t", "in", "filter", "input", .drops = false, .has_rules = true }, "untold" },
		{ { "inet", "t", "in", "filter", "input", .drops = true, .has_rules = true }, "untold" },
		{ { "inet", "t", "in", "filter", "input", .drops = true }, "refused" },
		{ { "inet", "t", "in", "filter", "input", .drops = false }, "accepted" },
		{ { "ip6", "t", "in", "filter", "input", .drops = true, .has_rules = true }, "accepted" },
		{ { "inet", "t", "out", "filter", "output", .drops = true }, "accepted" },
	};
	struct firewall_packet p = { .source = "198.51.100.7", .protocol = "tcp", .port = 22, .interface = "eth0" };

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(json_freep) json_t *j = ruleset("");

		firewall_add_unseen(j, &cases[k].chain);
		if (strcmp(firewall_verdict_names[firewall_verdict(j, &p)], cases[k].want) != 0)
			fail_msg("case %zu: %s", k, firewall_verdict_names[firewall_verdict(j, &p)]);
	}
	/* a drop elsewhere is final all the same */
	_cleanup_(json_freep) json_t *j = ruleset(INPUT("drop"));

	firewall_add_unseen(j, &cases[0].chain);
	firewall_add_unseen(j, &(struct firewall_unseen){ "ip", "u", "in", "filter", "input", .drops = true });
	assert_int_equal(firewall_verdict(j, &p), FIREWALL_REFUSED);
}

static void what_is_not_looked_at_is_told(void **state _unused_)
{
	_cleanup_(json_freep) json_t *none = ruleset(INPUT("drop"));
	_cleanup_(json_freep) json_t *nat = ruleset("{\"chain\":{\"family\":\"ip\",\"table\":\"t\",\"name\":\"n\","
						    "\"type\":\"nat\",\"hook\":\"prerouting\"}}"
						    ",{\"rule\":{\"family\":\"ip\",\"table\":\"t\","
						    "\"chain\":\"n\",\"expr\":[]}}");
	_cleanup_(json_freep) json_t *idle = ruleset("{\"chain\":{\"family\":\"ip\",\"table\":\"t\",\"name\":\"n\","
						     "\"type\":\"nat\",\"hook\":\"prerouting\"}}");
	_cleanup_(json_freep) json_t *ingress = ruleset("{\"chain\":{\"family\":\"netdev\",\"table\":\"t\","
		"\"name\":\"n\","
							"\"type\":\"filter\",\"hook\":\"ingress\"}}");

	assert_null(firewall_blind(none));
	assert_null(firewall_blind(idle));
	assert_non_null(firewall_blind(nat));
	assert_non_null(firewall_blind(ingress));
	assert_int_equal(firewall_hooks(none, true), 1);
	assert_int_equal(firewall_hooks(ingress, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_are_walked_as_the_kernel_does), cmocka_unit_test(iptables_save_is_read),
		cmocka_unit_test(iptables_legacy_stands_beside), cmocka_unit_test(sets_of_ipset_are_looked_up),
		cmocka_unit_test(what_was_not_seen_proves_nothing),
		cmocka_unit_test(what_is_not_looked_at_is_told),
	};

	return cmocka_run_group_tests_name("firewall", tests, NULL, NULL);
}
