/* Histories: the register's repositories, and those that were named. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/scanner.h"
#include "trace/trace_parts.h"
#include "transport/git_places.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADS "refs/heads/"
#define GIT_LIMIT_MS 120000
#define LITERALS_MAX WIRE_VALUES_MAX

/* What a number on the wire stands for. */
struct asked { uint32_t value, form; bool part; };

/* One object with one value in it. */
struct hit { char oid[65]; const char *is; uint32_t value, form; bool part; uint64_t line, count, last; };

struct looking {
	struct trace *t;
	struct wire_secrets secrets;
	struct asked *asked;
	uint32_t n;
	size_t cap, bytes;
	/* of the repository in hand */
	const char *name;
	uint32_t repository;
	struct hit *hits;
	uint32_t n_hits;
	size_t cap_hits;
};

static void looking_clear(struct looking *l)
{
	wire_secrets_free(&l->secrets);
	free(l->asked);
	free(l->hits);
}

/* *ret_full: it does not fit any more, and waits for the next round. */
static int add_value(struct looking *l, uint32_t value, bool *ret_full, struct err *e)
{
	struct trace *t = l->t;
	_cleanup_(strv_free) struct strv room = STRV_INIT;
	struct form_patterns p = { 0 };
	int r = forms_make(t->values[value].value, FORMS_ALL, trace_users(t, &t->values[value], &room), &p, e);

	*ret_full = l->n > 0 && (l->n + p.n > LITERALS_MAX || l->bytes + (size_t)p.n * 64 +
				 (p.block ? secret_len(p.block) : 0) > WIRE_SECRETS_BYTES);
	for (uint32_t i = 0; r == 0 && !*ret_full && i < p.n; i++) {
		struct secret *one = NULL;
		char name[16];

		r = forms_pattern(&p, i, &one, e);
		if (r < 0)
			break;
		(void)GROW(l->asked, l->n, l->cap, SIZE_MAX / sizeof(*l->asked));
		(void)snprintf(name, sizeof(name), "%u", l->n);
		l->bytes += p.p[i].len + 64;
		wire_secrets_add(&l->secrets, name, one);
		l->asked[l->n++] = (struct asked){ value, p.p[i].form, p.p[i].part };
	}
	forms_free(&p);
	return r;
}

static void on_found(const struct scanner_found *f, void *arg)
{
	struct looking *l = arg;

	if (f->value >= l->n || !f->object)
		return;
	const struct asked *a = &l->asked[f->value];

	/* Hits of one object come together, so the search goes from the end. */
	for (uint32_t i = l->n_hits; i > 0 && l->n_hits - i < 1000; i--) {
		struct hit *h = &l->hits[i - 1];

		if (h->value != a->value || strcmp(h->oid, f->object) != 0)
			continue;
		if (a->form < h->form) {
			h->form = a->form;
			h->part = a->part;
		}
		h->count += f->line != h->last;
		h->last = f->line;
		h->line = f->line < h->line ? f->line : h->line;
		return;
	}
	if (!GROW(l->hits, l->n_hits, l->cap_hits, (size_t)GIT_SOUGHT_MAX * 4)) {
		l->t->more++;
		return;
	}
	struct hit *h = &l->hits[l->n_hits++];
	*h = (struct hit){ .is = !strcmp(f->is, "blob") ? "blob" : !strcmp(f->is, "tag") ? "tag" : "commit",
			   .value = a->value, .form = a->form, .part = a->part, .line = f->line, .count = 1,
			   .last = f->line };
	(void)snprintf(h->oid, sizeof(h->oid), "%s", f->object);
}

static void on_progress(const struct scanner_progress *p, void *arg)
{
	struct looking *l = arg;

	if (l->t->tell)
		l->t->tell(&(struct trace_progress){ l->name, p->done, p->total }, l->t->arg);
}

static int by_oid(const void *a, const void *b)
{
	return strcmp(((const struct hit *)a)->oid, ((const struct hit *)b)->oid);
}

static void place_hit(struct looking *l, const struct hit *h, const struct git_sought *s)
{
	struct trace *t = l->t;
	struct trace_found f = { .value = h->value, .form = h->form, .part = h->part, .host = NOTHING,
		.repository = l->repository, .at = arena_dup(t->arena, l->name), .line = h->line, .count = h->count,
		.versions = 1, .object = arena_dup(t->arena, h->oid), .is = h->is };

	for (const struct git_stood *p = s ? s->stood : NULL; p; p = p->next) {
		struct trace_found one = f;

		one.path = p->path && *p->path ? arena_dup(t->arena, p->path) : NULL;
		one.commit = p->commit[0] ? arena_dup(t->arena, p->commit) : NULL;
		one.who = p->who ? arena_dup(t->arena, p->who) : NULL;
		one.at_s = p->at_s;
		one.branch = p->now ? arena_dup(t->arena, text_starts(p->now, HEADS) ? p->now + strlen(HEADS) : p->now)
				    : NULL;
		one.state = p->now ? (strcmp(p->now, "HEAD") == 0 ? STATE_HEAD : STATE_BRANCH)
			: p->reached ? STATE_HISTORY : STATE_UNREACHABLE;
		(void)trace_add(t, &one);
	}
	if (s && s->stood)
		return;
	f.state = s && s->reached ? STATE_HISTORY : STATE_UNREACHABLE;
	(void)trace_add(t, &f);
}

/* Each object is asked once, whatever number of values it has. */
static int place_hits(struct looking *l, const struct git_repo *repo, struct err *e)
{
	struct trace *t = l->t;
	_cleanup_(freep) struct git_sought *sought = mem_zero(l->n_hits + 1, sizeof(*sought));
	_cleanup_(freep) uint32_t *of = mem_zero(l->n_hits + 1, sizeof(*of));
	uint32_t n = 0;
	bool whole = true;
	char why[200] = "";

	qsort(l->hits, l->n_hits, sizeof(*l->hits), by_oid);
	for (uint32_t i = 0; i < l->n_hits; i++) {
		bool again = i > 0 && strcmp(l->hits[i].oid, l->hits[i - 1].oid) == 0;

		if (!again && n < GIT_SOUGHT_MAX)
			(void)snprintf(sought[n++].oid, sizeof(sought[0].oid), "%s", l->hits[i].oid);
		of[i] = n - 1;
	}
	int r = git_places_find(repo, sought, n, t->unreachable, t->arena, &whole, why, e);
	if (r < 0)
		return r;
	if (!whole)
		trace_gap(t, UNREAD_DAMAGED, l->name, NULL, "not every commit could be looked at: git says: %s", why);
	for (uint32_t i = 0; i < l->n_hits; i++) {
		bool asked = strcmp(sought[of[i]].oid, l->hits[i].oid) == 0;

		place_hit(l, &l->hits[i], asked ? &sought[of[i]] : NULL);
		if (asked && sought[of[i]].more)
			t->more += sought[of[i]].more;
	}
	return 0;
}

static void look(struct looking *l, const char *name, uint32_t repository, const char *path, bool ours)
{
	struct trace *t = l->t;
	_cleanup_(git_repo_freep) struct git_repo *repo = NULL;
	struct scanner_ears ears = { on_found, on_progress, l };
	struct scanner_sum sum = { 0 };
	struct scanner_job job = { .program = t->scanner, .name = name, .repository = path, .values = &l->secrets,
				   .unreachable = t->unreachable };
	struct err e = ERR_INIT;

	l->name = name;
	l->repository = repository;
	l->n_hits = 0;
	int r = git_repo_open(path, GIT_LIMIT_MS, &repo, &e);
	if (r == 0)
		r = scanner_run(&job, &ears, &t->gaps, &sum, &e);
	if (r == 0 && l->n_hits)
		r = place_hits(l, repo, &e);
	if (r < 0)
		trace_gap(t, UNREAD_DAMAGED, name, NULL, "%s", e.text);
	if (r == 0 && ours && t->unreachable)
		trace_gap(t, UNREAD_ELSEWHERE, name, NULL, "what no name leads to lies only in the repository itself, "
			  "which "
			  "is reached by its url: run this where it lies, with --repository %s=PATH", name);
	t->texts += sum.texts;
	t->bytes += sum.bytes;
}

static const struct trace_at *named(const struct trace *t, uint32_t repository)
{
	for (uint32_t i = 0; i < t->n_ats; i++)
		if (t->ats[i].repository == repository)
			return &t->ats[i];
	return NULL;
}

/* A path of this machine is read where it lies, with what no name leads to; anything else by a mirror of ours. */
static void look_at_registered(struct looking *l, uint32_t i)
{
	struct trace *t = l->t;
	const struct repository *def = &t->en->reg->repositories[i];
	const struct trace_at *at = named(t, i);
	_cleanup_(git_freep) struct git *mirror = NULL;
	_cleanup_(freep) char *mirrors = fs_join(t->en->state_folder, "mirrors");
	_cleanup_(freep) char *folder = fs_join(mirrors, def->name);
	struct err e = ERR_INIT;
	int r;

	if (t->tell)
		t->tell(&(struct trace_progress){ def->name, 0, 0 }, t->arg);
	if (at || def->url[0] == '/') {
		look(l, def->name, i, at ? at->path : def->url, false);
		return;
	}
	r = git_open(folder, def->url, def->branch, t->en->reg->ssh_config, GIT_LIMIT_MS, &mirror, &e);
	if (r == 0)
		r = git_fetch_all(mirror, &e);
	if (r < 0)
		trace_gap(t, UNREAD_MISSING, def->name, NULL, "%s", e.text);
	else
		look(l, def->name, i, folder, true);
}

bool trace_is_repository(const char *path)
{
	_cleanup_(git_repo_freep) struct git_repo *repo = NULL;

	return git_repo_open(path, GIT_LIMIT_MS, &repo, NULL) == 0;
}

static void look_at_all(struct looking *l)
{
	struct trace *t = l->t;

	for (uint32_t i = 0; t->repositories && i < t->en->reg->n_repositories; i++)
		look_at_registered(l, i);
	for (size_t i = 0; i < t->n_in; i++)
		if (trace_is_repository(t->in[i]))
			look(l, t->in[i], NOTHING, t->in[i], false);
}

/* As many values at a time as a scanner takes; most often all of them. */
int trace_repositories(struct trace *t, struct err *e)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < t->n_values; ) {
		_cleanup_(looking_clear) struct looking l = { .t = t };
		bool full = false;

		for (; r == 0 && !full && i < t->n_values; i += !full)
			if (trace_is_wanted(t, i))
				r = add_value(&l, i, &full, e);
		if (r == 0 && l.n)
			look_at_all(&l);
	}
	return r;
}
