#include "base/mem.h"
#include "base/text.h"
#include "transport/git_run.h"

/* A name or address that ends the header line early would write headers of its own. */
static int split_author(const char *author, char **ret_name, char **ret_mail, struct err *e)
{
	const char *open = strrchr(author, '<'), *close = open ? strchr(open, '>') : NULL;
	size_t name = open ? (size_t)(open - author) : 0;

	while (name > 0 && author[name - 1] == ' ')
		name--;
	if (!text_is_utf8(author, strlen(author)) || strpbrk(author, "\n\r") || !close || close[1] || name == 0 ||
	    close == open + 1)
		return err_set(e, ERR_CONFIG, "author '%.80s' of a commit: expected Name <mail@example.org>", author);
	*ret_name = mem_dupn(author, name);
	*ret_mail = mem_dupn(open + 1, (size_t)(close - open - 1));
	return 0;
}

static int add_blobs(struct git *g, const char *parent, const struct git_change *changes, size_t n, struct buf *ret,
		     struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(proc_result_free) struct proc_result res = { 0 };
		struct git_entry entry;
		char oid[65];
		struct git_call call = { .args = (const char *const[]){ "hash-object", "-w", "--no-filters", "--stdin",
									NULL },
			.input = changes[i].bytes, .input_len = changes[i].len };
		int r = git_entry(g, parent, changes[i].file, &entry, e);

		if (r < 0 || (r = git_must(g, &call, changes[i].file, &res, e)) < 0 || (r = git_oid(&res, oid, e)) < 0)
			return r;
		(void)buf_printf(ret, "%s %s\t%s", entry.mode, oid, changes[i].file);
		if (buf_char(ret, '\0') < 0)
			return err_set(e, ERR_LIMIT, "too many files for one commit");
	}
	return 0;
}

/* The tree is built in an index of its own: no work tree, so nothing of the repository is ever unpacked. */
static int make_tree(struct git *g, const char *parent, const char *index, const struct buf *info, char ret[65],
		     struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result read = { 0 }, update = { 0 }, write = { 0 };
	_cleanup_(freep) char *setting = mem_printf("GIT_INDEX_FILE=%s", index);
	const char *const env[] = { setting, NULL };
	struct git_call call = { .args = (const char *const[]){ "read-tree", parent, NULL }, .env = env };

	int r = git_must(g, &call, "reading the tree", &read, e);
	if (r < 0)
		return r;
	call = (struct git_call){ .args = (const char *const[]){ "update-index", "-z", "--index-info", NULL },
				  .env = env,
		.input = info->data, .input_len = info->len };
	r = git_must(g, &call, "putting the files into the tree", &update, e);
	if (r < 0)
		return r;
	call = (struct git_call){ .args = (const char *const[]){ "write-tree", NULL }, .env = env };
	r = git_must(g, &call, "writing the tree", &write, e);
	return r < 0 ? r : git_oid(&write, ret, e);
}

static int make_commit(struct git *g, const char *parent, const char *tree, const char *message, const char *author,
		       char ret[65], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *name = NULL, *mail = NULL;
	int r = split_author(author, &name, &mail, e);

	if (r < 0)
		return r;
	_cleanup_(freep) char *an = mem_printf("GIT_AUTHOR_NAME=%s", name),
		*am = mem_printf("GIT_AUTHOR_EMAIL=%s", mail);
	_cleanup_(freep) char *cn = mem_printf("GIT_COMMITTER_NAME=%s", name);
	_cleanup_(freep) char *cm = mem_printf("GIT_COMMITTER_EMAIL=%s", mail);
	struct git_call call = { .args = (const char *const[]){ "commit-tree", tree, "-p", parent, "-F", "-", NULL },
		.env = (const char *const[]){ an, am, cn, cm, NULL }, .input = message, .input_len = strlen(message) };
	r = git_must(g, &call, "making the commit", &res, e);
	return r < 0 ? r : git_oid(&res, ret, e);
}

/* The remote's newest commit, asked for now. */
static int ask_remote(struct git *g, char ret[65], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *ref = mem_printf("refs/heads/%s", g->branch);
	struct git_call call = { .args = (const char *const[]){ "ls-remote", "--", g->url, ref, NULL } };
	int r = git_must(g, &call, "asking the remote", &res, e);

	if (r < 0)
		return r;
	size_t len = strspn(buf_text(&res.out), "0123456789abcdef");
	if (len != 40 && len != 64)
		return err_set(e, ERR_NET, "the remote does not name the branch");
	(void)snprintf(ret, 65, "%.*s", (int)len, buf_text(&res.out));
	return 0;
}

/* The push was sent and nobody said what came of it: look, and say "unknown" only when the look fails as well. */
static int after_silence(struct git *g, const char *parent, const char *commit, const char *reason, struct err *e)
{
	struct err look = ERR_INIT;
	char head[65];

	if (ask_remote(g, head, &look) < 0) {
		(void)err_set(e, ERR_NET, "push to '%s': the answer was lost (%s), and the remote cannot be asked",
			      g->url, reason);
		if (e)
			e->effect = EFFECT_UNKNOWN;
		return -ERR_NET;
	}
	if (strcmp(head, commit) == 0)
		return 0;
	if (strcmp(head, parent) == 0)
		return err_set(e, ERR_NET, "push to '%s' did not arrive: git says: %s", g->url, reason);
	return err_set(e, ERR_CONFLICT, "push to '%s': branch '%s' moved meanwhile", g->url, g->branch);
}

static const char *refusal(const struct proc_result *res)
{
	for (const char *line = buf_text(&res->out); *line; ) {
		size_t len = strcspn(line, "\n");
		if (line[0] == '!' && line[1] == '\t')
			return line;
		line += len + (line[len] == '\n');
	}
	return NULL;
}

/* A hook speaks in lines that start with "remote:"; the last one with words in it is the reason, as a rule. */
static void hook_words(const struct proc_result *res, struct buf *ret)
{
	for (const char *line = buf_text(&res->err); *line; ) {
		size_t len = strcspn(line, "\n");
		if (text_starts(line, "remote: ")) {
			size_t words = len - 8;
			while (words > 0 && line[8 + words - 1] == ' ')
				words--;
			if (words > 0) {
				buf_clear(ret);
				text_visible(ret, line + 8, words);
			}
		}
		line += len + (line[len] == '\n');
	}
}

static int push(struct git *g, const char *parent, const char *commit, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *spec = mem_printf("%s:refs/heads/%s", commit, g->branch);
	/* Stricter than "not forced": a branch that was set back must not come forward again through us. */
	_cleanup_(freep) char *lease = mem_printf("--force-with-lease=refs/heads/%s:%s", g->branch, parent);
	struct git_call call = { .args = (const char *const[]){ "push", "--porcelain", "--no-verify", "--no-signed",
		"--no-follow-tags", "--recurse-submodules=no", lease, "--", g->url, spec, NULL } };
	char reason[200];
	int r = git_run(g, &call, &res, e);

	if (r < 0)
		return err_wrap(e, "push to '%s'", g->url);
	if (!res.timed_out && res.status == 0)
		return 0;
	if (res.timed_out)
		return after_silence(g, parent, commit, "no end within the time limit", e);

	const char *no = refusal(&res);
	if (no && (strstr(no, "[rejected]") || strstr(no, "cannot lock ref") || strstr(no, "failed to update ref") ||
		   strstr(no, "fetch first") || strstr(no, "reference already exists")))
		return err_set(e, ERR_CONFLICT, "push to '%s': branch '%s' moved meanwhile", g->url, g->branch);
	if (no) {
		_cleanup_(buf_free) struct buf words = BUF_INIT(250);
		hook_words(&res, &words);
		if (words.len == 0)
			text_visible(&words, no, strcspn(no, "\n"));
		return err_set(e, ERR_REMOTE, "push to '%s' was refused by the remote: %s", g->url, buf_text(&words));
	}
	(void)git_reason(&res, reason);
	/* git says this when the connection never came to the first answer, so nothing had been sent. */
	if (git_said(&res, "Could not read from remote repository") ||
	    git_said(&res, "does not appear to be a git repository"))
		return err_set(e, ERR_NET, "push to '%s': the remote is away: git says: %s", g->url, reason);
	if (git_said(&res, "dubious ownership"))
		return err_set(e, ERR_REFUSED, "repository '%s' belongs to another user, whose hooks git will not run "
			       "as us: run as its owner, or use ssh", g->url);
	return after_silence(g, parent, commit, reason, e);
}

int git_commit_push(struct git *g, const char *parent, const struct git_change *changes, size_t n, const char *message,
		    const char *author, char ret_commit[65], struct err *e)
{
	static unsigned counter;
	_cleanup_(freep) char *index = mem_printf("%s/index-%d-%u", g->folder, (int)getpid(), ++counter);
	_cleanup_(buf_free) struct buf info = BUF_INIT(1 << 20);
	char tree[65], commit[65];

	if (n == 0)
		return err_set(e, ERR_BUG, "a commit without a change was asked for");
	/* A killed worker that had our number may have left these. */
	_cleanup_(freep) char *lock = mem_printf("%s.lock", index);
	(void)unlink(index);
	(void)unlink(lock);
	int r = add_blobs(g, parent, changes, n, &info, e);
	if (r == 0)
		r = make_tree(g, parent, index, &info, tree, e);
	(void)unlink(index);
	if (r < 0 || (r = make_commit(g, parent, tree, message, author, commit, e)) < 0 ||
	    (r = push(g, parent, commit, e)) < 0)
		return r;

	/* The clone follows, so that a look at the head without a fetch is right; when it
	 * fails the next fetch mends it. */
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *ref = mem_printf("refs/firebreak/%s", g->branch);
	struct git_call call = { .args = (const char *const[]){ "update-ref", ref, commit, parent, NULL } };
	(void)git_run(g, &call, &res, NULL);
	(void)snprintf(ret_commit, 65, "%s", commit);
	return 0;
}
