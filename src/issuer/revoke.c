/* By the certificate itself, never by a name: by then that is the new one's. */
#include "base/clock.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "issuer/issuer.h"
#include "worker/chore.h"
#include <string.h>

#define PAUSE_FIRST_MS 200
#define PAUSE_MAX_MS 30000
#define ROOM_MS 2000           /* the answer must still leave */

struct old { const char *pem; struct certificate c; };

/* It was for the old key when it was read; nothing else may be revoked by what a row of the journal says. */
static int old_of(const struct issuer_job *i, struct old *ret, struct err *e)
{
	const struct secret *old = wire_secrets_get(&i->job->in, "old");
	struct public_key key;

	ret->pem = json_str(json_object_get(i->job->body, "issued"), "before");
	if (!ret->pem)
		return err_set(e, ERR_REFUSED, "no certificate of the old key stood in the repository when the new one "
			       "was got: find it (at an address that serves it, in the issuer's records) and have it "
			       "revoked with reason keyCompromise");
	if (!old)
		return err_set(e, ERR_CONFIG, "job: the old key did not come");
	int r = keypair_public(old, &key, e);
	if (r == 0)
		r = certificate_read(ret->pem, strlen(ret->pem), &ret->c, e);
	if (r < 0)
		return err_wrap(e, "the old certificate");
	return strcmp(key.sha256, ret->c.spki_sha256) == 0 ? 0
		: err_set(e, ERR_BUG, "job: the certificate that should be revoked is not of the old key");
}

static void day_of(int64_t at_s, char ret[32])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);

	clock_format(&b, at_s * 1000000);
	(void)snprintf(ret, 32, "%.10s", buf_text(&b));
}

/* What stays behind is part of the answer: who does not look at revocations believes the old one until its end. */
static void tell(struct job *job, const struct old *o, const struct seen *s, bool again)
{
	char day[32];

	day_of(o->c.not_after_s, day);
	if (s->asked)
		(void)snprintf(job->text, sizeof(job->text), "certificate %s is revoked (%s), as %.90s %s%s; who does "
			       "not look there believes it until %s", o->c.serial, s->reason == REASON_KEY_COMPROMISE ?
			       "keyCompromise" : "no reason", s->by, strchr(s->by, ',') ? "say" : "says",
			       again ? "; it was before" : "", day);
	else
		(void)snprintf(job->text, sizeof(job->text), "the issuer says that certificate %s is revoked%s; it "
			       "names no list, and the register no status, so nobody sees it: it is believed until %s",
			       o->c.serial, again ? " (it was before)" : "", day);
	json_put(job->result, "serial", o->c.serial);
	json_put_int(job->result, "reason", s->asked ? s->reason : REASON_KEY_COMPROMISE);
	json_put_int(job->result, "believed_until_s", o->c.not_after_s);
	json_object_set_new(job->result, "seen", json_boolean(s->asked));
}

/* The issuer has it; those who tell of it may be late. */
static int wait_until_seen(struct issuer_job *i, const struct old *o, struct seen *ret, struct err *e)
{
	for (int64_t pause = PAUSE_FIRST_MS;; pause = 2 * pause < PAUSE_MAX_MS ? 2 * pause : PAUSE_MAX_MS) {
		struct err why = ERR_INIT;
		int r = issuer_seen(i, o->pem, &o->c, ret, &why);

		if (r == 0 && (ret->revoked || !ret->asked))
			return 0;
		/* It is revoked, perhaps; time does not tell us. */
		if (r == -ERR_REFUSED) {
			if (e) {
				*e = why;
				e->effect = EFFECT_UNKNOWN;
			}
			return r;
		}
		if (chore_left_ms(i->job) < pause + ROOM_MS)
			return err_set(e, ERR_NET, "the issuer took the revocation of certificate %s, and it is not "
				       "seen yet: %.300s", o->c.serial, r < 0 ? why.text : ret->by);
		clock_sleep_ms(pause);
	}
}

static int right_reason(const struct issuer_job *i, const struct old *o, const struct seen *s, struct err *e)
{
	if (!s->asked)
		return i->client->says_reason ? 0
			: err_set(e, ERR_REFUSED, "certificate %s is revoked, but %s cannot say why: have the issuer "
				  "told that the key is compromised", o->c.serial, i->client->title);
	return s->reason == REASON_KEY_COMPROMISE ? 0
		: err_set(e, ERR_REFUSED, "certificate %s is revoked with reason %d and not with keyCompromise, so who "
			  "fears for the key is not warned: have the issuer told", o->c.serial, s->reason);
}

static int revoke_old(struct issuer_job *i, const struct old *o, struct err *e)
{
	_cleanup_(buf_free) struct buf said = BUF_INIT(CERTIFICATE_TEXT_MAX), alone = BUF_INIT(CERTIFICATE_TEXT_MAX);
	struct seen before = { .asked = false }, after = { .asked = false };
	struct err ignored = ERR_INIT;
	struct issuer_said of_client = { .again = false };
	int r = certificate_write(o->pem, strlen(o->pem), true, &alone, e);

	if (r < 0)
		return r;
	/* Also the second time, after a crash. That nobody can be asked is no reason not to. */
	(void)issuer_seen(i, o->pem, &o->c, &before, &ignored);
	if (!before.revoked)
		r = issuer_run(i, ISSUER_REVOKE, NULL, buf_text(&alone), &said, &of_client, e);
	if (r < 0 && !of_client.again)
		return r;
	r = wait_until_seen(i, o, &after, e);
	if (r == 0)
		r = right_reason(i, o, &after, e);
	if (r == 0)
		tell(i->job, o, &after, of_client.again || before.revoked);
	return r;
}

/* The journal has the new one when the old one is revoked; the issuer's host need not keep it any more. */
static void forget_new(struct issuer_job *i)
{
	const char *pem = json_str(json_object_get(i->job->body, "issued"), "certificate");
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	struct err ignored = ERR_INIT;

	if (pem && certificate_read(pem, strlen(pem), &c, &ignored) == 0)
		(void)issuer_forget(i, c.spki_sha256, &ignored);
}

int job_revoke(struct job *job, struct err *e)
{
	struct old o = { .c = { .names = STRV_INIT } };
	struct issuer_job i = { .job = NULL };
	int r = issuer_open(job, &i, e);

	if (r < 0)
		return r;
	forget_new(&i);
	r = old_of(&i, &o, e);
	if (r == 0)
		r = revoke_old(&i, &o, e);
	certificate_clear(&o.c);
	issuer_close(&i);
	return r;
}
