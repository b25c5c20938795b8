/* Templates: EPP is Puppet's own language, of ERB the tags are read as Ruby and the text is looked at for paths. */
#include "puppet/ruby.h"
#include "base/mem.h"
#include <string.h>

#define TEMPLATES_MAX 200000u
#define REFS_MAX 20000u        /* of one template */
#define MENTIONS_MAX 5000u     /* of one template */
#define TAG_MAX ((size_t)1 << 20)

struct erb {
	struct ruby ruby;
	struct ruby_ref *refs;
	uint32_t n;
	size_t cap;
	struct pp_node *first, **last, *parts, **last_part;  /* mentions, and the one that is being put together */
	uint32_t n_mentions;
	bool in_path;
	char before;
	const struct ruby_ref *only; /* the tag's one reference, when that is all that it has */
	uint32_t n_in_tag;
};

static void add_fact(struct manifest *m, uint32_t file, const struct ruby_ref *ref)
{
	struct fact f = { .file = file, .line = ref->line, .col = ref->col, .name = ref->name, .how = ref->how };

	f.kind = ref->kind == RUBY_LOOKUP ? FACT_LOOKUP : FACT_READ;
	f.flags = (FACT_IN_TEMPLATE | (ref->at_run_time ? FACT_AT_RUN_TIME : 0u)
		   | (ref->has_default ? FACT_HAS_DEFAULT : 0u)) & 0xffffu;
	if (ref->kind == RUBY_LOOKUP || ref->kind == RUBY_READ)
		manifest_fact(m, &f);
}

static void in_template(void *context, const struct ruby_ref *ref)
{
	struct erb *e = context;

	if (!GROW(e->refs, e->n, e->cap, REFS_MAX)) {
		if (e->n == REFS_MAX)
			manifest_gap(e->ruby.m, GAP_LIMIT, e->ruby.file, ref->line, ref->col,
				     "a template with more than %u variables: the rest is not read", REFS_MAX);
		return;
	}
	add_fact(e->ruby.m, e->ruby.file, ref);
	e->refs[e->n++] = *ref;
	e->n_in_tag++;
}

static struct pp_node *node(struct erb *e, enum pp_kind kind, const char *s, size_t len)
{
	struct pp_node *n = arena_zero(e->ruby.m->arena, sizeof(*n));

	n->kind = (uint8_t)kind;
	n->depth = 1;
	n->line = e->ruby.line;
	n->text = s;
	n->len = (uint32_t)len;
	return n;
}

static void add_part(struct erb *e, struct pp_node *n)
{
	*e->last_part = n;
	e->last_part = &n->next;
}

static void path_begins(struct erb *e)
{
	e->in_path = true;
	e->parts = NULL;
	e->last_part = &e->parts;
}

/* Keeps what was put together when it is an absolute path of more than one part. */
static void path_ends(struct erb *e)
{
	unsigned slashes = 0;
	struct pp_node *n;

	e->in_path = false;
	for (n = e->parts; n; n = n->next)
		for (uint32_t i = 0; i < n->len && n->kind == PP_STRING; i++)
			slashes += n->text[i] == '/';
	if (!e->parts || slashes + (e->parts->kind == PP_VAR) < 2 || e->n_mentions >= MENTIONS_MAX)
		return;
	n = node(e, e->parts->next ? PP_INTERPOLATE : e->parts->kind, e->parts->text, e->parts->len);
	n->a = e->parts->next ? e->parts : NULL;
	n->depth = 2;
	*e->last = n;
	e->last = &n->next;
	e->n_mentions++;
}

static bool in_paths(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("/._-+@", c));
}

static void text(struct erb *e, size_t to)
{
	size_t begin = e->ruby.pos;
	const char *src = e->ruby.src;

	for (size_t i = begin; i < to; i++) {
		if (!e->in_path && src[i] == '/' && !in_paths(e->before)) {
			path_begins(e);
			begin = i;
		} else if (e->in_path && !in_paths(src[i])) {
			if (i > begin)
				add_part(e, node(e, PP_STRING, src + begin, i - begin));
			path_ends(e);
		}
		e->before = src[i];
	}
	if (e->in_path && to > begin)
		add_part(e, node(e, PP_STRING, src + begin, to - begin));
	ruby_advance(&e->ruby, to);
}

static bool is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\n-", s[i]))
			return false;
	return true;
}

/* What the tag puts in continues a path when it is one variable, and ends it otherwise. */
static void tag_in_path(struct erb *e, bool is_output, const char *code, size_t len)
{
	const struct ruby_ref *ref = e->n_in_tag == 1 ? &e->refs[e->n - 1] : NULL;
	size_t used;

	if (!is_output || !ref || ref->kind != RUBY_VAR || ref->path[0] || ref->at_run_time) {
		if (e->in_path)
			path_ends(e);
		e->before = 'x';
		return;
	}
	while (len && (*code == ' ' || *code == '\t')) {
		code++;
		len--;
	}
	used = strlen(ref->name) + 1;
	if (code[0] != '@' || len < used || !is_blank(code + used, len - used)) {
		if (e->in_path)
			path_ends(e);
		e->before = 'x';
		return;
	}
	if (!e->in_path && !in_paths(e->before))
		path_begins(e);
	if (e->in_path)
		add_part(e, node(e, PP_VAR, ref->name, strlen(ref->name)));
	e->before = 'x';
}

static bool tag(struct erb *e, size_t len)
{
	struct ruby *r = &e->ruby;
	uint32_t line = r->line, col = (uint32_t)(r->pos - r->line_start) + 1;
	const char *close = memmem(r->src + r->pos, len - r->pos, "%>", 2), *code;
	bool is_output = r->src[r->pos + 2] == '=';
	size_t to;

	if (!close) {
		manifest_gap(r->m, GAP_UNREADABLE, r->file, line, col, "a tag of the template does not end with '%%>'");
		return false;
	}
	to = (size_t)(close - r->src);
	if (to - r->pos > TAG_MAX)
		manifest_gap(r->m, GAP_LIMIT, r->file, line, col, "a tag of more than %zu bytes is not read", TAG_MAX);
	if (to - r->pos > TAG_MAX || r->src[r->pos + 2] == '#') {
		ruby_advance(r, to + 2);
		return true;
	}
	ruby_advance(r, r->pos + (is_output || r->src[r->pos + 2] == '-' ? 3 : 2));
	code = r->src + r->pos;
	r->only_tests = !is_output && ruby_only_tests(code, to - r->pos);
	e->n_in_tag = 0;
	if (!ruby_code(r, to))
		manifest_gap(r->m, GAP_UNREADABLE, r->file, line, col, "a string within the tag does not end");
	tag_in_path(e, is_output, code, to - (size_t)(code - r->src));
	ruby_advance(r, to + 2);
	return true;
}

static void read_erb(struct erb *e, size_t len)
{
	struct ruby *r = &e->ruby;

	while (r->pos < len) {
		const char *open = memmem(r->src + r->pos, len - r->pos, "<%", 2);
		size_t to = open ? (size_t)(open - r->src) : len;

		text(e, to);
		if (!open)
			break;
		if (r->pos + 2 < len && r->src[r->pos + 2] == '%') {
			ruby_advance(r, r->pos + 3);
		} else if (r->pos + 2 >= len || !tag(e, len)) {
			break;
		}
	}
	if (e->in_path)
		path_ends(e);
}

static void keep(struct manifest *m, const struct template *t)
{
	struct manifest_parts *p = m->parts;

	if (!GROW(p->templates, p->n_templates, p->cap_templates, TEMPLATES_MAX)) {
		manifest_gap(m, GAP_LIMIT, t->file, 0, 0, "more than %u templates: this one is not read",
			     TEMPLATES_MAX);
		return;
	}
	p->templates[p->n_templates] = *t;
	(void)map_put(&p->template_names, t->name, p->n_templates++);
}

static void read_template(struct manifest *m, struct template *t, const char *src, size_t len, uint32_t line)
{
	struct erb e = { .ruby = { .m = m, .file = t->file, .src = src, .line = line, .found = in_template } };
	struct pp_result r;

	if (t->is_epp) {
		pp_parse(m->arena, src, len, true, &r);
		for (uint32_t i = 0; i < r.n_errors && i < PP_ERRORS; i++)
			manifest_gap(m, GAP_UNREADABLE, t->file, r.errors[i].line + line - 1, r.errors[i].col, "%s",
				     r.errors[i].text);
		manifest_walk_template(m, t->file, r.root);
		t->root = r.root;
	} else {
		e.ruby.context = &e;
		e.last = &e.first;
		read_erb(&e, len);
		t->n_refs = e.n;
		t->refs = arena_zero(m->arena, e.n * sizeof(*e.refs));
		if (e.n)
			memcpy(t->refs, e.refs, e.n * sizeof(*e.refs));
		free(e.refs);
		t->mentions = e.first;
	}
	keep(m, t);
}

void manifest_template(struct manifest *m, uint32_t file, const char *module, const char *rest, const char *src,
		       size_t len)
{
	struct template t = { .module = module, .file = file };
	size_t n = strlen(rest);

	t.name = *module ? arena_printf(m->arena, "%s/%s", module, rest) : rest;
	t.is_epp = n > 4 && !strcmp(rest + n - 4, ".epp");
	read_template(m, &t, src, len, 1);
}

void manifest_inline(struct manifest *m, uint32_t file, const struct pp_node *call, const struct pp_node *text)
{
	struct template t = { .module = "", .file = file, .is_epp = pp_is(call, "inline_epp") };

	if (!text || text->kind != PP_STRING)
		return;
	t.name = arena_printf(m->arena, "@%p", (const void *)call);
	read_template(m, &t, text->text, text->len, text->line);
}

void manifest_plain(struct manifest *m, const char *module, const char *rest, const char *src, size_t len)
{
	struct manifest_parts *p = m->parts;
	struct erb e = { .ruby = { .m = m, .src = arena_dupn(m->arena, src, len), .line = 1 } };

	if (!GROW(p->plain, p->n_plain, p->cap_plain, TEMPLATES_MAX))
		return;
	e.last = &e.first;
	text(&e, len);
	if (e.in_path)
		path_ends(&e);
	p->plain[p->n_plain].mentions = e.first;
	(void)map_put(&p->plain_names, arena_printf(m->arena, "%s/%s", module, rest), p->n_plain++);
}

static void in_function(void *context, const struct ruby_ref *ref)
{
	struct ruby *r = context;
	struct manifest_parts *p = r->m->parts;

	if (ref->kind == RUBY_VAR || ref->kind == RUBY_UNKNOWN)
		return;
	add_fact(r->m, r->file, ref);
	if (GROW(p->ruby, p->n_ruby, p->cap_ruby, MANIFEST_FACTS_MAX)) {
		p->ruby[p->n_ruby] = *ref;
		p->ruby[p->n_ruby++].path[0] = r->m->files[r->file].path;
	}
}

void manifest_ruby(struct manifest *m, uint32_t file, const char *src, size_t len)
{
	struct ruby r = { .m = m, .file = file, .src = src, .line = 1, .is_function = true, .found = in_function };

	r.context = &r;
	(void)ruby_code(&r, len);
}
