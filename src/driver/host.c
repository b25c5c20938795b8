#include "driver/host.h"
#include "transport/transport.h"
#include <string.h>

#define OUTPUT_MAX ((size_t)1 << 20)
#define WORDS_MAX 32u
#define REFUSED_BY_CHECK 61

static int run(const struct driver_job *job, const struct proc_job *p, const char *what, struct proc_result *ret,
	       struct err *e)
{
	int r;

	if (!job->host)
		return err_set(e, ERR_CONFIG, "%s at '%s': %s needs the machine on which it runs: add 'host' to the "
			       "account in the register", job->driver, job->address, what);
	r = way_run(job->host, p, ret, e);
	if (r < 0)
		return err_wrap(e, "%s at '%s': %s on '%s'", job->driver, job->address, what, job->host->host);
	if (ret->timed_out)
		return err_set(e, ERR_NET, "%s at '%s': %s on '%s' did not end in time", job->driver, job->address,
			       what, job->host->host);
	return 0;
}

int job_host_run(const struct driver_job *job, const char *const *argv, struct buf *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job p = { .argv = argv, .limit_ms = job_left_ms(job), .output_max = OUTPUT_MAX, .wipe = true };
	int r = run(job, &p, argv[0], &res, e);

	if (r < 0)
		return r;
	if (res.status != 0)
		return err_set(e, ERR_REMOTE, "%s at '%s': '%s' on '%s' failed with exit code %d", job->driver,
			       job->address, argv[0], job->host->host, res.status);
	return ret && res.out.len ? buf_add(ret, res.out.data, res.out.len) : 0;
}

int job_host_read(const struct driver_job *job, const char *path, struct buf *ret, struct err *e)
{
	const char *const argv[] = { "cat", "--", path, NULL };
	int r = job_host_run(job, argv, ret, e);

	if (r == -ERR_REMOTE)
		return err_set(e, ERR_REMOTE, "%s at '%s': '%s' on '%s' cannot be read: is the register right, and may "
			       "we read it", job->driver, job->address, path, job->host->host);
	return r;
}

/* A file of chance's name in the same folder, so that the move is one step and nobody can lie in wait for the name. */
static const char put_in_place[] =
	"set -eu\n"
	"umask 077\n"
	"p=$(readlink -e -- \"$1\")\n"
	"shift\n"
	"t=$(mktemp -- \"$p.XXXXXX\")\n"
	"trap 'rm -f -- \"$t\"' EXIT\n"
	"cat >\"$t\"\n"
	"chown --reference=\"$p\" -- \"$t\"\n"
	"chmod --reference=\"$p\" -- \"$t\"\n"
	"if [ $# -gt 0 ]; then \"$@\" \"$t\" >/dev/null 2>&1 || exit 61; fi\n"
	"sync -- \"$t\"\n"
	"mv -f -- \"$t\" \"$p\"\n";

int job_host_write(const struct driver_job *job, const char *path, const struct buf *text, const char *const *check,
		   struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *argv[WORDS_MAX] = { "sh", "-c", put_in_place, "sh", path };
	struct proc_job p = { .argv = argv, .input = text->data, .input_len = text->len,
			      .limit_ms = job_left_ms(job), .output_max = OUTPUT_MAX, .wipe = true };
	int r;

	for (size_t n = 5; check && *check && n < WORDS_MAX - 1; n++)
		argv[n] = *check++;
	job_changing(job);
	r = run(job, &p, "writing its file", &res, e);
	if (r < 0) {
		if (e && job->host)
			e->effect = EFFECT_UNKNOWN;
		return r;
	}
	if (res.status == REFUSED_BY_CHECK)
		return err_set(e, ERR_REMOTE, "%s at '%s': the service's own check refuses '%s' with the new value, so "
			       "the "
			       "file stays as it was", job->driver, job->address, path);
	if (res.status != 0)
		return err_set(e, ERR_REMOTE, "%s at '%s': '%s' on '%s' cannot be written (exit code %d): is there "
			       "such a file, and may we write it", job->driver, job->address, path, job->host->host,
			       res.status);
	return 0;
}
