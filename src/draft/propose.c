#include "draft/propose.h"
#include "base/mem.h"
#include "base/text.h"
#include "check/entry.h"
#include "draft/guess.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 10000u
#define WORD_LEAST 4u          /* bytes: a shorter beginning means nothing */

/* --- system, kind, name --- */

static bool next_word(const char **at, char *word, size_t size)
{
	size_t n = 0;

	while (**at && !isalnum((unsigned char)**at))
		(*at)++;
	for (; isalnum((unsigned char)**at); (*at)++)
		if (n + 1 < size)
			word[n++] = (char)tolower((unsigned char)**at);
	word[n] = '\0';
	return n > 0;
}

static bool is_of(const char *word, const char *system)
{
	size_t n = strlen(word), m = strlen(system);

	return strcmp(word, system) == 0 || (n >= WORD_LEAST && strncmp(word, system, n) == 0) ||
	       (m >= WORD_LEAST && strncmp(word, system, m) == 0);
}

/* As the tables of systems have it, or one of the team's own whose name is in it. */
static uint32_t system_by_name(const struct firebreak_register *reg, const char *name)
{
	struct guess g = guess_system(name);
	uint32_t known = g.is ? map_get(&reg->system_names, g.is) : MAP_NONE;
	char word[64];

	if (known != MAP_NONE)
		return known;
	while (next_word(&name, word, sizeof(word)))
		for (uint32_t i = 0; i < reg->n_systems; i++)
			if (is_of(word, reg->systems[i].name))
				return i;
	return NOTHING;
}

/* Most secrets of the same file; one that speaks of many systems tells nothing. */
static uint32_t system_by_neighbours(const struct firebreak_register *reg, uint32_t repository, const char *file)
{
	uint32_t found = NOTHING;

	for (uint32_t s = 0; s < reg->n_secrets; s++)
		for (uint32_t p = 0; p < reg->secrets[s].n_places; p++) {
			const struct place *at = &reg->secrets[s].places[p];

			if (at->repository != repository || strcmp(at->file, file) != 0)
				continue;
			if (found != NOTHING && found != reg->secrets[s].system)
				return NOTHING;
			found = reg->secrets[s].system;
		}
	return found;
}

/* The kind that most secrets of the system have that are kept in the same way. */
static const char *kind_of(const struct firebreak_register *reg, uint32_t system, bool is_key)
{
	const char *best = "shared-secret";
	uint32_t most = 0;

	for (uint32_t s = 0; s < reg->n_secrets; s++) {
		const struct secret_def *one = &reg->secrets[s];
		uint32_t n = 0;

		if (one->system != system || !one->n_places || !one->places[0].key == is_key)
			continue;
		for (uint32_t k = 0; k < reg->n_secrets; k++)
			n += reg->secrets[k].system == system && strcmp(reg->secrets[k].kind, one->kind) == 0;
		if (n > most) {
			most = n;
			best = one->kind;
		}
	}
	return best;
}

static void name_it(const struct firebreak_register *reg, const char *name, uint32_t system, struct proposal *ret)
{
	const char *of = system == NOTHING ? NULL : reg->systems[system].name;
	char word[64];

	guess_short_name(name, of ? of : "other", word, sizeof(word));
	if (!*word)
		(void)snprintf(word, sizeof(word), "secret");
	for (unsigned i = 1; i < 1000; i++) {
		_cleanup_(freep) char *full = i == 1 ? mem_printf("%s/%s", of ? of : "other", word)
						    : mem_printf("%s/%s-%u", of ? of : "other", word, i);

		if (map_get(&reg->secret_names, full) != MAP_NONE)
			continue;
		ret->secret = arena_dup(ret->arena, full);
		return;
	}
}

/* --- consumers --- */

struct row { const char *file, *service, *restart; bool *host; };
struct rows { const char *name; struct row *r; uint32_t n; size_t cap; struct proposal *to; };

static void add(struct check *c, struct rows *l, const struct feed_item *i, const char *file, const char *service,
		const char *restart)
{
	struct row *to = NULL;

	for (uint32_t k = 0; k < l->n && !to; k++)
		if (strcmp(l->r[k].file, file) == 0 && !l->r[k].service == !service &&
		    (!service || strcmp(l->r[k].service, service) == 0))
			to = &l->r[k];
	if (!to) {
		if (!GROW(l->r, l->n, l->cap, ROWS_MAX))
			return;
		to = &l->r[l->n++];
		*to = (struct row){ file, service, restart, mem_zero(c->reg->n_hosts + 1, sizeof(bool)) };
	}
	for (uint32_t k = 0; k < i->n_hosts; k++)
		if (i->hosts[k] < c->reg->n_hosts)
			to->host[i->hosts[k]] = true;
}

static void one_item(struct check *c, struct rows *l, const struct feed_item *i)
{
	const char *file = feed_target(l->to->arena, c->feed, i, l->name);
	bool any = false;

	if (i->sink != SINK_FILE || i->flags & (FEED_UNSURE | FEED_PATTERN) || strchr(file, '*') || !i->n_hosts) {
		l->to->unsure++;
		return;
	}
	for (uint32_t k = 0; k < i->n_services; k++) {
		const struct feed_service *s = &i->services[k];

		if (s->unsure || s->told == TOLD_ORDERED || s->told == TOLD_BESIDE)
			continue;
		add(c, l, i, file, s->name, s->told == TOLD_READER ? "firebreak" : "puppet");
		any = true;
	}
	if (!any)
		add(c, l, i, file, NULL, NULL);
}

static bool items_of(struct check *c, uint32_t origin, void *rows)
{
	for (uint32_t i = c->origin_items[origin]; i != NOTHING; i = c->item_next[i])
		one_item(c, rows, &c->feed->items[i]);
	return false;
}

/* The name of a group that is just these hosts, or the hosts. */
static void name_hosts(const struct firebreak_register *reg, const bool *host, struct strv *ret)
{
	for (uint32_t g = 0; g < reg->n_groups; g++) {
		const struct indices *in = &reg->groups[g].hosts;
		uint32_t all = 0, here = 0;

		for (uint32_t h = 0; h < reg->n_hosts; h++)
			all += host[h];
		for (uint32_t k = 0; k < in->n; k++)
			here += host[in->i[k]];
		if (in->n == all && here == all && all > 1) {
			strv_add(ret, reg->groups[g].name);
			return;
		}
	}
	for (uint32_t h = 0; h < reg->n_hosts; h++)
		if (host[h])
			strv_add(ret, reg->hosts[h].name);
}

static void consumers(struct check *c, const struct place *at, struct proposal *ret)
{
	struct rows l = { .name = at->key ? at->key : at->file, .to = ret };

	(void)check_origins(c, at, items_of, &l);
	for (uint32_t i = 0; i < l.n; i++) {
		_cleanup_(strv_free) struct strv hosts = STRV_INIT;
		_cleanup_(buf_free) struct buf b = BUF_INIT(100000);

		name_hosts(c->reg, l.r[i].host, &hosts);
		entry_consumer(&b, &hosts, l.r[i].file, l.r[i].service, l.r[i].restart);
		if (hosts.n && !b.over)
			strv_add(&ret->consumers, buf_text(&b));
		free(l.r[i].host);
	}
	free(l.r);
}

void propose(struct check *c, uint32_t repository, const char *file, const char *key, struct proposal *ret)
{
	const char *name = key ? key : file;
	struct guess by_name = guess_kind(name);
	uint32_t system = system_by_name(c->reg, name);

	*ret = (struct proposal){ .consumers = STRV_INIT, .arena = arena_new() };
	if (system == NOTHING)
		system = system_by_neighbours(c->reg, repository, file);
	ret->system = system == NOTHING ? NULL : c->reg->systems[system].name;
	ret->kind = by_name.is ? by_name.is : kind_of(c->reg, system, key);
	name_it(c->reg, name, system, ret);
	if (c->feed)
		consumers(c, &(struct place){ .repository = repository, .file = file, .key = key }, ret);
}

void proposal_free(struct proposal *p)
{
	strv_free(&p->consumers);
	arena_freep(&p->arena);
}
