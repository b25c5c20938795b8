/*
 * Any trees: no crash, no leak, no hang. Every fact and every gap has a file, and what was not read is a gap. A
 * byte 0x1e
 * begins the next file, whose first byte picks the kind.
 */
#include "fuzz.h"
#include "scan/manifest.h"
#include <string.h>

#define FILES 16

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	const uint8_t *at = data, *end = data + size;

	for (size_t n = 0; n < FILES && at < end; n++) {
		const uint8_t *next = memchr(at, 0x1e, (size_t)(end - at));
		const uint8_t *stop = next && n < FILES - 1 ? next : end;

		if (stop > at)
			manifest_add(m, "puppet", paths[*at % 8], at + 1, (size_t)(stop - at) - 1);
		at = stop + 1;
	}
	tables_hold(m);
	return 0;
}
