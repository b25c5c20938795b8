/* Rules that cut a host off, who would be cut off by them, and who may. */
#include "register_help.h"
#include "model/contain_host.h"

static const char *const responders[] = { "192.0.2.7", "198.51.100.0/24", "2001:db8:7::/64", "::ffff:203.0.113.9" };
static const uint16_t ports[] = { 22, 2222 };

static struct contain_rules rules(enum contain_level level)
{
	return (struct contain_rules){ .level = level, .label = "firebreak incident 3 1", .responders = responders,
				       .n_responders = ARRAY_SIZE(responders), .ports = ports,
				       .n_ports = ARRAY_SIZE(ports), .loopback = true };
}

static char *text_of(const struct contain_rules *c)
{
	struct buf b = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	if (contain_nft(c, &b, &e) < 0)
		fail_msg("%s", e.text);
	return buf_take(&b);
}

static void the_whole_is_one_repeatable_transaction(void **state _unused_)
{
	struct contain_rules c = rules(LEVEL_ISOLATE);
	_cleanup_(freep) char *text = text_of(&c);

	assert_int_equal(strncmp(text, "table inet firebreak_contain\ndelete table inet firebreak_contain\n"
				 "table inet firebreak_contain {\n\tcomment \"firebreak incident 3 1\"\n", 130), 0);
	assert_int_equal(text[strlen(text) - 2], '}');
}

static void isolation_lets_in_responders_of_both_families_and_nobody_else(void **state _unused_)
{
	static const char *const want[] = {
		"type ipv4_addr\n\t\tflags interval\n\t\tauto-merge\n"
		"\t\telements = { 192.0.2.7, 198.51.100.0/24, 203.0.113.9 }",
		"elements = { 2001:db8:7::/64 }",
		"chain input {\n\t\ttype filter hook input priority -10; policy drop;\n\t\tiif \"lo\" accept\n"
		"\t\tip saddr @responders4 tcp dport { 22, 2222 } accept\n"
		"\t\tip6 saddr @responders6 tcp dport { 22, 2222 } accept\n",
		"chain forward {\n\t\ttype filter hook forward priority -10; policy drop;\n\t}",
		"chain output {\n\t\ttype filter hook output priority -10; policy drop;\n\t\toif \"lo\" accept\n"
		"\t\tip daddr @responders4 tcp sport { 22, 2222 } accept\n"
		"\t\tip6 daddr @responders6 tcp sport { 22, 2222 } accept\n",
	};
	/* conntrack hangs the session that applies it; 53: no open DNS */
	static const char *const never[] = { "ct state", "established", " 53", "udp" };
	struct contain_rules c = rules(LEVEL_ISOLATE);
	_cleanup_(freep) char *text = text_of(&c);

	for (size_t k = 0; k < ARRAY_SIZE(want); k++)
		if (!strstr(text, want[k]))
			fail_msg("'%s' is not in\n%s", want[k], text);
	for (size_t k = 0; k < ARRAY_SIZE(never); k++)
		if (strstr(text, never[k]))
			fail_msg("'%s' is in\n%s", never[k], text);
}

static void loopback_is_as_the_register_says(void **state _unused_)
{
	struct contain_rules c = rules(LEVEL_ISOLATE);
	_cleanup_(freep) char *text = NULL;

	c.loopback = false;
	text = text_of(&c);
	assert_null(strstr(text, "\"lo\""));
}

static void port22_closes_ssh_and_nothing_else(void **state _unused_)
{
	struct contain_rules c = rules(LEVEL_PORT22);
	_cleanup_(freep) char *text = text_of(&c);

	assert_null(strstr(text, "policy drop"));
	assert_null(strstr(text, "hook forward"));
	assert_non_null(strstr(text, "ip saddr != @responders4 tcp dport { 22, 2222 } limit rate 1000/second reject "
			       "with tcp reset\n"));
	assert_non_null(strstr(text, "ip6 saddr != @responders6 tcp dport { 22, 2222 } drop\n"));
	assert_non_null(strstr(text, "ip daddr != @responders4 tcp sport { 22, 2222 } drop\n"));
}

static void rules_that_let_nobody_in_or_everybody_are_refused(void **state _unused_)
{
	static const char *const bad[] = { "0.0.0.0/0", "10.0.0.0/8", "::/0", "2001:db8::/32", "192.0.2.7/24", "x",
					   "192.0.2.7 } } accept", "192.0.2.7/33", "", "-oProxyCommand=x", "::1/129" };
	struct contain_rules c = rules(LEVEL_ISOLATE);
	struct buf b = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		const char *const one[] = { "192.0.2.7", bad[k] };

		c.responders = one;
		c.n_responders = 2;
		if (contain_nft(&c, &b, &e) != -ERR_CONFIG)
			fail_msg("'%s' was taken", bad[k]);
	}
	c = rules(LEVEL_ISOLATE);
	c.n_responders = 0;
	assert_int_equal(contain_nft(&c, &b, &e), -ERR_CONFIG);
	c = rules(LEVEL_ISOLATE);
	c.n_ports = 0;
	assert_int_equal(contain_nft(&c, &b, &e), -ERR_CONFIG);
	c = rules(LEVEL_ISOLATE);
	c.label = "x\" ; flush ruleset ; \"";
	assert_int_equal(contain_nft(&c, &b, &e), -ERR_BUG);
	c = rules(LEVEL_SSH);
	assert_int_equal(contain_nft(&c, &b, &e), -ERR_BUG);
	buf_free(&b);
}

static void who_would_be_cut_off_is_told_before(void **state _unused_)
{
	static const struct { const char *connection; int want; const char *says; } rows[] = {
		{ "192.0.2.7 51000 10.0.0.1 22", 0, NULL },
		{ "198.51.100.77 51000 10.0.0.1 2222", 0, NULL },
		{ "2001:db8:7::1 51000 2001:db8::1 22", 0, NULL },
		{ "::ffff:192.0.2.7 51000 ::ffff:10.0.0.1 22", 0, NULL },       /* sshd on a socket of both */
		{ "203.0.113.9 51000 10.0.0.1 22", 0, NULL },
		{ "192.0.2.8 51000 10.0.0.1 22", -ERR_REFUSED, "come from 192.0.2.8, which is none of" },
		{ "2001:db8:8::1 51000 2001:db8::1 22", -ERR_REFUSED, "come from 2001:db8:8::1" },
		{ "fe80::1%eth0 51000 fe80::2%eth0 22", -ERR_REFUSED, "come from fe80::1," },
		{ "192.0.2.7 51000 10.0.0.1 22022", -ERR_REFUSED, "listens on port 22022" },
		{ "192.0.2.7 51000 10.0.0.1", -ERR_REFUSED, "does not say" },
		{ "UNKNOWN 65535 UNKNOWN 65535", -ERR_REFUSED, "come from UNKNOWN" },
		{ "", -ERR_REFUSED, "does not say" },
		{ NULL, -ERR_REFUSED, "does not say" },
	};
	struct contain_rules c = rules(LEVEL_ISOLATE);

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct err e = ERR_INIT;

		if (contain_lockout(&c, rows[k].connection, &e) != rows[k].want ||
		    (rows[k].says && !strstr(e.text, rows[k].says)))
			fail_msg("%s: %s", rows[k].connection, e.text);
	}
}

static void another_name_for_the_same_way_is_the_same_path(void **state _unused_)
{
	static const struct { const char *one, *other; bool same; } rows[] = {
		{ "192.0.2.7 51000 10.0.0.1 22", "192.0.2.7 51001 10.0.0.1 22", true },
		{ "192.0.2.7 51000 10.0.0.1 22", "192.0.2.7 51001 10.0.0.1 2222", true },
		{ "192.0.2.7 51000 10.0.0.1 22", "::ffff:192.0.2.7 51001 ::ffff:10.0.0.1 22", true },
		{ "2001:db8:7::1 51000 2001:db8::1 22", "2001:db8:7:0::1 51001 2001:db8:0::1 22", true },
		{ "192.0.2.7 51000 10.0.0.1 22", "192.0.2.8 51000 10.0.0.1 22", false },
		{ "192.0.2.7 51000 10.0.0.1 22", "192.0.2.7 51000 10.0.0.2 22", false },
		{ "192.0.2.7 51000 10.0.0.1 22", "2001:db8:7::1 51000 2001:db8::1 22", false },
		{ "192.0.2.7 51000", "192.0.2.7 51000", false },
		{ NULL, "192.0.2.7 51000 10.0.0.1 22", false },
		{ "192.0.2.7 51000 10.0.0.1 22", NULL, false },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
		if (contain_same_path(rows[k].one, rows[k].other) != rows[k].same)
			fail_msg("row %zu", k);
}

#define PEOPLE \
	"people:\n" \
	"  bob: {name: Bob, mail: bob@example.org, roles: [oncall]}\n" \
	"  carol: {name: Carol, mail: carol@example.org, roles: [dba]}\n" \
	"  dave: {name: Dave, mail: dave@example.org, roles: [writer]}\n" \
	"  erin: {name: Erin, mail: erin@example.org, roles: [writer, helper]}\n" \
	"  frank: {name: Frank, mail: frank@example.org, roles: [barred]}\n" \
	"roles: {oncall: {root: true, contain: all}, dba: {root: true}, writer: , helper: {contain: crowd-control},\n" \
	"  barred: {root: true, contain: none}}\n"

static void who_may_do_what_is_the_registers_word(void **state _unused_)
{
	static const struct { const char *person; const char *may; } rows[] = {
		{ "bob", "isolate port22 ssh sessions shutdown " }, { "carol", "port22 ssh shutdown " },
		{ "dave", "" }, { "erin", "port22 ssh shutdown " }, { "frank", "" }, { "nobody", "" }, { NULL, "" },
		{ "alice", "port22 ssh shutdown " },      /* root by a role that says nothing of it */
	};
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(PEOPLE);

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		enum contain_right right = contain_right(r, rows[k].person);
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

		for (int level = 0; level < CONTAIN_LEVELS; level++)
			if (contain_may(right, (enum contain_level)level))
				buf_printf(&b, "%s ", contain_levels[level].name);
		assert_string_equal(buf_text(&b), rows[k].may);
	}
}

static void who_is_root_and_may_not_is_offered_crowd_control_with_one_command_each(void **state _unused_)
{
	static const char *const hosts[] = { "mw1", "db11" };
	static const char *const want[] = { "firebreak contain 3 mw1 db11 --level port22 --as carol\n",
					    "firebreak contain 3 mw1 db11 --level ssh --as carol\n",
					    "firebreak contain 3 mw1 db11 --level shutdown --as carol\n" };
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000), none = BUF_INIT(10000);

	contain_offer(CONTAIN_CROWD, 3, "carol", hosts, 2, &b);
	for (size_t k = 0; k < ARRAY_SIZE(want); k++)
		assert_non_null(strstr(buf_text(&b), want[k]));
	assert_null(strstr(buf_text(&b), "--level isolate"));
	contain_offer(CONTAIN_NOTHING, 3, "dave", hosts, 2, &none);
	assert_null(strstr(buf_text(&none), "firebreak contain"));
}

#define WHOLE "containment:\n  responders: [192.0.2.7]\n  second: '{host}-console'\n  probe: [mw1, mw2]\n"

static void a_host_has_its_own_words_over_the_registers(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(
		WHOLE "  dead_man: 60\n  loopback: closed\n"
		"hosts:\n  bare:\n  own: {containment: {responders: ['2001:db8:7::9'], second: jump, dead_man: 9, "
		"ports: [22, 2222], loopback: open, probe: db11, addresses: [192.0.2.50]}}\n");
	_cleanup_(contain_host_free) struct contain_host bare = { 0 }, own = { 0 }, probe = { 0 };

	contain_host_of(r, map_get(&r->host_names, "bare"), &bare);
	contain_host_of(r, map_get(&r->host_names, "own"), &own);
	contain_host_of(r, map_get(&r->host_names, "mw1"), &probe);
	assert_string_equal(bare.second, "bare-console");
	assert_string_equal(bare.responders[0], "192.0.2.7");
	assert_string_equal(r->hosts[bare.probe].name, "mw1");
	assert_string_equal(r->hosts[probe.probe].name, "mw2");          /* not from itself */
	assert_true(bare.dead_man_s == 60 && !bare.loopback && bare.n_ports == 1 && bare.ports[0] == 22);
	assert_string_equal(own.second, "jump");
	assert_string_equal(own.responders[0], "2001:db8:7::9");
	assert_string_equal(r->hosts[own.probe].name, "db11");
	assert_true(own.dead_man_s == 9 && own.loopback && own.n_ports == 2 && own.ports[1] == 2222);
	assert_true(own.n_addresses == 1 && bare.n_addresses == 0);
}

static void what_cannot_work_is_refused_before_anything_is_sent(void **state _unused_)
{
	static const struct { const char *more, *says; } rows[] = {
		{ "", "no 'responders'" },
		{ "containment: {responders: [192.0.2.7]}\n", "no 'second'" },
		{ "containment: {responders: [192.0.2.7], second: '{host}'}\n", "second path is its first one" },
		{ "containment: {responders: [192.0.2.7], second: '{host}-b'}\n", "no 'probe'" },
		{ "containment: {responders: [192.0.2.7], second: '{host}-b', probe: mw1}\n", "no 'probe'" },
		{ WHOLE, NULL },
		/* the same name is another way when another file says how */
		{ "containment: {responders: [192.0.2.7], second: '{host}', second_config: other, probe: mw2}\n",
		  NULL },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(rows[k].more);
		uint32_t mw1 = map_get(&r->host_names, "mw1"), local = map_get(&r->host_names, "local");
		struct err e = ERR_INIT;
		int got = contain_host_can(r, mw1, LEVEL_ISOLATE, true, &e);

		if (rows[k].says ? got != -ERR_CONFIG || !strstr(e.text, rows[k].says) : got != 0)
			fail_msg("row %zu: %s", k, e.text);
		/* crowd control asks for no second path; of the rules only for somebody who is let in */
		assert_int_equal(contain_host_can(r, mw1, LEVEL_SSH, false, &e), 0);
		assert_int_equal(contain_host_can(r, mw1, LEVEL_PORT22, false, &e), k == 0 ? -ERR_CONFIG : 0);
		assert_int_equal(contain_host_can(r, local, LEVEL_SHUTDOWN, false, &e), -ERR_REFUSED);
	}
}

static void a_calm_day_says_what_would_not_work(void **state _unused_)
{
	static const char *const want[] = {
		"no role has 'contain: all': nobody may isolate a host and release it again",
		"head.yaml:8:9: host 'mw1' and others could not be contained: no 'second' in 'containment': without a "
		"second path nobody can confirm that you still come in, and the host would undo it by itself",
		"head.yaml:8:23: host 'db11' could not be contained: its second path is its first one: 'second' in "
		"'containment' must be another address or alias, or have another 'second_config'",
	};
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(
		"containment: {responders: [192.0.2.7], probe: [mw1, mw2]}\n");
	_cleanup_(register_freep) struct firebreak_register *good = small_load_ok(
		WHOLE "roles: {on: {contain: all}}\n");
	_cleanup_(strv_free) struct strv got = STRV_INIT, none = STRV_INIT;
	uint32_t db11 = map_get(&r->host_names, "db11");

	r->hosts[db11].containment.second = "db11.example.org";
	contain_check(r, &got);
	assert_int_equal(got.n, ARRAY_SIZE(want));
	for (size_t k = 0; k < got.n; k++)
		assert_string_equal(got.s[k], want[k]);
	contain_check(good, &none);
	assert_int_equal(none.n, 0);
}

static void wrong_words_of_the_register_are_refused_with_their_place(void **state _unused_)
{
	static const struct { const char *more, *says; } rows[] = {
		{ "containment: {responders: [0.0.0.0/0]}\n", "r.yaml:1:28:" },
		{ "containment: {responders: [10.1.2.3/16]}\n", "an address or a network" },
		{ "containment: {second: '-oProxyCommand=x'}\n", "an address that ssh is told" },
		{ "containment: {second: '{host}{host}'}\n", "an address that ssh is told" },
		{ "containment: {probe: nowhere}\n", "nowhere" },
		{ "containment: {ports: [0]}\n", "a port" },
		{ "containment: {loopback: maybe}\n", "'maybe'" },
		{ "containment: {addresses: [192.0.2.1]}\n", "unknown key 'addresses'" },
		{ "containment: {dead_man: 0}\n", "seconds" },
		{ "containment: {dead_man: 5}\ncontainment: {dead_man: 6}\n", "stands twice" },
		{ "roles: {x: {contain: maybe}}\n", "'maybe'" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		char text[500];

		assert_null(small_load(rows[k].more, text));
		if (!strstr(text, rows[k].says))
			fail_msg("%s", text);
	}
}

static void a_wrong_level_is_answered_with_the_right_ones(void **state _unused_)
{
	enum contain_level level = LEVEL_SSH;
	struct err e = ERR_INIT;

	assert_int_equal(contain_level_parse("isolat", &level, &e), -ERR_USAGE);
	assert_non_null(strstr(e.text, "did you mean 'isolate'?"));
	assert_int_equal(level, LEVEL_SSH);
	assert_int_equal(contain_level_parse("shutdown", &level, &e), 0);
	assert_int_equal(level, LEVEL_SHUTDOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_is_one_repeatable_transaction),
		cmocka_unit_test(isolation_lets_in_responders_of_both_families_and_nobody_else),
		cmocka_unit_test(loopback_is_as_the_register_says),
		cmocka_unit_test(port22_closes_ssh_and_nothing_else),
		cmocka_unit_test(rules_that_let_nobody_in_or_everybody_are_refused),
		cmocka_unit_test(who_would_be_cut_off_is_told_before),
		cmocka_unit_test(another_name_for_the_same_way_is_the_same_path),
		cmocka_unit_test(who_may_do_what_is_the_registers_word),
		cmocka_unit_test(who_is_root_and_may_not_is_offered_crowd_control_with_one_command_each),
		cmocka_unit_test(a_host_has_its_own_words_over_the_registers),
		cmocka_unit_test(what_cannot_work_is_refused_before_anything_is_sent),
		cmocka_unit_test(a_calm_day_says_what_would_not_work),
		cmocka_unit_test(wrong_words_of_the_register_are_refused_with_their_place),
		cmocka_unit_test(a_wrong_level_is_answered_with_the_right_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
