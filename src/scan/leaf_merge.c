/* Merge keys ('<<'): a later one wins over an earlier one, in a list of maps the first one wins, the map's own keys win
 * over those that were merged before them. Own keys before a merge key are taken over by it, which nobody expects. */
#include "base/mem.h"
#include "scan/leaf_walk.h"
#include <string.h>

#define OWNERS_MAX 2000000u

struct owner { const struct yaml_node *map, *key; };

struct level { const struct yaml_node *map, *merge; };

struct merging {
	struct leaf_walk *w;
	struct map seen;                 /* key -> owners */
	struct owner *owners;
	size_t n, cap;
	struct level levels[YAML_ALIAS_DEPTH + 2]; /* the merge keys that we are behind, outermost first */
	size_t n_levels;
};

static void merging_end(struct merging *m)
{
	map_free(&m->seen);
	free(m->owners);
}

static bool has_plain_key(const struct yaml_node *n)
{
	return n->key->kind == YAML_SCALAR && !memchr(n->key->text, '\0', n->key->len);
}

/* false: somebody has the key already. */
static bool own(struct merging *m, const struct yaml_node *map, const struct yaml_node *n)
{
	if (!map_put(&m->seen, n->key->text, (uint32_t)m->n))
		return false;
	if (!GROW(m->owners, m->n, m->cap, OWNERS_MAX))
		return false;
	m->owners[m->n++] = (struct owner){ map, n->key };
	return true;
}

/* The key is had already: by a map that merges this one behind its own key? */
static void tell_taken_over(struct merging *m, const struct yaml_node *n)
{
	uint32_t at = map_get(&m->seen, n->key->text);
	const struct owner *o = at < m->n ? &m->owners[at] : NULL;

	for (size_t i = 0; o && i < m->n_levels; i++) {
		const struct yaml_node *merge = m->levels[i].merge->key;

		if (o->map == m->levels[i].map && o->key->start < merge->start) {
			leaf_gap(m->w->f, UNREAD_KEY, merge->line, merge->col, "the merge key ('<<') here takes over "
				 "the key of line %u: move it above that line", o->key->line);
			return;
		}
	}
}

static void take(struct merging *m, const struct yaml_node *map, struct yaml_node *n)
{
	struct leaf_walk *w = m->w;
	uint32_t line = w->line, col = w->col;

	if (has_plain_key(n) && !own(m, map, n)) {
		tell_taken_over(m, n);
		return;
	}
	if (!w->line) {
		w->line = m->levels[0].merge->key->line;
		w->col = m->levels[0].merge->key->col;
	}
	leaf_walk_element(w, n);
	w->line = line;
	w->col = col;
}

static void from(struct merging *m, struct yaml_node *value);

static void follow_merges(struct merging *m, struct yaml_node *map)
{
	struct yaml_node *list[LEAF_MERGES_MAX];
	size_t n = 0;

	for (struct yaml_node *c = map->child; c; c = c->next) {
		if (!yaml_is_merge(c))
			continue;
		if (n < LEAF_MERGES_MAX)
			list[n++] = c;
		else
			leaf_gap(m->w->f, UNREAD_KEY, c->key->line, c->key->col,
				 "more than %u merge keys stand in one map", LEAF_MERGES_MAX);
	}
	while (n > 0 && m->n_levels < ARRAY_SIZE(m->levels)) {
		m->levels[m->n_levels++] = (struct level){ map, list[--n] };
		from(m, list[n]);
		m->n_levels--;
	}
}

static void from_map(struct merging *m, struct yaml_node *map)
{
	for (struct yaml_node *c = map->child; c; c = c->next) {
		if (!leaf_walk_goes_on(m->w, c))
			return;
		if (!yaml_is_merge(c))
			take(m, map, c);
	}
	follow_merges(m, map);
}

static void from(struct merging *m, struct yaml_node *value)
{
	const struct yaml_node *key = m->levels[0].merge->key;
	struct leaf_walk *w = m->w;
	struct yaml_node *target = value->kind == YAML_ALIAS ? yaml_anchors_find(&w->anchors, value) : value;

	if (!target || w->depth == YAML_ALIAS_DEPTH) {
		leaf_gap(w->f, UNREAD_KEY, key->line, key->col, "a merge key ('<<') that leads nowhere, or too far");
		return;
	}
	w->depth++;
	if (target->kind == YAML_MAP)
		from_map(m, target);
	else if (target->kind == YAML_ALIAS)
		from(m, target);
	else if (target->kind == YAML_LIST)
		for (struct yaml_node *c = target->child; c && leaf_walk_goes_on(w, c); c = c->next)
			from(m, c);
	else
		leaf_gap(w->f, UNREAD_KEY, key->line, key->col, "a merge key ('<<') with something that is no map");
	w->depth--;
}

void leaf_walk_merges(struct leaf_walk *w, struct yaml_node *map)
{
	_cleanup_(merging_end) struct merging m = { .w = w };

	for (struct yaml_node *c = map->child; c; c = c->next)
		if (!yaml_is_merge(c) && has_plain_key(c))
			(void)own(&m, map, c);
	follow_merges(&m, map);
}
