#include "check/check.h"
#include "base/map.h"
#include "model/half_format.h"
#include <string.h>

static bool is_of(const struct check *c, const struct check_place *p, const char *spki)
{
	const struct pems *pems = &c->leaves->list[p->leaf].traits.pems;

	for (uint32_t k = 0; k < pems->n; k++)
		if (pems->list[k].kind == PEM_PRIVATE && strcmp(pems->list[k].spki, spki) == 0)
			return true;
	return false;
}

/* Of an encrypted key the public half may not be known; nothing is said then. */
static bool has_known_key(const struct check *c, const struct check_place *p)
{
	const struct pems *pems = p->leaf == NOTHING ? NULL : &c->leaves->list[p->leaf].traits.pems;

	for (uint32_t k = 0; pems && k < pems->n; k++)
		if (pems->list[k].kind == PEM_PRIVATE && pems->list[k].spki[0])
			return true;
	return false;
}

static void one_half(struct check *c, const struct check_place *p, const struct public_half *h)
{
	const struct secret_def *s = &c->reg->secrets[p->secret];
	const struct half_format *f = half_format_find(h->format);
	const struct survey_half *other = NULL;

	if (!c->repository_read[h->repository] || (f && !f->shows_key))
		return;
	for (uint32_t i = 0; i < c->n_halves; i++) {
		const struct survey_half *x = &c->halves[i];

		if (x->repository != h->repository || strcmp(x->file, h->file) != 0)
			continue;
		if (is_of(c, p, x->half.spki))
			return;
		other = x;
	}
	/* Of a certificate that is not there check_key.c speaks. */
	if (!other && c->reg->repositories[h->repository].kind == REPOSITORY_SSL)
		return;
	check_at_register(c, RULE_HALF_DIFFERS, h->at, s->name,
			  "find out which of the two is in use, and bring the other into line",
			  other ? "the %s in %s:%s is of another key than '%s'" : "the %s in %s:%s is not there: '%s' "
				  "has a private key, and no public half",
			  h->what, c->reg->repositories[h->repository].name, h->file, s->name);
}

static bool is_declared(const struct secret_def *s, const struct survey_half *h)
{
	for (uint32_t i = 0; i < s->n_public_halves; i++)
		if (s->public_halves[i].repository == h->repository && strcmp(s->public_halves[i].file, h->file) == 0)
			return true;
	return false;
}

static void at_half(struct check *c, enum finding_rule rule, const struct survey_half *h, const char *text,
		    const char *next)
{
	findings_add(c->findings, &(struct finding){ .rule = rule,
		     .repository = c->reg->repositories[h->repository].name, .file = h->file, .line = h->half.line,
		     .subject = h->half.what, .text = text, .next = next });
}

/* What the world reads, a server of ours has to take first. */
static void unchecked(struct check *c, const struct secret_def *s)
{
	for (uint32_t i = 0; i < s->n_public_halves; i++) {
		const struct public_half *h = &s->public_halves[i];
		const struct half_format *f = half_format_find(h->format);

		if (f && f->can_withdraw && !h->check.n)
			check_at_register(c, RULE_HALF_UNCHECKED, h->at, s->name,
					  "write 'check:' there, with the checker of the server that serves it",
					  "nothing checks the %s in %s:%s before it is pushed", h->what,
					  c->reg->repositories[h->repository].name, h->file);
	}
}

static bool all_private_read(const struct check *c)
{
	for (uint32_t i = 0; i < c->reg->n_repositories; i++) {
		enum repository_kind kind = c->reg->repositories[i].kind;

		if ((kind == REPOSITORY_PRIVATE || kind == REPOSITORY_SSL_KEYS) && !c->repository_read[i])
			return false;
	}
	return true;
}

/* Keys by their public half: the place that has the private one; leaves in no place are told as such. */
static void note_keys(const struct check *c, struct map *places, struct map *all)
{
	for (uint32_t i = 0; i < c->leaves->n; i++)
		for (uint32_t k = 0; k < c->leaves->list[i].traits.pems.n; k++) {
			const struct pem *p = &c->leaves->list[i].traits.pems.list[k];

			if (p->kind != PEM_PRIVATE || !p->spki[0])
				continue;
			(void)map_put(all, p->spki, 1);
			if (c->place_of_leaf[i] != NOTHING)
				(void)map_put(places, p->spki, c->place_of_leaf[i]);
		}
}

void check_halves(struct check *c)
{
	_cleanup_(map_free) struct map places = MAP_INIT, all = MAP_INIT;
	bool complete = all_private_read(c);

	for (uint32_t i = 0; i < c->reg->n_secrets; i++)
		unchecked(c, &c->reg->secrets[i]);
	for (uint32_t i = 0; i < c->n_places; i++) {
		const struct secret_def *s = &c->reg->secrets[c->places[i].secret];

		/* Twins have one key: the first place speaks for all. */
		if (c->places[i].place != 0 || !has_known_key(c, &c->places[i]))
			continue;
		for (uint32_t k = 0; k < s->n_public_halves; k++)
			one_half(c, &c->places[i], &s->public_halves[k]);
	}
	note_keys(c, &places, &all);
	for (uint32_t i = 0; i < c->n_halves; i++) {
		const struct survey_half *h = &c->halves[i];
		uint32_t place = map_get(&places, h->half.spki);
		const struct secret_def *s = place == MAP_NONE ? NULL : &c->reg->secrets[c->places[place].secret];

		if (s && !is_declared(s, h))
			at_half(c, RULE_HALF_UNKNOWN, h, arena_printf(c->arena, "this %s belongs to '%s', and the "
								      "register does "
				"not say so", h->half.what, s->name), "write it under public_halves: of the secret");
		else if (h->half.dkim && complete && map_get(&all, h->half.spki) == MAP_NONE)
			at_half(c, RULE_HALF_ALONE, h, arena_printf(c->arena, "no private repository has the key of "
								    "this %s",
				h->half.what), "take the record out, or keep its key where it can be replaced");
	}
}
