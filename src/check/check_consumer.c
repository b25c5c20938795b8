#include "check/check.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* What the manifests feed one secret to. */
struct fed {
	const struct secret_def *secret;
	const struct feed_item **items;
	const char **targets;              /* of each item: its path, as far as the place's name tells */
	uint32_t n;
	size_t cap, cap_targets;
};

static void fed_clear(struct fed *f)
{
	free(f->items);
	free(f->targets);
}

struct collecting { struct fed *fed; const struct place *at; };

static bool items_of(struct check *c, uint32_t origin, void *arg)
{
	const struct collecting *x = arg;
	struct fed *f = x->fed;

	for (uint32_t i = c->origin_items[origin]; i != NOTHING; i = c->item_next[i]) {
		const struct feed_item *item = &c->feed->items[i];

		if (!GROW(f->items, f->n, f->cap, FEED_ITEMS_MAX) ||
		    !GROW(f->targets, f->n, f->cap_targets, FEED_ITEMS_MAX))
			return true;
		f->items[f->n] = item;
		f->targets[f->n++] = feed_target(c->arena, c->feed, item, x->at->key ? x->at->key : x->at->file);
	}
	return false;
}

static void collect(struct check *c, const struct secret_def *s, struct fed *ret)
{
	ret->secret = s;
	for (uint32_t k = 0; k < s->n_places; k++)
		(void)check_origins(c, &s->places[k], items_of, &(struct collecting){ ret, &s->places[k] });
}

/* The feed's hosts are the register's, in its order. */
static bool has_host(const struct feed_item *i, uint32_t host)
{
	for (uint32_t k = 0; k < i->n_hosts; k++)
		if (i->hosts[k] == host)
			return true;
	return false;
}

static bool consumer_has(const struct consumer *c, uint32_t host)
{
	for (uint32_t k = 0; k < c->hosts.n; k++)
		if (c->hosts.i[k] == host)
			return true;
	return false;
}

static void name_hosts(const struct check *c, struct buf *b, const uint32_t *hosts, uint32_t n)
{
	for (uint32_t k = 0; k < n && k < 6; k++)
		(void)buf_printf(b, "%s%s", k ? ", " : "", c->reg->hosts[hosts[k]].name);
	if (n > 6)
		(void)buf_printf(b, " and %u more", n - 6);
}

static bool is_unsure(const struct fed *f, uint32_t i)
{
	return f->items[i]->flags & (FEED_UNSURE | FEED_PATTERN) || strchr(f->targets[i], '*');
}

/* A name that is made at run time may be any that fits. */
static bool is_target(const struct fed *f, uint32_t i, const char *file)
{
	return strcmp(f->targets[i], file) == 0 || (is_unsure(f, i) && text_matches(f->targets[i], file));
}

/* --- the register's consumers: are they fed? --- */

static void unfed(struct check *c, const struct fed *f, const struct consumer *to)
{
	_cleanup_(freep) uint32_t *missing = mem_zero(to->hosts.n + 1, sizeof(*missing));
	_cleanup_(buf_free) struct buf b = BUF_INIT(600);
	uint32_t n = 0;

	for (uint32_t k = 0; k < to->hosts.n; k++) {
		bool found = false;

		for (uint32_t i = 0; i < f->n && !found; i++)
			found = f->items[i]->sink == SINK_FILE && is_target(f, i, to->file) &&
				has_host(f->items[i], to->hosts.i[k]);
		if (!found)
			missing[n++] = to->hosts.i[k];
	}
	if (!n)
		return;
	name_hosts(c, &b, missing, n);
	check_at_register(c, RULE_CONSUMER_UNFED, to->at, f->secret->name, "correct the consumer, or the manifests",
			  "no manifest writes '%s' to %s on %s", f->secret->name, to->file, buf_text(&b));
}

static const struct feed_service *service_of(const struct feed_item *i, const char *name)
{
	for (uint32_t k = 0; k < i->n_services; k++)
		if (strcmp(i->services[k].name, name) == 0)
			return &i->services[k];
	return NULL;
}

static bool is_restarted(const struct feed_service *s)
{
	return s && (s->told == TOLD_NOTIFIED || s->told == TOLD_BY_EXEC);
}

static void restarts(struct check *c, const struct fed *f, const struct consumer *to)
{
	bool fed = false, told = false, unsure = false;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct feed_service *s;

		if (f->items[i]->sink != SINK_FILE || !is_target(f, i, to->file))
			continue;
		for (uint32_t k = 0; k < to->hosts.n && !fed; k++)
			fed = has_host(f->items[i], to->hosts.i[k]);
		s = service_of(f->items[i], to->service);
		told = told || is_restarted(s);
		unsure = unsure || (s && s->unsure);
	}
	if (!fed || unsure || told == (to->restart == RESTART_BY_PUPPET))
		return;
	check_at_register(c, RULE_RESTART_DIFFERS, to->at, f->secret->name,
			  told ? "write restart: puppet"
			       : "write restart: firebreak, or let the file notify the service",
			  told ? "the manifests restart '%s' when %s changes, the register says that Puppet does not"
			       : "the register says that Puppet restarts '%s' when %s changes, no manifest does",
			  to->service, to->file);
}

/* --- what is fed: is it a consumer of the register? --- */

static void unknown(struct check *c, const struct fed *f, uint32_t i)
{
	const struct feed_item *item = f->items[i];
	const struct manifest_file *at = &c->manifest->files[item->file];
	_cleanup_(freep) uint32_t *hosts = mem_zero(item->n_hosts + 1, sizeof(*hosts));
	_cleanup_(buf_free) struct buf b = BUF_INIT(600);
	bool unsure = is_unsure(f, i);
	uint32_t n = 0;

	for (uint32_t k = 0; k < item->n_hosts; k++) {
		bool known = false;

		for (uint32_t s = 0; s < f->secret->n_consumers && !known; s++) {
			const struct consumer *to = &f->secret->consumers[s];

			known = to->file && consumer_has(to, item->hosts[k]) && is_target(f, i, to->file);
		}
		if (!known)
			hosts[n++] = item->hosts[k];
	}
	if (!n)
		return;
	name_hosts(c, &b, hosts, n);
	findings_add(c->findings, &(struct finding){ .rule = unsure ? RULE_UNDECIDED : RULE_CONSUMER_UNKNOWN,
		     .repository = at->repository, .file = at->path, .line = item->line, .col = item->col,
		     .subject = f->secret->name,
		     .text = arena_printf(c->arena, "'%s' %s into %s on %s, and the register has no such consumer%s%s",
					  f->secret->name, unsure ? "may go" : "goes", f->targets[i], buf_text(&b),
					  unsure && item->why ? ": " : "", unsure && item->why ? item->why : ""),
		     .next = "add it under consumers: of the secret" });
}

/* Octal text, as Puppet takes it; a mode that is not said is the file's own, and Puppet makes files for their owner. */
static void mode(struct check *c, const struct fed *f, uint32_t i)
{
	const struct feed_item *item = f->items[i];
	const struct manifest_file *at = &c->manifest->files[item->file];
	char *end;
	unsigned long bits = item->mode ? strtoul(item->mode, &end, 8) : 0;

	if (!item->mode || *end || !(bits & 07))
		return;
	findings_add(c->findings, &(struct finding){ .rule = RULE_MODE, .repository = at->repository, .file = at->path,
		     .line = item->line, .col = item->col, .subject = f->targets[i],
		     .text = arena_printf(c->arena, "%s holds '%s' and has mode %s: everybody on the host can %s it",
					  f->targets[i], f->secret->name, item->mode,
					  bits & 04 ? "read" : "change or run"),
		     .next = "write mode => '0640' or less" });
}

void check_consumers(struct check *c)
{
	if (!c->manifest || !c->feed)
		return;
	for (uint32_t s = 0; s < c->reg->n_secrets; s++) {
		_cleanup_(fed_clear) struct fed f = { .n = 0 };

		collect(c, &c->reg->secrets[s], &f);
		for (uint32_t k = 0; k < f.secret->n_consumers; k++) {
			const struct consumer *to = &f.secret->consumers[k];

			if (to->file)
				unfed(c, &f, to);
			if (to->file && to->service)
				restarts(c, &f, to);
		}
		for (uint32_t i = 0; i < f.n; i++) {
			if (f.items[i]->sink != SINK_FILE)
				continue;
			unknown(c, &f, i);
			mode(c, &f, i);
		}
	}
}
