/*
 * The example farm: its manifests are read whole, and what the feed says of them is what the register says, which was
 * written by hand (and which real catalogues are compared with in tests/farm). Both ways: what the register has is
 * found, and nothing is told for certain that it does not have.
 */
#include "register_help.h"
#include "base/clock.h"
#include "base/fs.h"
#include "puppet/feed.h"

#define FILES 4096
#define OF_A_FILE ((size_t)4 << 20)

static const char *root;
static struct firebreak_register *farm;
static struct manifest *manifest;
static struct feed *feed;
static int64_t feed_us;

/* The register names what the drivers of the product know; here any words will do. */
static const struct driver_words drivers[] = {
	{ "bacula", NULL }, { "dkim", NULL }, { "dovecot", NULL }, { "redis", NULL }, { "mariadb", NULL },
	{ "postgresql", NULL }, { "tls", NULL },
};

static void load_register(void)
{
	_cleanup_(freep) char *folder = fs_join(root, "register");
	_cleanup_(strv_free) struct strv names = STRV_INIT, problems = STRV_INIT;
	static struct source files[64];
	static struct buf texts[64];
	struct err e = ERR_INIT;

	assert_int_equal(fs_list(folder, ".yaml", ARRAY_SIZE(files), &names, &e), 0);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_(freep) char *path = fs_join(folder, names.s[i]);

		texts[i] = (struct buf)BUF_INIT(1 << 20);
		assert_int_equal(fs_read(path, &texts[i], &e), 0);
		files[i] = (struct source){ names.s[i], buf_text(&texts[i]), texts[i].len };
	}
	if (register_load_all(files, names.n, drivers, ARRAY_SIZE(drivers), &problems, &farm, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < names.n; i++)
		buf_free(&texts[i]);
}

static void load_manifests(void)
{
	_cleanup_(freep) char *folder = fs_join(root, "puppet");
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(fs_list(folder, "", FILES, &names, &e), 0);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_(freep) char *path = fs_join(folder, names.s[i]);
		_cleanup_(buf_free) struct buf text = BUF_INIT(OF_A_FILE);

		if (!manifest_wants(names.s[i]))
			continue;
		assert_int_equal(fs_read(path, &text, &e), 0);
		manifest_add(manifest, "puppet", names.s[i], buf_text(&text), text.len);
	}
}

static int load(void **state _unused_)
{
	_cleanup_(freep) struct feed_host *hosts = NULL;
	_cleanup_(freep) const char **keys = NULL;
	struct feed_given given = { .n_hosts = 0 };
	int64_t start;

	load_register();
	hosts = mem_zero(farm->n_hosts, sizeof(*hosts));
	keys = mem_zero(1000, sizeof(*keys));
	for (uint32_t i = 0; i < farm->n_hosts; i++)
		hosts[given.n_hosts++] = (struct feed_host){ farm->hosts[i].name, farm->hosts[i].address };
	for (uint32_t i = 0; i < farm->n_secrets; i++)
		for (uint32_t k = 0; k < farm->secrets[i].n_places && given.n_keys < 1000; k++)
			if (farm->secrets[i].places[k].key)
				keys[given.n_keys++] = farm->secrets[i].places[k].key;
	given.hosts = hosts;
	given.keys = keys;
	manifest = manifest_new();
	start = clock_mono_us();
	load_manifests();
	feed = feed_build(manifest, &given);
	feed_us = clock_mono_us() - start;
	return 0;
}

static int unload(void **state _unused_)
{
	feed_freep(&feed);
	manifest_freep(&manifest);
	register_freep(&farm);
	return 0;
}

static bool is_of(const struct feed_item *i, const struct secret_def *s)
{
	const struct feed_origin *o = &feed->origins[i->origin];

	for (uint32_t k = 0; k < s->n_places; k++) {
		const struct place *p = &s->places[k];

		if (p->key ? feed_is_key(o, p->key) : feed_is_file(o, farm->repositories[p->repository].name, p->file))
			return true;
	}
	return false;
}

static bool on_host(const struct feed_item *i, uint32_t host)
{
	for (uint32_t k = 0; k < i->n_hosts; k++)
		if (!strcmp(feed->hosts[i->hosts[k]].name, farm->hosts[host].name))
			return true;
	return false;
}

/* In the register a consumer without a file is one that is no file: a resource of a type of its own. */
static bool is_target(const struct feed_item *i, const char *file)
{
	if (!file)
		return i->sink != SINK_FILE;
	return i->sink == SINK_FILE && !strcmp(i->target, file);
}

static bool tells(const struct feed_item *i, const struct consumer *c)
{
	for (uint32_t k = 0; c->service && k < i->n_services; k++)
		if (!strcmp(i->services[k].name, c->service))
			return (i->services[k].told <= TOLD_BY_EXEC) == (c->restart == RESTART_BY_PUPPET);
	return !c->service;
}

static void what_the_register_has_is_found(void **state _unused_)
{
	uint32_t all = 0, found = 0, services = 0, told = 0;

	for (uint32_t s = 0; s < farm->n_secrets; s++)
		for (uint32_t c = 0; c < farm->secrets[s].n_consumers; c++) {
			const struct consumer *consumer = &farm->secrets[s].consumers[c];

			for (uint32_t h = 0; h < consumer->hosts.n; h++) {
				bool here = false, says = false;

				for (uint32_t i = 0; i < feed->n_items; i++) {
					const struct feed_item *item = &feed->items[i];

					if (!is_of(item, &farm->secrets[s]) || !is_target(item, consumer->file)
					    || !on_host(item, consumer->hosts.i[h]))
						continue;
					here = true;
					says |= tells(item, consumer);
				}
				all++;
				found += here;
				services += here;
				told += says;
				if (!here || !says)
					print_message("# %s: %s on %s, service %s: %s\n", farm->secrets[s].name,
						      consumer->file ? consumer->file : "no file",
						      farm->hosts[consumer->hosts.i[h]].name,
						      consumer->service ? consumer->service : "none",
						      here ? "found, but told otherwise" : "not found");
			}
		}
	print_message("# %u of %u consumers found (%.1f %%), services right for %u of %u (%.1f %%)\n", found, all,
		      100.0 * found / all, told, services, 100.0 * told / services);
	assert_true(all > 150);
	assert_true(found * 100 >= all * 95);
	assert_true(told * 100 >= services * 95);
}

static bool has_consumer(const struct secret_def *s, const struct feed_item *i, const char *host)
{
	for (uint32_t c = 0; c < s->n_consumers; c++)
		for (uint32_t h = 0; h < s->consumers[c].hosts.n; h++)
			if (is_target(i, s->consumers[c].file)
			    && !strcmp(farm->hosts[s->consumers[c].hosts.i[h]].name, host))
				return true;
	return false;
}

/* A service that Puppet tells for certain must be one that the register has as told by Puppet. */
static bool has_service(const struct secret_def *s, const struct feed_item *i, const char *host, const char *service)
{
	for (uint32_t c = 0; c < s->n_consumers; c++)
		for (uint32_t h = 0; h < s->consumers[c].hosts.n; h++)
			if (is_target(i, s->consumers[c].file) && s->consumers[c].service
			    && !strcmp(s->consumers[c].service, service)
			    && s->consumers[c].restart == RESTART_BY_PUPPET
			    && !strcmp(farm->hosts[s->consumers[c].hosts.i[h]].name, host))
				return true;
	return false;
}

static void nothing_is_told_for_certain_that_is_not_so(void **state _unused_)
{
	uint32_t all = 0, wrong = 0;

	for (uint32_t s = 0; s < farm->n_secrets; s++)
		for (uint32_t i = 0; i < feed->n_items; i++) {
			const struct feed_item *item = &feed->items[i];

			if (!is_of(item, &farm->secrets[s]) || (item->flags & FEED_UNSURE))
				continue;
			for (uint32_t h = 0; h < item->n_hosts; h++) {
				const char *host = feed->hosts[item->hosts[h]].name;

				all++;
				if (!has_consumer(&farm->secrets[s], item, host)) {
					wrong++;
					print_message("# not in the register: %s to %s on %s\n", farm->secrets[s].name,
						      item->target, host);
				}
				for (uint32_t k = 0; k < item->n_services; k++)
					if (item->services[k].told <= TOLD_BY_EXEC && !item->services[k].unsure
					    && !has_service(&farm->secrets[s], item, host, item->services[k].name)) {
						wrong++;
						print_message("# not in the register: %s to %s on %s tells %s\n",
							      farm->secrets[s].name, item->target, host,
							      item->services[k].name);
					}
			}
		}
	print_message("# %u feeds on hosts told for certain, %u of them not in the register\n", all, wrong);
	assert_true(all > 150);
	assert_int_equal(wrong, 0);
}

static void every_file_is_understood(void **state _unused_)
{
	for (uint32_t i = 0; i < manifest->n_gaps; i++)
		print_message("# %s:%u:%u: %s\n", manifest->gaps[i].file == MANIFEST_NONE ? "-"
			      : manifest->files[manifest->gaps[i].file].path, manifest->gaps[i].line,
			      manifest->gaps[i].col, manifest->gaps[i].text);
	print_message("# %u files, %u facts, %u hosts: %.1f ms\n", manifest->n_files, manifest->n_facts, feed->n_hosts,
		      (double)feed_us / 1000);
	assert_true(manifest->n_files > 100);
	assert_int_equal(manifest->n_gaps, 0);
	assert_int_equal(feed->n_hosts, farm->n_hosts);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_understood),
		cmocka_unit_test(what_the_register_has_is_found),
		cmocka_unit_test(nothing_is_told_for_certain_that_is_not_so),
	};

	if (argc < 2)
		return 2;
	root = argv[1];
	return cmocka_run_group_tests(tests, load, unload);
}
