#include "scan/hieradata.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include <string.h>

#define PATTERN_MAX 1000u

static const char *const endings[] = { ".yaml", ".yml", ".eyaml" };

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && memcmp(s + n - k, end, k) == 0;
}

static bool is_yaml(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (ends_with(path, endings[i]))
			return true;
	return false;
}

const char *hieradata_by_name(const char *path)
{
	static const char *const folders[] = { "hieradata/", "data/" };

	if (!is_yaml(path))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *rest = NULL;

		for (const char *at = path; at; at = strchr(at, '/')) {
			at += *at == '/';
			if (text_starts(at, folders[i]))
				rest = at + strlen(folders[i]);
		}
		if (rest)
			return rest;
	}
	return NULL;
}

bool hieradata_is_config(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "hiera.yaml") == 0;
}

/* '*' and '?' would mean something in a pattern, and a name of a file may hold them: both are any text then. */
void hieradata_add(struct hieradata *h, const char *path)
{
	if (h->patterns.n < HIERADATA_PATTERNS_MAX)
		strv_add(&h->patterns, path);
}

/* %{...}, {a,b} and [ab] become '*'. */
static void loosen(struct buf *b, const char *s)
{
	while (*s) {
		const char *end = text_starts(s, "%{") || *s == '{' ? strchr(s, '}') : *s == '[' ? strchr(s,
			']') : NULL;

		(void)buf_char(b, end ? '*' : *s);
		s = end ? end + 1 : s + 1;
	}
}

static void add_path(struct hieradata *h, const char *folder, const char *datadir, const char *path)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(PATTERN_MAX);

	(void)buf_str(&b, folder);
	loosen(&b, datadir);
	if (b.len > 0 && b.data[b.len - 1] != '/')
		(void)buf_char(&b, '/');
	loosen(&b, path);
	if (b.over)
		return;
	hieradata_add(h, buf_text(&b));
	if (is_yaml(path))
		return;
	/* A function of the team's own may add the ending, or make a file of each class's name. */
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		_cleanup_(freep) char *file = mem_printf("%s%s", buf_text(&b), endings[i]);
		_cleanup_(freep) char *below = mem_printf("%s/*%s", buf_text(&b), endings[i]);
		hieradata_add(h, file);
		hieradata_add(h, below);
	}
}

static const char *text_in(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n && n->kind == YAML_SCALAR && strlen(n->text) == n->len ? n->text : NULL;
}

static void add_level(struct hieradata *h, const char *folder, const char *datadir, const struct yaml_node *level)
{
	static const char *const lists[] = { "path", "paths", "glob", "globs", "mapped_paths" };
	const char *own = text_in(level, "datadir");

	/* Where the tree is deployed is not known here: a path of that machine fits no file of it. */
	if (own)
		datadir = own;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct yaml_node *n = yaml_get(level, lists[i]);

		if (n && n->kind == YAML_SCALAR)
			add_path(h, folder, datadir, n->text);
		for (const struct yaml_node *c = n && n->kind == YAML_LIST ? n->child : NULL; c; c = c->next)
			if (c->kind == YAML_SCALAR)
				add_path(h, folder, datadir, c->text);
	}
}

int hieradata_config(struct hieradata *h, const char *path, const char *bytes, size_t len, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_node *root = NULL;
	const char *slash = strrchr(path, '/');
	int r = yaml_parse(a, "", bytes, len, &root, e);

	if (r < 0)
		return r;

	const struct yaml_node *levels = yaml_get(root, "hierarchy");
	const char *datadir = text_in(yaml_get(root, "defaults"), "datadir"), *version = text_in(root, "version");
	_cleanup_(freep) char *folder = mem_dupn(path, slash ? (size_t)(slash - path) + 1 : 0);

	if (!version || strcmp(version, "5") != 0)
		return yaml_err(e, "", root, "this hiera.yaml does not say 'version: 5': its paths are not followed");
	for (const struct yaml_node *c = levels && levels->kind == YAML_LIST ? levels->child : NULL; c; c = c->next)
		add_level(h, folder, datadir ? datadir : "data", c);
	return 0;
}

bool hieradata_has(const struct hieradata *h, const char *path)
{
	if (hieradata_by_name(path))
		return true;
	if (!is_yaml(path))
		return false;
	if (h->any && !hieradata_is_config(path) && !text_starts(path, "files/") && !strstr(path, "/files/"))
		return true;
	for (size_t i = 0; i < h->patterns.n; i++)
		if (text_matches(h->patterns.s[i], path))
			return true;
	return false;
}

void hieradata_free(struct hieradata *h)
{
	strv_free(&h->patterns);
}
