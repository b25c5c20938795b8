#include "check/check.h"
#include "base/mem.h"
#include "check/cover.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 600

static void index_places(struct check *c)
{
	const struct firebreak_register *reg = c->reg;
	uint32_t n = 0;

	for (uint32_t s = 0; s < reg->n_secrets; s++)
		n += reg->secrets[s].n_places;
	c->places = mem_zero(n + 1, sizeof(*c->places));
	for (uint32_t s = 0; s < reg->n_secrets; s++)
		for (uint32_t k = 0; k < reg->secrets[s].n_places; k++)
			c->places[c->n_places++] = (struct check_place){ s, k, NOTHING };
	cover_index(reg, c->arena, &c->by_name);
}

/* Of a key that stands twice in one file the last one counts, as it does for Hiera. */
static void match_leaves(struct check *c)
{
	c->place_of_leaf = mem_zero(c->leaves->n + 1, sizeof(*c->place_of_leaf));
	c->covered = mem_zero(c->leaves->n + 1, sizeof(*c->covered));
	for (uint32_t i = 0; i < c->leaves->n; i++) {
		const struct leaf *l = &c->leaves->list[i];
		uint32_t place = cover_place(&c->by_name, l->repository, l->file, l->key);

		c->place_of_leaf[i] = place == MAP_NONE ? NOTHING : place;
		c->covered[i] = place != MAP_NONE;
		if (place != MAP_NONE)
			c->places[place].leaf = i;
	}
}

void check_begin(struct check *c)
{
	c->arena = arena_new();
	index_places(c);
	match_leaves(c);
	c->rule_used = mem_zero(c->reg->n_not_secret + 1, sizeof(*c->rule_used));
	if (c->feed)
		check_index_feed(c);
}

void check_end(struct check *c)
{
	map_free(&c->by_name);
	map_free(&c->key_origins);
	map_free(&c->file_origins);
	free(c->origin_next);
	free(c->pattern_origins);
	free(c->origin_items);
	free(c->item_next);
	free(c->places);
	free(c->place_of_leaf);
	free(c->covered);
	free(c->rule_used);
	arena_freep(&c->arena);
}

void check_at_leaf(struct check *c, enum finding_rule rule, uint32_t leaf, const char *next, const char *fmt, ...)
{
	const struct leaf *l = &c->leaves->list[leaf];
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	findings_add(c->findings, &(struct finding){ .rule = rule, .repository = l->repository, .file = l->file,
		     .line = l->line, .col = l->col, .subject = l->key ? l->key : l->file, .text = text,
		     .next = next });
}

void check_at_register(struct check *c, enum finding_rule rule, struct position at, const char *subject,
		       const char *next, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	findings_add(c->findings, &(struct finding){ .rule = rule, .file = at.file, .line = at.line, .col = at.col,
		     .subject = subject, .text = text, .next = next });
}
