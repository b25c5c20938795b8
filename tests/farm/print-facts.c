/* Prints the facts of manifests for facts.rb: "FILE LINE:COL KIND NAME". Names that are made at run time are "?". */
#include "base/fs.h"
#include "base/mem.h"
#include "puppet/manifest.h"
#include <string.h>

#define FILE_MAX ((size_t)4 << 20)

int main(int argc, char **argv)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	struct err e = ERR_INIT;

	for (int i = 1; i < argc; i++) {
		_cleanup_(buf_free) struct buf text = BUF_INIT(FILE_MAX);

		if (fs_read(argv[i], &text, &e) < 0) {
			(void)fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		manifest_add(m, "puppet", argv[i], buf_text(&text), text.len);
	}
	for (uint32_t i = 0; i < m->n_facts; i++) {
		const struct fact *f = &m->facts[i];

		(void)printf("%s %u:%u %s %s\n", m->files[f->file].path, f->line, f->col, fact_kind_name(f->kind),
			     f->kind == FACT_COLLECT ? f->how : f->flags & FACT_AT_RUN_TIME ? "?" : f->name);
	}
	for (uint32_t i = 0; i < m->n_gaps; i++)
		(void)fprintf(stderr, "%s:%u:%u: %s\n", m->gaps[i].file == MANIFEST_NONE ? ""
			      : m->files[m->gaps[i].file].path,
			      m->gaps[i].line, m->gaps[i].col, m->gaps[i].text);
	return m->n_gaps > 0;
}
