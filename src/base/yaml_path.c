#include "base/yaml_path.h"
#include "base/text.h"
#include "base/yaml_anchor.h"
#include "base/yaml_splice.h"

#define SHOWN_MAX 128
#define FOLLOWS_MAX 10000u /* aliases on one path, those within merged maps included */

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

bool yaml_anchor_name(const struct yaml_source *s, const struct yaml_node *n, const char **ret, size_t *ret_len)
{
	size_t anchor;

	if (!n->anchored)
		return false;
	(void)skip_properties(s, n, &anchor);
	if (!anchor)
		return false;
	*ret = s->text + anchor;
	*ret_len = word_end(s, anchor) - anchor;
	return true;
}

static bool is_followed(const struct yaml_source *s, const struct yaml_node *anchored, const struct yaml_node *n)
{
	const char *name;
	size_t len;

	if (!yaml_anchor_name(s, anchored, &name, &len))
		return false;
	for (; n; n = n->next) {
		if (n->kind == YAML_ALIAS && n->len == len && memcmp(n->text, name, len) == 0)
			return true;
		if ((n->key && is_followed(s, anchored, n->key)) || is_followed(s, anchored, n->child))
			return true;
	}
	return false;
}

struct walk {
	const struct yaml_source *s;
	enum yaml_follow how;
	struct yaml_anchors anchors;
	bool has_anchors;
	unsigned follows;
};

static void walk_end(struct walk *w)
{
	yaml_anchors_free(&w->anchors);
}

/* What an alias stands for; anything else is itself. */
static int target_of(struct walk *w, struct yaml_node *n, unsigned depth, struct yaml_node **ret, struct err *e)
{
	for (; n->kind == YAML_ALIAS; depth++) {
		struct yaml_node *target;

		if (depth >= YAML_ALIAS_DEPTH || ++w->follows > FOLLOWS_MAX)
			return yaml_err(e, w->s->name, n, "an alias that leads to further aliases: "
					"at most %u are followed", YAML_ALIAS_DEPTH);
		if (!w->has_anchors) {
			int r = yaml_anchors_make(w->s, &w->anchors, e);
			if (r < 0)
				return r;
			w->has_anchors = true;
		}
		target = yaml_anchors_find(&w->anchors, n);
		if (!target)
			return yaml_err(e, w->s->name, n, "no anchor stands before this alias");
		n = target;
	}
	*ret = n;
	return 0;
}

static int in_map(struct walk *w, struct yaml_node *map, const char *key, unsigned depth, struct yaml_node **ret,
		  struct err *e);

/* 1: one of the merged maps has the key. */
static int in_merge(struct walk *w, struct yaml_node *value, const char *key, unsigned depth, struct yaml_node **ret,
		    struct err *e)
{
	struct yaml_node *maps;
	int r = target_of(w, value, depth, &maps, e);

	if (r < 0)
		return r;
	if (maps->kind == YAML_MAP)
		return in_map(w, maps, key, depth + 1, ret, e);
	for (struct yaml_node *n = maps->kind == YAML_LIST ? maps->child : NULL; n && r == 0; n = n->next) {
		struct yaml_node *map;

		r = target_of(w, n, depth, &map, e);
		if (r == 0 && map->kind == YAML_MAP)
			r = in_map(w, map, key, depth + 1, ret, e);
	}
	return r;
}

/* 1 and the element, or 0 when the map has no such key. What would change with the order of merging is refused. */
static int in_map(struct walk *w, struct yaml_node *map, const char *key, unsigned depth, struct yaml_node **ret,
		  struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SHOWN_MAX * 4);
	struct yaml_node *own = NULL, *merged = NULL;
	size_t len = strlen(key);

	if (depth > YAML_ALIAS_DEPTH)
		return yaml_err(e, w->s->name, map, "maps are merged more than %u deep", YAML_ALIAS_DEPTH);
	for (struct yaml_node *n = map->child; n; n = n->next) {
		if (n->key->kind == YAML_ALIAS)
			return yaml_err(e, w->s->name, n->key, "an alias stands for a key: write the key itself here");
		if (yaml_is_merge(n)) {
			struct yaml_node *found = NULL;
			int r = in_merge(w, n, key, depth, &found, e);

			if (r < 0)
				return r;
			if (r > 0 && own)
				return yaml_err(e, w->s->name, n->key, "the merge key ('<<') here takes over key '%s' "
						"of line %u: move it above that line", shown(&b, key),
						own->key->line);
			if (r > 0)
				merged = found;
			continue;
		}
		if (n->key->kind != YAML_SCALAR || n->key->len != len || memcmp(n->key->text, key, len) != 0)
			continue;
		if (own)
			return yaml_err(e, w->s->name, n->key, "key '%s' stands twice, first in line %u: remove one",
					shown(&b, key), own->key->line);
		own = n;
	}
	if (!own && merged && w->how == YAML_OWN_BYTES)
		return yaml_err(e, w->s->name, map, "key '%s' comes by a merge key ('<<') from another map: "
				"change it there", shown(&b, key));
	if (own || merged)
		*ret = own ? own : merged;
	return own || merged;
}

static int in_list(const struct yaml_source *s, struct yaml_node *list, const char *key, struct yaml_node **ret,
		   struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SHOWN_MAX * 4);
	struct yaml_node *n = list->child;
	uint32_t index;

	if (text_u32(key, 0, UINT32_MAX - 1, &index) < 0 || (key[0] == '0' && key[1]))
		return yaml_err(e, s->name, list, "a list stands here: a number is expected for '%s'", shown(&b, key));
	for (uint32_t i = 0; n && i < index; i++)
		n = n->next;
	if (!n)
		return yaml_err(e, s->name, list, "the list that starts here has no element %u: it has %u", index,
				list->count);
	*ret = n;
	return 0;
}

static int child_of(struct walk *w, struct yaml_node *at, const char *key, struct yaml_node **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SHOWN_MAX * 4);

	if (at && at->kind == YAML_LIST)
		return in_list(w->s, at, key, ret, e);
	if (!at || at->kind != YAML_MAP)
		return yaml_err(e, w->s->name, at, "key '%s' is absent: there is no map here", shown(&b, key));

	int r = in_map(w, at, key, 0, ret, e);

	if (r == 0)
		return yaml_err(e, w->s->name, at, "key '%s' is absent from the map that starts here", shown(&b, key));
	return r < 0 ? r : 0;
}

static int pass(struct walk *w, struct yaml_node **at, struct err *e)
{
	struct yaml_node *n = *at;

	if (w->how == YAML_FOLLOW_ALIAS)
		return target_of(w, n, 0, at, e);
	if (n->anchored && (n->kind == YAML_SCALAR || is_followed(w->s, n, w->s->root)))
		return yaml_err(e, w->s->name, n, "an anchor stands here, other places follow it: "
				"give them values of their own");
	if (n->kind == YAML_ALIAS)
		return yaml_err(e, w->s->name, n, "an alias stands here: change the place it follows, "
				"or write a value here");
	return 0;
}

int yaml_path_walk(const struct yaml_source *s, const char *const *path, enum yaml_follow how,
		   struct yaml_node **ret, struct err *e)
{
	_cleanup_(walk_end) struct walk w = { .s = s, .how = how };
	struct yaml_node *at = s->root;

	if (!path[0])
		return err_set(e, ERR_CONFIG, "%s: no key is named", s->name);
	for (; *path; path++) {
		int r = child_of(&w, at, *path, &at, e);
		if (r == 0)
			r = pass(&w, &at, e);
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
