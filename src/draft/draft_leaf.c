/* Which leaves are secrets, which of them are one, and which are perhaps none. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include "scan/hieradata.h"
#include "scan/place_key.h"
#include <stdlib.h>
#include <string.h>

#define TWIN_LEAST 8u          /* bytes: shorter values are the same by chance */

uint32_t draft_repository_of(const struct draft *d, const struct leaf *l)
{
	return map_get(&d->s->reg->repository_names, l->repository);
}

static const char *name_of(const struct leaf *l)
{
	return l->key ? l->key : l->file;
}

/* NULL, or why no register can hold it. */
static const char *unspeakable(const struct leaf *l)
{
	if (!text_is_utf8(l->file, strlen(l->file)) || check_inside(l->file))
		return "a register cannot name this file: its path needs 1 to 1000 bytes of one line of UTF-8 that "
			"does not begin with '-'; rename it";
	if (l->key && (!text_is_utf8(l->key, strlen(l->key)) || check_line(l->key) || strlen(l->key) > PLACE_KEY_MAX))
		return "a register cannot name this key: it needs 1 to 1000 bytes of one line of UTF-8; rename it";
	return NULL;
}

/* Yes, no and nothing are nobody's secret, and `firebreak check` does not ask for them. */
static bool holds_nothing(const struct leaf *l)
{
	return l->traits.signs & (TRAIT_EMPTY | TRAIT_TRUTH);
}

static bool is_comparable(const struct leaf *l)
{
	return l->tag[0] && l->traits.len >= TWIN_LEAST && !(l->traits.signs & (TRAIT_NUMBER | TRAIT_DEFAULT));
}

static void add_leaf(struct drafted *s, uint32_t leaf)
{
	if (GROW(s->leaves, s->n_leaves, s->cap_leaves, LIMIT_PER_SECRET))
		s->leaves[s->n_leaves++] = leaf;
}

static struct drafted *new_secret(struct draft *d, uint32_t leaf)
{
	struct draft_parts *p = d->parts;
	struct drafted *s;

	if (!GROW(p->secrets, p->n_secrets, p->cap_secrets, LIMIT_SECRETS))
		return NULL;
	s = &p->secrets[p->n_secrets++];
	*s = (struct drafted){ .n_leaves = 0 };
	add_leaf(s, leaf);
	return s;
}

static void secret(struct draft *d, struct map *twins, uint32_t i, enum guess_class class)
{
	const struct leaf *l = draft_leaf(d, i);
	struct drafted *s = NULL;
	uint32_t twin = is_comparable(l) ? map_get(twins, l->tag) : MAP_NONE;

	if (twin != MAP_NONE && d->parts->secrets[twin].n_leaves < LIMIT_PER_SECRET) {
		add_leaf(&d->parts->secrets[twin], i);
		return;
	}
	s = new_secret(d, i);
	if (!s) {
		gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_LARGE, .repository = l->repository, .file = l->file,
			 .line = l->line }, "more than %u secrets: the rest is not in the draft", LIMIT_SECRETS);
		return;
	}
	if (is_comparable(l))
		(void)map_put(twins, l->tag, d->parts->n_secrets - 1);
	if (class == GUESS_UNKNOWN)
		strv_addf(&s->questions, "is '%s' a secret? Nothing in its name says so: if it is none, move it to "
			  "not_secret, with class and why", name_of(l));
	if (l->form == LEAF_EYAML && !l->tag[0])
		strv_addf(&s->questions, "has '%s' the value of another key? It is encrypted and was not opened: give "
			  "--eyaml-public and --eyaml-private", name_of(l));
	if (l->followed)
		strv_addf(&s->questions, "should '%s' have a value of its own? It comes by an alias or a merge key, "
			  "and is not written there", name_of(l));
}

/* The shortest beginning of a leaf's key below which nothing of this file is a secret; else the key itself. */
static const char *widest(struct draft *d, const struct map *kept, const struct leaf *l)
{
	if (strpbrk(l->key, "'\""))
		return l->key;
	for (const char *dot = strchr(l->key + l->top, '.'); dot; dot = strchr(dot + 1, '.')) {
		char *name = arena_printf(d->arena, "%s\n%s\n%.*s", l->repository, l->file, (int)(dot - l->key),
					  l->key);

		if (dot > l->key && map_get(kept, name) == MAP_NONE)
			return arena_dupn(d->arena, l->key, (size_t)(dot - l->key));
	}
	return l->key;
}

static void keep(struct draft *d, struct map *kept, const struct leaf *l)
{
	if (!l->key)
		return;
	(void)map_put(kept, arena_printf(d->arena, "%s\n%s\n", l->repository, l->file), 0);
	for (const char *dot = strchr(l->key + l->top, '.'); dot; dot = strchr(dot + 1, '.'))
		(void)map_put(kept, arena_printf(d->arena, "%s\n%s\n%.*s", l->repository, l->file, (int)(dot - l->key),
						 l->key), 0);
}

static const char *why_of(struct draft *d, enum guess_class class, const struct guess *by)
{
	return class == GUESS_PUBLIC && !strcmp(by->word, "public")
		? "public keys or certificates and nothing else; a guess"
		: arena_printf(d->arena, "guessed from its name ('%s')", by->word);
}

struct sorting { enum guess_class *class; struct guess *by; struct map kept, seen, twins; };

static void sorting_clear(struct sorting *s)
{
	free(s->class);
	free(s->by);
	map_free(&s->kept);
	map_free(&s->seen);
	map_free(&s->twins);
}

/* What makes the check read this file as Hiera data: its name, or that a secret's place is in it. Else it will see one
 * value, the whole file. */
static bool is_data_for_sure(struct draft *d, const struct sorting *s, const struct leaf *l)
{
	return hieradata_by_name(l->file) ||
	       map_get(&s->kept, arena_printf(d->arena, "%s\n%s\n", l->repository, l->file)) != MAP_NONE;
}

static void propose(struct draft *d, struct sorting *s, uint32_t i)
{
	struct draft_parts *p = d->parts;
	const struct leaf *l = draft_leaf(d, i);
	const char *key = l->key && is_data_for_sure(d, s, l) ? widest(d, &s->kept, l) : NULL;
	const char *name = arena_printf(d->arena, "%s\n%s\n%s", l->repository, l->file, key ? key : "");

	if (!map_put(&s->seen, name, 0))
		return;
	if (!GROW(p->proposals, p->n_proposals, p->cap_proposals, LIMIT_NOT_SECRET)) {
		gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_LARGE, .repository = l->repository, .file = l->file,
			 .line = l->line }, "more than %u proposals for not_secret: the rest is not in the draft",
			 LIMIT_NOT_SECRET);
		return;
	}
	p->proposals[p->n_proposals++] = (struct drafted_proposal){ i, key,
		s->class[i] == GUESS_PUBLIC ? NOT_SECRET_PUBLIC : NOT_SECRET_DATA, why_of(d, s->class[i], &s->by[i]) };
}

/* A pattern in `not_secret` would cover more than this: such a name stays a secret. */
static bool is_pattern(const struct leaf *l)
{
	return strpbrk(l->file, "*?") || (l->key && strpbrk(l->key, "*?")) || check_pattern(l->file);
}

static void classify(struct draft *d, struct sorting *s, uint32_t i)
{
	const struct leaf *l = draft_leaf(d, i);

	s->class[i] = guess_class(name_of(l), !l->key, &l->traits, &s->by[i]);
	if (s->class[i] >= GUESS_PUBLIC && is_pattern(l))
		s->class[i] = GUESS_UNKNOWN;
}

void draft_leaves(struct draft *d)
{
	size_t n = d->s->leaves.n;
	_cleanup_(sorting_clear) struct sorting s = { .class = mem_zero(n + 1, sizeof(*s.class)),
		.by = mem_zero(n + 1, sizeof(*s.by)) };
	_cleanup_(map_free) struct map places = MAP_INIT;
	_cleanup_(freep) bool *skip = mem_zero(n + 1, sizeof(*skip));

	for (uint32_t i = 0; i < n; i++) {
		const struct leaf *l = draft_leaf(d, i);
		const char *why = unspeakable(l);

		if (why && !holds_nothing(l))
			gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_KEY, .repository = l->repository,
				 .file = l->file, .line = l->line, .col = l->col }, "%s", why);
		/* of a key that stands twice in one file one place is enough: a gap says that it does */
		skip[i] = why || holds_nothing(l) ||
			  !map_put(&places, arena_printf(d->arena, "%s\n%s\n%s", l->repository, l->file,
							 l->key ? l->key : ""), i);
		if (skip[i])
			continue;
		classify(d, &s, i);
		if (s.class[i] <= GUESS_UNKNOWN)
			keep(d, &s.kept, l);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (skip[i])
			continue;
		if (s.class[i] <= GUESS_UNKNOWN)
			secret(d, &s.twins, i, s.class[i]);
		else
			propose(d, &s, i);
	}
}
