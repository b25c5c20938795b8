#include "driver/dovecot_internal.h"
#include "driver/dovecot_pl.h"
#include "base/mem.h"
#include "transport/transport.h"
#include <string.h>

#define OUTPUT_MAX ((size_t)8 << 20)
#define WORDS_MAX 4000u
#define AWAY 75                 /* EX_TEMPFAIL: what is asked does not run */

static const char script[] = DOVECOT_PL;

static const char *or(const char *value, const char *usual)
{
	return value ? value : usual;
}

int dovecot_host(const struct driver_job *job, const char *command, const char *const *words, const struct buf *in,
		 struct buf *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) const char **argv = mem_zero(WORDS_MAX + 8, sizeof(*argv));
	struct proc_job p = { .argv = argv, .limit_ms = job_limit_ms(job, job->limit_ms), .output_max = OUTPUT_MAX,
			      .wipe = true, .input = in ? in->data : NULL, .input_len = in ? in->len : 0 };
	char line[200];
	size_t n = 0;
	int r;

	argv[n++] = "perl";
	argv[n++] = "-e";
	argv[n++] = script;
	argv[n++] = "--";
	argv[n++] = command;
	argv[n++] = or(job_option(job, "config"), "/etc/dovecot/dovecot.conf");
	argv[n++] = or(job_option(job, "postfix"), "/etc/postfix");
	for (size_t i = 0; words && words[i] && i < WORDS_MAX; i++)
		argv[n++] = words[i];
	r = job->host ? way_run(job->host, &p, &res, e)
		: err_set(e, ERR_CONFIG, "the mail server's host is not known: add 'host' to the account in the "
			  "register");
	if (r < 0)
		return err_wrap(e, "dovecot at '%s'", job->address);
	if (res.timed_out)
		return err_set(e, ERR_NET, "dovecot at '%s': '%s' on '%s' did not end in time", job->address, command,
			       job->host->host);
	if (res.status != 0)
		return err_set(e, res.status == AWAY ? ERR_NET : ERR_REMOTE, "dovecot at '%s': '%s' on '%s' failed: %s",
			       job->address, command, job->host->host, proc_last_line(&res, line));
	return ret && res.out.len && buf_add(ret, res.out.data, res.out.len) < 0
		? err_set(e, ERR_LIMIT, "dovecot at '%s': '%s' on '%s' says more than %zu bytes", job->address, command,
			  job->host->host, ret->max) : 0;
}

bool dovecot_fields(char **at, const char **ret, size_t n)
{
	char *line = *at, *end = line ? strchr(line, '\n') : NULL;

	if (!end)
		return false;
	*end = '\0';
	*at = end + 1;
	for (size_t i = 0; i < n; i++) {
		char *tab = line ? strchr(line, '\t') : NULL;

		ret[i] = line ? line : "";
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
	return true;
}
