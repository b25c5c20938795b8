/* A consumer's file that configuration management should have taken away, looked for on the host itself: Puppet leaves
 * what it no longer manages where it is, and says nothing. */
#include "base/mem.h"
#include "base/text.h"
#include "worker/chore.h"
#include "worker/host_search.h"
#include "worker/look.h"
#include "worker/way.h"
#include <string.h>

#define LIMIT 20u              /* copies that are named to us; three of them to people */

struct going { struct job *job; struct way w; const char *file; };

/* Only the one answer that means it: a folder that cannot be entered hides what lies in it. */
static int is_there(const struct going *g, bool *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	static const char *const words[] = { "env", "LC_ALL=C", "ls", "-d", "--" };
	char line[200];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&argv, words[i]);
	strv_add(&argv, g->file);
	int r = chore_run(g->job, &g->w, &argv, NULL, &res, e);
	if (r < 0)
		return r;
	if (res.timed_out)
		return err_set(e, ERR_NET, "looking for '%s' on '%s' did not end in time", g->file, g->w.host);
	*ret = res.status == 0;
	if (res.status == 0 || (res.err.len && strstr(buf_text(&res.err), ": No such file or directory")))
		return 0;
	return err_set(e, ERR_REMOTE, "nobody can tell whether '%s' is on '%s': %s", g->file, g->w.host,
		       proc_last_line(&res, line));
}

/* Somebody was faster, and the new value is there already. */
static int holds_new_only(const struct going *g, bool *ret, struct err *e)
{
	bool old = false, new = false;
	int r = look_holds(g->job, &g->w, g->file, "new", &new, e);

	if (r == 0)
		r = look_holds(g->job, &g->w, g->file, "old", &old, e);
	*ret = new && !old;
	return r;
}

static int judge(const struct going *g, const char *folder, const struct host_search *s, struct err *e)
{
	size_t n = json_array_size(s->found), gaps = json_array_size(s->not_read);
	_cleanup_(buf_free) struct buf names = BUF_INIT(2000);

	for (size_t i = 0; i < n && i < 3; i++) {
		(void)buf_char(&names, ' ');
		text_shell(&names, json_str(json_array_get(s->found, i), "path"));
	}
	if (n)
		return err_set(e, ERR_REMOTE, "the old value still lies on '%s': take it away there, for configuration "
			       "management does not take away what it no longer manages: rm --%.600s%s", g->w.host,
			       buf_text(&names), n > 3 || s->more ? " and others" : "");
	if (gaps)
		return err_set(e, ERR_REMOTE, "%zu file%s in '%s' on '%s' could not be looked at (%.200s: %.100s), so "
			       "nobody knows whether a copy is there", gaps, gaps == 1 ? "" : "s", folder, g->w.host,
			       json_str(json_array_get(s->not_read, 0), "path"),
			       json_str(json_array_get(s->not_read, 0), "why"));
	return 0;
}

static int has_copies(const struct going *g, struct err *e)
{
	const struct host_value old = { "old", wire_secrets_get(&g->job->in, "old"), NULL };
	_cleanup_(strv_free) struct strv paths = STRV_INIT, leave = STRV_INIT;
	const char *slash = strrchr(g->file, '/');
	_cleanup_(freep) char *folder = slash == g->file ? mem_dup("/") : mem_dupn(g->file, (size_t)(slash - g->file));
	struct host_search s = { .paths = &paths, .leave = &leave, .values = &old, .n_values = 1, .limit = LIMIT };
	bool there = false;
	struct going f = *g;

	if (!old.value)
		return err_set(e, ERR_CONFIG, "job: gone needs the secret \"old\"");
	f.file = folder;
	int r = is_there(&f, &there, e);
	if (r < 0 || !there)
		return r;
	strv_add(&paths, folder);
	r = host_search(g->job, &g->w, &s, e);
	if (r == 0)
		r = judge(g, folder, &s, e);
	json_decref(s.found);
	json_decref(s.not_read);
	return r;
}

static int look(struct going *g, struct err *e)
{
	bool there = false, new = false;
	int r = is_there(g, &there, e);

	if (r == 0 && there)
		r = holds_new_only(g, &new, e);
	if (r < 0)
		return r;
	r = has_copies(g, e);
	if (r == 0 && there && !new)
		r = err_set(e, ERR_REMOTE, "'%s' is still on '%s', with something else than the new value: take it "
			    "away there, if nobody needs it", g->file, g->w.host);
	if (r < 0)
		return r;
	json_put(g->job->result, "holds", new ? "new" : "nothing");
	(void)snprintf(g->job->text, sizeof(g->job->text), "'%.120s' on '%.60s' %s, and no file beside it has the old "
		       "value", g->file, g->w.host, new ? "has the new value" : "is gone");
	return 0;
}

/* {"host", "file"} with secrets old and new. */
int job_gone(struct job *job, struct err *e)
{
	struct going g = { .job = job, .file = json_str(job->body, "file") };
	int r = way_of_job(job, "host", &g.w, e);

	if (r < 0)
		return r;
	if (!g.file || g.file[0] != '/')
		return err_set(e, ERR_CONFIG, "job: gone needs \"file\", a path that starts with '/'");
	r = look(&g, e);
	way_end(&g.w);
	return r;
}
