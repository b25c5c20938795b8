/* What a repository is, and the git folder of our own through which its objects are read. */
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASKED_MAX ((size_t)256 << 20)    /* a million names */
#define READ_LIMIT_MS (INT64_C(6) * 3600 * 1000) /* a whole history; a silence has the repository's limit */

/* An older git than 2.39.4 does not know the first of these and is held back by the second. */
static const char *const no_fetch[] = { "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none" };

int git_repo_run(const struct git_repo *r, const struct git_call *call, struct proc_result *ret, struct err *e)
{
	struct git_call with = *call;

	with.env = (const char *const *)r->env.s;
	return git_run(&r->ours, &with, ret, e);
}

int git_repo_must(const struct git_repo *r, const struct git_call *call, const char *what, struct proc_result *ret,
		  struct err *e)
{
	struct git_call with = *call;

	with.env = (const char *const *)r->env.s;
	int x = git_must(&r->ours, &with, what, ret, e);
	return x < 0 ? err_wrap(e, "repository '%s'", r->path) : 0;
}

int git_repo_stream(const struct git_repo *r, const char *const *args, struct proc_stream **ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT, env = STRV_INIT;
	const struct git_call call = { .args = args, .env = (const char *const *)r->env.s };

	git_words(&r->ours, &call, &argv, &env);

	const struct proc_job job = {
		.argv = (const char *const *)argv.s, .env = (const char *const *)env.s, .cwd = "/",
		.limit_ms = READ_LIMIT_MS, .wipe = true,
	};
	int x = proc_stream_open(&job, r->ours.limit_ms, ret, e);
	return x < 0 ? err_wrap(e, "repository '%s'", r->path) : 0;
}

int git_repo_ask(const struct git_repo *r, const char *const *args, struct proc_result *ret, struct err *e)
{
	const struct git_call call = { .args = args, .output_max = ASKED_MAX,
		.env = (const char *const[]){ no_fetch[0], no_fetch[1], NULL } };
	int x = git_run(&r->its, &call, ret, e);

	if (x == 0 && ret->timed_out)
		x = err_set(e, ERR_IO, "git did not end within %lld s and was stopped",
			    (long long)(r->its.limit_ms / 1000));
	return x < 0 ? err_wrap(e, "repository '%s'", r->path) : 0;
}

const char *git_repo_reason(const char *said, int status, char ret[200])
{
	_cleanup_(proc_result_free) struct proc_result res = { .status = status, .err = BUF_INIT((size_t)1 << 20) };

	(void)buf_str(&res.err, said);
	return git_reason(&res, ret);
}

static bool has_promised_packs(const char *objects)
{
	_cleanup_(freep) char *folder = fs_join(objects, "pack");
	DIR *d = opendir(folder);
	bool found = false;

	for (struct dirent *entry; d && !found && (entry = readdir(d));) {
		const char *dot = strrchr(entry->d_name, '.');

		found = dot && strcmp(dot, ".promisor") == 0;
	}
	if (d)
		closedir(d);
	return found;
}

int git_repo_neutral(struct git_repo *r, const char *objects, const char *shallow, struct err *e)
{
	static const char head[] = "ref: refs/heads/none\n";
	static const char sha256[] = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
				     "[extensions]\n\tobjectformat = sha256\n";
	const char *temporary = env_get("TMPDIR");
	_cleanup_(freep) char *folder = mem_printf("%s/firebreak-git-XXXXXX", temporary ? temporary : "/tmp");

	if (!mkdtemp(folder))
		return err_errno(e, "make an empty git folder '%s'", folder);
	r->ours.folder = TAKE(folder);

	_cleanup_(freep) char *head_file = fs_join(r->ours.folder, "HEAD"), *config = fs_join(r->ours.folder, "config");
	_cleanup_(freep) char *refs = fs_join(r->ours.folder, "refs");
	int x = fs_mkdirs(refs, 0700, e);

	if (x == 0)
		x = fs_write_atomic(head_file, head, strlen(head), 0600, e);
	if (x == 0 && r->oid_len == 64)
		x = fs_write_atomic(config, sha256, strlen(sha256), 0600, e);
	if (x < 0)
		return x;
	if (r->env.n == 0)
		strv_addf(&r->env, "GIT_OBJECT_DIRECTORY=%s", objects);
	if (r->shallow)
		strv_addf(&r->env, "GIT_SHALLOW_FILE=%s", shallow);
	for (size_t i = 0; i < ARRAY_SIZE(no_fetch); i++)
		strv_add(&r->env, no_fetch[i]);
	return 0;
}

int git_repo_look(struct git_repo *r, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char *lines[4], *rest, reason[200];
	size_t n = 0;
	int x = git_repo_ask(r, (const char *const[]){ "rev-parse", "--path-format=absolute", "--show-object-format",
		"--is-shallow-repository", "--git-path", "objects", "--git-path", "shallow", NULL }, &res, e);

	if (x < 0)
		return x;
	if (res.status != 0)
		return err_set(e, ERR_CONFIG, "repository '%s' cannot be opened: git says: %s", r->path,
			       git_reason(&res, reason));
	for (rest = res.out.data; rest && n < ARRAY_SIZE(lines);)
		lines[n++] = strsep(&rest, "\n");
	if (n != ARRAY_SIZE(lines) || !rest || *rest)
		return err_set(e, ERR_IO, "repository '%s' cannot be opened: git answered with something that "
			       "was not understood", r->path);
	if (strcmp(lines[0], "sha1") != 0 && strcmp(lines[0], "sha256") != 0)
		return err_set(e, ERR_CONFIG, "repository '%s' has objects of a format that is not known here: '%.20s'",
			       r->path, lines[0]);
	r->oid_len = strcmp(lines[0], "sha1") == 0 ? 40 : 64;
	r->shallow = strcmp(lines[1], "true") == 0;
	r->partial = has_promised_packs(lines[2]);
	return git_repo_neutral(r, lines[2], lines[3], e);
}
