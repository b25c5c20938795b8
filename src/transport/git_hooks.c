#include "transport/git_hooks.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "transport/git_repo_parts.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS "receive.advertisePushOptions"

/* The folder that all work trees of a repository share. */
static int common_folder(const struct git_repo *r, char **ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char reason[200];
	int x = git_repo_ask(r, (const char *const[]){ "rev-parse", "--path-format=absolute", "--git-common-dir",
		NULL }, &res, e);

	if (x < 0)
		return x;
	if (res.status != 0 || res.out.len < 2)
		return err_set(e, ERR_CONFIG, "repository '%s': git says: %s", r->path, git_reason(&res, reason));
	*ret = mem_dupn(res.out.data, res.out.len - 1);
	return 0;
}

/* "" when it is not set. file NULL: the repository's own configuration. */
static int ask(const struct git_repo *r, const char *file, const char *key, struct buf *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *from = file ? mem_printf("--file=%s", file) : mem_dup("--local");
	char reason[200];
	int x = git_repo_ask(r, (const char *const[]){ "config", from, "--includes", "--get", key, NULL }, &res, e);

	if (x < 0)
		return x;
	if (res.status > 1)
		return err_set(e, ERR_CONFIG, "%s: git says: %s", file ? file : r->path, git_reason(&res, reason));
	if (res.out.len > 1)
		(void)buf_add(ret, res.out.data, res.out.len - 1);
	return 0;
}

static int nowhere_else(const struct git_repo *r, const char *file, const char *whose, struct err *e)
{
	_cleanup_(buf_free) struct buf elsewhere = BUF_INIT(4096);
	int x = file && !fs_exists(file) ? 0 : ask(r, file, "core.hooksPath", &elsewhere, e);

	if (x < 0)
		return x;
	if (elsewhere.len)
		return err_set(e, ERR_CONFIG, "repository '%s': git runs the hooks of '%s' (core.hooksPath in %s), "
			       "not its "
			       "own: take that out for this repository, or call `firebreak hook pre-receive` there",
			       r->path, buf_text(&elsewhere), whose);
	return 0;
}

int git_hooks_folder(const struct git_repo *r, char **ret, struct err *e)
{
	const char *home = env_get("HOME"), *xdg = env_get("XDG_CONFIG_HOME");
	_cleanup_(freep) char *common = NULL, *of_home = mem_printf("%s/.gitconfig", home ? home : "");
	_cleanup_(freep) char *of_xdg = xdg ? mem_printf("%s/git/config", xdg)
					    : mem_printf("%s/.config/git/config", home ? home : "");
	int x = common_folder(r, &common, e);

	if (x == 0)
		x = nowhere_else(r, NULL, "its configuration", e);
	if (x == 0)
		x = nowhere_else(r, of_home, of_home, e);
	if (x == 0)
		x = nowhere_else(r, of_xdg, of_xdg, e);
	if (x == 0)
		x = nowhere_else(r, "/etc/gitconfig", "/etc/gitconfig", e);
	if (x == 0)
		*ret = fs_join(common, "hooks");
	return x;
}

bool git_hooks_have_options(const struct git_repo *r)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	return ask(r, NULL, OPTIONS, &b, NULL) == 0 && strcmp(buf_text(&b), "true") == 0;
}

int git_hooks_take_options(const struct git_repo *r, struct err *e)
{
	_cleanup_(freep) char *common = NULL, *file = NULL;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct stat before, after;
	char reason[200];
	int x = common_folder(r, &common, e);

	if (x < 0 || git_hooks_have_options(r))
		return x;
	file = fs_join(common, "config");
	if (stat(file, &before) < 0)
		return err_errno(e, "'%s'", file);
	x = git_repo_ask(r, (const char *const[]){ "config", "--local", OPTIONS, "true", NULL }, &res, e);
	if (x < 0)
		return x;
	if (res.status != 0)
		return err_set(e, ERR_IO, "set " OPTIONS " of '%s': git says: %s", r->path, git_reason(&res, reason));
	if (stat(file, &after) < 0 || (after.st_uid == before.st_uid && after.st_gid == before.st_gid))
		return 0;
	return chown(file, before.st_uid, before.st_gid) < 0 ? err_errno(e, "give '%s' back to its owner", file) : 0;
}
