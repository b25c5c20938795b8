#include "worker/puppet_host.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/chore.h"
#include "worker/safe_line.h"
#include <string.h>

#define NAME_MAX_LEN 253u

int puppet_certname(const char *s, struct err *e)
{
	size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") : 0;

	if (n && n <= NAME_MAX_LEN && !s[n] && *s != '-' && *s != '.' && !strstr(s, ".."))
		return 0;
	return err_set(e, ERR_CONFIG, "'%.100s' is no certname: a-z, 0-9, '.', '_' and '-' are expected, beginning "
		       "with a letter or digit", s ? s : "");
}

int puppet_config(struct job *job, const char **ret, struct err *e)
{
	const char *path = json_str(job->body, "config");

	if (path && *path != '/')
		return err_set(e, ERR_CONFIG, "job: \"config\" must be an absolute path");
	*ret = path;
	return 0;
}

int puppet_ask(const struct puppet_host *p, const char *const *argv, size_t output_max, struct proc_result *ret,
	       struct err *e)
{
	const struct proc_job run = { .argv = argv, .limit_ms = chore_left_ms(p->job), .output_max = output_max };
	int r = chore_ask(p->job, &p->w, &run, ret, e);

	if (r < 0)
		return err_wrap(e, "'%s' on '%s'", argv[0], p->w.host);
	return ret->timed_out ? chore_too_late(p->job, &p->w, argv[0], e) : 0;
}

int puppet_must(const struct puppet_host *p, const char *const *argv, size_t output_max, struct proc_result *ret,
		struct err *e)
{
	char line[200];
	int r = puppet_ask(p, argv, output_max, ret, e);

	if (r == 0 && ret->status != 0)
		return err_set(e, ERR_REMOTE, "'%s %s' on '%s' ended with exit code %d: %s", argv[0], argv[1],
			       p->w.host, ret->status, safe_line(p->job, ret, line));
	return r;
}

/* "cacert = /etc/puppet/puppetserver/ca/ca_crt.pem", a line for each. */
int puppet_settings(const struct puppet_host *p, const char *confdir, const char *const *names, size_t n, char **ret,
		    struct err *e)
{
	const char *argv[26] = { "puppet", "config", "print", "--section", "server" };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	size_t k = 5;
	int r;

	for (size_t i = 0; i < n; i++)
		argv[k++] = names[i];
	if (p->config) {
		argv[k++] = "--config";
		argv[k++] = p->config;
	}
	if (confdir) {
		argv[k++] = "--confdir";
		argv[k++] = confdir;
	}
	r = puppet_must(p, argv, PUPPET_TEXT_MAX, &res, e);
	if (r < 0)
		return r;
	for (char *save = NULL, *line = res.out.len ? strtok_r(res.out.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < n; i++) {
			size_t len = strlen(names[i]);

			if (!strncmp(line, names[i], len) && text_starts(line + len, " = ") && !ret[i])
				ret[i] = mem_dup(line + len + 3);
		}
	for (size_t i = 0; i < n; i++)
		if (!ret[i])
			return err_set(e, ERR_REMOTE, "Puppet on '%s' does not say its '%s'", p->w.host, names[i]);
	return 0;
}
