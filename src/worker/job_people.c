/* firebreak-worker-people: how many accounts a wiki has, and the addresses of those that can be written to. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "driver/people.h"
#include "driver/sink.h"
#include "transport/transport.h"
#include "worker/jobs.h"
#include "worker/way.h"
#include <string.h>

#define LINE_PEOPLE 1000u

struct telling { json_t *people; };

static int send_people(struct telling *t)
{
	_cleanup_(json_freep) json_t *line = json_object();

	if (!json_array_size(t->people))
		return 0;
	json_put(line, "type", "found");
	json_object_set(line, "people", t->people);
	json_decref(t->people);
	t->people = json_array();
	return wire_send(WIRE_ANSWERS_FD, line, NULL);
}

static int each(const char *address, size_t len, void *arg)
{
	struct telling *t = arg;
	_cleanup_(buf_free) struct buf hex = BUF_WIPED(1 << 18);

	text_hex(&hex, address, len);
	json_array_append_new(t->people, json_string(buf_text(&hex)));
	return json_array_size(t->people) == LINE_PEOPLE ? send_people(t) : 0;
}

static int list(const struct driver_job *j, const struct mariadb_wiki *w, struct err *e)
{
	struct telling t = { json_array() };
	int r = mariadb_people_list(j, w, each, &t, e);

	if (r == 0 && send_people(&t) < 0)
		r = err_set(e, ERR_IO, "the pipe to the parent is closed");
	json_decref(t.people);
	return r;
}

static int ask(struct job *job, const struct endpoint *at, const struct mariadb_wiki *w, struct err *e)
{
	const struct driver_job j = {
		.driver = "mariadb", .address = json_str(job->body, "address"), .at = *at,
		.users = (const char *const[]){ NULL }, .options = json_object_get(job->body, "options"),
		.admin_user = json_str(job->body, "user"), .admin = wire_secrets_get(&job->in, "value"),
		.limit_ms = (job->deadline_us - clock_mono_us()) / 1000, .sink = job->sink,
	};
	struct mariadb_people n = { 0 };
	int r = mariadb_people_count(&j, w, &n, e);

	if (r < 0)
		return r;
	json_put_int(job->result, "accounts", n.accounts);
	json_put_int(job->result, "confirmed", n.confirmed);
	json_put_int(job->result, "unconfirmed", n.unconfirmed);
	json_put_int(job->result, "without", n.without);
	return json_is(job->body, "list") ? list(&j, w, e) : 0;
}

int job_run(struct job *job, const char *verb, struct err *e)
{
	const char *address = json_str(job->body, "address"), *database = json_str(job->body, "database"),
		   *prefix = json_str(job->body, "prefix");
	const struct mariadb_wiki wiki = { database, prefix ? prefix : "", json_object_get(job->body, "groups") };
	struct forward f = { 0 };
	struct way w;
	int r;

	if (strcmp(verb, "people") != 0 || !address || !database || !json_str(job->body, "user"))
		return err_set(e, ERR_CONFIG, "job: \"people\" with \"address\", \"database\" and \"user\" is "
			       "expected");
	r = way_of_job(job, "from", &w, e);
	if (r == 0)
		r = way_forward(&w, address, &f, e);
	if (r < 0)
		return err_wrap(e, "mariadb at '%s'", address);
	r = ask(job, &(struct endpoint){ f.unix_path, f.host, f.port }, &wiki, e);
	way_forward_end(&w, &f);
	way_end(&w);
	return r;
}
