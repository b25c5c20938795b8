#include "transport/git.h"
#include "worker/jobs.h"
#include "worker/place.h"

static int read_one(struct place_job *j, size_t i, const char *head, struct secret **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(PLACE_FILE_MAX);
	int r = git_read(j->git, head, j->places[i].file, &text, e);

	return r < 0 ? r : place_read(&j->places[i], buf_text(&text), text.len, ret, e);
}

/* Twins are one value in several places. When they differ nobody but a person can say which one the services have. */
int job_read_place(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };
	_cleanup_(secret_freep) struct secret *first = NULL;
	char head[65], one[200], other[200];

	int r = place_job_open(job, &j, e);
	if (r < 0 || (r = git_head(j.git, head, e)) < 0)
		return r;
	for (size_t i = 0; i < j.n; i++) {
		_cleanup_(secret_freep) struct secret *value = NULL;
		r = read_one(&j, i, head, &value, e);
		if (r < 0)
			return r;
		if (!first)
			first = TAKE(value);
		else if (!secret_equal(first, value))
			return err_set(e, ERR_CONFLICT, "the twins '%s' and '%s' hold different values: make them equal to what "
				       "the service accepts, or take one out of the register",
				       place_name(&j.places[0], one), place_name(&j.places[i], other));
	}
	wire_secrets_add(&job->out, "old", TAKE(first));
	json_put(job->result, "commit", head);
	json_put_int(job->result, "places", (int64_t)j.n);
	(void)snprintf(job->text, sizeof(job->text), "%zu place%s read at commit %.10s", j.n, j.n == 1 ? "" : "s", head);
	return 0;
}
