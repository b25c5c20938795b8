/* What stands there of the old key's public half, and what else was issued for it: whoever takes it away needs it
 * again, to revoke it and to have the next one made for the same names. So it is in the journal before that. */
#include "base/keypair.h"
#include "issuer/issuer.h"
#include "keys/half.h"
#include "worker/place_job.h"
#include <string.h>

#define KEPT_MAX ((size_t)256 * 1024)

/* One that is not the old key's is nobody's loss, and is not kept. */
static int is_olds(const struct place_secret *s, const struct git_text *f, const struct public_key *key, bool *ret,
		   char said[300], struct err *e)
{
	const struct half_writer *h = half_writer_find(json_str(s->half, "format"));
	struct err why = ERR_INIT;
	bool is_old = false;

	if (!h || !h->is_of)
		return err_set(e, ERR_CONFIG, "job: there is nothing of '%s' that could be kept", s->name);
	if (f->r < 0 && !f->absent) {
		if (e)
			*e = f->why;
		return f->r;
	}
	if (f->text.len > KEPT_MAX)
		return err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", f->path, KEPT_MAX);
	if (f->absent)
		(void)snprintf(said, 300, "'%.100s' is not there", f->path);
	else if (h->is_of(buf_text(&f->text), f->text.len, key, &is_old, &why) < 0)
		(void)snprintf(said, 300, "'%.100s' is none of the old key: %.90s", f->path, why.text);
	else
		(void)snprintf(said, 300, "'%.100s' is %s", f->path,
			       is_old ? "the old key's, and is kept in the journal" : "none of the old key");
	*ret = is_old;
	return 0;
}

static int keep(struct issuer_job *i, const struct place_job *j, struct err *e)
{
	_cleanup_(buf_free) struct buf alone = BUF_INIT(CERTIFICATE_TEXT_MAX);
	const struct place_secret *s = &j->secrets[0];
	const struct secret *old = wire_secrets_get(&i->job->in, s->old);
	const struct git_text *f = issuer_half_text(j);
	struct public_key key;
	char said[300], others[EARLIER_WORDS];
	bool is_old;

	if (!old)
		return err_set(e, ERR_CONFIG, "job: the old key of '%s' did not come", s->name);
	int r = keypair_public(old, &key, e);

	if (r < 0)
		return err_wrap(e, "the old key");
	r = is_olds(s, f, &key, &is_old, said, e);
	if (r < 0)
		return r;
	r = is_old ? certificate_write(buf_text(&f->text), f->text.len, true, &alone, e) : 0;
	if (r < 0)
		return r;
	r = place_job_report(i->job, j, e);
	if (r < 0)
		return r;
	json_t *one = json_array_get(json_object_get(i->job->result, "secrets"), 0), *issued = json_object();

	json_put(issued, "before", is_old ? buf_text(&f->text) : NULL);
	json_object_set_new(one, "issued", issued);
	issuer_earlier(i, j, key.sha256, is_old ? buf_text(&alone) : NULL, one, others);
	(void)snprintf(i->job->text, sizeof(i->job->text), "%.199s%s", said, others);
	json_put(one, "text", i->job->text);
	return 0;
}

int job_keep(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };
	struct issuer_job i = { .job = NULL };
	int r = issuer_half_open(job, &j, &i, e);

	if (r < 0)
		return r;
	r = keep(&i, &j, e);
	issuer_close(&i);
	return r;
}
