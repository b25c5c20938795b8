#include "check/check.h"
#include "base/mem.h"
#include <string.h>

/* What is compared first: of a key its part before the first dot, of a file its name without folders. Whatever fits has
 * the same, so places and origins meet through it; patterns are compared with everything. */
static const char *first_part(struct check *c, bool is_key, const char *name)
{
	const char *slash = is_key ? NULL : strrchr(name, '/');
	size_t len = is_key ? strcspn(name, ".") : 0;

	if (!is_key)
		return slash ? slash + 1 : name;
	return name[len] ? arena_dupn(c->arena, name, len) : name;
}

static void chain(struct map *m, struct check *c, const char *part, uint32_t *next, uint32_t index)
{
	uint32_t first = map_get(m, part);

	next[index] = NOTHING;
	if (first == MAP_NONE) {
		(void)map_put(m, arena_dup(c->arena, part), index);
		return;
	}
	/* Behind the first: the map keeps what it has. */
	next[index] = next[first];
	next[first] = index;
}

void check_index_feed(struct check *c)
{
	const struct feed *f = c->feed;

	c->origin_next = mem_zero(f->n_origins + 1, sizeof(*c->origin_next));
	c->pattern_origins = mem_zero(f->n_origins + 1, sizeof(*c->pattern_origins));
	c->origin_items = mem_zero(f->n_origins + 1, sizeof(*c->origin_items));
	c->item_next = mem_zero(f->n_items + 1, sizeof(*c->item_next));
	for (uint32_t i = 0; i < f->n_origins; i++) {
		const struct feed_origin *o = &f->origins[i];

		c->origin_items[i] = NOTHING;
		if (o->pattern)
			c->pattern_origins[c->n_pattern_origins++] = i;
		else
			chain(o->from == FEED_KEY ? &c->key_origins : &c->file_origins, c,
			      first_part(c, o->from == FEED_KEY, o->name), c->origin_next, i);
	}
	for (uint32_t i = f->n_items; i-- > 0;) {
		c->item_next[i] = c->origin_items[f->items[i].origin];
		c->origin_items[f->items[i].origin] = i;
	}
}

static bool fits(const struct check *c, uint32_t origin, const struct place *at)
{
	const struct feed_origin *o = &c->feed->origins[origin];

	return at->key ? feed_is_key(o, at->key)
		       : feed_is_file(o, c->reg->repositories[at->repository].name, at->file);
}

bool check_origins(struct check *c, const struct place *at, bool (*found)(struct check *c, uint32_t origin, void *arg),
		   void *arg)
{
	const struct map *m = at->key ? &c->key_origins : &c->file_origins;

	for (uint32_t i = map_get(m, first_part(c, at->key, at->key ? at->key : at->file)); i != NOTHING;
	     i = c->origin_next[i])
		if (fits(c, i, at) && found(c, i, arg))
			return true;
	for (uint32_t i = 0; i < c->n_pattern_origins; i++)
		if (fits(c, c->pattern_origins[i], at) && found(c, c->pattern_origins[i], arg))
			return true;
	return false;
}
