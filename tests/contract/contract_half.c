/* Of a driver by a public half: change, stage and retire are steps of the worker, and run as the worker runs them. */
#include "contract.h"
#include "base/clock.h"
#include "driver/sink.h"
#include "worker/jobs.h"
#include <string.h>

static void lend(struct job *j, const char *name, const struct secret *s)
{
	if (s)
		wire_secrets_add(&j->in, name, secret_copy(s));
}

static int chore(struct contract *c, const char *verb, const struct driver_job *job, struct driver_answer *ret,
		 struct err *e)
{
	json_t *body = NULL, *entry, *all = json_array();
	struct job j = { .deadline_us = clock_mono_us() + job->limit_ms * 1000, .result = json_object(),
			 .sink = job->sink };

	CHECK(json_read("half", c->service->half, strlen(c->service->half), 65536, &body, e) == 0, "%s", e->text);
	entry = json_pack("{s:s, s:s, s:s, s:O, s:O}", "name", "mail/dkim", "old", "old0", "new", "new0", "places",
			  json_object_get(body, "places"), "half", json_object_get(body, "half"));
	json_array_append_new(all, entry);
	json_object_set_new(body, "secrets", all);
	json_put(body, "verb", verb);
	json_put_int(body, "incident", 1);
	j.body = body;
	lend(&j, "old0", job->old);
	lend(&j, "new0", job->new);
	int r = job_write_place(&j, e);

	(void)snprintf(ret->text, sizeof(ret->text), "%s", j.text);
	wire_secrets_free(&j.in);
	json_decref(j.result);
	json_decref(body);
	return r;
}

int contract_half(struct contract *c, enum driver_verb verb, const struct driver_job *job, struct driver_answer *ret,
		  struct err *e)
{
	int r = verb == VERB_STAGE ? 0 : chore(c, "withdraw", job, ret, e);

	return r == 0 && verb != VERB_RETIRE ? chore(c, "publish", job, ret, e) : r;
}
