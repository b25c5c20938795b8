/* Modes and owners of what lies on this machine. Git keeps neither, so only a working tree or a consumer's file
 * tells. */
#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "check/survey.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EXPOSED_MAX 20000u

static void add(struct survey *s, const struct survey_exposed *x)
{
	if (GROW(s->exposed, s->n_exposed, s->cap_exposed, EXPOSED_MAX))
		s->exposed[s->n_exposed++] = *x;
	else
		gaps_add(&s->gaps, &(struct gap){ .kind = UNREAD_LARGE, .file = x->file }, "%s (more than %u such "
			 "files)",
			 x->why, EXPOSED_MAX);
}

/* Can everybody come as far as this folder? Its own mode and that of every folder above. */
static bool is_open(const char *folder)
{
	_cleanup_(freep) char *at = realpath(folder, NULL);
	struct stat st;

	while (at && stat(at, &st) == 0 && st.st_mode & S_IXOTH) {
		char *slash = strrchr(at, '/');

		if (slash == at || !slash)
			return stat("/", &st) == 0 && st.st_mode & S_IXOTH;
		*slash = '\0';
	}
	return false;
}

static bool is_open_to_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *folder = mem_dupn(path, slash ? (size_t)(slash - path) : 0);

	return is_open(*folder ? folder : "/");
}

static void by_mode(struct survey *s, const char *path, const struct stat *st, struct survey_exposed *x)
{
	_cleanup_(buf_free) struct buf next = BUF_INIT(20000);
	const char *what = st->st_mode & S_IWOTH ? "change" : "read";

	if (!(st->st_mode & (S_IROTH | S_IWOTH)) || !is_open_to_file(path))
		return;
	(void)buf_str(&next, "chmod o-rwx ");
	text_shell(&next, path);
	x->why = arena_printf(s->arena, "has mode %04o: everybody on this machine can %s it",
			      (unsigned)(st->st_mode & 07777), what);
	x->next = arena_dup(s->arena, buf_text(&next));
	add(s, x);
}

static void by_owner(struct survey *s, const struct stat *tree, const struct stat *st, struct survey_exposed *x)
{
	if (st->st_uid == tree->st_uid)
		return;
	x->why = arena_printf(s->arena, "belongs to uid %u, and the tree that it is in to uid %u", (unsigned)st->st_uid,
			      (unsigned)tree->st_uid);
	x->next = "chown it: one owner for all of it";
	add(s, x);
}

static bool is_declared(const struct survey *s, const struct leaf *l)
{
	return register_not_secret(s->reg, l->repository, l->file, NULL, 0) != NOTHING;
}

/* Is this machine one of those that the register says the clear content lies on? */
static bool is_deployed_here(const struct survey *s, uint32_t repository)
{
	const struct indices *hosts = &s->reg->repositories[repository].hosts;

	for (uint32_t h = 0; h < hosts->n; h++)
		if (s->reg->hosts[hosts->i[h]].reach == REACH_LOCAL)
			return true;
	return false;
}

/* A checkout is as its owner's umask made it, and on the machine of a build that may be open: what counts is a file
 * that
 * differs from the others, or that the register calls this the place where the hosts' values lie. */
void survey_modes_of_tree(struct survey *s, uint32_t repository, const char *folder, size_t first_leaf)
{
	const char *last = NULL;
	size_t open = 0, shut = 0, before = s->n_exposed;
	struct stat tree, st;

	if (stat(folder, &tree) < 0)
		return;
	for (size_t i = first_leaf; i < s->leaves.n; i++) {
		const char *file = s->leaves.list[i].file;
		_cleanup_(freep) char *path = fs_join(folder, file);
		struct survey_exposed x = { .repository = repository, .file = file };

		if (file == last || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || is_declared(s, &s->leaves.list[i]))
			continue;
		last = file;
		(*(st.st_mode & (S_IROTH | S_IWOTH) ? &open : &shut))++;
		by_mode(s, path, &st, &x);
	}
	if (open > shut && !is_deployed_here(s, repository))
		s->n_exposed = (uint32_t)before;
	last = NULL;
	for (size_t i = first_leaf; i < s->leaves.n; i++) {
		struct survey_exposed x = { .repository = repository, .file = s->leaves.list[i].file };
		_cleanup_(freep) char *path = fs_join(folder, x.file);

		if (x.file != last && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
			by_owner(s, &tree, &st, &x);
		last = x.file;
	}
}

static bool is_here(const struct survey *s, const struct consumer *c)
{
	for (uint32_t h = 0; h < c->hosts.n; h++)
		if (s->reg->hosts[c->hosts.i[h]].reach == REACH_LOCAL)
			return true;
	return false;
}

void survey_modes_of_consumers(struct survey *s)
{
	const struct firebreak_register *reg = s->reg;

	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t k = 0; k < reg->secrets[i].n_consumers; k++) {
			const struct consumer *c = &reg->secrets[i].consumers[k];
			struct survey_exposed x = { .repository = NOTHING, .secret = i, .consumer = k,
						   .file = c->file };
			struct stat st;

			if (c->file && is_here(s, c) && lstat(c->file, &st) == 0 && S_ISREG(st.st_mode))
				by_mode(s, c->file, &st, &x);
		}
}
