/* DKIM: what the driver can, and whose signatures a server of DNS makes good now. */
#include "driver/dkim.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

const char *dkim_domain(const char *user)
{
	const char *at = strchr(user, '@');

	return at ? at + 1 : user;
}

bool dkim_is_mail(const struct driver_job *job)
{
	return job_option(job, "mailbox") != NULL;
}

int dkim_where(const struct driver_job *job, struct err *e)
{
	return e && text_starts(e->text, "dkim at ") ? -(int)e->code : err_wrap(e, "dkim at '%s'", job->address);
}

static int look_at(struct dkim_link *l, const struct driver_job *job, const struct dkim_key *old,
		   const struct dkim_key *new, const char *domain, enum accepts *ret, char text[200], struct err *e)
{
	struct dkim_look o = { .accepted = false }, n = { .accepted = false };
	int r = old->secret ? dkim_server_look(l, job, old, domain, &o, e) : 0;

	if (r == 0 && new->secret)
		r = dkim_server_look(l, job, new, domain, &n, e);
	if (r < 0)
		return r;
	*ret = accepts_of(o.accepted, n.accepted);
	if (old->secret && !o.accepted && !o.known) {
		/* Who asks for a wrong name is told that there is nothing as well. */
		*ret = ACCEPTS_UNREACHABLE;
		(void)snprintf(text, 200, "'%.60s': under no selector that is known of the old key there is a record, "
			       "so nothing says that it ended: name it in option 'selector'", domain);
		return 0;
	}
	(void)snprintf(text, 200, "'%.60s': what the old key signs %s, what the new key signs %s", domain,
		       o.accepted ? "verifies" : "fails", n.accepted ? "verifies" : "fails");
	return 0;
}

static enum accepts together(enum accepts so_far, enum accepts one, bool first)
{
	if (first || so_far == one)
		return one;
	if (so_far == ACCEPTS_UNREACHABLE || one == ACCEPTS_UNREACHABLE)
		return ACCEPTS_UNREACHABLE;
	return so_far == ACCEPTS_NEITHER || one == ACCEPTS_NEITHER ? ACCEPTS_NEITHER : ACCEPTS_BOTH;
}

static int server_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(dkim_link_close) struct dkim_link l = { .link = NULL };
	struct dkim_key old, new;
	enum accepts all = ACCEPTS_UNREACHABLE, one = ACCEPTS_UNREACHABLE;
	char text[sizeof(ret->text)] = "";
	int r = dkim_keys(job, &old, &new, e);

	if (r < 0)
		return r;
	r = dkim_link_open(job, NULL, &l, e);
	if (r < 0) {
		job_tried(job, "connection to the server of DNS", e ? e->text : "cannot be reached");
		return r;
	}
	for (size_t i = 0; job->users[i]; i++) {
		char about[200];

		r = look_at(&l, job, &old, &new, dkim_domain(job->users[i]), &one, about, e);
		if (r < 0)
			return r;
		all = together(all, one, i == 0);
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "; " : "", about);
	}
	ret->accepts = all;
	memcpy(ret->text, text, sizeof(text));
	return 0;
}

static int probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	ret->accepts = ACCEPTS_UNREACHABLE;
	int r = dkim_is_mail(job) ? dkim_mail_probe(job, ret, e) : server_probe(job, ret, e);

	return r < 0 ? dkim_where(job, e) : 0;
}

const struct driver driver_dkim = {
	.name = "dkim",
	.verb = { [VERB_PROBE] = probe, [VERB_INSPECT] = dkim_inspect },
	.words = dkim_words,
};
