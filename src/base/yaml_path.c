#include "base/yaml_path.h"
#include "base/text.h"
#include "base/yaml_splice.h"

#define SHOWN_MAX 128

/* A key as a person may see it. */
static const char *shown(struct buf *b, const char *key)
{
	buf_clear(b);
	text_visible(b, key, strnlen(key, SHOWN_MAX / 2));
	return buf_text(b);
}

/* The first byte from `at` on that is one of `stops`, or the end: the text has no NUL behind it. */
static size_t until(const struct yaml_source *s, size_t at, const char *stops)
{
	while (at < s->len && !strchr(stops, s->text[at]))
		at++;
	return at;
}

static size_t skip_blank(const struct yaml_source *s, size_t at)
{
	while (at < s->len) {
		char c = s->text[at];

		if (c == '#')
			at = until(s, at, "\r\n");
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			at++;
		else
			break;
	}
	return at;
}

static size_t word_end(const struct yaml_source *s, size_t at)
{
	return until(s, at, " \t\r\n,[]{}");
}

/* Walks over tag and anchor in any order. *anchor gets the first byte of the anchor's name, or 0. */
static size_t skip_properties(const struct yaml_source *s, const struct yaml_node *n, size_t *anchor)
{
	size_t at = n->start;

	*anchor = 0;
	for (;;) {
		size_t next = skip_blank(s, at);

		if (next >= s->len || next > n->end || (s->text[next] != '!' && s->text[next] != '&'))
			return at == n->start ? at : next;
		if (s->text[next] == '&')
			*anchor = next + 1;
		at = next + 1;
		if (s->text[next] == '!' && at < s->len && s->text[at] == '<')
			at = until(s, at, ">\r\n"); /* a verbatim tag may hold commas */
		at = word_end(s, at);
	}
}

size_t yaml_content_start(const struct yaml_source *s, const struct yaml_node *n)
{
	size_t anchor;

	return skip_properties(s, n, &anchor);
}

static bool has_anchor(const struct yaml_source *s, const struct yaml_node *n, const char *name, size_t len)
{
	size_t anchor;

	if (!n->anchored)
		return false;
	(void)skip_properties(s, n, &anchor);
	return anchor && word_end(s, anchor) - anchor == len && memcmp(s->text + anchor, name, len) == 0;
}

/* The last node before byte `before` that carries the anchor: a later one of the same name takes it over. */
static struct yaml_node *find_anchor(const struct yaml_source *s, struct yaml_node *n, const struct yaml_node *alias)
{
	struct yaml_node *best = NULL;

	for (; n && n->start < alias->start; n = n->next) {
		struct yaml_node *deeper;

		if (n->key && (deeper = find_anchor(s, n->key, alias)))
			best = deeper;
		if (has_anchor(s, n, alias->text, alias->len))
			best = n;
		if (n->child && (deeper = find_anchor(s, n->child, alias)))
			best = deeper;
	}
	return best;
}

static bool is_followed(const struct yaml_source *s, const struct yaml_node *anchored, const struct yaml_node *n)
{
	for (; n; n = n->next) {
		if (n->kind == YAML_ALIAS && has_anchor(s, anchored, n->text, n->len))
			return true;
		if ((n->key && is_followed(s, anchored, n->key)) || is_followed(s, anchored, n->child))
			return true;
	}
	return false;
}

static int child_of(const struct yaml_source *s, const struct yaml_node *map, const char *key, struct yaml_node **ret,
		    struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SHOWN_MAX * 4);
	struct yaml_node *found = NULL;
	size_t len = strlen(key);

	if (!map || map->kind != YAML_MAP)
		return yaml_err(e, s->name, map, "key '%s' is absent: there is no map here", shown(&b, key));
	for (struct yaml_node *n = map->child; n; n = n->next) {
		if (n->key->kind == YAML_ALIAS)
			return yaml_err(e, s->name, n->key, "an alias stands for a key: write the key itself here");
		if (n->key->kind != YAML_SCALAR || n->key->len != len || memcmp(n->key->text, key, len) != 0)
			continue;
		if (found)
			return yaml_err(e, s->name, n->key, "key '%s' stands twice, first in line %u: remove one",
					shown(&b, key), found->key->line);
		found = n;
	}
	if (!found)
		return yaml_err(e, s->name, map, "key '%s' is absent from the map that starts here", shown(&b, key));
	*ret = found;
	return 0;
}

static int pass(const struct yaml_source *s, struct yaml_node **at, enum yaml_follow how, unsigned *follows,
		struct err *e)
{
	struct yaml_node *n = *at;

	if (how == YAML_OWN_BYTES && n->anchored && (n->kind == YAML_SCALAR || is_followed(s, n, s->root)))
		return yaml_err(e, s->name, n, "an anchor stands here, other places follow it: give them values of "
				"their own");
	if (n->kind != YAML_ALIAS)
		return 0;
	if (how == YAML_OWN_BYTES)
		return yaml_err(e, s->name, n, "an alias stands here: change the place it follows, or write a value "
				"here");
	if ((*follows)++ > 0)
		return yaml_err(e, s->name, n, "a second alias on the way: one is followed");

	struct yaml_node *target = find_anchor(s, s->root, n);

	if (!target)
		return yaml_err(e, s->name, n, "no anchor stands before this alias");
	*at = target;
	return 0;
}

int yaml_path_walk(const struct yaml_source *s, const char *const *path, enum yaml_follow how,
		   struct yaml_node **ret, struct err *e)
{
	struct yaml_node *at = s->root;
	unsigned follows = 0;

	if (!path[0])
		return err_set(e, ERR_CONFIG, "%s: no key is named", s->name);
	for (; *path; path++) {
		int r = child_of(s, at, *path, &at, e);
		if (r == 0)
			r = pass(s, &at, how, &follows, e);
		if (r != 0)
			return r;
	}
	if (at->kind != YAML_SCALAR)
		return yaml_err(e, s->name, at, "a %s stands here: one value is expected",
				at->kind == YAML_MAP ? "map" : "list");
	if (at->len == 0)
		return yaml_err(e, s->name, at, "the value is empty: write the old value in quotes here first");
	*ret = at;
	return 0;
}

int yaml_find(struct arena *a, const char *name, const char *src, size_t len, const char *const *path,
	      const struct yaml_node **ret, struct err *e)
{
	struct yaml_source s = { .name = name, .text = src, .len = len };
	struct yaml_node *found = NULL;

	int r = yaml_parse(a, name, src, len, &s.root, e);
	if (r == 0)
		r = yaml_path_walk(&s, path, YAML_FOLLOW_ALIAS, &found, e);
	if (r == 0)
		*ret = found;
	return r;
}
