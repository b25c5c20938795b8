/* Out of the feed: which file on which hosts holds a secret, and who is told when it changes. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <stdlib.h>
#include <string.h>

struct collecting { struct draft *d; struct drafted *s; uint32_t leaf; };

static const char *place_of(struct draft *d, const struct feed_item *i)
{
	const struct manifest_file *f = &d->s->manifest->files[i->file];

	return arena_printf(d->arena, "%s:%u", f->path, i->line);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Rows that say the same of further hosts are one. */
static bool is_same(const struct drafted_consumer *a, const struct drafted_consumer *b)
{
	return same_text(a->file, b->file) && same_text(a->service, b->service) && a->restart == b->restart &&
	       a->no_row == b->no_row && (a->no_row ? same_text(a->question, b->question)
						    : !a->question == !b->question);
}

static void add_host(struct drafted_consumer *c, uint32_t host)
{
	uint32_t at = 0;

	while (at < c->n_hosts && c->hosts[at] < host)
		at++;
	if ((at < c->n_hosts && c->hosts[at] == host) || !GROW(c->hosts, c->n_hosts, c->cap_hosts, LIMIT_HOSTS))
		return;
	memmove(c->hosts + at + 1, c->hosts + at, (c->n_hosts - at) * sizeof(*c->hosts));
	c->hosts[at] = host;
	c->n_hosts++;
}

static void add_row(struct draft *d, struct drafted *s, const struct feed_item *i, const struct drafted_consumer *row)
{
	struct drafted_consumer *to = NULL;

	for (uint32_t k = 0; k < s->n_consumers && !to; k++)
		if (is_same(&s->consumers[k], row))
			to = &s->consumers[k];
	if (!to) {
		if (!GROW(s->consumers, s->n_consumers, s->cap_consumers, DRAFT_ROWS_MAX))
			return;
		to = &s->consumers[s->n_consumers++];
		*to = *row;
	}
	for (uint32_t k = 0; k < i->n_hosts; k++)
		if (d->parts->host_name[i->hosts[k]])
			add_host(to, i->hosts[k]);
}

static bool is_told(const struct feed_service *s)
{
	return s->told == TOLD_NOTIFIED || s->told == TOLD_BY_EXEC;
}

static const char *unsure_of(struct draft *d, const struct feed_item *i, const struct feed_service *s, const char *file)
{
	if (i->flags & FEED_UNSURE)
		return arena_printf(d->arena, "does it really go into %s? Not certain: %s", file,
				    i->why ? i->why : "what decides it is not public");
	if (s && s->unsure)
		return arena_printf(d->arena, "does Puppet restart %s when %s changes? Only under a condition", s->name,
				    file);
	return NULL;
}

static const char *untold(struct draft *d, const struct feed_service *s, const char *file)
{
	if (s->told == TOLD_READER)
		return arena_printf(d->arena, "may %s be restarted when %s changes? %s names the file, and Puppet "
				    "tells it nothing: firebreak would", s->name, file, s->via ? s->via : "something");
	return arena_printf(d->arena, "does %s read %s only when it starts? Puppet starts it behind the file and "
			    "tells it "
			    "nothing: firebreak would restart it, else take service and restart away", s->name, file);
}

/* Restarted by Puppet; not told, though it reads the file or waits for it; or nobody is known. */
static void file_rows(struct draft *d, struct drafted *s, const struct feed_item *i, const char *file)
{
	struct drafted_consumer row = { .file = file, .from = place_of(d, i), .exported = i->flags & FEED_EXPORTED };
	const char *beside = NULL;
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->n_services; k++) {
		const struct feed_service *to = &i->services[k];

		if (check_service(to->name))
			continue;
		row.service = to->name;
		if (to->told == TOLD_BESIDE) {
			beside = to->name;
			continue;
		}
		row.restart = is_told(to) ? RESTART_BY_PUPPET : RESTART_BY_US;
		row.question = unsure_of(d, i, to, file);
		if (!row.question && !is_told(to))
			row.question = untold(d, to, file);
		add_row(d, s, i, &row);
		n++;
	}
	if (n)
		return;
	row.service = NULL;
	row.restart = RESTART_BY_PUPPET;
	row.question = unsure_of(d, i, NULL, file);
	if (!row.question)
		row.question = beside ? arena_printf(d->arena, "does %s read %s, which is declared beside it? If so, "
						     "write service and restart", beside, file)
				      : arena_printf(d->arena, "which service reads %s, and who restarts it? No "
						     "manifest "
						     "says so; if none has to be, this may stay as it is", file);
	add_row(d, s, i, &row);
}

/* What is no file: a command, or a resource that tells a service by itself. */
static void other_row(struct draft *d, struct drafted *s, const struct feed_item *i)
{
	const char *what = arena_printf(d->arena, "%s[%s]", i->type, i->target);
	const char *service = NULL;

	for (uint32_t k = 0; k < i->n_services && !service; k++)
		if (!check_service(i->services[k].name))
			service = i->services[k].name;
	add_row(d, s, i, &(struct drafted_consumer){ .service = service, .restart = RESTART_NONE,
						    .from = place_of(d, i),
		.no_row = !service, .question = service
		? arena_printf(d->arena, "does %s tell %s the value by itself, so that nothing has to be restarted? "
			       "It goes there as '%s' and stands in no file%s", what, service, i->attribute,
			       i->flags & FEED_COMMAND_LINE ? ", but on a command line" : "")
		: arena_printf(d->arena, "what becomes of it in %s ('%s', %s)? It stands in no file that is known: "
			       "write a consumer or external", what, i->attribute, place_of(d, i)) });
}

/* A loop over a hash of Hiera data: its keys are known, and which of them makes the name can be asked. */
static bool guessed_file(struct draft *d, struct drafted *s, const struct feed_item *i, const struct leaf *l,
			 const char *file)
{
	const char *filled = draft_filled(d, l, file);

	if (!filled || check_absolute(filled))
		return false;
	add_row(d, s, i, &(struct drafted_consumer){ .file = filled, .from = place_of(d, i),
		.restart = RESTART_BY_PUPPET, .exported = i->flags & FEED_EXPORTED,
		.question = arena_printf(d->arena, "is the file really called so? Puppet makes the name %s at run "
					 "time, and the rest is out of the key; which service reads it, and who "
					 "restarts it?", file) });
	return true;
}

static bool row_of(struct check *c _unused_, uint32_t origin, void *arg)
{
	const struct collecting *x = arg;
	struct draft *d = x->d;
	const struct leaf *l = draft_leaf(d, x->leaf);

	for (uint32_t k = d->parts->index.origin_items[origin]; k != NOTHING; k = d->parts->index.item_next[k]) {
		const struct feed_item *i = &d->feed->items[k];
		const char *file = feed_target(d->arena, d->feed, i, l->key ? l->key : l->file);

		if (i->sink != SINK_FILE) {
			if (!draft_server_user(d, x->s, i, l))
				other_row(d, x->s, i);
		} else if (guessed_file(d, x->s, i, l, file)) {
			continue;
		} else if (strchr(file, '*') || check_absolute(file))
			add_row(d, x->s, i, &(struct drafted_consumer){ .no_row = true, .from = place_of(d, i),
				.question = arena_printf(d->arena, "which files are %s (%s)? The name is known at "
							 "run time "
							 "only: write a consumer for each", file, place_of(d, i)) });
		else
			file_rows(d, x->s, i, file);
	}
	return false;
}

static bool has_service_row(const struct drafted *s, const struct drafted_consumer *of, uint32_t host)
{
	for (uint32_t k = 0; k < s->n_consumers; k++) {
		const struct drafted_consumer *c = &s->consumers[k];

		for (uint32_t h = 0; c->service && same_text(c->file, of->file) && h < c->n_hosts; h++)
			if (c->hosts[h] == host)
				return true;
	}
	return false;
}

/* One file may be fed by several resources, and only one of them tell somebody. */
static void drop_doubled(struct drafted *s)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < s->n_consumers; k++) {
		struct drafted_consumer *c = &s->consumers[k];
		uint32_t left = 0;

		for (uint32_t h = 0; c->file && !c->service && h < c->n_hosts; h++)
			if (!has_service_row(s, c, c->hosts[h]))
				c->hosts[left++] = c->hosts[h];
		if (c->file && !c->service)
			c->n_hosts = left;
		if (c->n_hosts || c->no_row)
			s->consumers[n++] = *c;
		else
			free(c->hosts);
	}
	s->n_consumers = n;
}

static int by_name(const void *a, const void *b)
{
	const struct drafted_consumer *x = a, *y = b;
	int r = (x->no_row > y->no_row) - (x->no_row < y->no_row);

	r = r ? r : strcmp(x->file ? x->file : "~", y->file ? y->file : "~");
	r = r ? r : strcmp(x->service ? x->service : "", y->service ? y->service : "");
	return r ? r : (x->n_hosts ? (int)x->hosts[0] : 0) - (y->n_hosts ? (int)y->hosts[0] : 0);
}

static const char *asked_for(struct draft *d, const struct drafted *s)
{
	const struct manifest *m = d->s->manifest;

	for (uint32_t k = 0; k < s->n_leaves; k++) {
		const struct leaf *l = draft_leaf(d, s->leaves[k]);
		uint32_t at = l->key ? map_getn(&d->parts->lookups, l->key, strcspn(l->key, ".")) : MAP_NONE;

		if (at != MAP_NONE)
			return arena_printf(d->arena, ", and %s:%u asks for it", m->files[m->facts[at].file].path,
					    m->facts[at].line);
	}
	return "";
}

/* "puppet:///secrets/x.key" of a mount that is called like no repository. */
static const char *handed_out(struct draft *d, const struct drafted *s)
{
	const struct leaf *l = draft_leaf(d, s->leaves[0]);
	const char *path = l->key ? "" : text_starts(l->file, "files/") ? l->file + 6 : l->file;

	for (uint32_t k = 0; *path && d->feed && k < d->feed->n_origins; k++) {
		const struct feed_origin *o = &d->feed->origins[k];

		if (o->from == FEED_FILE && *o->mount && !o->pattern && !strcmp(o->name, path))
			return arena_printf(d->arena, ", but %s:%u asks for puppet:///%s/%s: if that is it, write the "
					    "consumer that is fed there", d->s->manifest->files[o->file].path, o->line,
					    o->mount, o->name);
	}
	return "";
}

/* The manifests do not tell which hosts have a key in their Hiera data. */
static void ask_whose(struct draft *d, struct drafted *s)
{
	const struct leaf *l = draft_leaf(d, s->leaves[0]);
	const char *host = l->key && s->n_leaves == 1 ? draft_host_of_data(d, l->file) : NULL;
	uint32_t most = 0;

	for (uint32_t k = 0; k < s->n_consumers; k++)
		most = s->consumers[k].n_hosts > most ? s->consumers[k].n_hosts : most;
	if (host && most > 1)
		strv_addf(&s->questions, "which of the hosts below get it? It stands in the Hiera data of %s alone",
			  host);
}

static void of_secret(struct draft *d, struct drafted *s)
{
	for (uint32_t k = 0; k < s->n_leaves; k++) {
		const struct leaf *l = draft_leaf(d, s->leaves[k]);
		const struct place at = { .repository = draft_repository_of(d, l), .file = l->file, .key = l->key };

		(void)check_origins(&d->parts->index, &at, row_of, &(struct collecting){ d, s, s->leaves[k] });
	}
	drop_doubled(s);
	ask_whose(d, s);
	if (s->n_consumers)
		qsort(s->consumers, s->n_consumers, sizeof(*s->consumers), by_name);
	if (s->n_consumers > LIMIT_PER_SECRET) {
		strv_addf(&s->questions, "which %u of %u consumers are the ones that count? A secret has at most %u",
			  LIMIT_PER_SECRET, s->n_consumers, LIMIT_PER_SECRET);
		gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_LARGE, .repository = draft_leaf(d,
			 s->leaves[0])->repository, .file = draft_leaf(d, s->leaves[0])->file },
			 "a secret with %u consumers: %u of them are in the draft", s->n_consumers, LIMIT_PER_SECRET);
		s->n_consumers = LIMIT_PER_SECRET;
	}
	if (!s->n_consumers && !s->n_users && d->s->manifest)
		strv_addf(&s->questions, "who reads it? No manifest feeds it to a known host%s%s: take it out of the "
			  "private git, "
			  "say why it is kept (unused: ...), or write consumers or external", asked_for(d, s),
			  handed_out(d, s));
}

void draft_consumers(struct draft *d)
{
	const struct manifest *m = d->s->manifest;

	for (uint32_t i = 0; m && i < m->n_facts; i++)
		if (m->facts[i].kind == FACT_LOOKUP || m->facts[i].kind == FACT_PARAMETER)
			(void)map_put(&d->parts->lookups, arena_dupn(d->arena, m->facts[i].name,
								     strcspn(m->facts[i].name, ".")), i);
	for (uint32_t i = 0; i < d->parts->n_secrets; i++)
		if (d->feed)
			of_secret(d, &d->parts->secrets[i]);
}
