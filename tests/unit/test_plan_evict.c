/* Whom a plan evicts, and what ends with a host that was lost. */
#include "base/mem.h"
#include "model/evict.h"
#include "plan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEAD "register: 1\norganisation: {name: O, team: t@example.org, approver: em}\nroles: {em: {}}\n" \
	"repositories:\n  private: {kind: private, url: /srv/p.git, branch: main}\n" \
	"systems: {s: {title: S}}\n"

/* The plan of what was declared, and with `reach` of all that it reaches. */
static void make(struct world *w, const char *yaml, const char *what, bool reach)
{
	struct source file = { "firebreak.yaml", yaml, strlen(yaml) };
	struct plan_input in = { .n_members = 1, .n_roots = 1, .incident = 7 };
	_cleanup_(graph_freep) struct graph *g = NULL;
	_cleanup_(blast_free) struct blast b = { 0 };
	struct err e = ERR_INIT;
	struct ref root, members[64];

	*w = (struct world){ 0 };
	world_books(&w->books);
	if (register_load(&file, 1, NULL, 0, &w->reg, &e) < 0 ||
	    (register_know(w->reg, what), register_resolve(w->reg, what, &root, &e)) < 0)
		fail_msg("%s", e.text);
	if (graph_build(w->reg, &g, &e) < 0 || graph_blast(g, &root, 1, &b, &e) < 0)
		fail_msg("%s", e.text);
	if (reach)
		in.n_members = b.n;
	assert_in_range(in.n_members, 1, ARRAY_SIZE(members));
	for (size_t i = 0; i < in.n_members; i++)
		members[i] = b.m[i].ref;
	in.reg = w->reg;
	in.playbooks = &w->books;
	in.members = members;
	if (plan_build(&in, &w->plan, &e) < 0)
		fail_msg("%s", e.text);
}

static void make_declared(struct world *w, const char *yaml, const char *what)
{
	make(w, yaml, what, false);
}

#define PEOPLE HEAD "hosts: {a: {configuration: {apply: puppet-agent}}, b: {reach: local}}\nconfiguration: {apply: " \
		    "none}\n" \
	"secrets: {s/half: {kind: ssh-key}, s/other: {kind: ssh-key}}\n" \
	"users_data: {repository: private, file: users.yaml, people: people}\n" \
	"users:\n  alice: {keys: [{fingerprint: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', secret: " \
	"s/half}]}\n" \
	"  bob: {keys: [{fingerprint: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'}]}\n"

static void an_account_that_was_declared_is_evicted_from_every_host(void **state _unused_)
{
	static const struct { const char *what, *title; } cases[] = {
		{ "user/alice", "user/alice, ssh-key/SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA can no longer "
				"log in on b, "
				"and nothing of theirs runs" },
		/* the account that a leaked key opens is somebody's who still works here */
		{ "ssh-key/SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		  "ssh-key/SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA can no longer log in on b, and nothing "
		  "of theirs "
		  "runs" },
		{ "s/half", "ssh-key/SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA can no longer log in on b, "
			    "and nothing of "
			    "theirs runs" },
	};
	struct world w;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_declared(&w, PEOPLE, cases[i].what);
		assert_true(step(&w, "evict-data:private")->person);
		assert_true(is_there(&w, "evict@a"));
		assert_string_equal(step(&w, "evict@b")->title, cases[i].title);
		assert_false(is_there(&w, "certificate@a"));
		unmake(&w);
	}
	make_declared(&w, PEOPLE, "s/other");
	assert_false(is_there(&w, "evict@a"));
	unmake(&w);
}

#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B43 "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

/* An agent on h holds a key of bob's, who is nobody; one on j that of the operators, who are root; s/salt opens all. */
#define HELD HEAD "hosts: {h: {holds: [ssh-key/SHA256:" A43 "]}, j: {holds: [ssh-key/SHA256:" B43 "]}, k: }\n" \
	"configuration: {apply: none}\n" \
	"secrets:\n" \
	"  s/fed: {kind: shared-secret, places: [{repository: private, file: a, key: fed}],\n" \
	"    consumers: [{hosts: k, file: /fed}]}\n" \
	"  s/there: {kind: shared-secret, places: [{repository: private, file: a, key: there}],\n" \
	"    consumers: [{hosts: h, file: /there}], opens: [s/next]}\n" \
	"  s/next: {kind: shared-secret, places: [{repository: private, file: a, key: next}],\n" \
	"    consumers: [{hosts: k, file: /next}]}\n" \
	"  s/salt: {kind: salt-key}\n" \
	"users:\n  bob: {root: false, keys: [{fingerprint: 'SHA256:" A43 "'}]}\n" \
	"  ops: {root: true, keys: [{fingerprint: 'SHA256:" B43 "'}]}\n" \
	"closures: [{kind: salt-key, reaches: ['host:*'], why: it is root}]\n"

#define NOBODYS HEAD "hosts: {h: }\nconfiguration: {apply: none}\n"

/* "if a key was compromised - ensure it is gone and force a regeneration" */
static void who_had_a_key_that_is_evicted_makes_a_new_one(void **state _unused_)
{
	static const char why[] = "if a key was compromised - ensure it is gone and force a regeneration (Servers)";
	struct world w;

	make_declared(&w, HELD, "ssh-key/SHA256:" A43);
	assert_true(step(&w, "new-key:SHA256:" A43)->person);
	assert_string_equal(step(&w, "new-key:SHA256:" A43)->why, why);
	assert_non_null(strstr(step(&w, "new-key:SHA256:" A43)->text, "bob: make a new key in the place of SHA256:" A43
			       " (`ssh-keygen -t ed25519`)"));
	assert_non_null(strstr(step(&w, "new-key:SHA256:" A43)->text, "into the public users data and into the "
			       "register (users: bob: keys)"));
	assert_false(is_there(&w, "new-key:SHA256:" B43));
	unmake(&w);
	/* of who is evicted with all of theirs, one step; where the users data is known, it names the place in it */
	make_declared(&w, PEOPLE, "user/bob");
	assert_non_null(strstr(step(&w, "new-key:user/bob")->text, "if bob is to log in again: they make a new key"));
	assert_non_null(strstr(step(&w, "new-key:user/bob")->text, "into users.yaml of private (people: bob: "));
	assert_false(is_there(&w, "new-key:SHA256:" A43));
	unmake(&w);
	/* nobody's: an intruder's, or one that the register should have */
	make_declared(&w, NOBODYS, "ssh-key/SHA256:" A43);
	assert_non_null(strstr(step(&w, "new-key:SHA256:" A43)->text, "find out whose key SHA256:" A43 " is"));
	unmake(&w);
	/* a secret's is made anew by its playbook, when it is in the plan */
	make_declared(&w, PEOPLE, "s/half");
	assert_false(is_there(&w, "new-key:SHA256:" A43));
	unmake(&w);
	make_declared(&w, PEOPLE, "ssh-key/SHA256:" A43);
	assert_non_null(strstr(step(&w, "new-key:SHA256:" A43)->text, "s/half is made anew"));
	unmake(&w);
}

static void the_certificate_of_a_lost_host_ends_by_a_person(void **state _unused_)
{
	struct world w;

	make_declared(&w, PEOPLE, "host:a");
	assert_non_null(strstr(step(&w, "certificate@a")->text, "`puppetserver ca clean --certname a`"));
	assert_false(is_there(&w, "evict@a"));
	unmake(&w);
	make_declared(&w, PEOPLE, "host:b");
	assert_false(is_there(&w, "certificate@b"));
	unmake(&w);
}

#define SERVED HEAD "puppet: {server: p}\nconfiguration: {apply: puppet-agent}\n" \
	"hosts: {p: , a: {address: a.example.org}, c: {configuration: {apply: puppet-agent, options: [--certname, " \
	"c7]}}, n: {configuration: {apply: none}}}\n"

#define ASKED HEAD "puppet: {server: p, database: q}\nconfiguration: {apply: puppet-agent}\n" \
	"hosts: {p: , q: {address: q.example.org}, a: }\n"

static void where_the_puppet_server_is_known_the_program_ends_it(void **state _unused_)
{
	struct world w;

	make_declared(&w, SERVED, "host:a");
	assert_string_equal(step(&w, "certificate@a")->title, "the certificate of a's Puppet agent is revoked on p");
	assert_string_equal(step(&w, "certificate@a")->text, "`firebreak evict` does it and proves it");
	assert_string_equal(step(&w, "node@a")->title, "PuppetDB has a as deactivated, and nothing of it is left in "
			    "the caches of p");
	assert_string_equal(step(&w, "node@a")->text, "`firebreak evict` does it and proves it, once the certificate "
			    "is revoked");
	assert_int_equal(evict_database(w.reg), w.reg->puppet.server);
	unmake(&w);
	make_declared(&w, SERVED, "host:c");
	assert_string_equal(evict_certname(&w.reg->hosts[step(&w, "node@c")->host]), "c7");
	unmake(&w);
	make_declared(&w, SERVED, "host:n");
	assert_false(is_there(&w, "certificate@n"));
	unmake(&w);
	/* its own certificate is not revoked by itself */
	make_declared(&w, SERVED, "host:p");
	assert_non_null(strstr(step(&w, "certificate@p")->text, "Make a new CA"));
	assert_false(is_there(&w, "node@p"));
	unmake(&w);
}

static void what_puppet_keeps_of_the_host_that_asks_puppetdb_is_a_persons(void **state _unused_)
{
	struct world w;

	make_declared(&w, ASKED, "host:a");
	assert_non_null(strstr(step(&w, "node@a")->text, "`firebreak evict` does it"));
	assert_string_equal(w.reg->hosts[evict_database(w.reg)].name, "q");
	unmake(&w);
	make_declared(&w, ASKED, "host:q");
	assert_string_equal(step(&w, "certificate@q")->text, "`firebreak evict` does it and proves it");
	assert_non_null(strstr(step(&w, "node@q")->text, "`puppet node deactivate q.example.org`, and look that "
			       "`puppet node status q.example.org` says since when"));
	assert_non_null(strstr(step(&w, "node@q")->text, "name another host"));
	unmake(&w);
}

static void a_key_that_lay_on_a_lost_host_is_evicted_and_its_owner_is_not(void **state _unused_)
{
	struct world w;

	make(&w, HELD, "host:h", true);
	assert_string_equal(step(&w, "evict@k")->title, "ssh-key/SHA256:" A43 " can no longer log in on k, and nothing "
			    "of theirs runs");
	assert_true(is_there(&w, "contain:h"));
	assert_true(is_there(&w, "values:s/there"));
	assert_true(is_there(&w, "values:s/next"));
	assert_false(is_there(&w, "values:s/fed"));
	assert_false(is_there(&w, "safety:h"));
	assert_false(is_there(&w, "safety:k"));
	unmake(&w);
}

static void each_old_value_is_looked_for_on_the_lost_host(void **state _unused_)
{
	struct world w;

	make(&w, HELD, "host:h", true);
	assert_true(is_there(&w, "residue:s/there@h"));
	assert_true(is_there(&w, "residue:s/next@k"));
	assert_true(is_there(&w, "residue:s/next@h"));
	unmake(&w);
	make(&w, HELD, "s/there", true);
	assert_true(is_there(&w, "residue:s/there@h"));
	assert_false(is_there(&w, "residue:s/next@h"));
	unmake(&w);
}

static void what_is_root_everywhere_makes_every_host_compromised(void **state _unused_)
{
	static const struct { const char *declared; bool j_too; } cases[] = {
		{ "host:j", false }, { "ssh-key/SHA256:" B43, true }, { "s/salt", true }, { "user/ops", true },
	};
	struct world w;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make(&w, HELD, cases[i].declared, true);
		assert_int_equal(is_there(&w, "safety:j"), cases[i].j_too);
		assert_int_equal(is_there(&w, "contain:j"), !cases[i].j_too);
		assert_string_equal(step(&w, "safety:k")->text, "view it as compromised: look (firebreak investigate 7 "
				    "k), and keep everybody out unless it is clean: firebreak contain 7 k");
		assert_true(is_there(&w, "safety:h"));
		assert_true(is_there(&w, "evict@k"));
		assert_true(is_there(&w, "values:s/fed"));
		assert_true(is_there(&w, "values:s/there"));
		unmake(&w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_that_was_declared_is_evicted_from_every_host),
		cmocka_unit_test(who_had_a_key_that_is_evicted_makes_a_new_one),
		cmocka_unit_test(the_certificate_of_a_lost_host_ends_by_a_person),
		cmocka_unit_test(where_the_puppet_server_is_known_the_program_ends_it),
		cmocka_unit_test(what_puppet_keeps_of_the_host_that_asks_puppetdb_is_a_persons),
		cmocka_unit_test(a_key_that_lay_on_a_lost_host_is_evicted_and_its_owner_is_not),
		cmocka_unit_test(each_old_value_is_looked_for_on_the_lost_host),
		cmocka_unit_test(what_is_root_everywhere_makes_every_host_compromised),
	};

	if (argc != 2)
		return 2;
	playbook_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
