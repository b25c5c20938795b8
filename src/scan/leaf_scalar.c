/* One scalar of Hiera data becomes a leaf: by its tag, its encryption, or what Hiera makes of it. */
#include "scan/leaf_parts.h"
#include "scan/scalar.h"
#include <string.h>

struct using { struct leaf_file *f; struct leaf *l; };

static int take_value(const char *bytes, size_t len, void *arg)
{
	const struct using *u = arg;

	leaf_value(u->f, u->l, bytes, len);
	return 0;
}

static void sealed(struct leaf_file *f, const struct leaf *l, const struct err *why)
{
	if (f->sealed++ > 0)
		return;
	f->sealed_at = (struct gap){ .line = l->line, .col = l->col };
	f->sealed_why = *why;
}

static void encrypted(struct leaf_file *f, const char *src, const struct yaml_node *n, struct leaf *l)
{
	const struct place_at p = { .file = f->path, .key = l->key, .eyaml_key = f->r->eyaml_key };
	struct using u = { f, l };
	struct err e = f->r->eyaml_error;

	l->form = LEAF_EYAML;
	if (!f->r->eyaml_key) {
		sealed(f, l, &e);
		return;
	}
	e = (struct err)ERR_INIT;
	int r = place_lend(&p, src, n, take_value, &u, &e);
	if (r == -ERR_REFUSED)
		l->traits.signs |= TRAIT_BUILT;
	else if (r < 0)
		sealed(f, l, &e);
}

void leaf_scalar(struct leaf_file *f, const char *src, const struct yaml_node *n, struct leaf *l)
{
	const struct place_at p = { .file = f->path, .key = l->key };
	struct using u = { f, l };
	enum scalar scalar = scalar_of(src, n, NULL);
	struct err e = ERR_INIT;

	if (scalar == SCALAR_TAGGED)
		leaf_gap(f, UNREAD_KEY, l->line, l->col, "a tag ('!...') stands before a value, "
			 "which makes something else of it");
	if (scalar == SCALAR_REFUSED)
		leaf_gap(f, UNREAD_YAML, l->line, l->col, "Hiera refuses a date, a time or a symbol that is "
			 "not in quotes");
	if (scalar == SCALAR_NOTHING || n->len == 0) {
		l->traits.signs = TRAIT_EMPTY;
		return;
	}
	if (scalar == SCALAR_TAGGED)
		return;
	if (eyaml_is_encrypted(n->text, n->len)) {
		encrypted(f, src, n, l);
		return;
	}
	if (eyaml_has_part(n->text, n->len)) {
		l->form = LEAF_EYAML;
		leaf_gap(f, UNREAD_EYAML, l->line, l->col, "a part of the value is encrypted: encrypt all of it, so "
			 "that it can be read and replaced");
		return;
	}
	if (place_lend(&p, src, n, take_value, &u, &e) == 0)
		l->traits.signs |= scalar == SCALAR_NUMBER ? TRAIT_NUMBER : scalar == SCALAR_TRUTH ? TRAIT_TRUTH : 0;
	else {
		leaf_value(f, l, n->text, n->len);
		l->traits.signs |= memmem(n->text, n->len, "%{", 2) ? TRAIT_BUILT : TRAIT_RETYPED;
	}
}
