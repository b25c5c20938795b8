/* The example register is whole: what the page lists, what a real private git holds, and the traps. */
#include "cpu_time.h"
#include "register_help.h"
#include "base/buf.h"
#include "base/fs.h"
#include "model/domains.h"
#include "model/graph.h"

static const char *folder;
static struct firebreak_register *farm;
static int64_t load_us;

static const char *const redis_words[] = { "tls", "ca", "file", "queue", "queue_limit", NULL };
static const char *const mariadb_words[] = { "tls", "ca", "plugin", "lock_sharers", "primary", NULL };
static const char *const postgresql_words[] = { "tls", "ca", "database", NULL };
static const char *const bacula_words[] = {
	"daemon", "file", "part", "restart", "queue", "queue_limit", "tls", "ca", NULL,
};
static const char *const dkim_words[] = { "selector", "mailbox", "to", "sender", "dns", NULL };
static const char *const dovecot_words[] = {
	"submission", "tls", "ca", "file", "scheme", "config", "postfix", NULL,
};
static const char *const tls_words[] = { "starttls", "name", NULL };
static const struct driver_words drivers[] = {
	{ "bacula", bacula_words }, { "dkim", dkim_words }, { "dovecot", dovecot_words },
	{ "redis", redis_words }, { "mariadb", mariadb_words }, { "postgresql", postgresql_words },
	{ "tls", tls_words } };

static int load(void **state)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT, problems = STRV_INIT;
	struct source files[64];
	struct buf texts[64];
	struct err e = ERR_INIT;
	int64_t start;

	(void)state;
	assert_int_equal(fs_list(folder, ".yaml", ARRAY_SIZE(files), &names, &e), 0);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_(freep) char *path = fs_join(folder, names.s[i]);

		texts[i] = (struct buf)BUF_INIT(1 << 20);
		assert_int_equal(fs_read(path, &texts[i], &e), 0);
		files[i] = (struct source){ names.s[i], buf_text(&texts[i]), texts[i].len };
	}
	start = cpu_us();
	if (register_load_all(files, names.n, drivers, ARRAY_SIZE(drivers), &problems, &farm, &e) < 0)
		for (size_t i = 0; i < problems.n; i++)
			print_message("# %s\n", problems.s[i]);
	load_us = cpu_us() - start;
	for (size_t i = 0; i < names.n; i++)
		buf_free(&texts[i]);
	return farm ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	register_freep(&farm);
	return 0;
}

static void page_is_covered(void **state)
{
	static const char *const systems[] = {
		"servers", "bacula", "grafana", "glusterfs", "icinga2", "icingaweb2", "irc", "mail", "mariadb",
		"mediawiki", "postgresql", "puppetdb", "redis", "roundcube", "salt", "tls",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++) {
		uint32_t index = map_get(&farm->system_names, systems[i]);

		assert_int_not_equal(index, MAP_NONE);
		assert_non_null(farm->systems[index].page);
		assert_true(farm->systems[index].contacts.n > 0);
		assert_true(farm->systems[index].hosts.n > 0);
	}
	assert_int_equal(farm->n_hosts, 37);
}

static void private_git_is_covered(void **state)
{
	unsigned keys = 0, files = 0, ssl = 0;

	(void)state;
	for (uint32_t i = 0; i < farm->n_secrets; i++)
		for (uint32_t k = 0; k < farm->secrets[i].n_places; k++) {
			const struct place *p = &farm->secrets[i].places[k];

			keys += p->key != NULL;
			files += !p->key && farm->repositories[p->repository].kind == REPOSITORY_PRIVATE;
			ssl += !p->key && farm->repositories[p->repository].kind == REPOSITORY_SSL_KEYS;
		}
	assert_int_equal(keys, 42);
	assert_int_equal(files, 8);
	assert_true(ssl >= 3);
}

static const struct secret_def *secret(const char *name)
{
	uint32_t index = map_get(&farm->secret_names, name);

	assert_int_not_equal(index, MAP_NONE);
	return &farm->secrets[index];
}

static void twins_and_shared_accounts(void **state)
{
	(void)state;
	assert_int_equal(secret("ldap/write-user")->n_places, 4);
	assert_int_equal(secret("puppetdb/password")->n_places, 2);
	assert_int_equal(secret("mariadb/mediawiki")->n_accounts, 3);
	assert_int_equal(secret("mariadb/mediawiki")->accounts[0].users.n, 2);
}

static void what_puppet_does_not_restart_is_ours(void **state)
{
	static const char *const names[] = {
		"mail/dkim", "puppetdb/password", "glusterfs/key", "postgresql/tls-key",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(secret(names[i])->consumers[0].restart, RESTART_BY_US);
}

static uint32_t reached(const char *what, enum ref_kind kind)
{
	_cleanup_(graph_freep) struct graph *g = NULL;
	struct err e = ERR_INIT;
	struct blast blast;
	struct ref root;
	uint32_t n = 0;

	assert_int_equal(graph_build(farm, &g, &e), 0);
	assert_int_equal(register_resolve(farm, what, &root, &e), 0);
	assert_int_equal(graph_blast(g, &root, 1, &blast, &e), 0);
	for (uint32_t i = 0; i < blast.n; i++)
		n += blast.m[i].ref.kind == kind;
	blast_free(&blast);
	return n;
}

static void leaks_reach_what_they_reach(void **state)
{
	(void)state;
	assert_int_equal(reached("salt/ssh-key", REF_HOST), 37);
	/* a key of somebody who is root everywhere makes every host compromised too, by its own name and by that of
	 * its half */
	assert_int_equal(reached("user/alice", REF_HOST), 37);
	assert_int_equal(reached("servers/alice-key", REF_HOST), 37);
	assert_int_equal(reached("user/erin", REF_HOST), 0);
	/* any agent may fetch any file of the Puppet server: a host without a secret of its own has had them all */
	assert_true(reached("test4", REF_SECRET) > 10);
	assert_int_equal(reached("redis/password", REF_DATA), 2);
	assert_int_equal(reached("redis/password", REF_SECRET), 1);
	assert_true(reached("mon2", REF_SECRET) >= 12);
	assert_int_equal(reached("tls/wildcard", REF_DATA), 2);
	/* puppet3 has both private repositories: all but the three keys that are on laptops only */
	assert_true(reached("puppet3", REF_SECRET) >= farm->n_secrets - 3);
}

/* Of a key that serves a wiki's domain it is known who owns that wiki: by what groups, and where to ask. */
static void who_owns_the_wikis_of_a_key_can_be_asked(void **state)
{
	static const struct { const char *secret, *data, *domain; } rows[] = {
		{ "tls/wildcard", "metawiki", "*.example.org" },
		{ "tls/custom-domain", "wiki-example-com", "www.wiki.example.com" },
		{ "tls/short-domain", NULL, NULL }, { "glusterfs/key", NULL, NULL },
		{ "mariadb/mediawiki", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t at = 0, data = 0;

		assert_int_equal(domains_next(farm, secret(rows[i].secret), &at, &data), rows[i].data != NULL);
		if (!rows[i].data)
			continue;
		assert_string_equal(farm->data[data].name, rows[i].data);
		assert_string_equal(farm->data[data].domains.s[1], rows[i].domain);
		assert_true(farm->data[data].owners.n > 0);
		assert_non_null(farm->data[data].database.address);
		assert_int_not_equal(farm->data[data].database.secret, NOTHING);
		assert_false(domains_next(farm, secret(rows[i].secret), &at, &data));
	}
}

static void loads_at_once(void **state)
{
	(void)state;
	print_message("# examples/farm: %u secrets, loaded in %.1f ms\n", farm->n_secrets, (double)load_us / 1000);
	/* ten times the goal: this build has sanitizers, and the machine other work */
	assert_true(load_us < 500000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_is_covered),
		cmocka_unit_test(who_owns_the_wikis_of_a_key_can_be_asked),
		cmocka_unit_test(private_git_is_covered),
		cmocka_unit_test(twins_and_shared_accounts),
		cmocka_unit_test(what_puppet_does_not_restart_is_ours),
		cmocka_unit_test(leaks_reach_what_they_reach),
		cmocka_unit_test(loads_at_once),
	};

	if (argc < 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, load, unload);
}
