#include "check/check.h"
#include "check/cover.h"

static bool is_declared(struct check *c, const struct leaf *l)
{
	uint32_t rule = register_not_secret(c->reg, l->repository, l->file, l->key, l->top);

	if (rule == NOTHING)
		return false;
	c->rule_used[rule] = true;
	return true;
}

/* Yes, no and nothing cannot be anybody's secret. */
static bool holds_nothing(const struct leaf *l)
{
	return l->traits.signs & (TRAIT_EMPTY | TRAIT_TRUTH);
}

static void one_leaf(struct check *c, uint32_t i)
{
	const struct leaf *l = &c->leaves->list[i];
	const char *next;

	/* Also of those in a place: a rule that covers a secret is in use, and it hides nothing. */
	if (is_declared(c, l) || c->covered[i]) {
		c->covered[i] = true;
		return;
	}
	if (holds_nothing(l)) {
		c->covered[i] = true;
		return;
	}
	next = cover_next(c->arena, l->repository, l->file, l->key);
	check_at_leaf(c, RULE_UNREGISTERED, i, next ? next : "give it a name that a register can hold",
		      "%s%s%s is kept here and the register does not know it", l->key ? "'" : "",
		      l->key ? l->key : "this file", l->key ? "'" : "");
}

static void one_place(struct check *c, const struct check_place *at)
{
	const struct secret_def *s = &c->reg->secrets[at->secret];
	const struct place *p = &s->places[at->place];
	const struct repository *r = &c->reg->repositories[p->repository];

	if (at->leaf != NOTHING || !c->repository_read[p->repository])
		return;
	check_at_register(c, RULE_ABSENT, p->at, s->name,
			  arena_printf(c->arena, "correct the place, or look in %s when it went: git log -- %s",
				       r->name, p->file),
			  "'%s' should be kept in %s:%s%s%s%s, and nothing is there", s->name, r->name, p->file,
			  p->key ? " under '" : "", p->key ? p->key : "", p->key ? "'" : "");
}

static void commented(struct check *c, const struct leaf_comment *l)
{
	findings_add(c->findings, &(struct finding){ .rule = RULE_COMMENTED, .repository = l->repository,
		     .file = l->file, .line = l->line, .col = l->col, .subject = l->key,
		     .text = arena_printf(c->arena, "a comment here holds a value for '%s'", l->key),
		     .next = "take the line out; it stays in the history: if the value is in use, declare it" });
}

void check_coverage(struct check *c)
{
	for (size_t i = 0; i < c->leaves->n_comments; i++)
		commented(c, &c->leaves->comments[i]);
	for (uint32_t i = 0; i < c->leaves->n; i++)
		one_leaf(c, i);
	for (uint32_t i = 0; i < c->n_places; i++)
		one_place(c, &c->places[i]);
	for (uint32_t i = 0; i < c->reg->n_not_secret; i++) {
		const struct not_secret *n = &c->reg->not_secret[i];

		if (!c->rule_used[i] && c->repository_read[n->repository])
			check_at_register(c, RULE_NOT_SECRET_UNUSED, n->at, n->file, NULL,
					  "nothing in %s fits '%s'%s%s%s", c->reg->repositories[n->repository].name,
					  n->file, n->key ? " and the key '" : "", n->key ? n->key : "",
					  n->key ? "'" : "");
	}
}
