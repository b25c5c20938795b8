#include "base/clock.h"
#include "base/keypair.h"
#include "issuer/issuer.h"
#include "worker/chore.h"
#include "worker/place_job.h"
#include <string.h>

#define SKEW_S 300             /* between our clock and the issuer's */
#define DAY_S 86400

struct asked {
	struct public_key old, new;
	struct certificate before;     /* of the old key; names empty: there is none */
	struct strv names;
};

static void asked_clear(struct asked *a)
{
	certificate_clear(&a->before);
	strv_free(&a->names);
}

static int keys_of(const struct job *job, const struct place_secret *s, struct asked *a, struct err *e)
{
	const struct secret *old = wire_secrets_get(&job->in, s->old);
	const struct secret *new = s->new ? wire_secrets_get(&job->in, s->new) : NULL;

	if (!old || !new)
		return err_set(e, ERR_CONFIG, "job: the keys of '%s' did not come", s->name);
	int r = keypair_public(old, &a->old, e);

	if (r < 0)
		return err_wrap(e, "the old key");
	r = keypair_public(new, &a->new, e);
	if (r < 0)
		return err_wrap(e, "the new key");
	/* No issuer looks: one that was revoked for this very key would give another for it. */
	return strcmp(a->old.sha256, a->new.sha256) != 0 ? 0
		: err_set(e, ERR_BUG, "the new key of '%s' is the old one", s->name);
}

/* Whatever the issuer gave is not believed: it is read. */
static int check(const struct asked *a, const struct buf *given, struct certificate *c, struct err *e)
{
	int64_t now_s = clock_now_us() / 1000000;
	int r = certificate_read(buf_text(given), given->len, c, e);

	if (r < 0)
		return err_wrap(e, "what the issuer gave");
	if (strcmp(c->spki_sha256, a->old.sha256) == 0)
		return err_set(e, ERR_REMOTE, "the issuer gave a certificate for the old key, which has leaked: is "
			       "the client told to reuse keys");
	if (strcmp(c->spki_sha256, a->new.sha256) != 0)
		return err_set(e, ERR_REMOTE, "the issuer gave a certificate for a key that is neither old nor new");
	if (a->before.chain && !strcmp(c->serial, a->before.serial))
		return err_set(e, ERR_REMOTE, "the issuer gave the old certificate again");
	for (size_t i = 0; i < a->names.n; i++)
		if (!certificate_covers(c, a->names.s[i]))
			return err_set(e, ERR_REMOTE, "the new certificate is not for '%.200s', which is served",
				       a->names.s[i]);
	if (c->not_before_s > now_s + SKEW_S)
		return err_set(e, ERR_REMOTE, "the new certificate is not valid yet");
	if (c->not_after_s < now_s + DAY_S)
		return err_set(e, ERR_REMOTE, "the new certificate ends within a day");
	return certificate_chain_check(buf_text(given), given->len, e);
}

static int get_once(struct issuer_job *i, const struct asked *a, const char *request, struct buf *given,
		    struct certificate *c, struct issuer_said *said, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(CERTIFICATE_TEXT_MAX);
	struct err ignored = ERR_INIT;
	int r = issuer_run(i, ISSUER_GET, a->new.sha256, request, &text, said, e);

	if (r < 0)
		return r;
	/* A client may write more than certificates (dehydrated: "# CERT #"). */
	r = certificate_write(buf_text(&text), text.len, false, given, e);
	if (r < 0)
		err_wrap(e, "what the issuer gave");
	else
		r = check(a, given, c, e);
	/* What is of no use must not be given again. */
	if (r < 0)
		(void)issuer_forget(i, a->new.sha256, &ignored);
	return r;
}

static int get(struct issuer_job *i, const struct place_secret *s, struct asked *a, struct buf *given,
	       struct certificate *c, struct issuer_said *said, struct err *e)
{
	_cleanup_(buf_free) struct buf request = BUF_INIT(CERTIFICATE_TEXT_MAX);
	const struct secret *new = wire_secrets_get(&i->job->in, s->new);
	int r = certificate_request(new, &a->names, &request, e);

	if (r < 0)
		return r;
	r = get_once(i, a, buf_text(&request), given, c, said, e);
	if (r == 0 || !said->lay_there)
		return r;
	/* Of an earlier try, when the register asked for other names. */
	buf_clear(given);
	certificate_clear(c);
	*c = (struct certificate){ .names = STRV_INIT };
	return get_once(i, a, buf_text(&request), given, c, said, e);
}

static const char *of_earlier(const struct issuer_said *said)
{
	if (said->lay_there)
		return "; an earlier try had got it, and no other was asked for";
	return said->cut_before ? "; an earlier try was ended while the client ran: the issuer may have made one for "
				  "it that nobody has" : "";
}

/* What stood there, with its chain and alone. Nothing, when it was not for the old key. */
struct stood { struct buf whole, alone; };

static void stood_clear(struct stood *s)
{
	buf_free(&s->whole);
	buf_free(&s->alone);
}

static int stood_of(const struct asked *a, const struct git_text *f, const char *kept, struct stood *ret,
		    struct err *e)
{
	if (!a->before.chain || strcmp(a->before.spki_sha256, a->old.sha256) != 0)
		return 0;
	const char *text = f->absent && kept ? kept : buf_text(&f->text);
	int r = certificate_write(text, strlen(text), false, &ret->whole, e);

	return r < 0 ? r : certificate_write(text, strlen(text), true, &ret->alone, e);
}

static void tell(struct issuer_job *i, const struct place_job *j, const struct asked *a, const struct certificate *c,
		 const struct buf *given, const struct stood *before, const struct issuer_said *said)
{
	json_t *one = json_array_get(json_object_get(i->job->result, "secrets"), 0), *issued = json_object();
	char text[500], others[EARLIER_WORDS];

	json_put(issued, "certificate", buf_text(given));
	if (before->whole.len)
		json_put(issued, "before", buf_text(&before->whole));
	json_put(issued, "serial", c->serial);
	json_put_int(issued, "not_after_s", c->not_after_s);
	if (before->whole.len)
		json_put_int(issued, "before_not_after_s", a->before.not_after_s);
	json_object_set_new(one, "issued", issued);
	issuer_earlier(i, j, a->old.sha256, before->alone.len ? buf_text(&before->alone) : NULL, one, others);
	(void)snprintf(text, sizeof(text), "certificate %s for %zu name%s, from%.120s%s%s", c->serial, a->names.n,
		       a->names.n == 1 ? "" : "s", c->issuer, others, of_earlier(said));
	json_put(one, "text", text);
	(void)snprintf(i->job->text, sizeof(i->job->text), "%.299s", text);
}

static int issue(struct issuer_job *i, struct place_job *j, struct err *e)
{
	_cleanup_(asked_clear) struct asked a = { .before = { .names = STRV_INIT }, .names = STRV_INIT };
	_cleanup_(buf_free) struct buf given = BUF_INIT(CERTIFICATE_TEXT_MAX);
	_cleanup_(stood_clear) struct stood before = { BUF_INIT(CERTIFICATE_TEXT_MAX), BUF_INIT(CERTIFICATE_TEXT_MAX) };
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	struct place_secret *s = &j->secrets[0];
	const struct git_text *f = issuer_half_text(j);
	struct issuer_said said = { .again = false };
	int r = keys_of(i->job, s, &a, e);

	if (r == 0)
		r = issuer_names(i, f, &a.before, &a.names, e);
	if (r == 0)
		r = stood_of(&a, f, issuer_kept(i), &before, e);
	if (r == 0)
		r = get(i, s, &a, &given, &c, &said, e);
	if (r == 0)
		r = place_job_report(i->job, j, e);
	if (r == 0)
		tell(i, j, &a, &c, &given, &before, &said);
	return r;
}

int job_issue(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };
	struct issuer_job i = { .job = NULL };
	int r = issuer_half_open(job, &j, &i, e);

	if (r < 0)
		return r;
	r = issue(&i, &j, e);
	issuer_close(&i);
	return r;
}
