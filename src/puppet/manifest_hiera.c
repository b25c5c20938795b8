/* Public Hiera data: the keys that it has, and what %{lookup('...')} in it asks for. */
#include "puppet/manifest_parts.h"
#include "base/mem.h"
#include <string.h>

#define HIERA_FILES_MAX 100000u
#define DEPTH 64

static const char *const asks[] = { "lookup(", "hiera(", "alias(" };

/* "%{lookup('key')}" in a value. */
static void lookups(struct manifest *m, uint32_t file, const struct yaml_node *n)
{
	const char *s = n->text, *end = n->text + n->len;

	while (s && s < end && (s = memmem(s, (size_t)(end - s), "%{", 2)) != NULL) {
		struct fact f = { .kind = FACT_LOOKUP, .file = file, .line = n->line, .col = n->col,
			.flags = FACT_IN_DATA };

		s += 2;
		while (s < end && *s == ' ')
			s++;
		for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
			size_t len = strlen(asks[i]);
			const char *quote;

			if ((size_t)(end - s) <= len + 1 || memcmp(s, asks[i], len) != 0
			    || (s[len] != '\'' && s[len] != '"'))
				continue;
			quote = memchr(s + len + 1, s[len], (size_t)(end - s) - len - 1);
			if (!quote)
				continue;
			f.how = arena_dupn(m->arena, asks[i], len - 1);
			f.name = arena_dupn(m->arena, s + len + 1, (size_t)(quote - s) - len - 1);
			manifest_fact(m, &f);
		}
	}
}

static void values(struct manifest *m, uint32_t file, const struct yaml_node *n, unsigned depth)
{
	if (!n || depth > DEPTH)
		return;
	if (n->kind == YAML_SCALAR)
		lookups(m, file, n);
	for (const struct yaml_node *k = n->child; k; k = k->next)
		values(m, file, k, depth + 1);
}

/* "x:3:7: why" */
static void unreadable(struct manifest *m, uint32_t file, const char *text)
{
	unsigned long line = 0, col = 0;
	char *rest = NULL;

	if (text[0] == ':') {
		line = strtoul(text + 1, &rest, 10);
		if (rest && *rest == ':')
			col = strtoul(rest + 1, &rest, 10);
		if (rest && rest[0] == ':' && rest[1] == ' ')
			text = rest + 2;
	}
	manifest_gap(m, GAP_UNREADABLE, file, (uint32_t)line, (uint32_t)col, "%s", text);
}

void manifest_hiera(struct manifest *m, uint32_t file, const char *src, size_t len)
{
	struct manifest_parts *p = m->parts;
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	if (yaml_parse(m->arena, "", src, len, &root, &e) < 0) {
		unreadable(m, file, e.text);
		return;
	}
	if (!root || root->kind != YAML_MAP)
		return;
	for (const struct yaml_node *k = root->child; k; k = k->next) {
		struct fact f = { .kind = FACT_HIERA, .file = file };

		if (!k->key || k->key->kind != YAML_SCALAR)
			continue;
		f.line = k->key->line;
		f.col = k->key->col;
		f.name = k->key->text;
		manifest_fact(m, &f);
		values(m, file, k, 0);
	}
	if (GROW(p->hiera, p->n_hiera, p->cap_hiera, HIERA_FILES_MAX))
		p->hiera[p->n_hiera++] = (struct hiera_file){ m->files[file].path, "", file, root };
	else
		manifest_gap(m, GAP_LIMIT, file, 0, 0, "more than %u files of Hiera data: this one is not read",
			     HIERA_FILES_MAX);
}
