/* TLS: which key does an address serve? What the register calls an account is an address and port. */
#include "driver/tls.h"
#include "base/clock.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static const char *const kind_names[TLS_KINDS] = { [TLS_ANY] = "any", [TLS_RSA] = "an RSA", [TLS_EC] = "an EC" };

int tls_where(const struct driver_job *job, struct err *e)
{
	return e && text_starts(e->text, "tls at ") ? -(int)e->code : err_wrap(e, "tls at '%s'", job->address);
}

int tls_keys_of(const struct driver_job *job, struct tls_keys *ret, struct err *e)
{
	int r = 0;

	if (job->users && job->users[0] && *job->users[0])
		return err_set(e, ERR_CONFIG, "'%.60s': an address has no users", job->users[0]);
	*ret = (struct tls_keys){ .has_old = job->old != NULL, .has_new = job->new != NULL };
	if (job->old)
		r = keypair_public(job->old, &ret->old, e);
	if (r < 0)
		return err_wrap(e, "the old key");
	if (job->new)
		r = keypair_public(job->new, &ret->new, e);
	return r < 0 ? err_wrap(e, "the new key") : 0;
}

static const char *whose(const struct tls_served *s, const struct tls_keys *keys)
{
	if (keys->has_old && !strcmp(s->spki_sha256, keys->old.sha256))
		return "the old key";
	return keys->has_new && !strcmp(s->spki_sha256, keys->new.sha256) ? "the new key" : "another key";
}

static void day_of(int64_t at_s, char ret[11])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);

	clock_format(&b, at_s * 1000000);
	(void)snprintf(ret, 11, "%.10s", buf_text(&b));
}

static void tell(const struct driver_job *job, const char *place, enum tls_kind kind, const struct tls_served *s,
		 const struct tls_keys *keys)
{
	char what[200], answer[300], day[11];

	(void)snprintf(what, sizeof(what), "handshake with %.100s that takes %s certificate", place, kind_names[kind]);
	if (!s->none) {
		day_of(s->not_after_s, day);
		(void)snprintf(answer, sizeof(answer), "%s (sha256 %.16s...), certificate %s until %s from%.100s",
			       whose(s, keys), s->spki_sha256, s->serial, day, s->issuer);
	}
	job_tried(job, what, s->none ? "no certificate of this kind" : answer);
}

static void take(struct tls_look *l, const char *place, const struct tls_served *s, const struct tls_keys *keys)
{
	bool old = keys->has_old && !strcmp(s->spki_sha256, keys->old.sha256);
	bool new = keys->has_new && !strcmp(s->spki_sha256, keys->new.sha256);

	if (old && !l->old)
		(void)snprintf(l->old_at, sizeof(l->old_at), "%s", place);
	l->old = l->old || old;
	l->new = l->new || new;
	l->other = l->other || (!old && !new);
	l->wants_client = l->wants_client || s->wants_client;
}

struct looking { const struct tls_keys *keys; tls_shown_fn *shown; void *arg; struct tls_look look; };
struct several { struct looking *l; const struct driver_job *at; const char *place; uint32_t n, old; };

static void took(enum tls_kind kind, const struct tls_served *s, void *arg)
{
	struct several *x = arg;
	bool known = x->l->look.old;

	take(&x->l->look, x->place, s, x->l->keys);
	x->n++;
	x->old += x->l->keys->has_old && !strcmp(s->spki_sha256, x->l->keys->old.sha256);
	if (x->l->look.old && !known)
		tell(x->at, x->place, kind, s, x->l->keys);
}

/* Once the old key was seen nothing more can be learnt. */
static int look_often(const struct driver_job *at, const char *place, struct looking *l, struct err *e)
{
	struct several x = { .l = l, .at = at, .place = place };
	char what[200], answer[80];

	if (l->look.old)
		return 0;
	int r = tls_several(at, took, &x, e);

	if (r < 0) {
		job_tried(at, place, e ? e->text : "cannot be reached");
		return r;
	}
	(void)snprintf(what, sizeof(what), "%u handshakes at once with %.100s", TLS_AT_ONCE, place);
	(void)snprintf(answer, sizeof(answer), "%u certificates, %u of them of the old key", x.n, x.old);
	job_tried(at, what, answer);
	return 0;
}

/* Who has two certificates shows the one that the client can take: the leaked one may be the other. */
static int look_at(const struct driver_job *at, const char *place, void *arg, struct err *e)
{
	struct looking *l = arg;
	bool any = false;

	for (enum tls_kind kind = TLS_ANY; kind < TLS_KINDS; kind++) {
		struct tls_served s = { .none = false };
		int r = tls_served_ask(at, kind, &s, e);

		if (r < 0) {
			job_tried(at, place, e ? e->text : "cannot be reached");
			return r;
		}
		if (s.none && kind != TLS_ANY && tls_served_has_one(at))
			continue;
		tell(at, place, kind, &s, l->keys);
		l->look.refused = l->look.refused || s.not_for_name;
		any = any || s.not_for_name;
		if (s.none)
			continue;
		any = true;
		take(&l->look, place, &s, l->keys);
		if (l->shown)
			l->shown(place, kind, &s, l->arg);
	}
	if (l->look.refused)
		l->look.other = true;
	l->look.places++;
	return any ? look_often(at, place, l, e)
		: err_set(e, ERR_NET, "it shows no certificate of any kind: is another option 'starttls' or 'name' "
			  "wanted");
}

int tls_look(const struct driver_job *job, const struct tls_keys *keys, tls_shown_fn *shown, void *arg,
	     struct tls_look *ret, struct err *e)
{
	struct looking l = { .keys = keys, .shown = shown, .arg = arg };
	int r = tls_served_each(job, look_at, &l, e);

	if (r < 0 && !l.look.old)
		return r;
	*ret = l.look;
	return 0;
}

static void add_words(struct driver_answer *ret, const char *words)
{
	size_t n = strlen(ret->text);

	(void)snprintf(ret->text + n, sizeof(ret->text) - n, "%s", words);
}

static int probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct tls_keys keys;
	struct tls_look l;
	char places[40] = "";

	ret->accepts = ACCEPTS_UNREACHABLE;
	int r = tls_keys_of(job, &keys, e);
	if (r == 0)
		r = tls_look(job, &keys, NULL, NULL, &l, e);
	if (r < 0)
		return tls_where(job, e);
	/* A third key beside the new one is somebody else's: the new one is not all that is served. */
	ret->accepts = l.old || !l.other ? accepts_of(l.old, l.new) : ACCEPTS_NEITHER;
	if (l.old)
		(void)snprintf(ret->text, sizeof(ret->text), "serves the old key at %s%s", l.old_at,
			       l.new ? ", and the new one too" : "");
	else
		(void)snprintf(ret->text, sizeof(ret->text), "serves %s%s",
			       l.new ? "the new key" : l.refused ? "no certificate for this name, as it says"
			       : "a key that is neither old nor new",
			       l.new && l.other ? ", and a third one to other clients" : "");
	if (l.places > 1)
		(void)snprintf(places, sizeof(places), " (%u addresses)", l.places);
	add_words(ret, places);
	/* What is proven is what is served. */
	if (l.wants_client)
		add_words(ret, "; it asks clients for a certificate, and whether it lets one of the old key in was not "
			  "tried");
	return 0;
}

const struct driver driver_tls = {
	.name = "tls",
	.verb = { [VERB_PROBE] = probe, [VERB_INSPECT] = tls_inspect },
	.words = tls_words,
};
