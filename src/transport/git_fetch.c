#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_run.h"

#define PACKS_MAX 10000
#define REMAKES_MAX 2 /* a damaged one, whose kind then turns out to be another */

int git_lock(const struct git *g, int *ret_fd, struct err *e)
{
	_cleanup_(freep) char *path = mem_printf("%s.lock", g->folder);
	int64_t until = clock_mono_us() + g->limit_ms * 1000;

	for (;;) {
		int r = fs_lock(path, ret_fd, e);
		if (r != -ERR_CONFLICT)
			return r;
		if (clock_mono_us() > until)
			return err_set(e, ERR_IO, "another worker uses the clone of '%s' and does not end", g->url);
		clock_sleep_ms(20);
	}
}

void git_sweep(const struct git *g)
{
	static const char *const locks[] = {
		GIT_HEAD_REF ".lock", GIT_MAKING_REF ".lock", "packed-refs.lock", "config.lock",
	};
	_cleanup_(freep) char *packs = fs_join(g->folder, "objects/pack");
	_cleanup_(strv_free) struct strv found = STRV_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		_cleanup_(freep) char *path = fs_join(g->folder, locks[i]);
		(void)unlink(path);
	}
	(void)fs_list(packs, "", PACKS_MAX, &found, NULL);
	for (size_t i = 0; i < found.n; i++) {
		_cleanup_(freep) char *path = fs_join(packs, found.s[i]);
		if (text_starts(found.s[i], "tmp_"))
			(void)unlink(path);
	}
}

/* What a fetch that failed says about the clone: it is of no use as it is, and of which kind it has to be. */
struct verdict { bool damaged; const char *kind; };

/* After a power cut git may find its own newest objects empty. By which hash they are named only the remote knows. */
static struct verdict judge(const struct proc_result *res)
{
	static const char *const words[] = {
		"fatal: not a git repository", "is corrupt", "is empty", "bad object",
		"did not send all necessary objects", "unable to resolve reference", "bad ref",
	};
	struct verdict v = { false, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		v.damaged = v.damaged || git_said(res, words[i]);
	if (git_said(res, "mismatched algorithms"))
		v.kind = git_said(res, "server sha256") ? "sha256" : git_said(res, "server sha1") ? "sha1" : NULL;
	return v;
}

/* What is fetched: the branch of the register, or everything that has a name. */
enum fetched { FETCH_BRANCH, FETCH_ALL };

static int fetch(const struct git *g, enum fetched what, struct verdict *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *spec = what == FETCH_ALL ? mem_dup("+refs/*:refs/*")
		: mem_printf("+refs/heads/%s:" GIT_HEAD_REF, g->branch);
	struct git_call call = { .remote = true, .args = (const char *const[]){ "fetch", "--quiet", "--no-tags",
		"--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules",
		what == FETCH_ALL ? "--prune" : "--no-prune", "--", g->url, spec, NULL } };
	char reason[200];

	*ret = (struct verdict){ false, NULL };
	git_sweep(g);
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
	*ret = judge(&res);
	return err_set(e, ERR_NET, "repository '%s' could not be fetched: git says: %s", g->url,
		       git_reason(&res, reason));
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

static int make_clone(const struct git *g, enum fetched what, const char *kind, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	/* The last thing that `git init` makes: a clone whose making was cut short is made again. */
	_cleanup_(freep) char *ready = mem_printf("%s/objects/info", g->folder);
	_cleanup_(freep) char *format = mem_printf("--object-format=%s", kind);
	/* A mirror's HEAD is the branch of the register. */
	_cleanup_(freep) char *head = mem_printf("--initial-branch=%s", what == FETCH_ALL ? g->branch : "firebreak");
	struct git_call call = { .args = (const char *const[]){ "init", "--quiet", "--bare", "--template=", head,
							       format,
		 "--", g->folder, NULL } };

	int r = claim(g, e);
	if (r < 0 || fs_exists(ready))
		return r;
	/* git does not begin again with another kind of names. */
	if ((r = fs_remove_tree(g->folder, e)) < 0 || (r = claim(g, e)) < 0)
		return r;
	return git_must(g, &call, "making the clone", &res, e);
}

static int bring(struct git *g, enum fetched what, struct err *e)
{
	/* The lock lies beside the clone, so the folder above has to be there first. */
	_cleanup_(freep) char *above = mem_dupn(g->folder, (size_t)(strrchr(g->folder, '/') - g->folder));
	_cleanup_(closep) int lock = -1;
	const char *kind = "sha1";
	int r = *above ? fs_mkdirs(above, 0700, e) : 0;

	if (r < 0 || (r = git_lock(g, &lock, e)) < 0)
		return r;
	for (unsigned i = 0;; i++) {
		struct verdict v;

		if ((r = make_clone(g, what, kind, e)) < 0 || (r = fetch(g, what, &v, e)) == 0 || i == REMAKES_MAX ||
		    !(v.damaged || v.kind) || (r = fs_remove_tree(g->folder, e)) < 0)
			return r;
		kind = v.kind ? v.kind : kind;
	}
}

int git_fetch(struct git *g, struct err *e)
{
	return bring(g, FETCH_BRANCH, e);
}

int git_fetch_all(struct git *g, struct err *e)
{
	return bring(g, FETCH_ALL, e);
}
