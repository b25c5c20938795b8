/*
 * What a server of DNS says decides what a signature is worth. So a message is signed with each key, here, and verified
 * with what the server answers: the intruder's own way, and no comparison of texts.
 */
#include "driver/dkim.h"
#include "base/mem.h"
#include <string.h>

static int add_name(struct dkim_key *k, const char *name, size_t len, struct err *e)
{
	if (k->n_names == DKIM_NAMES_MAX || len >= sizeof(k->names[0]))
		return err_set(e, ERR_LIMIT, "option 'selector' names more than %u selectors, or one that is too long",
			       DKIM_NAMES_MAX - 1);
	(void)snprintf(k->names[k->n_names++], sizeof(k->names[0]), "%.*s", (int)len, name);
	return 0;
}

static int key_of(const struct secret *secret, const char *what, struct dkim_key *ret, struct err *e)
{
	char name[DKIM_SELECTOR];

	*ret = (struct dkim_key){ .secret = secret, .what = what };
	if (!secret)
		return 0;
	if (keypair_public(secret, &ret->public, e) < 0)
		return err_wrap(e, "%s", what);
	dkim_selector(&ret->public, name);
	return add_name(ret, name, strlen(name), e);
}

int dkim_keys(const struct driver_job *job, struct dkim_key *old, struct dkim_key *new, struct err *e)
{
	const char *more = job_option(job, "selector");
	int r = key_of(job->old, "the old key", old, e);

	if (r == 0)
		r = key_of(job->new, "the new key", new, e);
	old->is_old = true;
	for (size_t len; r == 0 && more && *more; more += len) {
		more += strspn(more, " ,");
		len = strcspn(more, " ,");
		if (len)
			r = add_name(old, more, len, e);
	}
	return r;
}

struct one { const struct dkim_txt *txt; unsigned at; };

static const char *answered(void *arg, const char *selector _unused_, const char *domain _unused_)
{
	const struct one *o = arg;

	return o->at < o->txt->n ? o->txt->text[o->at] : NULL;
}

/* Two records under one name are none for a verifier that keeps to RFC 6376 3.6.2.2; for the old key, any that some
 * verifier may take counts. */
static int verify(const struct dkim_key *k, const struct buf *message, const struct dkim_txt *txt,
		  struct dkim_signature *ret, struct err *e)
{
	struct dkim_signature list[DKIM_SIGNATURES_MAX];
	bool good = false;
	size_t n = 0;

	(void)snprintf(ret->why, sizeof(ret->why), "%s", txt->n ? "several records" : "no record of this name");
	for (unsigned i = 0; i < txt->n && !good; i++) {
		int r = dkim_judge_verify(message->data, message->len, answered, &(struct one){ txt, i }, list, &n, e);

		if (r < 0)
			return r;
		if (n == 0)
			return err_set(e, ERR_BUG, "libopendkim does not find the signature that it made");
		good = list[0].passed;
		if (txt->n == 1 || good)
			*ret = list[0];
	}
	ret->passed = good && (k->is_old || txt->n == 1);
	if (good && !ret->passed)
		(void)snprintf(ret->why, sizeof(ret->why), "several records of this name: verifiers refuse that");
	return 0;
}

static int look_at(struct dkim_link *l, const struct driver_job *job, const struct dkim_key *k, const char *selector,
		   const char *domain, struct dkim_look *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf message = BUF_INIT(DKIM_MESSAGE_MAX);
	_cleanup_(dkim_txt_free) struct dkim_txt txt = { .n = 0 };
	struct dkim_signature s = { .passed = false };
	char name[DKIM_NAME_MAX + 80], what[200], answer[200];

	(void)snprintf(name, sizeof(name), "%s._domainkey.%s", selector, domain);
	int r = dkim_dns_txt(l, name, job->replica, &txt, e);
	if (r == 0 && !job->replica && !txt.authority)
		r = err_set(e, ERR_NET, "it answers for '%.150s' without authority: name the servers of the zone, and "
			    "write 'role: replica' for a resolver", domain);
	if (r == 0)
		r = dkim_judge_sign(k->secret, &k->public, domain, selector, &message, e);
	if (r == 0)
		r = verify(k, &message, &txt, &s, e);
	(void)snprintf(what, sizeof(what), "message signed with %s as selector '%.63s'", k->what, selector);
	if (r < 0) {
		job_tried(job, what, e ? e->text : "nothing can be told");
		return r;
	}
	if (txt.n)
		(void)snprintf(answer, sizeof(answer), "%s (kept for %u s)", s.why, txt.ttl_s);
	else
		(void)snprintf(answer, sizeof(answer), "%s", s.why);
	job_tried(job, what, answer);
	ret->accepted = ret->accepted || s.passed;
	ret->known = ret->known || txt.n > 0;
	if (s.passed || !*ret->text)
		(void)snprintf(ret->text, sizeof(ret->text), "%.63s: %.90s", selector, answer);
	return 0;
}

int dkim_server_look(struct dkim_link *l, const struct driver_job *job, const struct dkim_key *k, const char *domain,
		     struct dkim_look *ret, struct err *e)
{
	int r = 0;

	*ret = (struct dkim_look){ .accepted = false };
	for (size_t i = 0; r == 0 && i < k->n_names; i++)
		r = look_at(l, job, k, k->names[i], domain, ret, e);
	return r;
}
