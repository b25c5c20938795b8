#include "base/text.h"
#include "model/plan_build.h"
#include <string.h>

#define SHOWN 300                      /* bytes of a name from outside */

const char *stored_id(struct arena *a, const char *table)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64 * 1024);

	for (const char *c = table; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
		    strchr("._-*$", *c))
			buf_char(&b, *c);
		else
			buf_printf(&b, "%%%02X", (unsigned char)*c);
	return arena_dup(a, buf_text(&b));
}

static bool is_there(const struct stored *s, const struct stored_find *f)
{
	return strcmp(s->address, f->address) == 0 && strcmp(s->table, f->table) == 0;
}

const char *stored_about(const struct building *b, const struct stored_find *f)
{
	const struct firebreak_register *r = b->in->reg;
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);
	unsigned n = 0;

	text_visible(&text, f->table, strnlen(f->table, SHOWN));
	buf_printf(&text, " on %s", f->address);
	if (f->columns && *f->columns) {
		buf_str(&text, " (");
		text_visible(&text, f->columns, strnlen(f->columns, SHOWN));
		buf_char(&text, ')');
	}
	for (uint32_t i = 0; i < b->keepers.n; i++) {
		const struct secret_def *s = &r->secrets[b->keepers.i[i]];

		for (uint32_t k = 0; k < s->n_stored; k++)
			if (is_there(&s->stored[k], f))
				buf_printf(&text, "%s%s (%s)", n++ ? ", " : "; of the register: ", s->name,
					   b->of_secret[b->keepers.i[i]] ? "this plan replaces it" : "declare it too");
	}
	return arena_dup(b->p->arena, buf_text(&text));
}
