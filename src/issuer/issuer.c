#include "issuer/issuer.h"
#include "base/clock.h"
#include "base/macro.h"
#include "worker/way.h"
#include <string.h>

static const struct { const char *verb; job_fn *run; } verbs[] = {
	{ "issue", job_issue }, { "revoke", job_revoke }, { "hold", job_hold }, { "resume", job_resume },
	{ "keep", job_keep },
};

int job_run(struct job *job, const char *verb, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verb, verbs[i].verb))
			return verbs[i].run(job, e);
	return err_set(e, ERR_CONFIG, "job: this program asks issuers; there is no verb '%s' of it", verb);
}

int issuer_open(struct job *job, struct issuer_job *ret, struct err *e)
{
	struct issuer_job i = { .job = job, .issuer = json_object_get(job->body, "issuer") };
	const char *client = i.issuer ? json_str(i.issuer, "client") : NULL;

	i.client = issuer_client_find(client);
	if (!i.client)
		return err_set(e, ERR_CONFIG, "job: \"issuer\" names no client that is known");
	int r = way_of_job(job, "host", &i.at, e);

	if (r == 0)
		*ret = i;
	return r;
}

void issuer_close(struct issuer_job *i)
{
	if (i->job)
		way_end(&i->at);
}

void issuer_day(int64_t at_s, char ret[32])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);

	clock_format(&b, at_s * 1000000);
	(void)snprintf(ret, 32, "%.10s", buf_text(&b));
}
