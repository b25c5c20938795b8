/* Files come in here and go to the reader of their kind. */
#include "puppet/manifest_parts.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/hieradata.h"
#include <stdarg.h>
#include <string.h>

static const char *const kind_names[] = {
	[FACT_LOOKUP] = "lookup", [FACT_PARAMETER] = "parameter", [FACT_SOURCE] = "source", [FACT_READ] = "read",
	[FACT_PATH] = "path", [FACT_RESOURCE] = "resource", [FACT_COLLECT] = "collect", [FACT_INCLUDE] = "include",
	[FACT_CLASS] = "class", [FACT_DEFINE] = "define", [FACT_FUNCTION] = "function", [FACT_NODE] = "node",
	[FACT_HIERA] = "hiera",
};

const char *fact_kind_name(enum fact_kind kind)
{
	return kind_names[kind];
}

struct manifest *manifest_new(void)
{
	struct manifest *m = mem_zero(1, sizeof(*m));

	m->arena = arena_new();
	m->parts = mem_zero(1, sizeof(*m->parts));
	return m;
}

void manifest_freep(struct manifest **m)
{
	struct manifest_parts *p;

	if (!*m)
		return;
	p = (*m)->parts;
	map_free(&p->classes);
	map_free(&p->defines);
	map_free(&p->functions);
	map_free(&p->template_names);
	map_free(&p->plain_names);
	map_free(&p->ruby_functions);
	map_free(&p->ruby_types);
	map_free(&p->gap_names);
	free(p->definitions);
	free(p->templates);
	free(p->nodes);
	free(p->hiera);
	free(p->tops);
	free(p->plain);
	free(p->ruby);
	free(p);
	free((*m)->files);
	free((*m)->facts);
	free((*m)->gaps);
	arena_free((*m)->arena);
	free(*m);
	*m = NULL;
}

void manifest_gap(struct manifest *m, enum gap_kind kind, uint32_t file, uint32_t line, uint32_t col,
		  const char *fmt, ...)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT(2000);
	char text[400];
	va_list ap;

	m->n_gaps_all++;
	if (!GROW(m->gaps, m->n_gaps, m->cap_gaps, MANIFEST_GAPS_MAX))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_visible(&seen, text, strlen(text));
	m->gaps[m->n_gaps++] = (struct manifest_gap){ kind, file, line, col, arena_dup(m->arena, buf_text(&seen)) };
}

void manifest_fact(struct manifest *m, const struct fact *f)
{
	if (GROW(m->facts, m->n_facts, m->cap_facts, MANIFEST_FACTS_MAX))
		m->facts[m->n_facts++] = *f;
	else if (map_put(&m->parts->gap_names, "too many facts", 0))
		manifest_gap(m, GAP_LIMIT, f->file, f->line, f->col,
			     "more than %u lookups, resources and names: the rest is not read", MANIFEST_FACTS_MAX);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && !memcmp(s + n - k, end, k);
}

/* Where the folder `name` of the path ends: "a/templates/b" -> "b"; NULL: no such folder. The last one counts. */
static const char *below(const char *path, const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);

	for (const char *s = path; *s;) {
		const char *slash = strchr(s, '/');

		if (!slash)
			break;
		if ((size_t)(slash - s) == n && !memcmp(s, name, n))
			found = slash + 1;
		s = slash + 1;
	}
	return found;
}

/* The part of a module that Puppet finds by itself, and what comes behind it. */
enum part { PART_NONE, PART_MANIFEST, PART_OTHER_PP, PART_TEMPLATE, PART_RUBY_FUNCTION, PART_RUBY_TYPE, PART_HIERA,
	PART_PLAIN };

static enum part part_of(const char *path, const char **ret_rest)
{
	const char *rest;

	if (ends_with(path, ".pp")) {
		*ret_rest = (rest = below(path, "manifests")) || (rest = below(path, "functions"))
			|| (rest = below(path, "types")) ? rest : path;
		if (below(path, "spec") || below(path, "examples") || below(path, "tests"))
			return PART_OTHER_PP;
		return *ret_rest == path ? PART_OTHER_PP : PART_MANIFEST;
	}
	if ((*ret_rest = below(path, "templates")))
		return PART_TEMPLATE;
	if (ends_with(path, ".erb") || ends_with(path, ".epp")) {
		*ret_rest = path;
		return PART_TEMPLATE;
	}
	if (ends_with(path, ".rb") && below(path, "puppet")) {
		if ((*ret_rest = below(path, "functions")))
			return PART_RUBY_FUNCTION;
		if ((*ret_rest = below(path, "type")))
			return PART_RUBY_TYPE;
		return PART_NONE;
	}
	if ((*ret_rest = hieradata_by_name(path)))
		return PART_HIERA;
	if (below(path, "modules") && (*ret_rest = below(path, "files")))
		return PART_PLAIN;
	return PART_NONE;
}

bool manifest_wants(const char *path)
{
	const char *rest;

	return part_of(path, &rest) != PART_NONE;
}

/* "modules/NAME/manifests/init.pp" -> NAME; "" outside of modules. */
static const char *module_of(struct arena *a, const char *path, const char *rest)
{
	static const char *const folders[] = { "modules", "site-modules", "site" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *s = below(path, folders[i]), *slash = s ? strchr(s, '/') : NULL;

		if (slash && slash < rest)
			return arena_dupn(a, s, (size_t)(slash - s));
	}
	return "";
}

static uint32_t add_file(struct manifest *m, const char *repository, const char *path)
{
	if (!GROW(m->files, m->n_files, m->cap_files, MANIFEST_FILES_MAX)) {
		if (map_put(&m->parts->gap_names, "too many files", 0))
			manifest_gap(m, GAP_LIMIT, MANIFEST_NONE, 0, 0, "more than %u files: the rest is not read",
				     MANIFEST_FILES_MAX);
		return MANIFEST_NONE;
	}
	/* most files come from one repository */
	if (m->n_files && !strcmp(m->files[m->n_files - 1].repository, repository))
		repository = m->files[m->n_files - 1].repository;
	else
		repository = arena_dup(m->arena, repository);
	m->files[m->n_files] = (struct manifest_file){ repository, arena_dup(m->arena, path) };
	return m->n_files++;
}

void manifest_lost(struct manifest *m, const char *repository, const char *path, const char *why)
{
	uint32_t file = add_file(m, repository, path);

	if (file != MANIFEST_NONE)
		manifest_gap(m, GAP_UNREADABLE, file, 0, 0, "%s", why);
}

static void add_manifest(struct manifest *m, uint32_t file, const char *module, const char *src, size_t len, bool loads)
{
	struct pp_result r;

	pp_parse(m->arena, src, len, false, &r);
	for (uint32_t i = 0; i < r.n_errors && i < PP_ERRORS; i++)
		manifest_gap(m, GAP_UNREADABLE, file, r.errors[i].line, r.errors[i].col, "%s", r.errors[i].text);
	if (r.n_errors > PP_ERRORS)
		manifest_gap(m, GAP_UNREADABLE, file, 0, 0, "more mistakes than are told: the rest of it is not read");
	manifest_walk(m, file, module, r.root, loads);
}

/* "a/b.rb" below functions/ is the function a::b. */
static const char *ruby_name(struct arena *a, const char *rest)
{
	char *name = arena_zero(a, strlen(rest) * 2 + 1);
	size_t n = 0;

	for (const char *s = rest; *s && !(s[0] == '.' && !strcmp(s, ".rb")); s++) {
		if (*s == '/')
			name[n++] = ':';
		name[n++] = *s == '/' ? ':' : *s;
	}
	return name;
}

void manifest_add(struct manifest *m, const char *repository, const char *path, const void *bytes, size_t len)
{
	const char *rest = NULL, *module, *src;
	enum part part = part_of(path, &rest);
	uint32_t file;

	if (part == PART_NONE)
		return;
	/* what a module hands out is looked at for paths only: what is no text has none */
	if (part == PART_PLAIN) {
		if (len <= MANIFEST_FILE_MAX && text_is_utf8(bytes, len))
			manifest_plain(m, module_of(m->arena, path, rest), rest, bytes, len);
		return;
	}
	file = add_file(m, repository, path);
	if (file == MANIFEST_NONE)
		return;
	if (len > MANIFEST_FILE_MAX) {
		manifest_gap(m, GAP_LIMIT, file, 0, 0, "%zu bytes, more than the %zu that are read of one file", len,
			     MANIFEST_FILE_MAX);
		return;
	}
	if (!text_is_utf8(bytes, len)) {
		manifest_gap(m, GAP_UNREADABLE, file, 0, 0, "not UTF-8 text");
		return;
	}
	src = arena_dupn(m->arena, bytes, len);
	rest = m->files[file].path + (rest - path);
	module = module_of(m->arena, m->files[file].path, rest);
	switch (part) {
	case PART_MANIFEST: case PART_OTHER_PP:
		add_manifest(m, file, module, src, len, part == PART_MANIFEST);
		return;
	case PART_TEMPLATE:
		manifest_template(m, file, module, rest, src, len);
		return;
	case PART_RUBY_FUNCTION:
		(void)map_put(&m->parts->ruby_functions, ruby_name(m->arena, rest), file);
		manifest_ruby(m, file, src, len);
		return;
	case PART_RUBY_TYPE:
		(void)map_put(&m->parts->ruby_types, ruby_name(m->arena, rest), file);
		return;
	default:
		manifest_hiera(m, file, src, len);
		return;
	}
}

void manifest_gaps(const struct manifest *m, struct gaps *to)
{
	static const enum unread kinds[] = {
		[GAP_UNREADABLE] = UNREAD_MANIFEST, [GAP_LIMIT] = UNREAD_LARGE, [GAP_MISSING] = UNREAD_ELSEWHERE,
	};

	for (uint32_t i = 0; i < m->n_gaps; i++) {
		const struct manifest_gap *g = &m->gaps[i];
		struct gap at = { .line = g->line, .col = g->col };

		if (g->kind == GAP_UNDECIDED)
			continue;
		at.kind = kinds[g->kind];
		if (g->file != MANIFEST_NONE) {
			at.repository = m->files[g->file].repository;
			at.file = m->files[g->file].path;
		}
		gaps_add(to, &at, "%s", g->text);
	}
	if (m->n_gaps_all > m->n_gaps)
		to->more += m->n_gaps_all - m->n_gaps;
}
