/* The facts of one manifest or EPP template: everything that it says, whether a host has it or not. */
#include "puppet/manifest_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "puppet/pp_lex.h"
#include <string.h>

#define DEFINITIONS_MAX 500000u

static const char *const lookups[] = {
	"lookup", "hiera", "hiera_array", "hiera_hash", "hiera_include", "hiera_lookup",
};
static const char *const readers[] = { "file", "generate", "secret", "binary_file", "loadyaml", "loadjson" };

static bool is_one_of(const char *const *words, size_t n, const char *s, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && !memcmp(words[i], s, len))
			return true;
	return false;
}

bool is_lookup(const char *name, size_t len)
{
	return is_one_of(lookups, ARRAY_SIZE(lookups), name, len);
}

bool is_reader(const char *name, size_t len)
{
	return is_one_of(readers, ARRAY_SIZE(readers), name, len);
}

static bool has(const char *s, size_t len, const char *what)
{
	return memmem(s, len, what, strlen(what)) != NULL;
}

bool is_key_path(const char *s, size_t len)
{
	static const char *const ends[] = { ".key", ".pem", ".p12", ".pfx", ".jks", ".keytab", "_rsa", "_ed25519",
		"_ecdsa", "_dsa" };

	if (len < 2 || s[0] != '/')
		return false;
	if (has(s, len, "/private/") || has(s, len, "/ssl-keys/"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len > strlen(ends[i]) && !memcmp(s + len - strlen(ends[i]), ends[i], strlen(ends[i])))
			return true;
	return false;
}

static void fact(const struct walk *w, enum fact_kind kind, const struct pp_node *at, const char *name, const char *how,
		 uint32_t flags)
{
	struct fact f = { .kind = kind, .file = w->file, .line = at->line, .col = at->col, .name = name, .how = how,
		.in = w->in };

	flags |= w->conditional ? FACT_CONDITIONAL : 0;
	flags |= w->is_template ? FACT_IN_TEMPLATE : 0;
	f.flags = flags & 0xffffu;
	manifest_fact(w->m, &f);
}

static const char *text_of(const struct walk *w, const struct pp_node *n)
{
	return arena_dupn(w->m->arena, n->text, n->len);
}

static void named(const struct walk *w, enum fact_kind kind, const struct pp_node *n, const char *how, uint32_t flags)
{
	bool literal = n->kind == PP_STRING || n->kind == PP_NAME || n->kind == PP_TYPE || n->kind == PP_NUMBER;

	fact(w, kind, n, literal ? text_of(w, n) : pp_source(w->m->arena, n), how,
	     flags | (literal ? 0 : FACT_AT_RUN_TIME));
}

/* One name, or a list of them. */
static void each_named(const struct walk *w, enum fact_kind kind, const struct pp_node *n, const char *how,
		       uint32_t flags)
{
	if (n->kind != PP_ARRAY) {
		named(w, kind, n, how, flags);
		return;
	}
	for (const struct pp_node *k = n->a; k; k = k->next)
		each_named(w, kind, k, how, flags);
}

static const struct pp_node *pair(const struct pp_node *hash, const char *key)
{
	for (const struct pp_node *k = hash->a; k; k = k->next)
		if (k->a && (k->a->kind == PP_STRING || k->a->kind == PP_NAME) && pp_is(k->a, key))
			return k->b;
	return NULL;
}

static bool has_default(const struct pp_node *call, const struct pp_node *args, bool is_hiera)
{
	int n = 0;

	for (const struct pp_node *k = args; k; k = k->next) {
		n++;
		if (k->kind == PP_HASH && (pair(k, "default_value") || pair(k, "default_values_hash")))
			return true;
	}
	return n >= (is_hiera ? 2 : 4) || call->c;
}

static void lookup_fact(const struct walk *w, const struct pp_node *call, const struct pp_node *first,
			const struct pp_node *rest)
{
	const char *how = text_of(w, call);
	uint32_t flags;

	if (!first)
		return;
	flags = has_default(call, call->kind == PP_METHOD ? rest : first, how[0] == 'h') ? FACT_HAS_DEFAULT : 0;
	if (first->kind == PP_HASH) {
		first = pair(first, "name");
		if (!first)
			return;
	}
	each_named(w, FACT_LOOKUP, first, how, flags);
}

static const char *const includers[] = { "include", "contain", "require", "hiera_include" };

static void call_facts(const struct walk *w, const struct pp_node *n)
{
	const struct pp_node *first = n->kind == PP_METHOD ? n->a : n->b;

	if (is_lookup(n->text, n->len))
		lookup_fact(w, n, first, n->b);
	if (pp_is(n, "inline_template") || pp_is(n, "inline_epp"))
		manifest_inline(w->m, w->file, n, first);
	if (is_reader(n->text, n->len) && first)
		named(w, FACT_READ, first, text_of(w, n), 0);
	if (!is_one_of(includers, ARRAY_SIZE(includers), n->text, n->len))
		return;
	if (n->len > 10)
		return; /* hiera_include: the key is told of already */
	for (const struct pp_node *k = first; k; k = n->kind == PP_METHOD ? NULL : k->next)
		each_named(w, FACT_INCLUDE, k, text_of(w, n), 0);
}

static void resource_facts(const struct walk *w, const struct pp_node *n)
{
	uint32_t flags = (n->flags & PP_VIRTUAL ? FACT_IS_VIRTUAL : 0) | (n->flags & PP_EXPORTED ? FACT_IS_EXPORTED
									  : 0);
	bool is_class = n->a->kind == PP_NAME && pp_is(n->a, "class");
	const char *type = n->a->kind == PP_NAME ? text_of(w, n->a) : pp_source(w->m->arena, n->a);

	for (const struct pp_node *b = n->b; b; b = b->next)
		if (b->a && b->a->kind != PP_DEFAULT)
			each_named(w, is_class ? FACT_INCLUDE : FACT_RESOURCE, b->a, type, flags);
}

static const char *first_text(const struct pp_node *n, size_t *len)
{
	const struct pp_node *s = n->kind == PP_INTERPOLATE ? n->a : n;

	if (!s || s->kind != PP_STRING)
		return NULL;
	*len = s->len;
	return s->text;
}

static void string_facts(const struct walk *w, const struct pp_node *n)
{
	size_t len = 0;
	const char *s = first_text(n, &len), *whole;

	if (!s || len < 2)
		return;
	if (len >= 9 && !memcmp(s, "puppet://", 9)) {
		named(w, FACT_SOURCE, n, NULL, 0);
		return;
	}
	if (s[0] != '/' || memchr(s, '\n', len) || memchr(s, ' ', len))
		return;
	whole = n->kind == PP_STRING ? text_of(w, n) : pp_source(w->m->arena, n);
	if (is_key_path(whole, strlen(whole)))
		named(w, FACT_PATH, n, NULL, 0);
}

static void walk(struct walk *w, const struct pp_node *n);

static void children(struct walk *w, const struct pp_node *n)
{
	const struct pp_node *const lists[] = { n->a, n->b, n->c };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct pp_node *k = lists[i]; k; k = k->next)
			walk(w, k);
}

static void definition_facts(struct walk *w, const struct pp_node *n)
{
	struct walk inside = *w;
	enum fact_kind kind = n->kind == PP_CLASS ? FACT_CLASS : n->kind == PP_DEFINE ? FACT_DEFINE : FACT_FUNCTION;

	inside.in = text_of(w, n);
	inside.conditional = 0;
	fact(w, kind, n, inside.in, NULL, 0);
	for (const struct pp_node *p = n->a; p && n->kind == PP_CLASS; p = p->next)
		fact(&inside, FACT_PARAMETER, p, arena_printf(w->m->arena, "%s::%.*s", inside.in, (int)p->len, p->text),
		     NULL, p->b ? FACT_HAS_DEFAULT : 0);
	children(&inside, n);
}

static void node_facts(struct walk *w, const struct pp_node *n)
{
	struct walk inside = *w;

	for (const struct pp_node *k = n->a; k; k = k->next) {
		if (k->kind == PP_STRING || k->kind == PP_INTERPOLATE)
			named(w, FACT_NODE, k, NULL, 0);
		else
			fact(w, FACT_NODE, k, pp_source(w->m->arena, k), NULL, 0);
	}
	inside.in = n->a && n->a->kind == PP_STRING ? text_of(w, n->a) : n->a ? pp_source(w->m->arena, n->a) : NULL;
	children(&inside, n);
}

static void walk(struct walk *w, const struct pp_node *n)
{
	switch ((enum pp_kind)n->kind) {
	case PP_CLASS: case PP_DEFINE: case PP_FUNCTION:
		definition_facts(w, n);
		return;
	case PP_NODE:
		node_facts(w, n);
		return;
	case PP_STRING:
		string_facts(w, n);
		return;
	case PP_INTERPOLATE:
		string_facts(w, n);
		for (const struct pp_node *k = n->a; k; k = k->next)
			if (k->kind != PP_STRING)
				walk(w, k);
		return;
	case PP_CALL: case PP_METHOD:
		call_facts(w, n);
		break;
	case PP_RESOURCE:
		resource_facts(w, n);
		break;
	case PP_COLLECT:
		fact(w, FACT_COLLECT, n, "", n->a->kind == PP_TYPE ? text_of(w, n->a) : pp_source(w->m->arena, n->a),
		     n->flags & PP_EXPORTED ? FACT_IS_EXPORTED : 0);
		break;
	case PP_IF: case PP_SELECT: case PP_CASE:
		walk(w, n->a);
		w->conditional++;
		for (const struct pp_node *k = n->b; k; k = k->next)
			walk(w, k);
		for (const struct pp_node *k = n->c; k; k = k->next)
			walk(w, k);
		w->conditional--;
		return;
	default:
		break;
	}
	children(w, n);
}

static void define(struct manifest *m, uint32_t file, const char *module, const struct pp_node *n)
{
	struct manifest_parts *p = m->parts;
	struct map *names = n->kind == PP_CLASS ? &p->classes : n->kind == PP_DEFINE ? &p->defines : &p->functions;
	const char *name = arena_dupn(m->arena, n->text, n->len);

	if (!GROW(p->definitions, p->n_definitions, p->cap_definitions, DEFINITIONS_MAX))
		return;
	if (!map_put(names, name, p->n_definitions)) {
		manifest_gap(m, GAP_UNREADABLE, file, n->line, n->col,
			     "'%s' is defined a second time: this one is not followed",
			     name);
		return;
	}
	p->definitions[p->n_definitions++] = (struct definition){ name, module, n, file };
}

/* Definitions may stand within classes and nodes too. */
static void definitions(struct manifest *m, uint32_t file, const char *module, const struct pp_node *block)
{
	struct manifest_parts *p = m->parts;

	for (const struct pp_node *n = block ? block->a : NULL; n; n = n->next) {
		if (n->kind == PP_CLASS || n->kind == PP_DEFINE || n->kind == PP_FUNCTION) {
			define(m, file, module, n);
			definitions(m, file, module, n->b);
		} else if (n->kind == PP_NODE && GROW(p->nodes, p->n_nodes, p->cap_nodes, DEFINITIONS_MAX)) {
			p->nodes[p->n_nodes++] = (struct node_block){ n, file };
		}
	}
}

void manifest_walk(struct manifest *m, uint32_t file, const char *module, const struct pp_node *root, bool loads)
{
	struct walk w = { .m = m, .file = file };
	struct manifest_parts *p = m->parts;

	children(&w, root);
	if (!loads)
		return;
	definitions(m, file, module, root);
	/* what stands outside of everything is for every host when it is the site's own */
	if (!*module && GROW(p->tops, p->n_tops, p->cap_tops, DEFINITIONS_MAX))
		p->tops[p->n_tops++] = (struct top_level){ root, file };
}

void manifest_walk_template(struct manifest *m, uint32_t file, const struct pp_node *root)
{
	struct walk w = { .m = m, .file = file, .is_template = true };

	children(&w, root);
}
