/* Of a driver by a public half: change, stage and retire are steps of the worker, and run as the worker runs them. */
#include "contract.h"
#include "base/clock.h"
#include "driver/sink.h"
#include "issuer/issuer.h"
#include "worker/jobs.h"
#include <string.h>

static void lend(struct job *j, const char *name, const struct secret *s)
{
	if (s)
		wire_secrets_add(&j->in, name, secret_copy(s));
}

static json_t *half_body(const struct contract *c)
{
	json_t *body = NULL;
	struct err e = ERR_INIT;

	CHECK(json_read("half", c->service->half, strlen(c->service->half), 65536, &body, &e) == 0, "%s", e.text);
	return body;
}

/* places: the key of the body that has them. issued: what the issuer gave, or NULL; taken and given. */
static int chore(struct contract *c, const char *verb, const char *places, const struct driver_job *job,
		 json_t **issued, struct driver_answer *ret, struct err *e)
{
	json_t *body = half_body(c), *entry = json_object(), *all = json_array();
	json_t *half = json_object_get(body, "half");
	struct job j = { .deadline_us = clock_mono_us() + job->limit_ms * 1000, .result = json_object(),
			 .sink = job->sink };

	json_put(entry, "name", "mail/dkim");
	json_put(entry, "old", "old0");
	json_put(entry, "new", "new0");
	json_object_set(entry, "places", json_object_get(body, places));
	if (*issued)
		json_object_set(half, "issued", *issued);
	if (strcmp(verb, "write-place") != 0)
		json_object_set(entry, "half", half);
	json_array_append_new(all, entry);
	json_object_set_new(body, "secrets", all);
	json_put(body, "verb", verb);
	json_put_int(body, "incident", 1);
	j.body = body;
	lend(&j, "old0", job->old);
	lend(&j, "new0", job->new);
	int r = strcmp(verb, "issue") != 0 ? job_write_place(&j, e) : job_issue(&j, e);

	if (r == 0 && !*issued)
		*issued = json_incref(json_object_get(json_array_get(json_object_get(j.result, "secrets"), 0),
						      "issued"));
	(void)snprintf(ret->text, sizeof(ret->text), "%s", j.text);
	wire_secrets_free(&j.in);
	json_decref(j.result);
	json_decref(body);
	return r;
}

bool contract_half_is_one(const struct contract *c)
{
	_cleanup_(json_freep) json_t *body = c->facts->by_half ? half_body(c) : NULL;

	return body && json_object_get(body, "issuer");
}

/* What an issuer makes takes the place of what stood there. */
static int by_issuer(struct contract *c, const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *issued = NULL;
	int r = chore(c, "issue", "places", job, &issued, ret, e);

	if (r == 0)
		r = chore(c, "write-place", "key", job, &issued, ret, e);
	return r == 0 ? chore(c, "publish", "places", job, &issued, ret, e) : r;
}

int contract_half(struct contract *c, enum driver_verb verb, const struct driver_job *job, struct driver_answer *ret,
		  struct err *e)
{
	_cleanup_(json_freep) json_t *none = NULL;

	if (contract_half_is_one(c))
		return by_issuer(c, job, ret, e);
	int r = verb == VERB_STAGE ? 0 : chore(c, "withdraw", "places", job, &none, ret, e);

	return r == 0 && verb != VERB_RETIRE ? chore(c, "publish", "places", job, &none, ret, e) : r;
}
