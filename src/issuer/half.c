/* What issue, keep, hold and resume share: one public half, and whom its certificate names. */
#include "issuer/issuer.h"
#include "worker/place_job.h"
#include <string.h>

#define NAME_MAX_BYTES 253u            /* of a host (RFC 1035 3.1) */

int issuer_half_open(struct job *job, struct place_job *j, struct issuer_job *ret, struct err *e)
{
	int r = place_job_open(job, j, e);

	if (r == 0 && j->n_secrets != 1)
		r = err_set(e, ERR_CONFIG, "job: one public half is asked for at a time");
	for (size_t k = 0; r == 0 && k < j->n_repositories; k++)
		r = place_job_fetch(j, k, e);
	return r < 0 ? r : issuer_open(job, ret, e);
}

const struct git_text *issuer_half_text(const struct place_job *j)
{
	const struct place_secret *s = &j->secrets[0];

	return &j->repositories[s->repositories[0]].files[s->files[0]];
}

const char *issuer_kept(const struct issuer_job *i)
{
	return json_str(json_object_get(i->job->body, "issued"), "before");
}

static void want(struct strv *names, const char *name)
{
	if (name && !strv_has(names, name))
		strv_add(names, name);
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = name; *at; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return len > 0 && len <= NAME_MAX_BYTES && *name != '-';
}

int issuer_names(const struct issuer_job *i, const struct git_text *f, struct certificate *before, struct strv *ret,
		 struct err *e)
{
	const json_t *more = json_object_get(i->issuer, "names");
	struct err why = ERR_INIT;
	const char *kept = f->absent ? issuer_kept(i) : NULL;

	if (f->r < 0 && !f->absent)
		return err_set(e, (enum err_code)-f->r, "'%s': %.200s; nothing tells which names it was for", f->path,
			       f->why.text);
	if (kept && certificate_read(kept, strlen(kept), before, &why) < 0)
		return err_set(e, ERR_CONFIG, "what the journal kept of '%s': %.200s", f->path, why.text);
	if (f->r == 0 && f->text.len && certificate_read(buf_text(&f->text), f->text.len, before, &why) < 0)
		return err_set(e, ERR_CONFIG, "'%s': %.200s; nothing tells which names it was for", f->path, why.text);
	for (size_t k = 0; k < before->names.n; k++)
		want(ret, before->names.s[k]);
	for (size_t k = 0; k < json_array_size(more); k++)
		want(ret, json_string_value(json_array_get(more, k)));
	if (before->unread)
		return err_set(e, ERR_REFUSED, "'%s' is for %u names that cannot be asked for again (more than %u, "
			       "longer than a name of a host, or not of letters): have its certificate made by hand, "
			       "without them", f->path, before->unread, CERTIFICATE_NAMES_MAX);
	/* They become words of a program: none may be taken for an option of it. */
	for (size_t k = 0; k < ret->n; k++)
		if (!is_name(ret->s[k]))
			return err_set(e, ERR_REFUSED, "a name that the certificate of '%s' should be for is no host",
				       f->path);
	if (!ret->n)
		return err_set(e, ERR_CONFIG, "'%s' is no certificate yet, and the register names nothing that it is "
			       "for: add 'names' to the public half", f->path);
	return ret->n <= CERTIFICATE_NAMES_MAX ? 0
		: err_set(e, ERR_LIMIT, "a certificate for more than %u names is not asked for", CERTIFICATE_NAMES_MAX);
}
