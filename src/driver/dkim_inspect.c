/* What stands in DNS about the key, and what mail that fails it meets. Who used a stolen key is not seen here. */
#include "driver/dkim.h"
#include "base/mem.h"
#include <string.h>

#define BITS_LEAST 2048u               /* RFC 8301 3.2 */
#define TTL_LONG 3600u

static void about_key(const struct dkim_key *k, struct driver_answer *a)
{
	if (k->secret && k->public.type == KEY_RSA && k->public.bits < BITS_LEAST)
		job_finding(a, "medium", "short key", "the old key has %u bits: it may have been computed and not "
			    "stolen (RFC 8301 asks for %u)", k->public.bits, BITS_LEAST);
}

static void about_record(const struct dkim_key *k, const char *name, const struct dkim_txt *t, struct driver_answer *a)
{
	_cleanup_(buf_free) struct buf flags = BUF_INIT(DKIM_RECORD_MAX);

	if (t->n > 1)
		job_finding(a, "medium", "several records", "'%.150s' has %u TXT records: verifiers refuse that", name,
			    t->n);
	for (unsigned i = 0; i < t->n; i++) {
		if (dkim_standing(t->text[i], &k->public) != DKIM_LIVE)
			continue;
		job_finding(a, t->ttl_s > TTL_LONG ? "medium" : "info", "record of the old key", "'%.150s' has it now; "
			    "resolvers keep it for up to %u s when it is gone", name, t->ttl_s);
		if (dkim_tag(t->text[i], "t", &flags) && strchr(buf_text(&flags), 'y'))
			job_finding(a, "medium", "testing mode", "'%.150s' says t=y: verifiers treat what fails like "
				    "unsigned mail", name);
	}
}

/* RFC 7489: what happens to mail in the domain's name whose signature fails. */
static int about_policy(struct dkim_link *l, const struct driver_job *job, const char *domain, struct driver_answer *a,
			struct err *e)
{
	_cleanup_(dkim_txt_free) struct dkim_txt t = { .n = 0 };
	_cleanup_(buf_free) struct buf policy = BUF_INIT(DKIM_RECORD_MAX), reports = BUF_INIT(DKIM_RECORD_MAX);
	char name[DKIM_NAME_MAX + 80];

	(void)snprintf(name, sizeof(name), "_dmarc.%s", domain);
	int r = dkim_dns_txt(l, name, job->replica, &t, e);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < t.n; i++)
		if (!policy.len && dkim_tag(t.text[i], "p", &policy))
			(void)dkim_tag(t.text[i], "rua", &reports);
	if (strcmp(buf_text(&policy), "reject") != 0 && strcmp(buf_text(&policy), "quarantine") != 0)
		job_finding(a, "medium", "mail without a signature is taken", "the DMARC policy of '%.150s' is "
			    "'%.60s': mail in its name needs no signature", domain,
			    policy.len ? buf_text(&policy) : "not there");
	if (reports.len)
		job_finding(a, "info", "who used the key", "only receivers see it: read the aggregate reports of "
			    "'%.100s' that go to '%.150s' for sources that passed DKIM and are not yours", domain,
			    buf_text(&reports));
	else
		job_finding(a, "low", "who used the key", "nobody reports it: '%.150s' has no rua= in its DMARC record",
			    domain);
	return 0;
}

static int look(struct dkim_link *l, const struct driver_job *job, const struct dkim_key *old, const char *domain,
		struct driver_answer *a, struct err *e)
{
	for (size_t i = 0; i < old->n_names; i++) {
		_cleanup_(dkim_txt_free) struct dkim_txt t = { .n = 0 };
		char name[DKIM_NAME_MAX + 80];

		(void)snprintf(name, sizeof(name), "%s._domainkey.%s", old->names[i], domain);
		int r = dkim_dns_txt(l, name, job->replica, &t, e);

		if (r < 0)
			return r;
		about_record(old, name, &t, a);
	}
	return about_policy(l, job, domain, a, e);
}

static int server_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(dkim_link_close) struct dkim_link l = { .link = NULL };
	struct dkim_key old, new;
	int r = dkim_keys(job, &old, &new, e);

	if (r == 0)
		r = dkim_link_open(job, NULL, &l, e);
	if (r < 0)
		return r;
	about_key(&old, ret);
	for (size_t i = 0; r == 0 && job->users[i]; i++)
		r = look(&l, job, &old, dkim_domain(job->users[i]), ret, e);
	return r;
}

int dkim_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	int r = 0;

	if (dkim_is_mail(job))
		job_finding(ret, "info", "mail in the queue", "what was signed with the old key and has not left yet "
			    "fails at its receiver: look at the queue of '%.150s' (postqueue -p)", job->address);
	else
		r = server_inspect(job, ret, e);
	if (r < 0)
		return dkim_where(job, e);
	ret->count = (uint32_t)json_array_size(ret->findings);
	(void)snprintf(ret->text, sizeof(ret->text), "%u findings", ret->count);
	return 0;
}
