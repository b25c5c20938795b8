#include "register_help.h"

#define REDIS \
	"secrets:\n" \
	"  redis/password:\n" \
	"    kind: redis-password\n" \
	"    places:\n" \
	"      - {repository: private, file: hieradata/common.yaml, key: 'passwords::redis::master'}\n" \
	"      - {repository: private, file: hieradata/twin.yaml, key: twin}\n" \
	"    accounts:\n" \
	"      - driver: redis\n" \
	"        address: ['db11:6379', 'db11:6380']\n" \
	"        users: [default]\n" \
	"        admin: {user: root, secret: redis/admin}\n" \
	"        from: [mw1]\n" \
	"        options: {file: /etc/redis/redis.conf}\n" \
	"      - {driver: redis, address: 'mw1:6379', role: replica}\n" \
	"    consumers:\n" \
	"      - {hosts: ['mw*'], file: /srv/jobrunner.json, service: jobrunner, restart: puppet}\n" \
	"      - {hosts: [wiki], file: /etc/redis/redis.conf, service: redis, restart: firebreak, side: server,\n" \
	"         restart_command: [systemctl, restart, redis]}\n" \
	"    make: rsa-4096\n" \
	"    public_halves:\n" \
	"      - {repository: dns, file: zones/example.org, what: TXT record, format: dkim-zone, hosts: ['mw*'],\n" \
	"         check: [named-checkzone, example.org, '{file}'], options: {domain: example.org}}\n" \
	"      - {repository: dns, file: zones/example.org, what: by hand}\n" \
	"    external: [{name: GitHub, how: 'settings, actions, secrets'}]\n" \
	"    stored: [{address: 'db11:6380', table: shop.people}]\n" \
	"    opens: [jobs, 'host:mw*', 'system:redis', redis/admin]\n" \
	"  redis/admin: {kind: shared-secret}\n" \
	"data: {jobs: {title: Job queue, categories: [page titles], people: 12, system: redis}}\n" \
	"closures: [{kind: shared-secret, reaches: ['host:*'], why: because}]\n"

static void whole_register_is_read(void **state)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(REDIS);
	const struct secret_def *s = &r->secrets[0];

	(void)state;
	assert_string_equal(r->organisation.approver, "manager");
	assert_int_equal(r->n_hosts, 5);
	assert_string_equal(r->hosts[2].address, "db11.example.org");
	assert_string_equal(r->hosts[0].address, "mw1");
	assert_int_equal(r->hosts[4].reach, REACH_LOCAL);
	assert_int_equal(r->groups[1].hosts.n, 4);
	assert_string_equal(s->name, "redis/password");
	assert_int_equal(s->system, 0);
	assert_int_equal(s->n_places, 2);
	assert_string_equal(s->places[0].key, "passwords::redis::master");
	assert_int_equal(s->opens.n, 5);
	assert_int_equal(s->opens.r[1].kind, REF_HOST);
	assert_int_equal(s->opens.r[4].index, 1);
	assert_string_equal(s->externals[0].name, "GitHub");
	assert_string_equal(s->make, "rsa-4096");
	assert_int_equal(s->n_public_halves, 2);
	assert_string_equal(s->public_halves[0].format, "dkim-zone");
	assert_int_equal(s->public_halves[0].hosts.n, 2);
	assert_int_equal(s->public_halves[0].check.n, 3);
	assert_string_equal(json_str(s->public_halves[0].options, "domain"), "example.org");
	assert_null(s->public_halves[1].format);
	assert_int_equal(s->n_stored, 1);
	assert_string_equal(s->stored[0].address, "db11:6380");
	assert_string_equal(s->stored[0].table, "shop.people");
	assert_int_equal(r->data[0].people, 12);
	assert_int_equal(r->closures[0].reaches.n, 5);
	assert_int_equal(strlen(r->digest), 64);
}

static void address_list_becomes_accounts(void **state)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(REDIS);
	const struct secret_def *s = &r->secrets[0];

	(void)state;
	assert_int_equal(s->n_accounts, 3);
	for (uint32_t i = 0; i < 2; i++) {
		assert_string_equal(s->accounts[i].address, i ? "db11:6380" : "db11:6379");
		assert_int_equal(s->accounts[i].admin_secret, 1);
		assert_string_equal(s->accounts[i].admin_user, "root");
		assert_int_equal(s->accounts[i].from.n, 1);
		assert_string_equal(json_str(s->accounts[i].options, "file"), "/etc/redis/redis.conf");
	}
	assert_int_equal(s->accounts[2].role, ROLE_REPLICA);
	assert_int_equal(s->accounts[2].admin_secret, NOTHING);
}

static void one_address_has_a_secret_for_each_name_that_it_is_asked_for(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(
		"secrets:\n"
		"  redis/a: {kind: k, accounts: [{driver: mariadb, address: a, options: {name: one}}]}\n"
		"  redis/b: {kind: k, accounts: [{driver: mariadb, address: a, options: {name: two}}]}\n"
		"  redis/c: {kind: k, accounts: [{driver: mariadb, address: a}]}\n");

	assert_int_equal(r->n_secrets, 3);
}

static void consumers_say_who_restarts(void **state)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(REDIS);
	const struct consumer *c = r->secrets[0].consumers;

	(void)state;
	assert_int_equal(c[0].restart, RESTART_BY_PUPPET);
	assert_int_equal(c[0].hosts.n, 2);
	assert_int_equal(c[1].restart, RESTART_BY_US);
	assert_int_equal(c[1].side, SIDE_SERVER);
	assert_int_equal(c[1].restart_command.n, 3);
	assert_int_equal(c[1].hosts.i[1], 1);
}

/* Said in three ways, each host is there once; '::' of an IPv6 address is no helper program of git. */
static void overlaps_and_addresses_are_taken(void **state)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(
		"groups: {three: ['mw?', mw1, wiki, all]}\n"
		"repositories: {six: {kind: private, url: 'ssh://git@[2001:db8::1]/private.git'}}\n");

	(void)state;
	assert_int_equal(r->groups[2].hosts.n, 4);
	assert_string_equal(r->repositories[2].url, "ssh://git@[2001:db8::1]/private.git");
}

static void names_are_found(void **state)
{
	static const struct { const char *what; enum ref_kind kind; uint32_t index; } good[] = {
		{ "redis/password", REF_SECRET, 0 }, { "secret:redis/admin", REF_SECRET, 1 }, { "redis", REF_SYSTEM,
		  0 },
		{ "db11", REF_HOST, 2 }, { "data:jobs", REF_DATA, 0 }, { "jobs", REF_DATA, 0 },
		{ "system:mariadb", REF_SYSTEM, 1 }, { "host:mw2", REF_HOST, 1 },
	};
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(REDIS);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct err e = ERR_INIT;
		struct ref ref;

		assert_int_equal(register_resolve(r, good[i].what, &ref, &e), 0);
		assert_int_equal(ref.kind, good[i].kind);
		assert_int_equal(ref.index, good[i].index);
		assert_non_null(strstr(good[i].what, register_name(r, ref)));
	}
}

static void wrong_names_get_a_hint(void **state)
{
	static const char *const bad[][2] = {
		{ "redis/pasword", "the register knows no 'redis/pasword': did you mean 'redis/password'?" },
		{ "host:db12", "the register knows no 'host:db12': did you mean 'db11'?" },
		{ "", "the register knows no '': expected a secret, system, host, data set, user or ssh key that "
		      "`firebreak register "
		      ""
		      "show` lists" },
		{ "zzzzzzzz", "the register knows no 'zzzzzzzz': expected a secret, system, host, data set, user or "
			      "ssh key that "
			      "`firebreak register show` lists" },
		{ "both", "'both' is a host and a data set: write 'host:both' or 'data:both'" },
	};
	_cleanup_(register_freep) struct firebreak_register *r =
		small_load_ok("secrets: {redis/password: {kind: a}}\ndata: {both: {title: x}}\n");
	struct ref ref = { REF_DATA, 77 };

	(void)state;
	r->hosts[4].name = "both";
	map_put(&r->host_names, "both", 4);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(register_resolve(r, bad[i][0], &ref, &e), -ERR_USAGE);
		assert_string_equal(e.text, bad[i][1]);
		assert_int_equal(ref.index, 77);
	}
}

static void several_files_are_one_register(void **state)
{
	static const char one[] = SMALL_HEAD "configuration: {apply: command, command: [apply, '{host}'], logs: "
					     "[/var/log/a]}\n",
			  two[] = "secrets: {redis/password: {kind: a, opens: [db99]}}\n",
				  three[] = "hosts: {db99: }\n",
			  again[] = "hosts: {db99: }\n", empty[] = "# nothing\n";
	struct source files[] = { { "a.yaml", one, sizeof(one) - 1 }, { "b.yaml", two, sizeof(two) - 1 },
				  { "c.yaml", three, sizeof(three) - 1 }, { "d.yaml", empty, sizeof(empty) - 1 },
				  { "e.yaml", again, sizeof(again) - 1 } };
	_cleanup_(register_freep) struct firebreak_register *r = NULL, *twice = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(register_load(files, 4, NULL, 0, &r, &e), 0);
	assert_int_equal(r->secrets[0].opens.r[0].index, 5);
	assert_string_equal(r->hosts[5].at.file, "c.yaml");
	assert_int_equal(r->hosts[5].configuration.apply, APPLY_COMMAND);
	assert_string_equal(r->hosts[0].logs.s[0], "/var/log/a");
	assert_int_equal(register_load(files, 5, NULL, 0, &twice, &e), -ERR_CONFIG);
	assert_string_equal(e.text, "e.yaml:1:9: host 'db99' stands twice: the first is at c.yaml:1:9");
	assert_null(twice);
}

static void all_problems_are_told(void **state)
{
	_cleanup_(strv_free) struct strv problems = STRV_INIT;
	static const char text[] = SMALL_HEAD "secrets:\n  redis/a: {knd: x}\n  redis/b: {kind: a, opens: [nope, "
					      "redis]}\n"
					      "  redis/c: {kind: a, places: [{repository: privat, file: a}]}\n";
	struct source file = { "r.yaml", text, sizeof(text) - 1 };
	struct firebreak_register *r = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(register_load_all(&file, 1, NULL, 0, &problems, &r, &e), -ERR_CONFIG);
	assert_int_equal(problems.n, 4);
	assert_string_equal(problems.s[0], "r.yaml:12:13: unknown key 'knd' in secret 'redis/a' (did you mean "
					   "'kind'?)");
	assert_string_equal(problems.s[1], "r.yaml:12:12: secret 'redis/a' has no 'kind', which it needs");
	assert_string_equal(problems.s[2], "r.yaml:13:30: no secret, host, system, data set, user or ssh key is "
					   "called 'nope'");
	assert_string_equal(problems.s[3], "r.yaml:14:44: no repository is called 'privat' (did you mean "
					   "'private'?)");
	assert_string_equal(e.text, problems.s[0]);
}

static void what_is_no_secret_is_told_by_pattern(void **state _unused_)
{
	static const struct { const char *file, *key; uint32_t rule; } cases[] = {
		{ "files/geoip/a.mmdb", NULL, 0 }, { "files/geoip/x/a.mmdb", NULL, NOTHING },
		{ "files/geoip/", NULL, 0 }, { "a.pub", NULL, 1 }, { "x/y/a.pub", NULL, 1 },
		{ "x/a.pub2", NULL, NOTHING }, { "xa/pub", NULL, NOTHING }, { "h/common.yaml", "fw::a", 2 },
		{ "h/common.yaml", "fw::a.b.0", 2 }, { "h/common.yaml", "fw:a", NOTHING },
		{ "h/common.yaml", NULL, NOTHING }, { "h/common.yaml", "exact", 3 }, { "h/common.yaml", "exact.0", 3 },
		{ "h/common.yaml", "exactly", NOTHING }, { "h/commonXyaml", "exact", NOTHING }, { "lists/a", "k", 4 },
		{ "lists/b/c", NULL, 4 }, { "list", NULL, NOTHING }, { "q1", NULL, 5 }, { "q/", NULL, NOTHING },
		{ "fw", NULL, NOTHING },
	};
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(
		"not_secret:\n"
		"  - {repository: private, file: 'files/geoip/*', class: data, why: w}\n"
		"  - {repository: private, file: '**/*.pub', class: public, why: w}\n"
		"  - {repository: private, file: h/common.yaml, key: 'fw::*', class: data, why: w}\n"
		"  - {repository: private, file: h/common.yaml, key: exact, class: data, why: w}\n"
		"  - {repository: private, file: 'lists/**', class: data, why: w}\n"
		"  - {repository: private, file: 'q?', class: data, why: w}\n"
		"check: {tested_within: 30}\n");

	assert_int_equal(r->n_not_secret, 6);
	assert_int_equal(r->not_secret[1].class, NOT_SECRET_PUBLIC);
	assert_int_equal(r->tested_within_days, 30);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *key = cases[i].key;

		if (register_not_secret(r, "private", cases[i].file, key, key ? strcspn(key, ".") : 0) != cases[i].rule)
			fail_msg("%s %s", cases[i].file, key ? key : "");
	}
	/* a name of its own at the top, that only begins like the rule's key */
	assert_int_equal(register_not_secret(r, "private", "h/common.yaml", "exact.password", 14), NOTHING);
	assert_int_equal(register_not_secret(r, "private", "h/common.yaml", "fw::a.password", 14), 2);
	assert_int_equal(register_not_secret(r, "dns", "a.pub", NULL, 0), NOTHING);
	assert_int_equal(register_not_secret(r, "nothing", "a.pub", NULL, 0), NOTHING);
}

/* Many stars against a long name that nearly fits: an answer in bounded time, and not "declared". */
static void a_pattern_of_many_stars_ends(void **state _unused_)
{
	char name[900];
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(
		"not_secret: [{repository: private, file: '**a**a**a**a**a**a**a**a**a**b', class: data, why: w},"
		" {repository: private, file: x, key: '*a*a*a*a*a*a*a*a*a*a*b', class: data, why: w}]");

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(register_not_secret(r, "private", name, NULL, 0), NOTHING);
	assert_int_equal(register_not_secret(r, "private", "x", name, 0), NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_secret_is_told_by_pattern),
		cmocka_unit_test(a_pattern_of_many_stars_ends),
		cmocka_unit_test(whole_register_is_read),
		cmocka_unit_test(address_list_becomes_accounts),
		cmocka_unit_test(one_address_has_a_secret_for_each_name_that_it_is_asked_for),
		cmocka_unit_test(consumers_say_who_restarts),
		cmocka_unit_test(overlaps_and_addresses_are_taken),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(wrong_names_get_a_hint),
		cmocka_unit_test(several_files_are_one_register),
		cmocka_unit_test(all_problems_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
