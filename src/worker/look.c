#include "base/clock.h"
#include "base/digest.h"
#include "scan/forms.h"
#include "worker/chore.h"
#include "worker/look.h"
#include "worker/way.h"

struct looking { const struct job *job; const struct way *w; const char *file; };

static int unreadable(const struct looking *l, const struct proc_result *res, struct err *e)
{
	char line[200];

	return err_set(e, ERR_REMOTE, "file '%s' on '%s' cannot be read: %s", l->file, l->w->host,
		       proc_last_line(res, line));
}

/* Lines that hold one of the patterns. grep's exit codes: 0 found, 1 not found, 2 trouble. */
static int count_lines(const struct looking *l, const struct secret *patterns, int64_t *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	static const char *const words[] = { "grep", "-caF", "-f", "-", "--" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&argv, words[i]);
	strv_add(&argv, l->file);
	int r = chore_run(l->job, l->w, &argv, patterns, &res, e);
	if (r < 0)
		return r;
	if (res.timed_out)
		return err_set(e, ERR_NET, "looking into '%s' on '%s' did not end in time", l->file, l->w->host);
	if (res.status > 1)
		return unreadable(l, &res, e);
	*ret = strtoll(buf_text(&res.out), NULL, 10);
	return 0;
}

static int hash(const char *bytes, size_t len, void *arg)
{
	digest_sha256_hex(bytes, len, arg);
	return 0;
}

/* A binary key is no pattern; its file is the key, so the file's hash says it. */
static int is_whole_file(const struct looking *l, const struct secret *value, bool *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char hex[65];

	strv_add(&argv, "sha256sum");
	strv_add(&argv, "--");
	strv_add(&argv, l->file);
	int r = chore_run(l->job, l->w, &argv, NULL, &res, e);
	if (r < 0)
		return r;
	if (res.timed_out || res.status != 0)
		return unreadable(l, &res, e);
	(void)secret_with(value, hash, hex);
	/* sha256sum puts a backslash before lines whose file name it had to escape. */
	const char *there = buf_text(&res.out);
	*ret = strncmp(there + (*there == '\\'), hex, 64) == 0;
	return 0;
}

static int holds(const struct looking *l, const char *name, bool *ret, struct err *e)
{
	const struct secret *value = wire_secrets_get(&l->job->in, name);
	_cleanup_(secret_freep) struct secret *patterns = NULL;
	int64_t lines = 0;

	*ret = false;
	if (!value)
		return 0;
	int r = forms_lines(value, &patterns, e);
	if (r < 0)
		return r;
	if (!patterns)
		return is_whole_file(l, value, ret, e);
	r = count_lines(l, patterns, &lines, e);
	*ret = lines > 0;
	return r;
}

int look_holds(const struct job *job, const struct way *w, const char *file, const char *name, bool *ret,
	       struct err *e)
{
	const struct looking l = { .job = job, .w = w, .file = file };

	return holds(&l, name, ret, e);
}

/* {"host", "file"} with secrets old and new: does the consumer's file hold new, old, both, neither? */
int job_look(struct job *job, struct err *e)
{
	struct way w;
	struct looking l = { .job = job, .w = &w, .file = json_str(job->body, "file") };
	bool old = false, new = false;

	int r = way_of_job(job, "host", &w, e);
	if (r < 0)
		return r;
	if (!l.file || l.file[0] != '/')
		return err_set(e, ERR_CONFIG, "job: look needs \"file\", a path that starts with '/'");
	r = holds(&l, "new", &new, e);
	if (r == 0)
		r = holds(&l, "old", &old, e);
	way_end(&w);
	if (r < 0)
		return r;
	const char *said = old && new ? "both" : new ? "new" : old ? "old" : "neither";
	json_put(job->result, "holds", said);
	(void)snprintf(job->text, sizeof(job->text), "'%.150s' on '%.60s' holds %s%s", l.file, w.host, said,
		       old && new ? " values" : old || new ? " value" : " of the values");
	return 0;
}
