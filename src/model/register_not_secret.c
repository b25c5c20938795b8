#include "model/register_parts.h"
#include "base/mem.h"
#include <string.h>

#define PATTERN_WORK 100000u   /* steps of one comparison: a pattern of many stars against a long name */

static const char *const class_words[] = { [NOT_SECRET_PUBLIC] = "public", [NOT_SECRET_DATA] = "data", NULL };

#define AT(field) offsetof(struct not_secret, field)
static const struct key not_secret_keys[] = {
	{ "repository", take_late, AT(repository), .late = LATE_REPOSITORY, .required = true },
	{ "file", take_text, AT(file), .required = true, .check = check_pattern },
	{ "key", take_text, AT(key) },
	{ "class", take_choice, AT(class), .required = true, .words = class_words },
	{ "why", take_text, AT(why), .required = true },
};
#undef AT

static bool read_rule(struct loader *l, const struct yaml_node *n)
{
	struct table *t = &l->table[TABLE_NOT_SECRET];
	struct not_secret *s = arena_zero(l->draft, sizeof(*s));

	if (!GROW(t->item, t->n, t->cap, LIMIT_NOT_SECRET))
		return problem_at(l, n, "too many entries of 'not_secret': at most %u are taken", LIMIT_NOT_SECRET);
	t->item[t->n++] = s;
	s->at = position_of(l, n);
	s->repository = NOTHING;
	return take_map(l, n, not_secret_keys, ARRAY_SIZE(not_secret_keys), s, "the entry of 'not_secret'");
}

bool read_not_secret(struct loader *l, const struct yaml_node *n)
{
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'not_secret' is no list: expected '- repository: ...' for each entry");
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next)
		ok = read_rule(l, c) && ok;
	return ok;
}

void check_not_secret(struct loader *l)
{
	const struct table *t = &l->table[TABLE_NOT_SECRET], *repositories = &l->table[TABLE_REPOSITORIES];

	for (size_t i = 0; i < t->n; i++) {
		const struct not_secret *s = t->item[i];
		const struct repository *r = s->repository == NOTHING ? NULL : repositories->item[s->repository];

		if (r && r->kind != REPOSITORY_PRIVATE && r->kind != REPOSITORY_SSL_KEYS)
			problem(l, s->at, "'%s' is no private repository: what is public needs no entry here", r->name);
	}
}

/* Stars go back to the last of their kind, so the work is bounded by the product of both lengths; `work` is a second
 * bound. */
static bool path_fits(const char *pattern, const char *path, unsigned *work)
{
	for (; *pattern; pattern++, path++) {
		if (++*work > PATTERN_WORK)
			return false;
		if (pattern[0] == '*' && pattern[1] == '*') {
			const char *rest = pattern + 2;

			/* Any folders are none as well. */
			if (*rest == '/' && path_fits(rest + 1, path, work))
				return true;
			for (;; path++) {
				if (path_fits(rest, path, work))
					return true;
				if (!*path || *work > PATTERN_WORK)
					return false;
			}
		}
		if (*pattern == '*') {
			for (;; path++) {
				if (path_fits(pattern + 1, path, work))
					return true;
				if (!*path || *path == '/' || *work > PATTERN_WORK)
					return false;
			}
		}
		if (!*path || (*pattern == '?' ? *path == '/' : *pattern != *path))
			return false;
	}
	return !*path;
}

bool register_path_fits(const char *pattern, const char *path)
{
	unsigned work = 0;

	return path_fits(pattern, path, &work);
}

/* A rule covers what stands below its key: behind a dot that is no part of a name. */
static bool key_fits(const char *pattern, const char *key, const char *below, unsigned *work)
{
	for (; *pattern; pattern++, key++) {
		if (++*work > PATTERN_WORK)
			return false;
		if (*pattern == '*') {
			for (;; key++) {
				if (key_fits(pattern + 1, key, below, work))
					return true;
				if (!*key || *work > PATTERN_WORK)
					return false;
			}
		}
		if (!*key || (*pattern != '?' && *pattern != *key))
			return false;
	}
	return !*key || (*key == '.' && key >= below);
}

uint32_t register_not_secret(const struct firebreak_register *r, const char *repository, const char *file,
			     const char *key, size_t top)
{
	uint32_t in = map_get(&r->repository_names, repository);

	for (uint32_t i = 0; in != MAP_NONE && i < r->n_not_secret; i++) {
		const struct not_secret *n = &r->not_secret[i];
		unsigned key_work = 0;

		if (n->repository == in && register_path_fits(n->file, file) &&
		    (!n->key || (key && key_fits(n->key, key, key + top, &key_work))))
			return i;
	}
	return NOTHING;
}
