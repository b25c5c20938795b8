/* What a message that came through the mail server is worth: signed by whom, and does each server of DNS back that. */
#include "driver/dkim.h"
#include "base/mem.h"
#include <string.h>

#define ID_LETTERS 24

struct asking {
	struct dkim_link *link;
	struct dkim_txt txt;
	struct err e;
	bool broken;
};

static const char *ask(void *arg, const char *selector, const char *domain)
{
	struct asking *a = arg;
	char name[DKIM_NAME_MAX + 80];

	(void)snprintf(name, sizeof(name), "%.63s._domainkey.%.180s", selector, domain);
	dkim_txt_free(&a->txt);
	if (dkim_dns_txt(a->link, name, true, &a->txt, &a->e) < 0)
		a->broken = true;
	return a->txt.n == 1 ? a->txt.text[0] : NULL;
}

struct judged { struct dkim_signature list[DKIM_SIGNATURES_MAX]; size_t n; };

static int judged_by(struct dkim_link *l, const struct buf *message, struct judged *ret, struct err *e)
{
	struct asking a = { .link = l, .e = ERR_INIT };
	int r = dkim_judge_verify(message->data, message->len, ask, &a, ret->list, &ret->n, e);

	if (r == 0 && a.broken) {
		r = -(int)a.e.code;
		*e = a.e;
	}
	dkim_txt_free(&a.txt);
	return r;
}

static const char *constant(void *arg, const char *selector _unused_, const char *domain _unused_)
{
	return arg;
}

/* Which of the signatures were made with this key, whatever DNS says of it. */
static int made_with(const struct dkim_key *k, const struct buf *message, struct judged *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf record = BUF_INIT(DKIM_RECORD_MAX);
	int r = k->secret ? dkim_record(&k->public, &record, e) : 0;

	if (r < 0 || !k->secret)
		return r;
	_cleanup_(freep) char *text = buf_take(&record);

	return dkim_judge_verify(message->data, message->len, constant, text, ret->list, &ret->n, e);
}

struct sum { bool signed_old, signed_new, old_works, new_works; char others[100]; };

/* A signature of the new key counts when each server makes it good, one of the old key when any does. */
static void add_up(const struct judged *of_old, const struct judged *of_new, const struct judged *at,
		   const char *domain, bool first, struct sum *s)
{
	bool old = false, new = false;

	for (size_t i = 0; i < at->n; i++) {
		bool by_old = i < of_old->n && of_old->list[i].passed;
		bool by_new = i < of_new->n && of_new->list[i].passed;

		if (strcmp(at->list[i].domain, domain) != 0)
			continue;
		s->signed_old = s->signed_old || by_old;
		s->signed_new = s->signed_new || by_new;
		if (!by_old && !by_new)
			(void)snprintf(s->others, sizeof(s->others), "selector '%s'", at->list[i].selector);
		old = old || (by_old && at->list[i].passed);
		new = new || (by_new && at->list[i].passed);
	}
	s->old_works = s->old_works || old;
	s->new_works = (first || s->new_works) && new;
}

static void tell(const struct driver_job *job, const char *server, const struct judged *at)
{
	char what[300];

	(void)snprintf(what, sizeof(what), "probe message through %.60s, verified with what %.60s answers",
		       job->address, server);
	if (!at->n)
		job_tried(job, what, "it is not signed");
	for (size_t i = 0; i < at->n; i++) {
		char answer[300];

		(void)snprintf(answer, sizeof(answer), "signature of %.100s, selector '%s': %s", at->list[i].domain,
			       at->list[i].selector, at->list[i].why);
		job_tried(job, what, answer);
	}
}

struct weighing {
	const struct buf *message;
	const char *domain;
	const struct judged *of_old, *of_new;
	struct sum *sum;
	bool begun;
};

static int weigh(struct dkim_link *l, const struct driver_job *job, const char *server, void *arg, struct err *e)
{
	struct weighing *w = arg;
	struct judged j = { .n = 0 };
	int r = judged_by(l, w->message, &j, e);

	if (r < 0)
		return r;
	tell(job, server, &j);
	add_up(w->of_old, w->of_new, &j, w->domain, !w->begun, w->sum);
	w->begun = true;
	return 0;
}

static int copy(const char *bytes, size_t len, void *arg)
{
	memcpy(arg, bytes, len + 1);
	return 0;
}

static int one_domain(const struct driver_job *job, const struct dkim_key *old, const struct dkim_key *new,
		      const char *domain, struct sum *ret, struct err *e)
{
	_cleanup_(secret_freep) struct secret *chance = NULL;
	_cleanup_(buf_free) struct buf message = BUF_INIT(DKIM_MESSAGE_MAX);
	struct judged of_old = { .n = 0 }, of_new = { .n = 0 };
	char id[ID_LETTERS + 1] = "";
	/* nobody can put an answer there before the question is asked */
	int r = secret_random(ID_LETTERS, "abcdefghijklmnopqrstuvwxyz0123456789", &chance, e);

	if (r < 0)
		return r;
	(void)secret_with(chance, copy, id);
	r = dkim_mail_send(job, domain, id, e);
	if (r == 0)
		r = dkim_mail_fetch(job, id, &message, e);
	if (r == 0)
		r = made_with(old, &message, &of_old, e);
	if (r == 0)
		r = made_with(new, &message, &of_new, e);
	if (r == 0)
		r = dkim_link_each(job, weigh, &(struct weighing){ &message, domain, &of_old, &of_new, ret, false }, e);
	if (r < 0)
		job_tried(job, "probe message through the mail server", e ? e->text : "nothing can be told");
	return r;
}

static void words_of(const struct sum *s, const char *domain, char *ret, size_t size)
{
	const char *with = s->signed_new && s->signed_old ? "the old and the new key" : s->signed_new ? "the new key"
			   : s->signed_old ? "the old key" : NULL;

	if (!with && *s->others)       /* a second signer, whose key is another secret's */
		(void)snprintf(ret, size, "mail of '%.80s' is signed with %.100s only: neither the old nor the new key",
			       domain, s->others);
	else if (!with)
		(void)snprintf(ret, size, "mail of '%.80s' goes out unsigned", domain);
	else
		(void)snprintf(ret, size, "mail of '%.80s' is signed with %.100s, and that %s", domain, with,
			       s->new_works || s->old_works ? "verifies" : "does not verify");
}

struct theft { const struct dkim_key *old; const char *domain; bool accepted, known; };

static int forge(struct dkim_link *l, const struct driver_job *job, const char *server _unused_, void *arg,
		 struct err *e)
{
	struct theft *t = arg;
	struct driver_job as_resolver = *job;
	struct dkim_look look;

	/* of these servers some are resolvers: none is asked for authority here */
	as_resolver.replica = true;
	int r = dkim_server_look(l, &as_resolver, t->old, t->domain, &look, e);

	t->accepted = t->accepted || (r == 0 && look.accepted);
	t->known = t->known || (r == 0 && look.known);
	return r;
}

/* Who has the old key and nothing else needs no mail server of ours: they sign, and our receivers ask these servers. */
static int forged_probe(const struct driver_job *job, const struct dkim_key *old, struct driver_answer *ret,
			struct err *e)
{
	bool accepted = false, known = true;

	for (size_t i = 0; job->users[i]; i++) {
		struct theft t = { .old = old, .domain = dkim_domain(job->users[i]) };
		int r = dkim_link_each(job, forge, &t, e);

		if (r < 0)
			return r;
		accepted = accepted || t.accepted;
		known = known && t.known;
	}
	ret->accepts = accepted ? ACCEPTS_OLD : known ? ACCEPTS_NEITHER : ACCEPTS_UNREACHABLE;
	(void)snprintf(ret->text, sizeof(ret->text), "what somebody else signs with the old key %s", accepted ?
		       "verifies" : known ? "fails" : "finds no record that is known: name it in option 'selector'");
	return 0;
}

int dkim_mail_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct dkim_key old, new;
	size_t len = 0;
	int r = dkim_keys(job, &old, &new, e);

	if (r == 0 && old.secret && !new.secret)
		return forged_probe(job, &old, ret, e);

	for (size_t i = 0; r == 0 && job->users[i]; i++) {
		struct sum s = { .new_works = false };
		enum accepts one;

		r = one_domain(job, &old, &new, dkim_domain(job->users[i]), &s, e);
		if (r < 0)
			break;
		one = accepts_of(s.old_works, s.new_works);
		ret->accepts = i == 0 || ret->accepts == one ? one : ACCEPTS_NEITHER;
		words_of(&s, dkim_domain(job->users[i]), ret->text + len, sizeof(ret->text) - len);
		len = strlen(ret->text);
		if (job->users[i + 1] && len < sizeof(ret->text) - 3)
			len += (size_t)snprintf(ret->text + len, sizeof(ret->text) - len, "; ");
	}
	if (r < 0)
		ret->accepts = ACCEPTS_UNREACHABLE;
	return r;
}
