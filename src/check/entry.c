#include "check/entry.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml_insert.h"
#include "check/cover.h"
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 100000
#define AROUND 3u              /* lines of a diff */

static void field(struct buf *b, const char *before, const char *name, const char *value)
{
	if (!value)
		return;
	(void)buf_printf(b, "%s%s: ", before, name);
	yaml_word(b, value);
}

void entry_consumer(struct buf *b, const struct strv *hosts, const char *file, const char *service, const char *restart)
{
	(void)buf_str(b, "{hosts: ");
	for (size_t i = 0; i < hosts->n; i++) {
		(void)buf_str(b, i ? ", " : hosts->n > 1 ? "[" : "");
		yaml_word(b, hosts->s[i]);
	}
	(void)buf_str(b, hosts->n > 1 ? "]" : "");
	field(b, ", ", "file", file);
	field(b, ", ", "service", service);
	field(b, ", ", "restart", restart);
	(void)buf_char(b, '}');
}

void entry_place(struct buf *b, const char *repository, const char *file, const char *key)
{
	field(b, "{", "repository", repository);
	field(b, ", ", "file", file);
	field(b, ", ", "key", key);
	(void)buf_char(b, '}');
}

/* A star of the name itself would be a pattern; one character of any kind is as near as a pattern comes. */
static char *as_pattern(const char *name)
{
	char *s = mem_dup(name);

	for (char *c = s; c && *c; c++)
		if (*c == '*')
			*c = '?';
	return s;
}

static void not_secret(struct buf *b, const struct entry *en)
{
	_cleanup_(freep) char *file = as_pattern(en->file), *key = as_pattern(en->key);

	field(b, "- {", "repository", en->repository);
	field(b, ", ", "file", file);
	field(b, ", ", "key", key);
	field(b, ", ", "class", en->class);
	field(b, ", ", "why", en->why);
	(void)buf_str(b, "}\n");
}

static void new_secret(struct buf *b, const struct entry *en)
{
	size_t system = strcspn(en->secret, "/");

	yaml_word(b, en->secret);
	(void)buf_str(b, ":\n");
	field(b, "  ", "kind", en->kind);
	if (en->system && (strlen(en->system) != system || strncmp(en->system, en->secret, system) != 0))
		field(b, "\n  ", "system", en->system);
	field(b, "\n  ", "note", en->note);
	field(b, "\n  ", "unused", en->unused);
	(void)buf_str(b, "\n  places: [");
	entry_place(b, en->repository, en->file, en->key);
	(void)buf_str(b, "]\n");
	for (size_t i = 0; en->consumers && i < en->consumers->n; i++)
		(void)buf_printf(b, "%s    - %s\n", i ? "" : "  consumers:\n", en->consumers->s[i]);
}

/* Text below a key at the left margin. */
static void below(struct buf *b, const char *key, const struct buf *lines)
{
	(void)buf_printf(b, "%s:\n", key);
	for (const char *line = buf_text(lines); *line;) {
		size_t len = strcspn(line, "\n") + 1;

		(void)buf_str(b, "  ");
		(void)buf_add(b, line, len);
		line += len;
	}
}

static size_t file_of(const struct source *files, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i].name, name) == 0)
			return i;
	return 0;
}

static bool has_key(const struct source *f, const char *one, const char *two, const char *three)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const char *const path[] = { one, two, three };
	struct yaml_node *n = NULL;

	if (yaml_parse(a, f->name, f->text, f->len, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(path) && path[i] && n; i++)
		n = yaml_get(n, path[i]);
	return n && !yaml_is_null(n);
}

/* Beside the newest entry of its sort, or where its system stands. */
static const char *beside(const struct firebreak_register *reg, const struct entry *en, uint32_t system)
{
	const char *file = reg->systems[system].at.file;

	for (uint32_t i = 0; i < reg->n_secrets; i++)
		if (reg->secrets[i].system == system)
			file = reg->secrets[i].at.file;
	return en->class && reg->n_not_secret ? reg->not_secret[reg->n_not_secret - 1].at.file : file;
}

static int add_place(const struct source *f, const struct entry *en, struct buf *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(LINES_MAX), lines = BUF_INIT(LINES_MAX);
	bool has = has_key(f, "secrets", en->secret, "places");

	entry_place(&text, en->repository, en->file, en->key);
	if (has)
		(void)buf_printf(&lines, "- %s\n", buf_text(&text));
	else
		(void)buf_printf(&lines, "places: [%s]\n", buf_text(&text));
	return yaml_insert(f->name, f->text, f->len, (const char *const[]){ "secrets", en->secret, has ? "places"
									   : NULL,
		NULL }, buf_text(&lines), ret, e);
}

static int add_to(const struct source *f, const char *key, const struct buf *lines, struct buf *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf whole = BUF_INIT(LINES_MAX);

	if (has_key(f, key, NULL, NULL))
		return yaml_insert(f->name, f->text, f->len, (const char *const[]){ key, NULL }, buf_text(lines), ret,
				   e);
	below(&whole, key, lines);
	return yaml_insert(f->name, f->text, f->len, (const char *const[]){ NULL }, buf_text(&whole), ret, e);
}

static int find_system(const struct firebreak_register *reg, const struct entry *en, uint32_t *ret, struct err *e)
{
	_cleanup_(freep) char *name = en->system ? mem_dup(en->system) : mem_dupn(en->secret, strcspn(en->secret, "/"));

	*ret = map_get(&reg->system_names, name);
	if (*ret == MAP_NONE)
		return err_set(e, ERR_CONFIG, "the register has no system '%s': write it under systems: first (it "
			       "needs a title), or name another with --system", name);
	return 0;
}

static int make(const struct firebreak_register *reg, const struct source *files, size_t n, const struct entry *en,
		size_t *ret_file, struct buf *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf lines = BUF_INIT(LINES_MAX);
	uint32_t at = en->class ? MAP_NONE : map_get(&reg->secret_names, en->secret), system = 0;
	int r;

	if (en->class) {
		not_secret(&lines, en);
		*ret_file = reg->n_not_secret ? file_of(files, n, beside(reg, en, 0)) : file_of(files, n,
												"firebreak.yaml");
		return add_to(&files[*ret_file], "not_secret", &lines, ret, e);
	}
	if (at != MAP_NONE) {
		*ret_file = file_of(files, n, reg->secrets[at].at.file);
		return add_place(&files[*ret_file], en, ret, e);
	}
	r = find_system(reg, en, &system, e);
	if (r < 0)
		return r;
	new_secret(&lines, en);
	*ret_file = file_of(files, n, beside(reg, en, system));
	return add_to(&files[*ret_file], "secrets", &lines, ret, e);
}

/* The register with it: right, larger by one, and it knows the place. */
static int try(const struct firebreak_register *old, const struct source *files, size_t n, const struct entry *en,
	       size_t at,
	       const struct buf *text, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	_cleanup_(freep) struct source *with = mem_zero(n, sizeof(*with));
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(map_free) struct map index = MAP_INIT;
	size_t top = en->key ? strlen(en->key) : 0;
	bool is_new = !en->class && map_get(&old->secret_names, en->secret) == MAP_NONE;

	memcpy(with, files, n * sizeof(*with));
	with[at].text = buf_text(text);
	with[at].len = text->len;
	if (register_load(with, n, NULL, 0, &reg, e) < 0)
		return err_wrap(e, "with this entry the register would be wrong");
	cover_index(reg, a, &index);
	if (!cover_has(reg, &index, en->repository, en->file, en->key, top) ||
	    reg->n_secrets != old->n_secrets + is_new ||
	    reg->n_not_secret != old->n_not_secret + (en->class != NULL))
		return err_set(e, ERR_BUG, "the entry does not cover its place: write it by hand");
	return 0;
}

int entry_make(const struct firebreak_register *reg, const struct source *files, size_t n, const struct entry *en,
	       size_t *ret_file, struct buf *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX);
	size_t at = 0;
	int r = make(reg, files, n, en, &at, &text, e);

	if (r == 0)
		r = try(reg, files, n, en, at, &text, e);
	if (r < 0)
		return r;
	*ret_file = at;
	return buf_add(ret, text.data, text.len);
}

/* --- the diff --- */

struct lines { const char **s; size_t n, cap; };

static void split(struct lines *l, const char *text)
{
	while (*text && GROW(l->s, l->n, l->cap, YAML_MAX)) {
		l->s[l->n++] = text;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

static bool is_equal(const char *a, const char *b)
{
	size_t n = strcspn(a, "\n");

	return n == strcspn(b, "\n") && memcmp(a, b, n) == 0;
}

static void show(struct buf *b, char sign, const struct lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		(void)buf_char(b, sign);
		text_visible(b, l->s[i], strcspn(l->s[i], "\n"));
		(void)buf_char(b, '\n');
	}
}

void entry_diff(struct buf *b, const char *name, const char *before, const char *after)
{
	struct lines x = { 0 }, y = { 0 };
	size_t head = 0, tail = 0, from, rest;

	split(&x, before);
	split(&y, after);
	while (head < x.n && head < y.n && is_equal(x.s[head], y.s[head]))
		head++;
	while (tail < x.n - head && tail < y.n - head && is_equal(x.s[x.n - 1 - tail], y.s[y.n - 1 - tail]))
		tail++;
	from = head > AROUND ? head - AROUND : 0;
	rest = tail < AROUND ? tail : AROUND;
	(void)buf_printf(b, "--- %s\n+++ %s\n@@ -%zu,%zu +%zu,%zu @@\n", name, name, from + 1, x.n - tail + rest - from,
			 from + 1, y.n - tail + rest - from);
	show(b, ' ', &x, from, head);
	show(b, '-', &x, head, x.n - tail);
	show(b, '+', &y, head, y.n - tail);
	show(b, ' ', &x, x.n - tail, x.n - tail + rest);
	free(x.s);
	free(y.s);
}
