/*
 * Any trees: no crash, no leak, no hang. Every fact and every gap has a file, and what was not read is a gap. A
 * byte 0x1e
 * begins the next file, whose first byte picks the kind.
 */
#include "fuzz.h"
#include "puppet/feed.h"
#include <string.h>

#define FILES 16
#define STEPS 20000

static const char *const paths[] = {
	"manifests/site.pp", "modules/m/manifests/init.pp", "modules/m/templates/t.erb", "modules/m/templates/t.epp",
	"hieradata/common.yaml", "hieradata/hosts/h1.yaml", "modules/m/lib/puppet/functions/f.rb",
		"modules/n/manifests/x.pp",
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void tables_hold(const struct manifest *m)
{
	for (uint32_t i = 0; i < m->n_facts; i++)
		must(m->facts[i].file < m->n_files && m->facts[i].name && fact_kind_name(m->facts[i].kind));
	for (uint32_t i = 0; i < m->n_gaps; i++)
		must(m->gaps[i].text[0] && (m->gaps[i].file < m->n_files || m->gaps[i].file == MANIFEST_NONE));
	must(m->n_gaps_all >= m->n_gaps);
}

static void feed_holds(const struct manifest *m, const struct feed *f)
{
	struct arena *a = arena_new();

	for (uint32_t i = 0; i < f->n_items; i++) {
		const struct feed_item *item = &f->items[i];

		must(item->origin < f->n_origins && item->n_hosts > 0 && item->file < m->n_files && item->target[0] !=
		     '\xff');
		must(!(item->flags & FEED_UNSURE) == !item->why);
		for (uint32_t k = 0; k < item->n_hosts; k++)
			must(item->hosts[k] < f->n_hosts && (!k || item->hosts[k] > item->hosts[k - 1]));
		for (uint32_t k = 0; k < item->n_services; k++)
			must(item->services[k].name && feed_told_name(item->services[k].told));
		must(feed_target(a, f, item, "a::b") != NULL);
	}
	for (uint32_t i = 0; i < f->n_origins; i++) {
		(void)feed_is_key(&f->origins[i], "a::b");
		(void)feed_is_file(&f->origins[i], "private", "files/a/b.key");
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct feed_host hosts[] = { { "h1", "h1.example.org" }, { "h2", "h2.example.org" } };
	static const char *const keys[] = { "k", "a::b" };
	const struct feed_given given = { hosts, ARRAY_SIZE(hosts), keys, ARRAY_SIZE(keys), STEPS };
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	struct feed *f;
	const uint8_t *at = data, *end = data + size;

	for (size_t n = 0; n < FILES && at < end; n++) {
		const uint8_t *next = memchr(at, 0x1e, (size_t)(end - at));
		const uint8_t *stop = next && n < FILES - 1 ? next : end;

		if (stop > at)
			manifest_add(m, "puppet", paths[*at % 8], at + 1, (size_t)(stop - at) - 1);
		at = stop + 1;
	}
	tables_hold(m);
	f = feed_build(m, &given);
	tables_hold(m);
	feed_holds(m, f);
	feed_freep(&f);
	return 0;
}
