#include "base/mem.h"
#include "base/text.h"
#include "scan/leaf_parts.h"
#include <stdarg.h>
#include <stdio.h>

void leaf_gap(struct leaf_file *f, enum unread kind, uint32_t line, uint32_t col, const char *fmt, ...)
{
	const struct gap gap = { .kind = kind, .repository = f->r->s.repository, .file = f->path, .line = line,
		.col = col };
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	gaps_add(f->gaps, &gap, "%s", why);
}

void leaf_gap_at_line(struct leaf_file *f, const char *text)
{
	unsigned line = 0, col = 0;
	int behind = 0;

	if (sscanf(text, ":%u:%u: %n", &line, &col, &behind) < 2 || behind == 0)
		behind = 0;
	leaf_gap(f, UNREAD_YAML, line, col, "%s", text + behind);
}

struct leaf *leaf_new(struct leaf_file *f, const char *key, uint32_t line, uint32_t col)
{
	struct leaf *l;

	if (f->n >= LEAVES_PER_FILE || !GROW(f->ret->list, f->ret->n, f->ret->cap, LEAVES_MAX)) {
		if (!f->full)
			leaf_gap(f, UNREAD_LARGE, line, col, "more than %u values stand or are repeated here: "
				 "the rest is not read",
				 LEAVES_PER_FILE);
		f->full = true;
		return NULL;
	}
	l = &f->ret->list[f->ret->n++];
	*l = (struct leaf){ .repository = f->r->s.repository, .file = f->path, .line = line, .col = col,
			    .key = arena_dup(f->ret->arena, key) };
	f->n++;
	return l;
}

static void tell_pems(struct leaf_file *f, const struct leaf *l)
{
	for (uint32_t i = 0; i < l->traits.pems.n; i++)
		if (l->traits.pems.list[i].broken)
			leaf_gap(f, UNREAD_PEM, l->form == LEAF_FILE ? l->traits.pems.list[i].line : l->line, l->col,
				 "begins like a %s and is none that can be read",
				 pem_kind_name(l->traits.pems.list[i].kind));
	if (l->traits.pems.more)
		leaf_gap(f, UNREAD_PEM, l->line, l->col, "more than %u keys and certificates: "
			 "the rest is not looked at", PEMS_MAX);
}

void leaf_value(struct leaf_file *f, struct leaf *l, const char *bytes, size_t len)
{
	traits_of(bytes, len, l->key ? l->key : l->file, f->ret->arena, &l->traits);
	if (len > 0)
		digest_tag_bytes(f->r->s.key, bytes, len, l->tag);
	if (f->r->s.presence && len >= PRESENCE_HEAD)
		l->head = presence_head(f->r->s.presence, bytes);
	tell_pems(f, l);
}

static void whole_file(struct leaf_file *f, const struct tree_file *file)
{
	struct leaf *l = leaf_new(f, NULL, 1, 1);

	if (!l)
		return;
	l->form = LEAF_FILE;
	leaf_value(f, l, file->bytes, place_file_len(file->bytes, file->len));
}

struct leaf_reader *leaf_reader_new(const struct leaf_source *s)
{
	struct leaf_reader *r = mem_zero(1, sizeof(*r));

	r->s = *s;
	r->hieradata.any = s->hieradata && s->hieradata->any;
	for (size_t i = 0; s->hieradata && i < s->hieradata->patterns.n; i++)
		hieradata_add(&r->hieradata, s->hieradata->patterns.s[i]);
	if (!s->eyaml_private)
		(void)err_set(&r->eyaml_error, ERR_CONFIG, "name 'eyaml' of the repository in the register");
	else if (eyaml_key_read(s->eyaml_private, &r->eyaml_key, &r->eyaml_error) < 0)
		r->eyaml_key = NULL;
	return r;
}

void leaf_reader_freep(struct leaf_reader **r)
{
	if (*r) {
		hieradata_free(&(*r)->hieradata);
		eyaml_key_freep(&(*r)->eyaml_key);
		free(*r);
	}
	*r = NULL;
}

void leaf_reader_config(struct leaf_reader *r, const struct tree_file *f, struct gaps *gaps)
{
	struct leaf_file file = { .r = r, .path = f->path, .gaps = gaps };
	struct err e = ERR_INIT;

	if (!f->link && hieradata_config(&r->hieradata, f->path, f->bytes, f->len, &e) < 0)
		leaf_gap_at_line(&file, e.text);
}

int leaf_reader_add(struct leaf_reader *r, const struct tree_file *f, struct leaves *ret, struct gaps *gaps,
		    struct err *e)
{
	if (f->link)
		return 0;
	if (!ret->arena)
		ret->arena = arena_new();

	struct leaf_file file = { .r = r, .path = arena_dup(ret->arena, f->path), .ret = ret, .gaps = gaps };

	if (!hieradata_has(&r->hieradata, f->path) || !leaf_yaml(&file, f->bytes, f->len))
		whole_file(&file, f);
	if (file.sealed > 0)
		leaf_gap(&file, UNREAD_EYAML, file.sealed_at.line, file.sealed_at.col,
			 "%zu value%s encrypted with hiera-eyaml cannot be opened: %s", file.sealed,
			 file.sealed == 1 ? "" : "s", file.sealed_why.text);
	if (ret->n >= LEAVES_MAX)
		return err_set(e, ERR_LIMIT, "more than %u values are kept in '%s'", LEAVES_MAX, r->s.repository);
	return 0;
}

struct pass { struct leaf_reader *r; struct leaves *ret; struct gaps *gaps; struct err *e; };

static bool want_config(const char *path, void *arg _unused_)
{
	return hieradata_is_config(path);
}

static int take_config(const struct tree_file *f, void *arg)
{
	const struct pass *p = arg;

	leaf_reader_config(p->r, f, p->gaps);
	return 0;
}

static int take_file(const struct tree_file *f, void *arg)
{
	const struct pass *p = arg;

	return leaf_reader_add(p->r, f, p->ret, p->gaps, p->e);
}

int leaves_of_tree(const struct leaf_source *s, const struct tree_at *at, struct leaves *ret, struct gaps *gaps,
		   struct err *e)
{
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(s);
	_cleanup_(gaps_free) struct gaps twice = GAPS_INIT;
	struct pass first = { r, NULL, gaps, e }, second = { r, ret, gaps, e };
	struct tree_at configs = *at, all = *at;

	/* What could not be read is told by the second pass, which sees everything. */
	configs.want = want_config;
	all.want = NULL;
	int x = tree_read(&configs, take_config, &first, &twice, e);
	return x < 0 ? x : tree_read(&all, take_file, &second, gaps, e);
}

void leaves_free(struct leaves *l)
{
	arena_free(l->arena);
	free(l->list);
	free(l->comments);
	*l = (struct leaves)LEAVES_INIT;
}

const char *leaf_form_name(enum leaf_form form)
{
	static const char *const names[] = { "plain", "eyaml", "file" };

	return names[form];
}
