#include "base/clock.h"
#include "base/mem.h"
#include "driver/driver.h"
#include "driver/sink.h"
#include "transport/transport.h"
#include "worker/jobs.h"
#include "worker/way.h"
#include <string.h>

/* One program for each driver, so that a job maps one client library and not all of them. */
extern const struct driver WORKER_DRIVER;

static const char **strings(const json_t *array)
{
	size_t n = json_array_size(array);
	const char **v = mem_zero(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = json_string_value(json_array_get(array, i));
	return v;
}

static void describe(struct job *job, enum driver_verb verb, const struct driver_answer *a)
{
	if (verb == VERB_PROBE)
		json_put(job->result, "accepts", accepts_name(a->accepts));
	json_put_int(job->result, "count", a->count);
	json_put_int(job->result, "left", a->left);
	if (a->findings)
		json_object_set_new(job->result, "findings", a->findings);
	if (a->shown)
		json_object_set_new(job->result, "shown", a->shown);
	snprintf(job->text, sizeof(job->text), "%s", a->text);
}

static int call(struct job *job, const struct driver *d, enum driver_verb verb, const struct endpoint *at,
		const struct way *from, const struct way *host, struct err *e)
{
	_cleanup_(freep) const char **users = strings(json_object_get(job->body, "users"));
	struct driver_answer answer = { 0 };
	struct driver_job j = {
		.driver = d->name,
		.address = json_str(job->body, "address"),
		.at = *at,
		.from = from,
		.host = host,
		.users = users,
		.options = json_object_get(job->body, "options"),
		.replica = json_is(job->body, "replica"),
		.admin_user = json_str(job->body, "admin_user"),
		.old = wire_secrets_get(&job->in, "old"),
		.new = wire_secrets_get(&job->in, "new"),
		.admin = wire_secrets_get(&job->in, "admin"),
		.old_tag = json_str(job->body, "old_tag"),
		.new_tag = json_str(job->body, "new_tag"),
		.since_us = json_int(job->body, "since_us", 0),
		.limit_ms = (job->deadline_us - clock_mono_us()) / 1000,
		.sink = job->sink,
	};
	int r = d->verb[verb](&j, &answer, e);

	describe(job, verb, &answer);
	return r;
}

int job_run(struct job *job, const char *verb_name, struct err *e)
{
	const char *name = json_str(job->body, "driver"), *address = json_str(job->body, "address");
	const struct driver *d = &WORKER_DRIVER;
	enum driver_verb verb;
	struct forward f = { 0 };
	struct way w, host;
	int r;

	if (driver_verb_parse(verb_name, &verb) < 0)
		return err_set(e, ERR_CONFIG, "job: there is no verb '%s'", verb_name);
	if (!name || strcmp(name, d->name) != 0 || !address)
		return err_set(e, ERR_CONFIG, "job: this is the program of driver '%s', not of '%s'", d->name,
			       name ? name : "");
	if (!d->verb[verb])
		return err_set(e, ERR_REFUSED, "%s cannot %s", name, driver_verb_name(verb));
	r = way_of_job(job, "from", &w, e);
	if (r == 0)
		r = way_of_job(job, "host", &host, e);
	if (r == 0)
		r = way_forward(&w, address, &f, e);
	if (r < 0)
		return err_wrap(e, "%s at '%s'", name, address);
	r = call(job, d, verb, &(struct endpoint){ f.unix_path, f.host, f.port }, &w,
		 json_object_get(job->body, "host") ? &host : NULL, e);
	way_forward_end(&w, &f);
	way_end(&host);
	way_end(&w);
	return r;
}
