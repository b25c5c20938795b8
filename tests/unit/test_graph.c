#include "register_help.h"
#include "model/graph.h"

/* puppet3 has the private git; db11 and mw1 are fed some of it. */
#define FARM \
	"secrets:\n" \
	"  redis/a: {kind: k, opens: [redis/b, 'data:jobs'],\n" \
	"    places: [{repository: private, file: c.yaml, key: a}], consumers: [{hosts: [mw1], file: /a}]}\n" \
	"  redis/b: {kind: k, opens: [redis/c]}\n" \
	"  redis/c: {kind: k, opens: [redis/a], consumers: [{hosts: [wiki], file: /c}]}\n" \
	"  mariadb/d: {kind: root-key, places: [{repository: private, file: c.yaml, key: d}]}\n" \
	"  mariadb/e: {kind: k}\n" \
	"data: {jobs: {title: Jobs}, wikis: {title: Wikis, system: mariadb}}\n" \
	"closures: [{kind: root-key, reaches: ['host:all'], why: it is root}, " \
	"{kind: root-key, reaches: ['data:wikis'], why: it reads},\n" \
	"  {secret: redis/b, reaches: [mariadb], why: of its own}]\n"

/* What `roots` (space-separated) reach, as "root a>edge>b ..." in order; compared with `expected`. */
static void reaches(const char *more, const char *roots, const char *expected)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(more);
	_cleanup_(graph_freep) struct graph *g = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	_cleanup_(freep) char *words = mem_dup(roots);
	struct err e = ERR_INIT;
	struct blast blast;
	struct ref refs[8];
	size_t n = 0;

	for (char *save, *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		assert_int_equal(register_resolve(r, w, &refs[n++], &e), 0);
	assert_int_equal(graph_build(r, &g, &e), 0);
	assert_int_equal(graph_blast(g, refs, n, &blast, &e), 0);
	for (uint32_t i = 0; i < blast.n; i++)
		buf_printf(&b, "%s%s%u:%s", i ? " " : "", blast.m[i].via == NOTHING ? "!" : "", blast.m[i].depth,
			   register_name(r, blast.m[i].ref));
	assert_string_equal(buf_text(&b), expected);
	blast_free(&blast);
}

static void shapes(void **state)
{
	static const struct { const char *roots, *expected; } cases[] = {
		/* a circle of secrets ends; the touched system does not spread */
		{ "redis/a", "!0:redis/a 1:redis/b 1:jobs 1:redis 2:redis/c 2:mariadb" },
		/* a host has what is rendered on it, and what that opens */
		{ "mw2", "!0:mw2 1:redis/c 2:redis/a 2:redis 3:redis/b 3:jobs 4:mariadb" },
		{ "db11", "!0:db11" },
		/* the private repository lies on puppet3 */
		{ "puppet3", "!0:puppet3 1:redis/a 1:mariadb/d 2:redis/b 2:jobs 2:redis 2:mw1 2:mw2 2:db11 2:wikis "
			     "2:mariadb "
			     "3:redis/c" },
		/* closures: by kind, twice; 'all' is a group with a group in it */
		{ "mariadb/d", "!0:mariadb/d 1:mw1 1:mw2 1:db11 1:puppet3 1:wikis 1:mariadb 2:redis/a 2:redis/c "
			       "3:redis/b "
			       "3:jobs 3:redis" },
		/* a declared system has its secrets, hosts and data */
		{ "mariadb", "!0:mariadb 1:mariadb/d 1:mariadb/e 1:db11 1:wikis 2:mw1 2:mw2 2:puppet3 3:redis/a "
			     "3:redis/c "
			     "4:redis/b 4:jobs 4:redis" },
		{ "redis/b mariadb/e redis/b", "!0:redis/b !0:mariadb/e 1:redis/c 1:redis 1:mariadb 2:redis/a "
					       "3:jobs" },
		{ "data:jobs", "!0:jobs" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		reaches(FARM, cases[i].roots, cases[i].expected);
	reaches("", "redis", "!0:redis");
}

#define KEY_A "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define FINGERPRINT_A "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"
#define FINGERPRINT_B "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

/* alice is root by her role, bob is not, www is on wiki hosts only; the private git serves files to the wiki hosts. */
#define PEOPLE \
	"secrets:\n" \
	"  redis/half: {kind: ssh-key}\n" \
	"  redis/file: {kind: k, places: [{repository: files, file: f}]}\n" \
	"  redis/value: {kind: k, places: [{repository: files, file: c.yaml, key: a}]}\n" \
	"repositories: {files: {kind: private, url: /srv/f.git, serves: [wiki]}}\n" \
	"hosts: {jump: {holds: [ssh-key/" FINGERPRINT_B "]}}\n" \
	"data: {notes: {title: Notes}}\n" \
	"users:\n" \
	"  alice: {person: alice, keys: [{key: '" KEY_A "', secret: redis/half}]}\n" \
	"  bob: {opens: ['data:notes'], keys: [{fingerprint: '" FINGERPRINT_B "'}, {key: '" KEY_A "'}]}\n" \
	"  www: {root: true, hosts: [wiki], keys: [{fingerprint: '" FINGERPRINT_B "'}]}\n"

static void accounts_and_keys_of_people(void **state)
{
	static const struct { const char *roots, *expected; } cases[] = {
		/* a declared account has its keys, which other accounts take; the role makes it root everywhere */
		{ "user/alice", "!0:user/alice 1:ssh-key/" FINGERPRINT_A " 1:mw1 1:mw2 1:db11 1:puppet3 1:local 1:jump "
				"2:user/bob 2:redis/half 2:redis/file 2:ssh-key/" FINGERPRINT_B " 3:notes 3:redis "
				"3:user/www" },
		/* an account that a key opens is taken over, and has no private keys of its own lying there */
		{ "ssh-key/" FINGERPRINT_B, "!0:ssh-key/" FINGERPRINT_B " 1:user/bob 1:user/www 2:notes 2:mw1 2:mw2 "
					    "3:redis/file 4:redis" },
		/* the register's own name of the private half is the same leak */
		{ "redis/half", "!0:redis/half 1:redis 1:ssh-key/" FINGERPRINT_A " 2:user/alice 2:user/bob 3:mw1 3:mw2 "
				"3:db11 3:puppet3 3:local 3:jump 3:notes 4:redis/file 4:ssh-key/" FINGERPRINT_B
				" 5:user/www" },
		/* each host that the file server serves may have fetched every whole file, and no value of Hiera
		 * data */
		{ "mw2", "!0:mw2 1:redis/file 2:redis" },
		{ "jump", "!0:jump 1:ssh-key/" FINGERPRINT_B " 2:user/bob 2:user/www 3:notes 3:mw1 3:mw2 4:redis/file "
			  "5:redis" },
		{ "user/bob", "!0:user/bob 1:ssh-key/" FINGERPRINT_B " 1:ssh-key/" FINGERPRINT_A " 1:notes 2:user/www "
			      "2:user/alice 2:redis/half 3:mw1 3:mw2 3:db11 3:puppet3 3:local 3:jump 3:redis "
			      "4:redis/file" },
		{ "db11", "!0:db11" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		reaches(PEOPLE, cases[i].roots, cases[i].expected);
}

static void paths_are_told(void **state)
{
	static const char *const expected[] = {
		"host:puppet3 was declared",
		"host:puppet3 keeps the repository that holds redis/a",
		"host:puppet3 keeps the repository that holds mariadb/d",
		"host:puppet3 keeps the repository that holds redis/a, redis/a opens redis/b",
		"host:puppet3 keeps the repository that holds redis/a, redis/a opens data:jobs",
		"host:puppet3 keeps the repository that holds redis/a, redis/a is a credential of system:redis",
	};
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(FARM);
	_cleanup_(graph_freep) struct graph *g = NULL;
	struct ref root = { REF_HOST, 3 };
	struct err e = ERR_INIT;
	struct blast blast;

	(void)state;
	assert_int_equal(graph_build(r, &g, &e), 0);
	assert_int_equal(graph_blast(g, &root, 1, &blast, &e), 0);
	for (uint32_t i = 0; i < blast.n; i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

		blast_path(g, &blast, i, &b);
		if (i < ARRAY_SIZE(expected))
			assert_string_equal(buf_text(&b), expected[i]);
		if (!strcmp(register_name(r, blast.m[i].ref), "mw2"))
			assert_non_null(strstr(buf_text(&b), "mariadb/d reaches host:mw2 (it is root)"));
	}
	blast_free(&blast);

	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	root.index = 1;
	assert_int_equal(graph_blast(g, &root, 1, &blast, &e), 0);
	blast_path(g, &blast, 1, &b);
	assert_string_equal(buf_text(&b), "host:mw2 has rendered on it redis/c");
	blast_free(&blast);
}

static void foreign_roots_are_our_fault(void **state)
{
	static const struct ref bad[] = { { REF_SECRET, 5 }, { REF_HOST, NOTHING }, { REF_DATA, 2 }, { REF_SYSTEM,
		2 } };
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(FARM);
	_cleanup_(graph_freep) struct graph *g = NULL;
	struct blast blast = { NULL, 99 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(graph_build(r, &g, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(graph_blast(g, &bad[i], 1, &blast, &e), -ERR_BUG);
	assert_int_equal(blast.n, 99);
}

static void dot_has_every_node_once(void **state)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(FARM);
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	_cleanup_(graph_freep) struct graph *g = NULL;
	struct err e = ERR_INIT;
	unsigned nodes = 0, edges = 0;

	(void)state;
	r->systems[0].title = "a \"quoted\\ title";
	assert_int_equal(graph_build(r, &g, &e), 0);
	graph_dot(g, &b);
	for (const char *s = buf_text(&b); (s = strstr(s, " [label=")); s++)
		nodes++;
	for (const char *s = buf_text(&b); (s = strstr(s, " -> ")); s++)
		edges++;
	/* 5 secrets, 5 hosts, 2 systems, 2 data sets, 3 closures, 2 repositories */
	assert_int_equal(nodes, 19);
	assert_int_equal(edges, graph_edges(g) - 7);
	assert_non_null(strstr(buf_text(&b), "label=\"a \\\"quoted\\\\ title\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(accounts_and_keys_of_people),
		cmocka_unit_test(paths_are_told),
		cmocka_unit_test(foreign_roots_are_our_fault),
		cmocka_unit_test(dot_has_every_node_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
