#include "base/mem.h"
#include "check/push_parts.h"
#include <stdlib.h>
#include <string.h>

/* Something that the register does not know, in some version of a file that the push brings. */
struct unknown {
	const char *file, *key, *id;   /* id: file and key; further on with the tag */
	const char *version;
	uint32_t line, first, newest;  /* commits */
	bool in_tip, comment;
};

struct judging {
	const struct push_group *g;
	const char *repository;
	struct arena *arena;
	struct map covered;            /* cover_index() */
	struct git_pushed pushed;
	struct git_files configs;      /* every hiera.yaml; borrows its strings */
	struct git_files *lists;       /* of tips, then of bases */
	size_t n_tips, n_lists;
	struct map paths, tips;        /* that are pushed; "path\noid" of the tips */
	struct map files;              /* "path\noid" -> file of the push */
	struct leaf_reader *reader;
	struct unknown *unknown; uint32_t n_unknown;
	size_t cap;
	struct map versions;           /* "path\nkey\ntag" -> unknown */
	struct map before;             /* the same, and without tag, of what the repository has */
	struct gaps gaps, gaps_before;
	struct err *e;
};

static void judging_clear(struct judging *j)
{
	struct map *const maps[] = { &j->covered, &j->paths, &j->tips, &j->files, &j->versions, &j->before };

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		map_free(maps[i]);
	for (size_t i = 0; i < j->n_lists; i++)
		git_files_free(&j->lists[i]);
	free(j->lists);
	free(j->configs.list);
	free(j->unknown);
	git_pushed_free(&j->pushed);
	leaf_reader_freep(&j->reader);
	gaps_free(&j->gaps);
	gaps_free(&j->gaps_before);
	arena_freep(&j->arena);
}

/* --- which files --- */

static void note_config(struct judging *j, const struct git_file *f)
{
	if (hieradata_is_config(f->path) && GROW(j->configs.list, j->configs.n, j->configs.cap, GIT_FILES_MAX))
		j->configs.list[j->configs.n++] = *f;
}

static void note_pushed(struct judging *j)
{
	for (size_t i = 0; i < j->pushed.files.n; i++) {
		const struct git_file *f = &j->pushed.files.list[i];

		(void)map_put(&j->paths, f->path, 1);
		(void)map_put(&j->files, arena_printf(j->arena, "%s\n%s", f->path, f->oid), (uint32_t)i);
		note_config(j, f);
	}
}

static int list_commits(struct judging *j, const struct git_oids *commits, struct err *e)
{
	const struct gap all = { .kind = UNREAD_DAMAGED, .repository = j->repository };

	for (size_t i = 0; i < commits->n; i++) {
		struct git_files *l = &j->lists[j->n_lists++];
		char hex[65];
		int x = git_repo_files(j->g->p->repo, git_oids_hex(commits, i, hex), l, e);

		if (x < 0)
			return x;
		if (!l->whole)
			gaps_add(&j->gaps, &all, "not all folders of commit %.12s could be listed: git says: %s", hex,
				 l->why);
		for (size_t k = 0; k < l->n; k++)
			note_config(j, &l->list[k]);
	}
	return 0;
}

static int list_all(struct judging *j, struct err *e)
{
	int x;

	j->lists = mem_zero(j->g->tips->n + j->pushed.bases.n, sizeof(*j->lists));
	x = list_commits(j, j->g->tips, e);
	j->n_tips = j->n_lists;
	if (x == 0)
		x = list_commits(j, &j->pushed.bases, e);
	for (size_t i = 0; x == 0 && i < j->n_tips; i++)
		for (size_t k = 0; k < j->lists[i].n; k++) {
			const struct git_file *f = &j->lists[i].list[k];

			if (map_get(&j->paths, f->path) != MAP_NONE)
				(void)map_put(&j->tips, arena_printf(j->arena, "%s\n%s", f->path, f->oid), 1);
		}
	return x;
}

static int read_config(const struct tree_file *f, void *arg)
{
	const struct judging *j = arg;
	_cleanup_(gaps_free) struct gaps told_with_the_file = GAPS_INIT;

	leaf_reader_config(j->reader, f, &told_with_the_file);
	return 0;
}

static int start_reader(struct judging *j, struct digest_key *key, struct hieradata *data, struct err *e)
{
	const struct firebreak_register *reg = j->g->reg;
	struct leaf_source from = { .repository = j->repository, .key = key, .hieradata = data };
	struct tree_at at = { .name = j->repository, .repo = j->g->p->repo, .files = &j->configs };
	_cleanup_(gaps_free) struct gaps told_with_the_file = GAPS_INIT;

	if (reg) {
		uint32_t i = map_get(&reg->repository_names, j->repository);

		cover_hieradata(reg, i, data);
		from.eyaml_public = reg->repositories[i].eyaml_public;
		from.eyaml_private = reg->repositories[i].eyaml_private;
		cover_index(reg, j->arena, &j->covered);
	}
	j->reader = leaf_reader_new(&from);
	return j->configs.n ? tree_read(&at, read_config, j, &told_with_the_file, e) : 0;
}

/* --- what the push brings --- */

static bool is_known(const struct judging *j, const char *file, const char *key, size_t top)
{
	return j->g->reg && cover_has(j->g->reg, &j->covered, j->repository, file, key, top);
}

static const char *id_of(struct judging *j, const char *file, const char *key)
{
	return arena_printf(j->arena, "%s\n%s", file, key ? key : "");
}

static const char *comment_id(struct judging *j, const char *file, const char *key)
{
	return arena_printf(j->arena, "%s\n# %s", file, key);
}

/* Versions come oldest first, so the first sighting is where it came from. */
static void note_unknown(struct judging *j, const struct leaf *l, bool comment, uint32_t commit, bool in_tip)
{
	const char *id = comment ? comment_id(j, l->file, l->key) : id_of(j, l->file, l->key);
	const char *version = arena_printf(j->arena, "%s\n%s", id, l->tag);
	uint32_t i = map_get(&j->versions, version);

	if (i == MAP_NONE) {
		if (!GROW(j->unknown, j->n_unknown, j->cap, LEAVES_MAX))
			return;
		i = j->n_unknown++;
		j->unknown[i] = (struct unknown){ .file = arena_dup(j->arena, l->file), .id = id, .version = version,
			.key = l->key ? arena_dup(j->arena, l->key) : NULL, .first = commit, .comment = comment };
		(void)map_put(&j->versions, version, i);
	}
	j->unknown[i].line = l->line;
	j->unknown[i].newest = commit;
	j->unknown[i].in_tip = j->unknown[i].in_tip || in_tip;
}

static bool wants_pushed(const char *path, void *arg)
{
	return !is_known(arg, path, NULL, 0);
}

static int read_pushed(const struct tree_file *f, void *arg)
{
	struct judging *j = arg;
	_cleanup_(leaves_free) struct leaves leaves = LEAVES_INIT;
	_cleanup_(freep) char *name = mem_printf("%s\n%s", f->path, f->oid);
	uint32_t file = map_get(&j->files, name);
	int x = leaf_reader_add(j->reader, f, &leaves, &j->gaps, j->e);

	for (size_t i = 0; i < leaves.n; i++) {
		const struct leaf *l = &leaves.list[i];

		if (!(l->traits.signs & (TRAIT_EMPTY | TRAIT_TRUTH)) && !is_known(j, l->file, l->key, l->top))
			note_unknown(j, l, false, j->pushed.commit[file], map_get(&j->tips, name) != MAP_NONE);
	}
	for (size_t i = 0; i < leaves.n_comments; i++) {
		const struct leaf_comment *c = &leaves.comments[i];
		struct leaf l = { .file = c->file, .key = c->key, .line = c->line };

		memcpy(l.tag, c->tag, sizeof(l.tag));
		note_unknown(j, &l, true, j->pushed.commit[file], map_get(&j->tips, name) != MAP_NONE);
	}
	return x;
}

/* --- what was there before --- */

static int read_before(const struct tree_file *f, void *arg)
{
	struct judging *j = arg;
	_cleanup_(leaves_free) struct leaves leaves = LEAVES_INIT;
	int x = leaf_reader_add(j->reader, f, &leaves, &j->gaps_before, j->e);

	for (size_t i = 0; i < leaves.n; i++) {
		const char *id = id_of(j, leaves.list[i].file, leaves.list[i].key);

		(void)map_put(&j->before, id, 1);
		(void)map_put(&j->before, arena_printf(j->arena, "%s\n%s", id, leaves.list[i].tag), 1);
	}
	for (size_t i = 0; i < leaves.n_comments; i++) {
		const char *id = comment_id(j, leaves.comments[i].file, leaves.comments[i].key);

		(void)map_put(&j->before, arena_printf(j->arena, "%s\n%s", id, leaves.comments[i].tag), 1);
	}
	return x;
}

static bool wants_before(const char *path, void *arg)
{
	const struct judging *j = arg;

	return map_get(&j->paths, path) != MAP_NONE && wants_pushed(path, arg);
}

static int read_all(struct judging *j, struct err *e)
{
	struct tree_at at = { .name = j->repository, .repo = j->g->p->repo, .want = wants_pushed,
			      .files = &j->pushed.files };
	int x;

	j->e = e;
	x = tree_read(&at, read_pushed, j, &j->gaps, e);
	at.want = wants_before;
	for (size_t i = j->n_tips; x == 0 && (j->n_unknown || j->gaps.n) && i < j->n_lists; i++) {
		at.files = &j->lists[i];
		x = tree_read(&at, read_before, j, &j->gaps_before, e);
	}
	return x;
}

/* --- the judgement --- */

/* A value that cannot be opened stands at a place all the same, and so does a damaged key. */
static bool hides(const struct gap *g)
{
	return g->kind != UNREAD_EYAML && g->kind != UNREAD_PEM;
}

/* Lines move and sizes grow: it is the same one when it is of the same kind, and for YAML of the same words. */
static const char *gap_id(struct judging *j, const struct gap *g)
{
	bool words = g->kind == UNREAD_YAML || g->kind == UNREAD_KEY;

	return arena_printf(j->arena, "%s\n%d\n%s", g->file ? g->file : "", (int)g->kind, words ? g->why : "");
}

static void judge_gaps(struct judging *j)
{
	_cleanup_(map_free) struct map known = MAP_INIT;

	for (size_t i = 0; i < j->gaps_before.n; i++)
		(void)map_put(&known, gap_id(j, &j->gaps_before.list[i]), 1);
	for (size_t i = 0; i < j->gaps.n; i++) {
		const struct gap *g = &j->gaps.list[i];

		if (hides(g) && map_put(&known, gap_id(j, g), 1))
			gaps_add(&j->g->p->gaps, g, "%s", g->why);
	}
	j->g->p->gaps.more += j->gaps.more;
}

static void refuse(struct judging *j, const struct unknown *u, bool changed)
{
	struct push *p = j->g->p;

	if (!GROW(p->found, p->n_found, p->cap_found, PUSH_FINDINGS_MAX)) {
		p->more++;
		return;
	}
	p->found[p->n_found++] = (struct push_finding){
		.file = arena_dup(p->arena, u->file), .key = u->key ? arena_dup(p->arena, u->key) : NULL,
		.line = u->line,
		.commit = arena_dup(p->arena, j->pushed.commits[u->newest].oid), .gone = !u->in_tip, .changed = changed,
			.comment = u->comment,
		.next = u->comment ? NULL : cover_next(p->arena, j->repository, u->file, u->key) };
}

/* Several versions of one place are told once: the one that stays, else the newest. */
static void judge_unknown(struct judging *j)
{
	_cleanup_(map_free) struct map told = MAP_INIT, old = MAP_INIT;

	for (int tip = 1; tip >= 0; tip--)
		for (uint32_t i = j->n_unknown; i-- > 0;) {
			const struct unknown *u = &j->unknown[i];
			bool was_there = map_get(&j->before, u->id) != MAP_NONE;

			if (u->in_tip != (tip == 1))
				continue;
			if (map_get(&j->before, u->version) != MAP_NONE)
				j->g->p->old += map_put(&old, u->id, 1);
			else if (was_there && j->pushed.commits[u->first].rotation)
				j->g->p->rotated++;
			else if (map_put(&told, u->id, 1))
				refuse(j, u, was_there);
		}
}

int push_judge(const struct push_group *g, struct err *e)
{
	_cleanup_(judging_clear) struct judging j = { .g = g, .repository = g->p->repository, .arena = arena_new() };
	_cleanup_(hieradata_free) struct hieradata data = HIERADATA_INIT;
	struct digest_key key;
	int x = git_pushed_read(g->p->repo, g->tips, &j.pushed, e);

	if (x < 0 || !j.pushed.files.n)
		return x;
	digest_key_random(&key);
	note_pushed(&j);
	x = list_all(&j, e);
	if (x == 0)
		x = start_reader(&j, &key, &data, e);
	if (x == 0)
		x = read_all(&j, e);
	explicit_bzero(&key, sizeof(key));
	if (x < 0)
		return x;
	judge_unknown(&j);
	judge_gaps(&j);
	return 0;
}
