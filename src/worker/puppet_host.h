#pragma once
/* What chores on a Puppet server share: a certname that is one, a program there, and Puppet's own settings. */
#include "transport/transport.h"
#include "worker/jobs.h"

struct puppet_host {
	struct job *job;
	struct way w;
	const char *config;                  /* its puppet.conf; NULL: where Puppet has it */
};

#define PUPPET_TEXT_MAX ((size_t)64 << 10)

/* -ERR_CONFIG: a list for `puppetserver ca`, an option or a path could be made of it. */
int puppet_certname(const char *s, struct err *e);
/* -ERR_CONFIG: "config" of the job is no absolute path. */
int puppet_config(struct job *job, const char **ret, struct err *e);
/* Whatever it ends with, but in time. */
int puppet_ask(const struct puppet_host *p, const char *const *argv, size_t output_max, struct proc_result *ret,
	       struct err *e);
/* It must end with 0. */
int puppet_must(const struct puppet_host *p, const char *const *argv, size_t output_max, struct proc_result *ret,
		struct err *e);
/* Settings of the server, as `puppet config print` has them; n <= 16. The caller frees each of ret, also on failure.
 * `confdir`: of what is not in puppet.conf itself; NULL: Puppet's own. */
int puppet_settings(const struct puppet_host *p, const char *confdir, const char *const *names, size_t n, char **ret,
		    struct err *e);
