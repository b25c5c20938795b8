#include "puppet/val.h"
#include "base/mem.h"
#include <string.h>

#define SETS_MAX 1000000u
#define SET_MAX 4096u /* keys in one value */

struct taints *taints_new(struct arena *a)
{
	struct taints *t = mem_zero(1, sizeof(*t));

	t->arena = a;
	t->sets = mem_zero(1, sizeof(*t->sets));
	t->n_sets = 1; /* 0 is the empty one */
	t->cap_sets = 1;
	return t;
}

void taints_freep(struct taints **t)
{
	if (!*t)
		return;
	map_free(&(*t)->by_text);
	map_free(&(*t)->unions);
	free((*t)->sets);
	free(*t);
	*t = NULL;
}

static uint32_t intern(struct taints *t, const uint32_t *ids, uint32_t n)
{
	_cleanup_(freep) char *key = mem_zero((size_t)n * 8 + 1, 1);
	uint32_t found;

	/* a text without NUL: seven bits a byte, the highest one set */
	for (uint32_t i = 0; i < n; i++)
		for (unsigned k = 0; k < 5; k++)
			key[i * 5 + k] = (char)(0x80 | (ids[i] >> (7 * k) & 0x7f));
	found = map_get(&t->by_text, key);
	if (found != MAP_NONE)
		return found;
	if (!GROW(t->sets, t->n_sets, t->cap_sets, SETS_MAX)) {
		t->over = true;
		return 0;
	}
	t->sets[t->n_sets].n = n;
	t->sets[t->n_sets].ids = memcpy(arena_zero(t->arena, n * sizeof(*ids)), ids, n * sizeof(*ids));
	(void)map_put(&t->by_text, arena_dup(t->arena, key), t->n_sets);
	return t->n_sets++;
}

uint32_t taint_of(struct taints *t, uint32_t id)
{
	id *= 2;
	return intern(t, &id, 1);
}

enum how { ALL_OF, ONE_OF };

/* Both sets are sorted by number. What only one of them has is certain in ALL_OF as it was, and never in ONE_OF. */
static uint32_t merge(struct taints *t, uint32_t a, uint32_t b, enum how how)
{
	_cleanup_(freep) uint32_t *ids = NULL;
	const struct taint_set *x = &t->sets[a], *y = &t->sets[b];
	uint32_t n = 0, i = 0, k = 0, found;
	char key[12] = "";

	for (unsigned j = 0; j < 5; j++) {
		key[j] = (char)(0x80 | ((a < b ? a : b) >> (7 * j) & 0x7f));
		key[5 + j] = (char)(0x80 | ((a < b ? b : a) >> (7 * j) & 0x7f));
	}
	key[10] = how == ONE_OF ? '1' : '\0';
	found = map_get(&t->unions, key);
	if (found != MAP_NONE)
		return found;
	ids = mem_zero((size_t)x->n + y->n + 1, sizeof(*ids));
	while ((i < x->n || k < y->n) && n < SET_MAX) {
		if (k == y->n || (i < x->n && x->ids[i] / 2 < y->ids[k] / 2)) {
			ids[n++] = x->ids[i++] | (how == ONE_OF);
		} else if (i == x->n || y->ids[k] / 2 < x->ids[i] / 2) {
			ids[n++] = y->ids[k++] | (how == ONE_OF);
		} else {
			ids[n++] = how == ONE_OF ? x->ids[i] | y->ids[k] : x->ids[i] & y->ids[k];
			i++;
			k++;
		}
	}
	t->over |= i < x->n || k < y->n;
	found = intern(t, ids, n);
	(void)map_put(&t->unions, arena_dup(t->arena, key), found);
	return found;
}

uint32_t taint_union(struct taints *t, uint32_t a, uint32_t b)
{
	if (a == b || !b)
		return a;
	return a ? merge(t, a, b, ALL_OF) : b;
}

uint32_t taint_either(struct taints *t, uint32_t a, uint32_t b)
{
	return a == b ? a : merge(t, a, b, ONE_OF);
}

uint32_t taint_maybe(struct taints *t, uint32_t a)
{
	return taint_either(t, a, 0);
}
