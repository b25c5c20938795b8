/*
 * What renews certificates by itself. A client that is given a request leaves its own lineages alone (certbot(1),
 * --csr): they keep the key that leaked, and a robot that uses keys again would have it certified once more. So it is
 * held back before a new key is used, and let go only when what it would renew is not for the old one.
 */
#include "base/keypair.h"
#include "base/mem.h"
#include "issuer/issuer.h"
#include "worker/chore.h"
#include "worker/place_job.h"
#include <string.h>

#define WORDS_SHOWN 3200u
static const char begin[] = "-----BEGIN CERTIFICATE-----";

struct robot {
	struct issuer_job i;
	struct place_job place;
	struct certificate before;
	struct strv names;
};

static void robot_clear(struct robot *b)
{
	certificate_clear(&b->before);
	strv_free(&b->names);
	issuer_close(&b->i);
	place_job_clear(&b->place);
}

static int robot_open(struct job *job, struct robot *b, struct err *e)
{
	int r = issuer_half_open(job, &b->place, &b->i, e);

	return r < 0 ? r : issuer_names(&b->i, issuer_half_text(&b->place), &b->before, &b->names, e);
}

/* The register's program of this key, with the certificate's names behind its words. */
static int run(struct robot *b, const char *key, struct proc_result *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(buf_free) struct buf said = BUF_INIT(WORDS_SHOWN);
	int r = chore_words(json_object_get(b->i.issuer, key), key, &argv, e);

	if (r == 0 && !argv.n)
		r = err_set(e, ERR_CONFIG, "job: the issuer has no program '%s'", key);
	for (size_t k = 0; r == 0 && k < b->names.n; k++)
		strv_add(&argv, b->names.s[k]);
	if (r == 0)
		r = chore_run(b->i.job, &b->i.at, &argv, NULL, ret, e);
	if (r < 0)
		return err_wrap(e, "the issuer's '%s' on '%s'", key, b->i.at.host);
	if (ret->timed_out)
		return chore_too_late(b->i.job, &b->i.at, key, e);
	if (ret->status == 0)
		return 0;
	issuer_last_words(ret, &said);
	return err_set(e, ERR_REMOTE, "the issuer's '%s' on '%s' ended with status %d (its last words: %.600s)", key,
		       b->i.at.host, ret->status, buf_text(&said));
}

static int keys_of(const struct robot *b, struct public_key *old, struct public_key *new, struct err *e)
{
	const struct place_secret *s = &b->place.secrets[0];
	const struct secret *was = wire_secrets_get(&b->i.job->in, s->old);
	const struct secret *is = s->new ? wire_secrets_get(&b->i.job->in, s->new) : NULL;

	if (!was || !is)
		return err_set(e, ERR_CONFIG, "job: the keys of '%s' did not come", s->name);
	int r = keypair_public(was, old, e);

	return r < 0 ? r : keypair_public(is, new, e);
}

struct kept { size_t all, old, new; };

/* Each certificate of the text, by its key. What cannot be read is no certificate for another key. */
static int count(const struct buf *text, const struct public_key *old, const struct public_key *new, struct kept *ret,
		 struct err *e)
{
	const char *end = text->data + text->len, *at = text->len ? memmem(text->data, text->len, begin, strlen(begin))
								    : NULL;
	struct kept k = { 0 };

	while (at) {
		_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
		const char *from = at + strlen(begin), *next = memmem(from, (size_t)(end - from), begin, strlen(begin));
		int r = certificate_read(at, (size_t)((next ? next : end) - at), &c, e);

		if (r < 0)
			return r;
		k.all++;
		k.old += !strcmp(c.spki_sha256, old->sha256);
		k.new += !strcmp(c.spki_sha256, new->sha256);
		at = next;
	}
	if (!k.all && text->len)
		return err_set(e, ERR_REMOTE, "it wrote something that is no certificate");
	*ret = k;
	return 0;
}

static int look(struct robot *b, struct kept *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct public_key old, new;
	int r = keys_of(b, &old, &new, e);

	if (r == 0)
		r = run(b, "renews", &res, e);
	if (r < 0)
		return r;
	r = count(&res.out, &old, &new, ret, e);
	if (r < 0)
		return err_wrap(e, "the issuer's 'renews' on '%s'", b->i.at.host);
	return !ret->old ? 0
		: err_set(e, ERR_REFUSED, "what renews on '%s' by itself still has the leaked key, and would have it "
			  "certified again: it stays held back. Give it the new key (firebreak recover shows it) or "
			  "take away what it keeps, then run respond again", b->i.at.host);
}

static int tell(struct robot *b, const char *text, struct err *e)
{
	struct job *job = b->i.job;
	int r = place_job_report(job, &b->place, e);

	if (r < 0)
		return r;
	json_put(json_array_get(json_object_get(job->result, "secrets"), 0), "text", text);
	(void)snprintf(job->text, sizeof(job->text), "%s", text);
	return 0;
}

static int hold(struct robot *b, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char text[400];

	chore_changing(b->i.job);
	int r = run(b, "hold", &res, e);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "what renews on '%.100s' by itself is held back, as its program says: "
		       "%.150s%s",
		       b->i.at.host, b->names.s[0], b->names.n > 1 ? " and its other names" : "");
	return tell(b, text, e);
}

static int resume(struct robot *b, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct kept kept = { 0 };
	char text[400];
	int r = look(b, &kept, e);

	if (r < 0)
		return r;
	chore_changing(b->i.job);
	r = run(b, "resume", &res, e);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "what renews on '%.100s' by itself goes on: of %zu certificates that it "
		       "would renew, %zu have the new key and none the leaked one", b->i.at.host, kept.all, kept.new);
	return tell(b, text, e);
}

static int with_robot(struct job *job, int (*deed)(struct robot *, struct err *), struct err *e)
{
	_cleanup_(robot_clear) struct robot b = { .before = { .names = STRV_INIT }, .names = STRV_INIT };
	int r = robot_open(job, &b, e);

	return r < 0 ? r : deed(&b, e);
}

int job_hold(struct job *job, struct err *e)
{
	return with_robot(job, hold, e);
}

int job_resume(struct job *job, struct err *e)
{
	return with_robot(job, resume, e);
}
