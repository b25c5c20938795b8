/* The tree of a Hiera file, with its aliases and merge keys, as keys and scalars. */
#include "base/mem.h"
#include "scan/leaf_walk.h"
#include "scan/place_key.h"
#include <string.h>

#define KEY_ROOM ((size_t)4 * PLACE_KEY_MAX)

static void walk_end(struct leaf_walk *w)
{
	yaml_anchors_free(&w->anchors);
	map_free(&w->tops);
	buf_free(&w->key);
}

static void go(struct leaf_walk *w, struct yaml_node *n, const struct yaml_node *at);

bool leaf_walk_goes_on(struct leaf_walk *w, const struct yaml_node *n)
{
	if (w->depth == 0 || ++w->repeated <= LEAF_REPEATED_MAX)
		return !w->f->full;
	if (!w->f->full)
		leaf_gap(w->f, UNREAD_LARGE, n->line, n->col, "aliases repeat more than %u values: the rest is not "
			 "read", LEAF_REPEATED_MAX);
	w->f->full = true;
	return false;
}

/* Back to a shorter key. */
static void cut(struct buf *key, size_t len)
{
	key->len = len;
	key->over = false;
	if (key->data)
		key->data[len] = '\0';
}

static void through_alias(struct leaf_walk *w, struct yaml_node *alias, const struct yaml_node *at)
{
	struct yaml_node *target = yaml_anchors_find(&w->anchors, alias);
	uint32_t line = w->line, col = w->col;

	if (!target || w->depth == YAML_ALIAS_DEPTH) {
		leaf_gap(w->f, UNREAD_KEY, at->line, at->col, "an alias that leads nowhere, or too far");
		return;
	}
	if (!w->line) {
		w->line = at->line;
		w->col = at->col;
	}
	w->depth++;
	go(w, target, at);
	w->depth--;
	w->line = line;
	w->col = col;
}

/* Below the top a key that is in quotes is text, whatever it looks like. */
static bool spell(struct leaf_walk *w, const struct yaml_node *key)
{
	return key->kind == YAML_SCALAR && place_key_spell(&w->key, key->text, key->len, key->style != YAML_PLAIN);
}

static void no_key(struct leaf_walk *w, const struct yaml_node *key)
{
	leaf_gap(w->f, UNREAD_KEY, key->line, key->col, key->kind == YAML_SCALAR
		 ? "a key that Hiera cannot look up (empty, too long, or with both kinds of quotes): "
		   "what is below is not read"
		 : "a key that is no text (an alias, a list or a map): what is below is not read");
}

void leaf_walk_element(struct leaf_walk *w, struct yaml_node *n)
{
	size_t len = w->key.len;

	if (!spell(w, n->key))
		no_key(w, n->key);
	else {
		/* what a merge key brings to the top */
		w->first = len ? w->first : w->key.len;
		go(w, n, n->key);
	}
	cut(&w->key, len);
}

/* Right below the top a key is spelt as it stands. What is further down begins with it as a part of a dotted key. */
static void top_element(struct leaf_walk *w, struct yaml_node *n)
{
	const struct yaml_node *key = n->key;

	if (key->kind != YAML_SCALAR || key->len == 0 || key->len > KEY_ROOM || memchr(key->text, '\0', key->len)) {
		no_key(w, key);
		return;
	}
	w->top = key;
	if (!spell(w, key))
		cut(&w->key, 0);
	w->first = w->key.len;
	go(w, n, key);
	w->top = NULL;
	cut(&w->key, 0);
}

/* false, and told: the key at the top is one that nothing can be added to. */
static bool is_open(struct leaf_walk *w, const struct yaml_node *at)
{
	if (w->top && w->key.len == 0) {
		no_key(w, at);
		return false;
	}
	w->top = NULL;
	return true;
}

static void tell_twice(struct leaf_walk *w, const struct yaml_node *map)
{
	struct map seen = MAP_INIT;

	for (const struct yaml_node *c = map->child; c; c = c->next)
		if (c->key->kind == YAML_SCALAR && !yaml_is_merge(c) && !map_put(&seen, c->key->text, c->key->line))
			leaf_gap(w->f, UNREAD_KEY, c->key->line, c->key->col, "the key of line %u stands here again: "
				 "Hiera takes the last one, remove one of them", map_get(&seen, c->key->text));
	map_free(&seen);
}

static void in_map(struct leaf_walk *w, struct yaml_node *map, bool top)
{
	bool merging = false;

	tell_twice(w, map);
	for (struct yaml_node *c = map->child; c && leaf_walk_goes_on(w, c); c = c->next) {
		if (yaml_is_merge(c))
			merging = true;
		else if (top)
			top_element(w, c);
		else
			leaf_walk_element(w, c);
	}
	if (merging)
		leaf_walk_merges(w, map);
}

static void in_list(struct leaf_walk *w, struct yaml_node *list)
{
	uint32_t i = 0;

	for (struct yaml_node *c = list->child; c && leaf_walk_goes_on(w, c); c = c->next, i++) {
		size_t len = w->key.len;

		(void)buf_printf(&w->key, ".%u", i);
		if (w->key.over)
			leaf_gap(w->f, UNREAD_KEY, c->line, c->col, "a key that is too long: "
				 "what is below is not read");
		else
			go(w, c, c);
		cut(&w->key, len);
	}
}

/* A dotted key that also stands at the top as it is spelt means that one; with its first part in quotes it does not. */
static char *name_of(struct leaf_walk *w, size_t *ret_top)
{
	const char *key = buf_text(&w->key);
	size_t first = strcspn(key, ".");
	char *quoted;

	*ret_top = w->top ? w->top->len : w->first;
	if (w->top)
		return mem_dupn(w->top->text, w->top->len);
	if (map_get(&w->tops, key) == MAP_NONE)
		return mem_dup(key);
	*ret_top = first + 2;
	quoted = mem_printf("'%.*s'%s", (int)first, key, key + first);
	if (key[0] != '\'' && key[0] != '"' && map_get(&w->tops, quoted) == MAP_NONE)
		return quoted;
	free(quoted);
	return NULL;
}

static void in_scalar(struct leaf_walk *w, struct yaml_node *n, const struct yaml_node *at)
{
	size_t top;
	_cleanup_(freep) char *name = name_of(w, &top);
	struct leaf *l;

	if (!name) {
		no_key(w, at);
		return;
	}
	l = leaf_new(w->f, name, w->line ? w->line : at->line, w->line ? w->col : at->col);
	if (!l)
		return;
	l->followed = w->line != 0;
	l->top = (uint32_t)top;
	leaf_scalar(w->f, w->s.text, n, l);
}

/* at: where a leaf stands for people, its key or the list's element. */
static void go(struct leaf_walk *w, struct yaml_node *n, const struct yaml_node *at)
{
	const struct yaml_node *top = w->top;

	if (!leaf_walk_goes_on(w, n))
		return;
	if (n->tagged && n->kind != YAML_SCALAR)
		leaf_gap(w->f, UNREAD_KEY, n->line, n->col, "a tag ('!...') stands before a list or map, which makes "
			 "something else of it");
	if (n->kind == YAML_ALIAS)
		through_alias(w, n, at);
	else if (n->kind == YAML_SCALAR)
		in_scalar(w, n, at);
	else if (is_open(w, at))
		n->kind == YAML_MAP ? in_map(w, n, false) : in_list(w, n);
	w->top = top;
}

static void note_tops(struct leaf_walk *w)
{
	for (const struct yaml_node *c = w->s.root->child; c; c = c->next)
		if (c->key->kind == YAML_SCALAR && !memchr(c->key->text, '\0', c->key->len) && strpbrk(c->key->text,
			".'\""))
			(void)map_put(&w->tops, c->key->text, 0);
}

bool leaf_yaml(struct leaf_file *f, const char *src, size_t len)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(walk_end) struct leaf_walk w = { .f = f, .s = { .name = "", .text = src, .len = len },
						   .key = BUF_INIT(KEY_ROOM) };
	struct err e = ERR_INIT;

	if (len > LEAF_YAML_MAX) {
		leaf_gap(f, UNREAD_LARGE, 0, 0, "%zu bytes: Hiera data of at most %zu are read", len, LEAF_YAML_MAX);
		return true;
	}
	if (yaml_parse(a, "", src, len, &w.s.root, &e) < 0 || yaml_anchors_make(&w.s, &w.anchors, &e) < 0) {
		leaf_gap_at_line(f, e.text);
		return true;
	}
	if (w.s.root && w.s.root->kind != YAML_MAP)
		return false;
	leaf_comments(f, src, len, w.s.root);
	if (!w.s.root)
		return true;
	if (w.s.root->tagged)
		leaf_gap(f, UNREAD_KEY, w.s.root->line, w.s.root->col, "a tag ('!...') stands before the whole file");
	note_tops(&w);
	in_map(&w, w.s.root, true);
	return true;
}
