#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK_MAX_BYTES 5000 /* of a .git file */

static bool is_folder(const char *folder, const char *name)
{
	_cleanup_(freep) char *path = fs_join(folder, name);
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* As git tells one: HEAD, objects, refs; or the folder of a further work tree, which names where those are. */
static bool is_git_folder(const char *folder)
{
	_cleanup_(freep) char *head = fs_join(folder, "HEAD"), *common = fs_join(folder, "commondir");
	struct stat st;

	return lstat(head, &st) == 0 && ((is_folder(folder, "objects") && is_folder(folder,
		"refs")) || fs_exists(common));
}

/* A .git that is a file says where the folder is: "gitdir: ../.git/worktrees/x". */
static int follow(const char *file, const char *folder, char **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(LINK_MAX_BYTES);
	int r = fs_read(file, &b, e);

	if (r < 0)
		return r;
	while (b.len > 0 && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == '\r'))
		b.data[--b.len] = '\0';
	if (!text_starts(buf_text(&b), "gitdir: ") || strlen(b.data) != b.len)
		return err_set(e, ERR_CONFIG, "'%s' is no git folder and does not name one", file);

	const char *to = b.data + strlen("gitdir: ");

	*ret = to[0] == '/' ? mem_dup(to) : fs_join(folder, to);
	return 0;
}

static int unknown(const char *named, const char *path, struct err *e)
{
	_cleanup_(freep) char *at = mem_dup(path);

	for (char *slash; (slash = strrchr(at, '/')) && slash != at;) {
		*slash = '\0';
		if (is_folder(at, ".git") || is_git_folder(at))
			return err_set(e, ERR_CONFIG, "'%s' is no git repository, it lies in one: "
				       "name '%s'", named, at);
	}
	return err_set(e, ERR_CONFIG, "'%s' is no git repository: "
		       "the top folder of a work tree or a bare repository is expected", named);
}

/* Where the git folder of `path` is. */
static int find(struct git_repo *r, const char *named, struct err *e)
{
	_cleanup_(freep) char *path = realpath(named, NULL);

	if (!path)
		return err_errno(e, "repository '%s'", named);
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(e, ERR_CONFIG, "a repository's path has a control character in it: "
				       "rename the folder");

	_cleanup_(freep) char *dot = fs_join(path, ".git");
	struct stat st;

	if (lstat(dot, &st) == 0) {
		int x = S_ISREG(st.st_mode) ? follow(dot, path, &r->its.folder, e) : 0;
		if (x < 0)
			return x;
		if (!r->its.folder)
			r->its.folder = TAKE(dot);
		r->work_tree = TAKE(path);
	} else if (is_git_folder(path)) {
		r->its.folder = TAKE(path);
	} else {
		return unknown(named, path, e);
	}
	if (!is_git_folder(r->its.folder))
		return err_set(e, ERR_CONFIG, "repository '%s': '%s' is no git folder (or it cannot be read)", named,
			       r->its.folder);
	return 0;
}

static struct git_repo *make(const char *path, int64_t limit_ms)
{
	struct git_repo *r = mem_zero(1, sizeof(*r));

	r->path = mem_dup(path);
	r->its.limit_ms = r->ours.limit_ms = limit_ms;
	return r;
}

int git_repo_open(const char *path, int64_t limit_ms, struct git_repo **ret, struct err *e)
{
	_cleanup_(git_repo_freep) struct git_repo *r = make(path, limit_ms);
	int x = find(r, path, e);

	if (x < 0 || (x = git_repo_look(r, e)) < 0)
		return x;
	*ret = TAKE(r);
	return 0;
}

int git_repo_open_push(int64_t limit_ms, struct git_repo **ret, struct err *e)
{
	const char *quarantine = env_get("GIT_QUARANTINE_PATH"), *objects = env_get("GIT_OBJECT_DIRECTORY");
	const char *folder = env_get("GIT_DIR"), *more = env_get("GIT_ALTERNATE_OBJECT_DIRECTORIES");

	if (!quarantine || !objects || !folder || !more || strcmp(quarantine, objects) != 0)
		return err_set(e, ERR_USAGE, "this is no pre-receive hook: git did not say where the "
			       "objects of a push are");

	_cleanup_(git_repo_freep) struct git_repo *r = make(folder, limit_ms);

	r->its.folder = realpath(folder, NULL);
	if (!r->its.folder)
		return err_errno(e, "repository '%s'", folder);
	strv_addf(&r->env, "GIT_OBJECT_DIRECTORY=%s", objects);
	strv_addf(&r->env, "GIT_ALTERNATE_OBJECT_DIRECTORIES=%s", more);
	strv_addf(&r->env, "GIT_QUARANTINE_PATH=%s", quarantine);
	int x = git_repo_look(r, e);
	if (x < 0)
		return x;
	*ret = TAKE(r);
	return 0;
}

struct git_repo *git_repo_free(struct git_repo *r)
{
	static const char *const made[] = { "HEAD", "config" };

	if (!r)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(made) && r->ours.folder; i++) {
		_cleanup_(freep) char *file = fs_join(r->ours.folder, made[i]);
		(void)unlink(file);
	}
	if (r->ours.folder) {
		_cleanup_(freep) char *refs = fs_join(r->ours.folder, "refs");
		(void)rmdir(refs);
		(void)rmdir(r->ours.folder);
	}
	free(r->path);
	free(r->work_tree);
	free(r->its.folder);
	free(r->ours.folder);
	strv_free(&r->env);
	free(r);
	return NULL;
}

void git_repo_freep(struct git_repo **r)
{
	*r = git_repo_free(*r);
}
