#include "transport/git.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_run.h"

static int check_url(const char *url, struct err *e)
{
	size_t len = strlen(url);
	const char *scheme = strstr(url, "://"), *at = scheme ? strchr(scheme + 3, '@') : NULL;
	const char *slash = scheme ? strchr(scheme + 3, '/') : NULL, *colon = scheme ? strchr(scheme + 3, ':') : NULL;

	if (len == 0 || len > 1000 || url[0] == '-' || !text_is_utf8(url, len))
		return err_set(e, ERR_CONFIG, "the repository's url '%.60s' is not usable: expected a path, "
			       "ssh://host/path, host:path or https://host/path", url);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] < 0x20 || url[i] == 0x7f)
			return err_set(e, ERR_CONFIG, "the repository's url has a control character in it");
	/* The url stands in git's arguments, and those are there for every user of the machine to read. */
	if (at && colon && colon < at && (!slash || at < slash))
		return err_set(e, ERR_REFUSED, "the repository's url has a password in it: take it out and give access "
			       "by an ssh key");
	if (scheme && !text_starts(url, "ssh://") && !text_starts(url, "https://") && !text_starts(url, "file://"))
		return err_set(e, ERR_REFUSED, "the repository's url '%.100s' is not reached in a safe way: expected "
			       "ssh, https or a path of this machine", url);
	/* ssh itself refuses such hosts since 2017; git before it looks as well, and we do not lean on either. */
	if (scheme && (scheme[3] == '-' || (at && at[1] == '-')))
		return err_set(e, ERR_CONFIG, "the host in the repository's url must not start with '-'");
	if (!scheme && strstr(url, "::"))
		return err_set(e, ERR_REFUSED, "the repository's url '%.100s' names a helper program: expected ssh, "
			       "https or a path of this machine", url);
	return 0;
}

static int check_branch(const char *branch, struct err *e)
{
	size_t len = strlen(branch);
	bool fine = len > 0 && len < 200 && branch[0] != '-' && branch[0] != '/' && branch[len - 1] != '/' &&
		    branch[len - 1] != '.' && !strstr(branch, "..") && !strstr(branch, "//") && !strstr(branch, "@{") &&
		    !strstr(branch, "/.") && branch[0] != '.';

	for (size_t i = 0; i < len && fine; i++)
		fine = (unsigned char)branch[i] > 0x20 && !strchr("~^:?*[\\\x7f", branch[i]);
	if (!fine)
		return err_set(e, ERR_CONFIG, "'%.60s' is not the name of a branch", branch);
	return 0;
}

/* Several workers may use one clone at the same time; git's own ref locks would make one of them fail. */
static int lock_clone(const struct git *g, int *ret_fd, struct err *e)
{
	_cleanup_(freep) char *path = mem_printf("%s.lock", g->folder);
	int64_t until = clock_mono_us() + g->limit_ms * 1000;

	for (;;) {
		int r = fs_lock(path, ret_fd, e);
		if (r != -ERR_CONFLICT)
			return r;
		if (clock_mono_us() > until)
			return err_wrap(e, "waiting for another worker that uses the clone of '%s'", g->url);
		clock_sleep_ms(20);
	}
}

/* A worker that was killed leaves git's locks behind. Nobody else is at these while we hold the clone's own lock. */
static void sweep(const struct git *g)
{
	_cleanup_(freep) char *ref = mem_printf("%s/refs/firebreak/%s.lock", g->folder, g->branch);
	_cleanup_(freep) char *packed = mem_printf("%s/packed-refs.lock", g->folder);
	_cleanup_(freep) char *config = mem_printf("%s/config.lock", g->folder);

	(void)unlink(ref);
	(void)unlink(packed);
	(void)unlink(config);
}

/* After a power cut git may find its own newest objects empty. */
static bool is_damaged(const struct proc_result *res)
{
	static const char *const words[] = {
		"fatal: not a git repository", "is corrupt", "is empty", "bad object",
		"did not send all necessary objects", "unable to resolve reference", "bad ref",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (git_said(res, words[i]))
			return true;
	return false;
}

static int fetch_locked(struct git *g, bool *ret_damaged, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *spec = mem_printf("+refs/heads/%s:refs/firebreak/%s", g->branch, g->branch);
	struct git_call call = { .args = (const char *const[]){ "fetch", "--quiet", "--no-tags",
								"--no-auto-maintenance",
		"--no-write-fetch-head", "--no-recurse-submodules", "--", g->url, spec, NULL } };
	char reason[200];
	*ret_damaged = false;
	sweep(g);
	int r = git_run(g, &call, &res, e);
	if (r < 0)
		return err_wrap(e, "fetching '%s'", g->url);
	if (res.timed_out)
		return err_set(e, ERR_NET, "fetching '%s': no answer within %lld s", g->url,
			       (long long)(g->limit_ms / 1000));
	if (res.status == 0)
		return 0;
	if (git_said(&res, "couldn't find remote ref"))
		return err_set(e, ERR_CONFIG, "repository '%s' has no branch '%s': correct 'branch' in the register",
			       g->url, g->branch);
	if (git_said(&res, "dubious ownership"))
		return err_set(e, ERR_REFUSED, "repository '%s' belongs to another user, whose hooks git will not run "
			       "as us: run as its owner, or use ssh", g->url);
	*ret_damaged = is_damaged(&res);
	return err_set(e, ERR_NET, "repository '%s' could not be fetched: git says: %s", g->url,
		       git_reason(&res, reason));
}

int git_fetch(struct git *g, struct err *e)
{
	_cleanup_(closep) int lock = -1;
	bool damaged;
	int r = lock_clone(g, &lock, e);

	return r < 0 ? r : fetch_locked(g, &damaged, e);
}

/* A file in the clone says that it is ours to fill and to throw away. What is there without it belongs to somebody. */
static int claim(const struct git *g, struct err *e)
{
	_cleanup_(freep) char *ours = fs_join(g->folder, "made-by-firebreak");

	if (fs_exists(ours))
		return 0;
	if (fs_exists(g->folder) && rmdir(g->folder) < 0)
		return err_set(e, ERR_REFUSED, "folder '%s' holds something that is no clone of ours: move it away",
			       g->folder);
	int r = fs_mkdirs(g->folder, 0700, e);
	return r < 0 ? r : fs_write_atomic(ours, "\n", 1, 0600, e);
}

static int make_clone(const struct git *g, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	/* The last thing that `git init` makes: a clone whose making was cut short is made again. */
	_cleanup_(freep) char *ready = mem_printf("%s/objects/info", g->folder);
	struct git_call call = { .args = (const char *const[]){ "init", "--quiet", "--bare", "--template=",
		"--initial-branch=firebreak", "--", g->folder, NULL } };

	int r = claim(g, e);
	if (r < 0 || fs_exists(ready))
		return r;
	return git_must(g, &call, "making the clone", &res, e);
}

/* The clone holds nothing that the remote does not have, so a damaged one is made anew. */
static int refresh(struct git *g, struct err *e)
{
	bool damaged;
	int r = make_clone(g, e);

	if (r < 0 || (r = fetch_locked(g, &damaged, e)) == 0 || !damaged)
		return r;
	r = fs_remove_tree(g->folder, e);
	if (r < 0 || (r = make_clone(g, e)) < 0)
		return r;
	return fetch_locked(g, &damaged, e);
}

int git_open(const char *folder, const char *url, const char *branch, const char *ssh_config, int64_t limit_ms,
	     struct git **ret, struct err *e)
{
	int r = check_url(url, e);

	if (r < 0 || (r = check_branch(branch, e)) < 0)
		return r;
	if (folder[0] != '/' || strstr(folder, "/../") || strspn(folder, "/.") == strlen(folder))
		return err_set(e, ERR_BUG, "'%s' is no folder for a clone: an absolute path without '..' is expected",
			       folder);

	_cleanup_(git_freep) struct git *g = mem_zero(1, sizeof(*g));
	_cleanup_(closep) int lock = -1;
	g->folder = mem_dup(folder);
	g->url = mem_dup(url);
	g->branch = mem_dup(branch);
	g->ssh_config = mem_dup(ssh_config);
	g->limit_ms = limit_ms;

	/* The lock lies beside the clone, so the folder above has to be there first. */
	_cleanup_(freep) char *above = mem_dupn(folder, (size_t)(strrchr(folder, '/') - folder));
	if (*above && (r = fs_mkdirs(above, 0700, e)) < 0)
		return r;
	r = lock_clone(g, &lock, e);
	if (r < 0 || (r = refresh(g, e)) < 0)
		return r;
	*ret = TAKE(g);
	return 0;
}

struct git *git_free(struct git *g)
{
	if (g) {
		free(g->folder);
		free(g->url);
		free(g->branch);
		free(g->ssh_config);
		free(g);
	}
	return NULL;
}

void git_freep(struct git **g)
{
	*g = git_free(*g);
}

int git_head(struct git *g, char ret[65], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *ref = mem_printf("refs/firebreak/%s^{commit}", g->branch);
	struct git_call call = { .args = (const char *const[]){ "rev-parse", "--verify", "--quiet", ref, NULL } };
	int r = git_must(g, &call, "looking up the branch's newest commit", &res, e);

	return r < 0 ? r : git_oid(&res, ret, e);
}

int git_read(struct git *g, const char *commit, const char *file, struct buf *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct git_entry entry;
	int r = git_entry(g, commit, file, &entry, e);

	if (r < 0)
		return r;
	struct git_call call = { .args = (const char *const[]){ "cat-file", "blob", entry.oid, NULL },
		.output_max = GIT_FILE_MAX };
	r = git_must(g, &call, file, &res, e);
	if (r < 0)
		return r;
	if (buf_add(ret, res.out.data, res.out.len) < 0)
		return err_set(e, ERR_LIMIT, "file '%s' has %zu bytes: at most %zu are taken", file, res.out.len,
			       ret->max);
	return 0;
}
