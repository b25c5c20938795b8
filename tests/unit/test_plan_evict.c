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

/* What was declared, and nothing that it reaches: the plan of it. */
static void make_declared(struct world *w, const char *yaml, const char *what)
{
	struct source file = { "firebreak.yaml", yaml, strlen(yaml) };
	struct plan_input in = { .n_members = 1, .n_roots = 1 };
	struct err e = ERR_INIT;
	struct ref root;

	*w = (struct world){ 0 };
	world_books(&w->books);
	if (register_load(&file, 1, NULL, 0, &w->reg, &e) < 0 ||
	    register_resolve(w->reg, what, &root, &e) < 0)
		fail_msg("%s", e.text);
	in.reg = w->reg;
	in.playbooks = &w->books;
	in.members = &root;
	if (plan_build(&in, &w->plan, &e) < 0)
		fail_msg("%s", e.text);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_that_was_declared_is_evicted_from_every_host),
		cmocka_unit_test(the_certificate_of_a_lost_host_ends_by_a_person),
		cmocka_unit_test(where_the_puppet_server_is_known_the_program_ends_it),
		cmocka_unit_test(what_puppet_keeps_of_the_host_that_asks_puppetdb_is_a_persons),
	};

	if (argc != 2)
		return 2;
	playbook_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
