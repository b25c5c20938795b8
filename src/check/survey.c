#include "check/survey.h"
#include "base/fs.h"
#include "base/mem.h"
#include "check/cover.h"
#include "transport/git.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISHED_MAX 10000u

/* One repository of the register, opened. */
struct opened {
	struct git *clone;                 /* ours; NULL: the caller named a path */
	struct git_repo *repo;
	struct tree_at at;
};

static void opened_clear(struct opened *o)
{
	git_freep(&o->clone);
	git_repo_freep(&o->repo);
}

static const struct survey_at *named(const struct survey *s, uint32_t repository)
{
	for (uint32_t i = 0; i < s->n_at; i++)
		if (s->at[i].repository == repository)
			return &s->at[i];
	return NULL;
}

static int open_named(struct survey *s, const struct survey_at *at, struct opened *ret, struct err *e)
{
	if (at->folder)
		return 0;
	int r = git_repo_open(at->path, s->limit_ms, &ret->repo, e);

	if (r < 0 || (!at->revision && ret->repo->work_tree))
		return r;
	return git_repo_commit(ret->repo, at->revision ? at->revision : "HEAD", s->commit[at->repository], e);
}

static int open_clone(struct survey *s, uint32_t i, struct opened *ret, struct err *e)
{
	const struct repository *def = &s->reg->repositories[i];
	_cleanup_(freep) char *folder = fs_join(s->clones, def->name);
	int r = git_open(folder, def->url, def->branch, s->reg->ssh_config, s->limit_ms, &ret->clone, e);

	if (r == 0)
		r = git_fetch(ret->clone, e);
	if (r == 0)
		r = git_read(ret->clone, s->commit[i], NULL, 0, e);
	return r < 0 ? r : git_repo_open(folder, s->limit_ms, &ret->repo, e);
}

static bool open_repository(struct survey *s, uint32_t i, struct opened *ret)
{
	const struct survey_at *at = named(s, i);
	const char *name = s->reg->repositories[i].name;
	struct err e = ERR_INIT;
	int r;

	if (s->tell)
		s->tell(name, s->arg);
	r = at ? open_named(s, at, ret, &e) : open_clone(s, i, ret, &e);
	if (r < 0) {
		gaps_add(&s->gaps, &(struct gap){ .kind = UNREAD_DAMAGED, .repository = name }, "%s", e.text);
		return false;
	}
	ret->at = (struct tree_at){ .name = name, .repo = ret->repo, .commit = s->commit[i][0] ? s->commit[i] : NULL,
				    .folder = at && at->folder ? at->path : NULL };
	s->repository_read[i] = true;
	return true;
}

static void lost(struct survey *s, uint32_t i, const struct err *e)
{
	s->repository_read[i] = false;
	gaps_add(&s->gaps, &(struct gap){ .kind = UNREAD_DAMAGED, .repository = s->reg->repositories[i].name }, "%s",
		 e->text);
}

static void read_leaves(struct survey *s, uint32_t i, struct leaves *into)
{
	const struct repository *def = &s->reg->repositories[i];
	_cleanup_(opened_clear) struct opened o = { 0 };
	_cleanup_(hieradata_free) struct hieradata data = HIERADATA_INIT;
	struct leaf_source from = { .repository = def->name, .key = s->key, .eyaml_public = def->eyaml_public,
		.eyaml_private = def->eyaml_private, .hieradata = &data, .presence = s->presence };
	struct err e = ERR_INIT;

	if (!open_repository(s, i, &o))
		return;
	cover_hieradata(s->reg, i, &data);
	data.any = s->any_hieradata && def->kind == REPOSITORY_PRIVATE;
	size_t first = into->n;
	if (leaves_of_tree(&from, &o.at, into, &s->gaps, &e) < 0)
		lost(s, i, &e);
	if (!s->commit[i][0])
		survey_modes_of_tree(s, i, o.at.folder ? o.at.folder : o.repo->work_tree, first);
}

/* --- public trees --- */

struct public_file {
	struct survey *s;
	uint32_t index;                    /* of the repository */
	const char *repository;
	const struct tree_file *f;
	size_t counted, line;
};

static int published(uint32_t leaf, size_t offset, void *arg)
{
	struct public_file *p = arg;
	struct survey *s = p->s;

	if (!GROW(s->published, s->n_published, s->cap_published, PUBLISHED_MAX))
		return 1;
	for (; p->counted < offset; p->counted++)
		p->line += p->f->bytes[p->counted] == '\n';
	s->published[s->n_published++] = (struct survey_published){ leaf, p->repository,
		arena_dup(s->arena, p->f->path), (uint32_t)p->line };
	return 0;
}

struct half_of { struct survey *s; uint32_t repository; const char *file; };

static void take_half(const struct half *h, void *arg)
{
	const struct half_of *p = arg;
	struct survey *s = p->s;

	if (!GROW(s->halves, s->n_halves, s->cap_halves, SURVEY_HALVES_MAX)) {
		gaps_add(&s->gaps, &(struct gap){ .kind = UNREAD_LARGE,
			 .repository = s->reg->repositories[p->repository].name, .file = p->file, .line = h->line },
			 "more than %u public keys: this one is not looked at", SURVEY_HALVES_MAX);
		return;
	}
	struct survey_half *to = &s->halves[s->n_halves++];

	*to = (struct survey_half){ p->repository, arena_dup(s->arena, p->file), *h };
	to->half.what = arena_dup(s->arena, h->what);
}

void survey_halves(struct survey *s, uint32_t repository, const struct tree_file *f)
{
	struct half_of p = { s, repository, f->path };

	half_find(f->bytes, f->len, s->reg->repositories[repository].kind == REPOSITORY_DNS, take_half, &p);
}

static int public_file(const struct tree_file *f, void *arg)
{
	struct public_file *p = arg;

	if (f->link)
		return 0;
	p->f = f;
	p->counted = 0;
	p->line = 1;
	(void)presence_find(p->s->presence, f->bytes, f->len, published, p);
	survey_halves(p->s, p->index, f);
	if (p->s->look && p->s->reg->repositories[p->index].kind == REPOSITORY_PUPPET)
		p->s->look(f, p->s->arg);
	if (p->s->manifest && manifest_wants(f->path))
		manifest_add(p->s->manifest, p->repository, f->path, f->bytes, f->len);
	return 0;
}

static void read_public(struct survey *s, uint32_t i)
{
	const struct repository *def = &s->reg->repositories[i];
	_cleanup_(opened_clear) struct opened o = { 0 };
	struct public_file p = { .s = s, .index = i, .repository = def->name };
	struct err e = ERR_INIT;

	if (!open_repository(s, i, &o))
		return;
	if (def->kind == REPOSITORY_PUPPET && !s->manifest)
		s->manifest = manifest_new();
	if (tree_read(&o.at, public_file, &p, &s->gaps, &e) < 0)
		lost(s, i, &e);
	if (def->kind == REPOSITORY_SSL && s->repository_read[i]) {
		struct leaf_source from = { .repository = def->name, .key = s->key };

		if (leaves_of_tree(&from, &o.at, &s->certificates, &s->gaps, &e) < 0)
			lost(s, i, &e);
	}
}

/* Every private value that is long enough and no number, and can be told from others by its tag. */
static void prepare_presence(struct survey *s)
{
	for (uint32_t i = 0; i < s->leaves.n; i++) {
		const struct leaf *l = &s->leaves.list[i];

		if (l->tag[0] && l->traits.len >= PRESENCE_HEAD && !(l->traits.signs & (TRAIT_NUMBER | TRAIT_TRUTH)))
			(void)presence_add(s->presence, l->head, l->traits.len, l->tag, i);
	}
}

/* What the manifests' reader could not read is not read; what is known at run time only is a finding
 * (check_lookup.c). */
void survey_tell_manifest(struct survey *s)
{
	for (uint32_t i = 0; i < s->manifest->n_gaps; i++) {
		const struct manifest_gap *g = &s->manifest->gaps[i];
		const struct manifest_file *f = &s->manifest->files[g->file];

		if (g->kind != GAP_UNDECIDED)
			gaps_add(&s->gaps, &(struct gap){ .kind = g->kind == GAP_LIMIT ? UNREAD_LARGE : UNREAD_MANIFEST,
				 .repository = f->repository, .file = f->path, .line = g->line, .col = g->col }, "%s",
				 g->text);
	}
	if (s->manifest->n_gaps_all > s->manifest->n_gaps)
		s->gaps.more += s->manifest->n_gaps_all - s->manifest->n_gaps;
}

static void build_feed(struct survey *s)
{
	const struct firebreak_register *reg = s->reg;
	_cleanup_(freep) struct feed_host *hosts = mem_zero(reg->n_hosts + 1, sizeof(*hosts));
	_cleanup_(freep) const char **keys = mem_zero(s->leaves.n + 1, sizeof(*keys));
	uint32_t n = 0;

	for (uint32_t i = 0; i < reg->n_hosts; i++)
		hosts[i] = (struct feed_host){ reg->hosts[i].name, reg->hosts[i].address };
	for (uint32_t i = 0; i < s->leaves.n; i++)
		if (s->leaves.list[i].key)
			keys[n++] = s->leaves.list[i].key;
	s->feed = feed_build(s->manifest, &(struct feed_given){ hosts, reg->n_hosts, keys, n });
}

int survey_open(struct survey *s, uint32_t i, struct git_repo **ret, char ret_commit[65], struct err *e)
{
	const struct survey_at *at = named(s, i);
	_cleanup_(freep) char *folder = fs_join(s->clones, s->reg->repositories[i].name);
	int r = at && at->folder ? err_set(e, ERR_CONFIG, "'%s' is a plain folder and has no history", at->path)
				 : git_repo_open(at ? at->path : folder, s->limit_ms, ret, e);

	if (r < 0 || !s->commit[i][0])
		return r < 0 ? r : git_repo_commit(*ret, "HEAD", ret_commit, e);
	(void)snprintf(ret_commit, 65, "%s", s->commit[i]);
	return 0;
}

bool survey_has_history(struct survey *s, uint32_t i)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	char commit[65];

	return survey_open(s, i, &r, commit, NULL) == 0;
}

static bool is_private(enum repository_kind kind)
{
	return kind == REPOSITORY_PRIVATE || kind == REPOSITORY_SSL_KEYS;
}

int survey_read(struct survey *s, struct err *e)
{
	const struct firebreak_register *reg = s->reg;
	int r = fs_mkdirs(s->clones, 0700, e);

	if (r < 0)
		return r;
	s->arena = arena_new();
	s->presence = presence_new(s->key);
	s->repository_read = mem_zero(reg->n_repositories + 1, sizeof(*s->repository_read));
	s->commit = mem_zero(reg->n_repositories + 1, sizeof(*s->commit));
	for (uint32_t i = 0; i < reg->n_repositories; i++)
		if (is_private(reg->repositories[i].kind))
			read_leaves(s, i, &s->leaves);
	survey_modes_of_consumers(s);
	prepare_presence(s);
	for (uint32_t i = 0; i < reg->n_repositories; i++)
		if (!is_private(reg->repositories[i].kind))
			read_public(s, i);
	if (s->manifest && !s->without_feed) {
		build_feed(s);
		survey_tell_manifest(s);
	}
	return 0;
}

void survey_free(struct survey *s)
{
	feed_freep(&s->feed);
	manifest_freep(&s->manifest);
	leaves_free(&s->leaves);
	leaves_free(&s->certificates);
	gaps_free(&s->gaps);
	presence_freep(&s->presence);
	free(s->repository_read);
	free(s->commit);
	free(s->published);
	free(s->halves);
	free(s->exposed);
	arena_freep(&s->arena);
}
