#include "check/check.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048u         /* NIST SP 800-57 part 1 rev. 5, table 2: 112 bits of strength */
#define EC_BITS_MIN 224u

static bool is_secret(const struct check *c, uint32_t leaf)
{
	return c->place_of_leaf[leaf] != NOTHING;
}

static const struct secret_def *secret_of(const struct check *c, uint32_t leaf)
{
	return &c->reg->secrets[c->places[c->place_of_leaf[leaf]].secret];
}

static const char *name_of_leaf(const struct leaf *l)
{
	return l->key ? l->key : l->file;
}

/* --- equal values --- */

static const struct leaves *sorting;

static int by_tag(const void *a, const void *b)
{
	const struct leaf *l = &sorting->list[*(const uint32_t *)a], *r = &sorting->list[*(const uint32_t *)b];
	int x = strcmp(l->tag, r->tag);

	return x ? x : (*(const uint32_t *)a > *(const uint32_t *)b) - (*(const uint32_t *)a < *(const uint32_t *)b);
}

/* A short number or word is the same in many places by chance; what has the strength of a password is not. */
static bool is_comparable(const struct check *c, uint32_t i)
{
	const struct leaf *l = &c->leaves->list[i];

	if (!l->tag[0] || l->followed || l->traits.signs & (TRAIT_EMPTY | TRAIT_TRUTH))
		return false;
	return is_secret(c, i) || (!c->covered[i] && l->traits.len >= 8 && !(l->traits.signs & TRAIT_NUMBER));
}

static void two_equal(struct check *c, uint32_t one, uint32_t two)
{
	const struct leaf *l = &c->leaves->list[one], *r = &c->leaves->list[two];
	bool known = is_secret(c, one) && is_secret(c, two);
	const struct secret_def *a = known ? secret_of(c, one) : NULL, *b = known ? secret_of(c, two) : NULL;

	if (a && a == b)
		return;
	check_at_leaf(c, a && a->system != b->system ? RULE_REUSED : RULE_TWINS_UNDECLARED, two,
		      "declare them as places of one secret, or replace one of them (firebreak declare --planned)",
		      "'%s' has the same value as '%s' (%s:%s:%u)", a ? b->name : name_of_leaf(r),
		      a ? a->name : name_of_leaf(l), l->repository, l->file, l->line);
}

static void equal_values(struct check *c)
{
	_cleanup_(freep) uint32_t *order = mem_zero(c->leaves->n + 1, sizeof(*order));
	size_t n = 0;

	for (uint32_t i = 0; i < c->leaves->n; i++)
		if (is_comparable(c, i))
			order[n++] = i;
	sorting = c->leaves;
	qsort(order, n, sizeof(*order), by_tag);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (strcmp(sorting->list[order[i]].tag, sorting->list[order[first]].tag) != 0)
			first = i;
		else
			two_equal(c, order[first], order[i]);
	}
}

static void declared_twins(struct check *c)
{
	for (uint32_t i = 0, first; i < c->n_places; i++) {
		first = i - c->places[i].place;
		uint32_t a = c->places[first].leaf, b = c->places[i].leaf;

		if (i == first || a == NOTHING || b == NOTHING || !c->leaves->list[a].tag[0] ||
		    !c->leaves->list[b].tag[0])
			continue;
		if (strcmp(c->leaves->list[a].tag, c->leaves->list[b].tag) != 0)
			check_at_leaf(c, RULE_TWINS_DIFFER, b,
				      "find out which one is in use, and write it to both places",
				      "the places of '%s' hold different values: here and in %s:%s:%u",
				      c->reg->secrets[c->places[i].secret].name, c->leaves->list[a].repository,
				      c->leaves->list[a].file, c->leaves->list[a].line);
	}
}

/* --- what a value tells of itself --- */

static const struct { uint32_t sign; const char *words; } weak[] = {
	{ TRAIT_DEFAULT, "is a well-known default" },
	{ TRAIT_NAMED, "is a part of its own name" },
	{ TRAIT_WALK, "is a walk over the keyboard" },
	{ TRAIT_REPEATED, "repeats itself" },
	{ TRAIT_SHORT, "is short" },
};

static void weak_value(struct check *c, uint32_t i)
{
	const struct leaf *l = &c->leaves->list[i];
	const char *words = NULL;

	for (size_t k = 0; !words && k < ARRAY_SIZE(weak); k++)
		if (l->traits.signs & weak[k].sign)
			words = weak[k].words;
	if (!words && l->traits.strength == STRENGTH_LOW)
		words = "is easy to guess";
	if (l->traits.signs & TRAIT_EMPTY)
		words = "is empty";
	if (words)
		check_at_leaf(c, RULE_WEAK, i, arena_printf(c->arena, "firebreak declare %s --planned --because weak",
			      secret_of(c, i)->name), "the value of '%s' %s", secret_of(c, i)->name, words);
}

static void small_keys(struct check *c, uint32_t i)
{
	const struct leaf *l = &c->leaves->list[i];

	for (uint32_t k = 0; k < l->traits.pems.n; k++) {
		const struct pem *p = &l->traits.pems.list[k];
		uint32_t least = p->key == PEM_KEY_EC ? EC_BITS_MIN : RSA_BITS_MIN;
		bool sized = p->key == PEM_KEY_RSA || p->key == PEM_KEY_DSA || p->key == PEM_KEY_EC;

		if (p->kind == PEM_PRIVATE && sized && p->bits && p->bits < least)
			check_at_leaf(c, RULE_SMALL_KEY, i, "make a new key of a current size",
				      "the %s key in '%s' has %u bits, at least %u are expected", pem_key_name(p->key),
				      name_of_leaf(l), p->bits, least);
	}
}

/* What is declared as not secret may stand anywhere; what nobody registered is told as if it were a secret. */
static void published(struct check *c, const struct survey_published *p)
{
	const struct leaf *l = &c->leaves->list[p->leaf];

	if (!is_secret(c, p->leaf) && c->covered[p->leaf])
		return;
	findings_add(c->findings, &(struct finding){ .rule = RULE_PUBLISHED, .repository = p->repository,
		     .file = p->file, .line = p->line, .subject = name_of_leaf(l),
		     .text = arena_printf(c->arena, "the value of '%s' (%s:%s:%u) stands here, in public",
					  is_secret(c, p->leaf) ? secret_of(c, p->leaf)->name : name_of_leaf(l),
					  l->repository, l->file, l->line),
		     .next = is_secret(c, p->leaf)
			     ? arena_printf(c->arena,
					    "firebreak declare %s --because 'it stands in a public repository'",
					    secret_of(c, p->leaf)->name) : "register it, then declare it" });
}

void check_values(struct check *c)
{
	for (uint32_t i = 0; i < c->n_published; i++)
		published(c, &c->published[i]);
	equal_values(c);
	declared_twins(c);
	for (uint32_t i = 0; i < c->leaves->n; i++) {
		if (is_secret(c, i))
			weak_value(c, i);
		small_keys(c, i);
	}
}
