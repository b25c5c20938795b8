/* Kind, system and name of each secret: by its keys' names, then by what it feeds, then by what the value is. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <string.h>

#define NAME_MOST 60u
#define UNSORTED "unsorted"
#define OWN_SYSTEMS_MOST 200u  /* more help nobody; LIMIT_SYSTEMS is far away */

static const char *name_of(const struct leaf *l)
{
	return l->key ? l->key : l->file;
}

static const char *by(struct draft *d, const char *what, struct guess g)
{
	return arena_printf(d->arena, "%s ('%s')", what, g.word);
}

static const struct pem *private_key(const struct draft *d, const struct drafted *s)
{
	for (uint32_t k = 0; k < s->n_leaves; k++) {
		const struct pems *pems = &draft_leaf(d, s->leaves[k])->traits.pems;

		for (uint32_t i = 0; i < pems->n; i++)
			if (pems->list[i].kind == PEM_PRIVATE)
				return &pems->list[i];
	}
	return NULL;
}

static bool is_of_ssl_keys(const struct draft *d, const struct drafted *s)
{
	uint32_t r = draft_repository_of(d, draft_leaf(d, s->leaves[0]));

	return r != MAP_NONE && d->s->reg->repositories[r].kind == REPOSITORY_SSL_KEYS;
}

static bool has_half(const struct draft *d, const struct drafted *s, const char *start)
{
	for (uint32_t i = 0; i < s->n_halves; i++)
		if (text_starts(d->parts->halves[s->halves[i]].half.what, start))
			return true;
	return false;
}

/* --- systems --- */

/* All of a secret's places are asked before the next source is: twins are of the system that comes first in the
 * table. */
static bool system_by_name(struct draft *d, struct drafted *s)
{
	const struct guess_row *best = NULL;

	for (const struct guess_row *r = guess_systems; r->words && !best; r++)
		for (uint32_t k = 0; k < s->n_leaves && !best; k++) {
			struct guess g = guess_system(name_of(draft_leaf(d, s->leaves[k])));

			if (g.word == r->words)
				best = r;
		}
	if (!best)
		return false;
	s->system = best->is;
	s->system_by = by(d, "its name", (struct guess){ best->is, best->words });
	return true;
}

/* A system that all consumers agree on; files that one product alone reads. */
static bool system_by_consumers(struct draft *d, struct drafted *s)
{
	struct guess found = { NULL, NULL };

	for (uint32_t i = 0; i < s->n_consumers; i++) {
		const struct drafted_consumer *c = &s->consumers[i];
		struct guess g = c->file ? guess_system_of_path(c->file) : (struct guess){ NULL, NULL };

		if (!g.is && c->service)
			g = guess_system_of_service(c->service);
		if (!g.is)
			continue;
		if (found.is && strcmp(found.is, g.is) != 0)
			return false;
		found = g;
	}
	if (!found.is)
		return false;
	s->system = found.is;
	s->system_by = by(d, "its consumers", found);
	return true;
}

static bool room_for_system(struct draft *d, const char *name)
{
	struct draft_parts *p = d->parts;

	if (guess_system_fact(name) || map_get(&p->own_systems, name) != MAP_NONE)
		return true;
	if (p->n_own_systems == OWN_SYSTEMS_MOST)
		return false;
	(void)map_put(&p->own_systems, name, p->n_own_systems++);
	return true;
}

/* "gitlab::runner_token": the module that the key is a parameter of. */
static bool own_system(struct draft *d, struct drafted *s)
{
	const struct leaf *l = draft_leaf(d, s->leaves[0]);
	const char *colons = l->key ? strstr(l->key, "::") : NULL;
	char *word = colons ? arena_dupn(d->arena, l->key, (size_t)(colons - l->key)) : NULL;

	for (const char *const *w = guess_dull_words; word && *w; w++)
		if (!strcmp(word, *w))
			return false;
	if (!word || check_host_name(word) || strlen(word) >= NAME_MOST || !room_for_system(d, word))
		return false;
	s->system = word;
	s->system_by = arena_printf(d->arena, "the first part of its name ('%s')", word);
	strv_addf(&s->questions, "is '%s' a system of its own?", word);
	return true;
}

/* Which database it is says what sets the account; a name that only says "db" does not. */
static bool system_by_server(struct draft *d, struct drafted *s)
{
	const struct drafted_user *u = s->users;

	if (!s->n_users || (s->system && strcmp(s->system, "mariadb") != 0))
		return false;
	s->system = u->row->driver;
	s->system_by = by(d, "the account that Puppet sets", (struct guess){ s->system, u->item->type });
	return true;
}

static void choose_system(struct draft *d, struct drafted *s)
{
	if (is_of_ssl_keys(d, s)) {
		/* a domain's name says nothing; what has a copy of its own does */
		if (!system_by_consumers(d, s) && !system_by_name(d, s)) {
			s->system = "tls";
			s->system_by = "its repository, of TLS keys";
		}
		return;
	}
	bool named = system_by_name(d, s);

	if (system_by_server(d, s) || named || system_by_consumers(d, s) || own_system(d, s))
		return;
	s->system = UNSORTED;
	s->system_by = NULL;
	strv_addf(&s->questions, "which system is it of? Neither its name nor its consumers say so");
}

/* --- kinds --- */

static void kind(struct drafted *s, const char *is, const char *why)
{
	s->kind = is;
	s->kind_by = why;
}

static bool says(const struct draft *d, const struct drafted *s, const char *word)
{
	for (uint32_t k = 0; k < s->n_leaves; k++)
		if (strcasestr(name_of(draft_leaf(d, s->leaves[k])), word))
			return true;
	for (uint32_t i = 0; i < s->n_consumers; i++)
		if (s->consumers[i].file && strcasestr(s->consumers[i].file, word))
			return true;
	return false;
}

static void kind_of_key(struct draft *d, struct drafted *s)
{
	if (has_half(d, s, "TXT record") || says(d, s, "dkim"))
		kind(s, "dkim-key", has_half(d, s, "TXT record") ? "its DKIM record" : "its name or file ('dkim')");
	else if (!strcmp(s->system, "salt"))
		kind(s, "salt-key", "a private key of Salt");
	else if (is_of_ssl_keys(d, s) || has_half(d, s, "certificate"))
		kind(s, "tls-key", has_half(d, s, "certificate") ? "its certificate" : "its repository, of TLS keys");
	else if (has_half(d, s, "ssh public key") || says(d, s, "/.ssh/") || says(d, s, "ssh") ||
		 says(d, s, "id_rsa") ||
		 says(d, s, "id_ed25519") || says(d, s, "id_ecdsa") || says(d, s, "deploy"))
		kind(s, "ssh-key", has_half(d, s, "ssh public key") ? "its public half"
								    : "a private key with the name of one for ssh");
	else
		kind(s, "api-token", NULL);
	if (!s->kind_by)
		strv_addf(&s->questions, "what is this private key for? tls-key, dkim-key, ssh-key, salt-key, or one "
			  "that signs tokens (api-token)");
}

static bool kind_by_name(struct draft *d, struct drafted *s)
{
	for (uint32_t k = 0; k < s->n_leaves; k++) {
		struct guess g = guess_kind(name_of(draft_leaf(d, s->leaves[k])));

		if (!g.is)
			continue;
		kind(s, g.is, by(d, "its name", g));
		return true;
	}
	return false;
}

static bool kind_by_consumers(struct draft *d, struct drafted *s)
{
	for (uint32_t i = 0; i < s->n_consumers; i++) {
		struct guess g = s->consumers[i].file ? guess_kind_of_path(s->consumers[i].file)
						      : (struct guess){ NULL, NULL };

		if (!g.is)
			continue;
		kind(s, g.is, by(d, arena_printf(d->arena, "its consumer %s", s->consumers[i].file), g));
		return true;
	}
	return false;
}

static bool has_grants(const struct drafted *s)
{
	for (uint32_t i = 0; i < s->n_consumers; i++)
		if (s->consumers[i].file && strstr(s->consumers[i].file, ".sql"))
			return true;
	return false;
}

static void choose_kind(struct draft *d, struct drafted *s)
{
	const struct pem *key = private_key(d, s);

	if (key) {
		kind_of_key(d, s);
		if (key->encrypted)
			strv_addf(&s->questions, "where is the passphrase of this key kept? It is encrypted");
		return;
	}
	/* What sets the account, or SQL that names it, says more than a word in its name */
	if (s->n_users)
		kind(s, s->users[0].row->kind, by(d, "the account that Puppet sets",
						 (struct guess){ NULL, s->users[0].item->type }));
	else if (has_grants(s))
		kind(s, "mariadb-password", "its consumers (files of SQL)");
	else if (!kind_by_name(d, s) && !kind_by_consumers(d, s)) {
		kind(s, "shared-secret", NULL);
		strv_addf(&s->questions, "what kind is it? shared-secret is a value that only has to be the same "
			  "everywhere; a "
			  "password that a service checks has a kind of its own (docs/formats/playbook.md)");
	}
	if (draft_leaf(d, s->leaves[0])->traits.signs & TRAIT_HASH)
		strv_addf(&s->questions, "who makes the value? It is a hash: of which password, and who knows that?");
	if (!strcmp(s->kind, "api-token"))
		strv_addf(&s->questions, "who issues it, and how is a new one made? Write it under external");
}

/* --- names --- */

/* Names that are there, and how many more secrets would have had each: "db", "db.2",
... (no name has a dot of its own). */
struct taken { struct map *names; uint32_t *more, n; };

static void choose_name(struct draft *d, struct taken *taken, struct drafted *s)
{
	const struct leaf *l = draft_leaf(d, s->leaves[0]);
	char word[NAME_MOST], name[NAME_MOST * 2 + 20];

	guess_short_name(strcmp(s->kind, "dkim-key") ? name_of(l) : "dkim", s->system, word, sizeof(word));
	(void)snprintf(name, sizeof(name), "%s/%s", s->system, *word ? word : private_key(d, s) ? "key" : "password");
	s->name = arena_dup(d->arena, name);
	if (!map_put(taken->names, s->name, taken->n))
		s->name = arena_printf(d->arena, "%s.%u", name, ++taken->more[map_get(taken->names, name)] + 1);
	taken->n++;
}

void draft_kinds(struct draft *d)
{
	_cleanup_(map_free) struct map names = MAP_INIT;
	_cleanup_(freep) uint32_t *more = mem_zero(d->parts->n_secrets + 1, sizeof(*more));
	struct taken taken = { &names, more, 0 };

	for (uint32_t i = 0; i < d->parts->n_secrets; i++) {
		struct drafted *s = &d->parts->secrets[i];

		choose_system(d, s);
		choose_kind(d, s);
		choose_name(d, &taken, s);
		if (s->n_leaves > 1)
			strv_addf(&s->questions, "are these %u places one secret? They hold the same value: twins "
				  "change together; a password that was used twice wants to be replaced", s->n_leaves);
	}
}
