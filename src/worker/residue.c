#include "base/mem.h"
#include "scan/forms.h"
#include "worker/chore.h"
#include "worker/way.h"

#define FILES_SHOWN 200u

/* Where Puppet leaves what it handled: Debian's folders, and those of Puppet's own packages. */
static const char *const puppet_paths[] = {
	"/var/log/puppet", "/var/log/puppetlabs", "/var/log/puppet.log",
	"/var/cache/puppet/client_data", "/var/cache/puppet/clientbucket", "/var/cache/puppet/reports",
	"/var/cache/puppet/bucket", "/var/cache/puppet/state",
	"/var/lib/puppet/client_data", "/var/lib/puppet/clientbucket", "/var/lib/puppet/reports",
	"/var/lib/puppet/bucket", "/opt/puppetlabs/puppet/cache/client_data",
	"/opt/puppetlabs/puppet/cache/clientbucket", "/opt/puppetlabs/puppet/cache/reports",
	"/opt/puppetlabs/puppet/cache/state", "/opt/puppetlabs/server/data/puppetserver/bucket",
	"/opt/puppetlabs/server/data/puppetserver/reports",
};

static void add_words(struct strv *v, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strv_add(v, words[i]);
}

static int paths_of(struct job *job, struct strv *ret, struct err *e)
{
	const json_t *puppet = json_object_get(job->body, "puppet");
	int r = chore_words(json_object_get(job->body, "logs"), "logs", ret, e);

	if (r < 0)
		return r;
	if (!json_is_false(puppet))
		add_words(ret, puppet_paths, ARRAY_SIZE(puppet_paths));
	for (size_t i = 0; i < ret->n; i++)
		if (ret->s[i][0] != '/')
			return err_set(e, ERR_CONFIG, "job: residue is looked for in '%s': a path that starts with '/' "
				       "is expected", ret->s[i]);
	return 0;
}

/* grep's 2 means that something could not be read: what was found counts all the same. */
static int grep(const struct job *job, const struct way *w, const char *flags, char *const *paths, size_t n,
		const struct secret *patterns, struct proc_result *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	const char *const words[] = { "grep", flags, "-f", "-", "--" };

	add_words(&argv, words, ARRAY_SIZE(words));
	for (size_t i = 0; i < n; i++)
		strv_add(&argv, paths[i]);
	int r = chore_run(job, w, &argv, patterns, ret, e);
	if (r < 0)
		return r;
	if (ret->timed_out)
		return err_set(e, ERR_NET, "looking for what stayed behind on '%s' did not end in time: name smaller "
			       "folders under 'logs' of the host", w->host);
	return 0;
}

/* -r follows no links below the folders; -s leaves out what is not there; -Z ends each name with NUL. */
static int list(struct job *job, const struct way *w, const struct secret *patterns, struct strv *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv paths = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };

	int r = paths_of(job, &paths, e);
	if (r < 0 || paths.n == 0)
		return r;
	r = grep(job, w, "-rlsaFZ", paths.s, paths.n, patterns, &res, e);
	if (r < 0)
		return r;
	if (res.status > 2)
		return err_set(e, ERR_REMOTE, "looking for what stayed behind on '%s': grep ended with exit code %d",
			       w->host, res.status);
	const char *end = buf_text(&res.out) + res.out.len;
	for (const char *p = buf_text(&res.out); p < end; p += strlen(p) + 1)
		if (!strv_has(ret, p) && ret->n <= FILES_SHOWN)
			strv_add(ret, p);
	strv_sort(ret);
	return 0;
}

static int count(struct job *job, const struct way *w, const struct secret *patterns, const struct strv *files,
		 json_t *found, struct err *e)
{
	size_t n = files->n < FILES_SHOWN ? files->n : FILES_SHOWN;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int64_t total = 0;

	int r = grep(job, w, "-cHsaFZ", files->s, n, patterns, &res, e);
	if (r < 0)
		return r;
	/* "NAME\0COUNT\n" for each file. */
	const char *p = buf_text(&res.out), *end = p + res.out.len;
	while (p < end) {
		const char *number = p + strlen(p) + 1;
		if (number >= end)
			break;
		json_t *one = json_object();
		json_put(one, "path", p);
		json_put_int(one, "count", strtoll(number, NULL, 10));
		total += json_int(one, "count", 0);
		json_array_append_new(found, one);
		p = number + strcspn(number, "\n") + 1;
	}
	(void)snprintf(job->text, sizeof(job->text), "the old value stays behind in %s%zu file%s on '%.100s' (%lld "
		       "line%s)", files->n > n ? "more than " : "", n, n == 1 ? "" : "s", w->host, (long long)total,
		       total == 1 ? "" : "s");
	return 0;
}

/* {"host", "logs": [folders and files], "puppet": false to leave Puppet's own folders out} with the secret old. */
int job_residue(struct job *job, struct err *e)
{
	const struct secret *old = wire_secrets_get(&job->in, "old");
	_cleanup_(secret_freep) struct secret *patterns = NULL;
	_cleanup_(strv_free) struct strv files = STRV_INIT;
	_cleanup_(json_freep) json_t *found = json_array();
	struct way w;

	int r = way_of_job(job, "host", &w, e);
	if (r < 0)
		return r;
	if (!old)
		return err_set(e, ERR_CONFIG, "job: residue needs the secret \"old\"");
	r = forms_lines(old, &patterns, e);
	if (r < 0)
		return r;
	if (!patterns)
		return err_set(e, ERR_REFUSED, "a binary value cannot be looked for in logs");
	r = list(job, &w, patterns, &files, e);
	(void)snprintf(job->text, sizeof(job->text), "the old value stays behind in no file that was looked at on "
		       "'%.100s'", w.host);
	if (r == 0 && files.n > 0)
		r = count(job, &w, patterns, &files, found, e);
	way_end(&w);
	if (r < 0)
		return r;
	json_object_set_new(job->result, "more", json_boolean(files.n > FILES_SHOWN));
	json_object_set_new(job->result, "found", TAKE(found));
	return 0;
}
