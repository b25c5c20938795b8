#include "base/mem.h"
#include "base/text.h"
#include "transport/git_run.h"

/* The remote's newest commit, asked for now. */
static int ask_remote(struct git *g, char ret[GIT_OID], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *ref = mem_printf("refs/heads/%s", g->branch);
	struct git_call call = { .args = (const char *const[]){ "ls-remote", "--", g->url, ref, NULL },
				 .remote = true };
	int r = git_must(g, &call, "asking the remote", &res, e);

	if (r < 0)
		return r;
	size_t len = strspn(buf_text(&res.out), "0123456789abcdef");
	if (len != 40 && len != 64)
		return err_set(e, ERR_NET, "the remote does not name the branch");
	(void)snprintf(ret, GIT_OID, "%.*s", (int)len, buf_text(&res.out));
	return 0;
}

/* The push was sent and nobody said what came of it: look, and say "unknown" only when the look fails as well. */
static int after_silence(struct git *g, const char *parent, const char *commit, const char *reason, struct err *e)
{
	struct err look = ERR_INIT;
	char head[GIT_OID];

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

int git_push(struct git *g, const char *parent, const char *commit, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *spec = mem_printf("%s:refs/heads/%s", commit, g->branch);
	/* Stricter than "not forced": a branch that was set back must not come forward again through us. */
	_cleanup_(freep) char *lease = mem_printf("--force-with-lease=refs/heads/%s:%s", g->branch, parent);
	struct git_call call = { .remote = true, .args = (const char *const[]){ "push", "--porcelain",
		"--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no", lease,
		"--", g->url, spec, NULL } };
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
