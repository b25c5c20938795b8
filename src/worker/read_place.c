#include "base/keypair.h"
#include "worker/place_job.h"

static int read_one(struct place_job *j, const struct place_secret *s, size_t i, struct secret **ret, struct err *e)
{
	const struct git_text *f = &j->repositories[s->repositories[i]].files[s->files[i]];

	if (f->r < 0) {
		*e = f->why;
		return f->r;
	}
	return place_read(&s->places[i], buf_text(&f->text), f->text.len, ret, e);
}

/* Twins are one value in several places. When they differ nobody but a person can say which one the services have. */
static int read_twins(struct place_job *j, const struct place_secret *s, struct secret **ret, struct err *e)
{
	_cleanup_(secret_freep) struct secret *first = NULL;
	char one[200], other[200];

	for (size_t i = 0; i < s->n; i++) {
		_cleanup_(secret_freep) struct secret *value = NULL;
		int r = read_one(j, s, i, &value, e);
		if (r < 0)
			return r;
		if (!first)
			first = TAKE(value);
		else if (!secret_equal(first, value))
			return err_set(e, ERR_CONFLICT, "the twins '%s' and '%s' hold different values: make them "
				       "equal to what the service accepts, or take one out of the register",
				       place_name(&s->places[0], one), place_name(&s->places[i], other));
	}
	*ret = TAKE(first);
	return 0;
}

/* A key takes its time, which this process has. It leaves together with the old one, and is sealed before anything is
 * done with it. */
static int make_new(struct job *job, const struct place_secret *s, struct err *e)
{
	struct secret *new = NULL;
	enum keypair kind;

	if (!s->make)
		return 0;
	if (!s->new || keypair_parse(s->make, &kind) < 0)
		return err_set(e, ERR_CONFIG, "job: no key of kind '%s' is made", s->make);
	int r = keypair_make(kind, &new, e);

	if (r == 0)
		wire_secrets_add(&job->out, s->new, new);
	return r;
}

int job_read_place(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };
	size_t well = 0;

	int r = place_job_open(job, &j, e);
	for (size_t k = 0; r == 0 && k < j.n_repositories; k++)
		r = place_job_read(&j, k, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < j.n_secrets; i++) {
		struct err why = ERR_INIT;
		struct secret *value = NULL;

		r = read_twins(&j, &j.secrets[i], &value, &why);
		if (r == 0 && (r = make_new(job, &j.secrets[i], &why)) < 0)
			secret_free(value);
		if (r == 0) {
			wire_secrets_add(&job->out, j.secrets[i].old, value);
			well++;
		} else if (place_job_is_its_own(r)) {
			place_job_fail(&j.secrets[i], &why);
		} else {
			*e = why;
			return r;
		}
	}
	(void)snprintf(job->text, sizeof(job->text), "%zu of %zu value%s read at commit %.10s", well, j.n_secrets,
		       j.n_secrets == 1 ? "" : "s", j.repositories[0].head);
	json_put(job->result, "commit", j.repositories[0].head);
	return place_job_report(job, &j, e);
}
