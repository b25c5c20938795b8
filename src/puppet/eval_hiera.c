/*
 * Public Hiera data, by the names of its files: hosts/NAME.yaml and nodes/NAME.yaml are one host's, role/... one
 * role's,
 * common.yaml and common/... everybody's, data/ of a module its own. What has another name may apply or not.
 */
#include "puppet/eval.h"
#include <string.h>

#define ENTRIES_MAX 2000000u
#define DEPTH 32u

enum level { LEVEL_HOST, LEVEL_ROLE, LEVEL_OTHER, LEVEL_COMMON, LEVEL_MODULE, LEVELS };
struct entry { enum level level; const char *name; const struct yaml_node *value; uint32_t file, next; };
struct hiera_index { struct map keys; struct entry *entries; uint32_t n; size_t cap; unsigned depth; };

static bool is_one_of(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && !memcmp(*words, s, len))
			return true;
	return false;
}

static const char *const host_folders[] = { "hosts", "host", "nodes", "node", "fqdn", "certname", NULL };
static const char *const role_folders[] = { "role", "roles", NULL };
static const char *const common_names[] = { "common", "default", "defaults", "global", NULL };

/* "hieradata/hosts/db11.yaml": LEVEL_HOST of "db11". */
static enum level level_of(struct arena *a, const char *path, const char **ret_name)
{
	const char *rest = strstr(path, "hieradata/"), *slash, *dot;
	bool in_module = false;

	if (rest) {
		rest += strlen("hieradata/");
	} else {
		rest = strstr(path, "data/");
		in_module = strstr(path, "modules/") != NULL;
		rest = rest ? rest + strlen("data/") : path;
	}
	slash = strchr(rest, '/');
	dot = strrchr(rest, '.');
	*ret_name = NULL;
	if (!slash)
		return in_module ? LEVEL_MODULE : LEVEL_COMMON;
	if (is_one_of(rest, (size_t)(slash - rest), host_folders) && dot) {
		const char *base = strrchr(rest, '/') + 1;

		*ret_name = arena_dupn(a, base, (size_t)(dot - base));
		return LEVEL_HOST;
	}
	if (is_one_of(rest, (size_t)(slash - rest), role_folders) && dot) {
		rest = slash + 1;
		if (!strncmp(rest, "common/", 7))
			rest += 7;
		*ret_name = arena_dupn(a, rest, (size_t)(dot - rest));
		return LEVEL_ROLE;
	}
	return is_one_of(rest, (size_t)(slash - rest), common_names) ? in_module ? LEVEL_MODULE : LEVEL_COMMON
		: LEVEL_OTHER;
}

struct hiera_index *hiera_open(struct run *r)
{
	struct hiera_index *h = mem_zero(1, sizeof(*h));

	for (uint32_t i = 0; i < r->p->n_hiera; i++) {
		const struct hiera_file *f = &r->p->hiera[i];
		const char *name;
		enum level level = level_of(r->feed->arena, f->path, &name);

		for (const struct yaml_node *k = f->root->child; k; k = k->next) {
			uint32_t at;

			if (!k->key || k->key->kind != YAML_SCALAR || !GROW(h->entries, h->n, h->cap, ENTRIES_MAX))
				continue;
			at = map_get(&h->keys, k->key->text);
			h->entries[h->n] = (struct entry){ level, name, k, f->file, FEED_NONE };
			if (at == MAP_NONE) {
				(void)map_put(&h->keys, k->key->text, h->n);
			} else {
				h->entries[h->n].next = h->entries[at].next;
				h->entries[at].next = h->n;
			}
			h->n++;
		}
	}
	return h;
}

void hiera_freep(struct hiera_index **h)
{
	if (!*h)
		return;
	map_free(&(*h)->keys);
	free((*h)->entries);
	free(*h);
	*h = NULL;
}

static const struct val *ask(struct eval *e, const char *s, size_t len, const struct yaml_node *n, uint32_t file)
{
	const struct pp_node at = { .line = n->line, .col = n->col };
	const struct scope where = { .file = file };

	return hiera_value(e, &where, s, len, false, &at);
}

/* What "%{...}" stands for. */
static const struct val *put_in(struct eval *e, const char *s, size_t len, const struct yaml_node *n, uint32_t file)
{
	static const char *const asks[] = { "lookup(", "hiera(", "alias(" };

	while (len && *s == ' ') {
		s++;
		len--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		size_t k = strlen(asks[i]);
		const char *quote = len > k + 1 ? memchr(s + k + 1, s[k], len - k - 1) : NULL;

		if (quote && !memcmp(s, asks[i], k) && (s[k] == '\'' || s[k] == '"'))
			return ask(e, s + k + 1, (size_t)(quote - s) - k - 1, n, file);
	}
	if (len > 11 && !memcmp(s, "literal('", 9))
		return val_text(&e->vals, s + 9, len - 11);
	if (len > 2 && !memcmp(s, "::", 2)) {
		s += 2;
		len -= 2;
	}
	if (len > 6 && !memcmp(s, "facts.", 6)) {
		s += 6;
		len -= 6;
	} else if (len > 8 && !memcmp(s, "trusted.", 8)) {
		s += 8;
		len -= 8;
	}
	return fact(e, s, len);
}

static const struct val *text(struct eval *e, const struct yaml_node *n, uint32_t file)
{
	const struct val *parts[32];
	const char *s = n->text, *end = n->text + n->len;
	uint32_t count = 0;

	while (s < end && count + 2 < ARRAY_SIZE(parts)) {
		const char *open = memmem(s, (size_t)(end - s), "%{", 2);
		const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;

		if (!close)
			break;
		if (open > s)
			parts[count++] = val_text(&e->vals, s, (size_t)(open - s));
		parts[count++] = put_in(e, open + 2, (size_t)(close - open) - 2, n, file);
		s = close + 1;
	}
	if (!count)
		return val_text(&e->vals, n->text, n->len);
	/* alias() and a lone lookup() keep what they find as it is */
	if (count == 1 && s == end)
		return parts[0];
	if (s < end)
		parts[count++] = val_text(&e->vals, s, (size_t)(end - s));
	return val_join(&e->vals, parts, count, "", n);
}

static bool is_int(const struct yaml_node *n)
{
	if (!n->len || n->len > 18)
		return false;
	for (uint32_t i = 0; i < n->len; i++)
		if (n->text[i] < '0' || n->text[i] > '9')
			return false;
	return n->len == 1 || n->text[0] != '0';
}

static const struct val *scalar(struct eval *e, const struct yaml_node *n, uint32_t file)
{
	if (n->style == YAML_PLAIN) {
		int64_t num = 0;

		if (yaml_is_null(n))
			return val_undef();
		if (!strcmp(n->text, "true") || !strcmp(n->text, "false"))
			return val_bool(n->text[0] == 't');
		if (is_int(n)) {
			for (uint32_t i = 0; i < n->len; i++)
				num = num * 10 + (n->text[i] - '0');
			return val_int(&e->vals, num);
		}
	}
	return text(e, n, file);
}

static const struct val *value(struct eval *e, const struct yaml_node *n, uint32_t file, unsigned depth)
{
	_cleanup_(freep) const struct val **all = NULL;
	uint32_t count = 0;
	size_t cap = 0;

	const struct pp_node at = { .line = n->line, .col = n->col };
	const struct scope where = { .file = file };

	if (!eval_spend(e, 1, &where, &at))
		return val_undef();
	if (n->kind == YAML_SCALAR)
		return scalar(e, n, file);
	if (n->kind == YAML_ALIAS || depth > DEPTH)
		return val_any_at(&e->vals, n, 0);
	for (const struct yaml_node *k = n->child; k && GROW(all, count + 1, cap, (size_t)2 * VAL_LIST_MAX);
	     k = k->next) {
		if (n->kind == YAML_MAP)
			all[count++] = value(e, k->key, file, depth + 1);
		all[count++] = value(e, k, file, depth + 1);
	}
	return n->kind == YAML_MAP ? val_hash(&e->vals, all, count / 2) : val_list(&e->vals, VAL_LIST, all, count);
}

static enum maybe applies(const struct eval *e, const struct entry *at)
{
	switch (at->level) {
	case LEVEL_HOST: return !strcmp(at->name, e->hostname) || !strcmp(at->name, e->fqdn) ? YES : NO;
	case LEVEL_ROLE:
		if (!e->role)
			return MAYBE;
		for (size_t i = 0, k = 0;; i++, k++) {
			/* a/b is a::b */
			if (at->name[i] == '/' && e->role[k] == ':')
				k++;
			else if (at->name[i] != e->role[k])
				return NO;
			if (!at->name[i])
				return YES;
		}
	case LEVEL_OTHER: return MAYBE;
	default: return YES;
	}
}

static const struct val *together(struct eval *e, const struct val *a, const struct val *b)
{
	_cleanup_(freep) const struct val **all = NULL;
	uint32_t k = a->kind == VAL_HASH ? 2 : 1, n = 0;

	if (a->kind != b->kind || (a->kind != VAL_LIST && a->kind != VAL_HASH))
		return a;
	all = val_room((size_t)k * (a->n + b->n) + 1);
	/* of a hash the more special one wins, so it comes last */
	for (uint32_t i = 0; i < b->n * k; i++)
		all[n++] = b->v[i];
	for (uint32_t i = 0; i < a->n * k; i++)
		all[n++] = a->v[i];
	return k == 2 ? val_hash(&e->vals, all, n / 2) : val_list(&e->vals, VAL_LIST, all, n);
}

const struct val *hiera_find(struct eval *e, const char *key, size_t len, bool merge)
{
	struct hiera_index *h = e->run->hiera;
	uint32_t first = map_getn(&h->keys, key, len);
	const struct val *may[ONEOF_MAX], *merged = NULL;
	uint32_t n = 0;

	if (first == MAP_NONE || h->depth > DEPTH)
		return NULL;
	h->depth++;
	for (enum level level = LEVEL_HOST; level < LEVELS; level++)
		for (uint32_t i = first; i != FEED_NONE && n < ONEOF_MAX; i = h->entries[i].next) {
			const struct entry *at = &h->entries[i];
			enum maybe m = at->level == level ? applies(e, at) : NO;
			const struct val *v;

			if (m == NO)
				continue;
			v = value(e, at->value, at->file, 0);
			if (merge) {
				merged = merged ? together(e, merged, v) : v;
				continue;
			}
			may[n++] = v;
			if (m == YES) {
				h->depth--;
				return val_oneof(&e->vals, may, n);
			}
		}
	h->depth--;
	if (merge)
		return merged;
	if (!n)
		return NULL;
	/* none of them for certain */
	if (n < ONEOF_MAX)
		may[n++] = val_any_at(&e->vals, h->entries[first].value, 0);
	return val_oneof(&e->vals, may, n);
}

bool is_private_key(const struct run *r, const char *key, size_t len)
{
	return map_getn(&r->private_keys, key, len) != MAP_NONE;
}

const struct val *hiera_value(struct eval *e, const struct scope *s, const char *key, size_t len, bool merge,
			      const struct pp_node *at)
{
	const char *dot = memchr(key, '.', len), *name;
	size_t root = dot ? (size_t)(dot - key) : len;
	const struct val *v = hiera_find(e, key, root, merge);

	if (!v || is_private_key(e->run, key, root)) {
		name = arena_printf(e->vals.arena, "@%.*s", (int)len, key);
		return val_any(&e->vals, name, name,
			       taint_of_key(e->run, key, len, s->file, at->line, at->col));
	}
	while (dot) {
		const char *from = dot + 1;
		struct scope where = *s;
		size_t part;

		dot = memchr(from, '.', (size_t)(key + len - from));
		part = (size_t)((dot ? dot : key + len) - from);
		v = eval_access(e, &where, v, val_text(&e->vals, from, part), at);
	}
	return v;
}
