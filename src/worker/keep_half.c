/* What stands there of the old key's public half: whoever takes it away needs it again, to revoke it and to have the
 * next one made for the same names. So it is in the journal before that. */
#include "base/keypair.h"
#include "keys/half.h"
#include "worker/place_job.h"

#define KEPT_MAX ((size_t)256 * 1024)

/* One that is not the old key's is nobody's loss, and is not kept. */
static int keep(const struct job *job, struct place_secret *s, const struct git_text *f, struct err *e)
{
	const struct half_writer *h = half_writer_find(json_str(s->half, "format"));
	const struct secret *old = wire_secrets_get(&job->in, s->old);
	struct public_key key;
	struct err why = ERR_INIT;
	bool is_old = false;

	if (!h || !h->is_of || !old)
		return err_set(e, ERR_CONFIG, "job: there is nothing of '%s' that could be kept", s->name);
	int r = keypair_public(old, &key, e);
	if (r < 0)
		return err_wrap(e, "the old key");
	if (f->r < 0 && !f->absent) {
		*e = f->why;
		return f->r;
	}
	if (f->text.len > KEPT_MAX)
		return err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", f->path, KEPT_MAX);
	if (f->absent)
		(void)snprintf(s->said, sizeof(s->said), "'%.100s' is not there", f->path);
	else if (h->is_of(buf_text(&f->text), f->text.len, &key, &is_old, &why) < 0)
		(void)snprintf(s->said, sizeof(s->said), "'%.100s' is none of the old key: %.100s", f->path, why.text);
	else
		(void)snprintf(s->said, sizeof(s->said), "'%.100s' is %s", f->path,
			       is_old ? "the old key's, and is kept in the journal" : "none of the old key");
	s->before = is_old ? buf_text(&f->text) : NULL;
	return 0;
}

/* {"repositories", "secrets": [with a half]} -> secrets[].issued: {"before"}, where it was the old key's */
int job_keep(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };
	int r = place_job_open(job, &j, e);

	for (size_t k = 0; r == 0 && k < j.n_repositories; k++)
		r = place_job_fetch(&j, k, e);
	for (size_t i = 0; r == 0 && i < j.n_secrets; i++) {
		struct place_secret *s = &j.secrets[i];
		struct err why = ERR_INIT;

		if (keep(job, s, &j.repositories[s->repositories[0]].files[s->files[0]], &why) < 0)
			place_job_fail(s, &why);
	}
	return r < 0 ? r : place_job_report(job, &j, e);
}
