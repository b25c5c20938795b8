#include "base/fs.h"
#include "base/mem.h"
#include "check/push_parts.h"
#include "scan/register_files.h"
#include <sys/stat.h>

#define TRY_LIMIT_MS 60000

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool push_register_is_pushed(const struct push *p)
{
	_cleanup_(freep) char *dot = fs_join(p->at.path, ".git");

	return is_same(p->at.path, p->repo->its.folder) || is_same(dot, p->repo->its.folder);
}

static int read_files(const struct push *p, const char *commit, struct register_files *ret, struct err *e)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(freep) char *dot = fs_join(p->at.path, ".git"), *folder = fs_join(p->at.path, p->at.folder);
	char oid[65];
	int x;

	if (commit)
		return register_files_commit(p->repo, commit, p->at.folder, ret, e);
	if (!p->at.branch && (fs_exists(dot) || git_repo_open(p->at.path, p->limit_ms, &r, NULL) < 0))
		return register_files_folder(*p->at.folder ? folder : p->at.path, ret, e);
	x = r ? 0 : git_repo_open(p->at.path, p->limit_ms, &r, e);
	if (x == 0)
		x = git_repo_commit(r, p->at.branch ? p->at.branch : "HEAD", oid, e);
	return x < 0 ? err_wrap(e, "register") : register_files_commit(r, oid, p->at.folder, ret, e);
}

/* Which drivers this machine has is no matter of a push. */
int push_register_read(struct push *p, const char *commit, struct firebreak_register **ret, struct err *e)
{
	_cleanup_(register_files_free) struct register_files files = { 0 };
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	struct err why = ERR_INIT;
	int x = read_files(p, commit, &files, &why);

	*ret = NULL;
	if (x == 0)
		x = register_load(files.s, files.n, NULL, 0, &reg, &why);
	if (x == 0 && p->repository && map_get(&reg->repository_names, p->repository) == MAP_NONE)
		x = err_set(&why, ERR_CONFIG, "the register has no repository '%s'", p->repository);
	if (x == 0)
		*ret = TAKE(reg);
	else if (x == -ERR_BUG)
		return err_set(e, ERR_BUG, "%s", why.text);
	else if (!p->register_error.code)
		p->register_error = why;
	return 0;
}

int push_register_try(const struct push_register *at, const char *path, struct firebreak_register **ret, struct err *e)
{
	_cleanup_(push_free) struct push p = { .at = *at, .limit_ms = TRY_LIMIT_MS };
	char oid[65];
	bool pushed;
	int x = git_repo_open(path, p.limit_ms, &p.repo, e);

	*ret = NULL;
	if (x < 0)
		return x;
	pushed = push_register_is_pushed(&p);
	if (pushed && git_repo_commit(p.repo, at->branch ? at->branch : "HEAD", oid, NULL) < 0)
		return 0;
	x = push_register_read(&p, pushed ? oid : NULL, ret, e);
	if (x < 0 || *ret || pushed)
		return x;
	if (e)
		*e = p.register_error;
	return -(int)p.register_error.code;
}
