#include "notify/wiki_people.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/worker.h"
#include <string.h>
#include <systemd/sd-event.h>

#define LIMIT_MS INT64_C(1800000)
#define COUNT_MS INT64_C(120000)

struct asking {
	struct sd_event *loop;
	int (*each)(const char *address, size_t len, void *arg);
	void *arg;
	struct wiki_people *to;
	struct worker *worker;
	int result;
	struct err *e;
	uint64_t heard;
	const struct names *groups;
};

static void unref_loop(struct sd_event **loop)
{
	sd_event_unref(*loop);
}

static void on_line(enum wire_type type, const json_t *line, void *arg)
{
	struct asking *a = arg;
	const json_t *people = json_object_get(line, "people");

	for (size_t i = 0; type == WIRE_FOUND && a->result == 0 && i < json_array_size(people); i++) {
		_cleanup_(buf_free) struct buf address = BUF_WIPED(1 << 16);
		const char *hex = json_string_value(json_array_get(people, i));

		if (!hex || text_hex_decode(&address, hex, strlen(hex)) < 0)
			a->result = err_set(a->e, ERR_BUG, "the worker told an address that cannot be read");
		else
			a->result = a->each(buf_text(&address), address.len, a->arg);
		a->heard++;
	}
}

static void on_done(struct worker_result *w, void *arg)
{
	struct asking *a = arg;

	if (!w->ok && a->result == 0)
		a->result = err_set(a->e, w->code, "%s", w->text);
	if (w->ok)
		*a->to = (struct wiki_people){ json_int(w->result, "accounts", 0), json_int(w->result, "confirmed", 0),
					       json_int(w->result, "unconfirmed", 0),
					       json_int(w->result, "without", 0) };
	/* Fewer than were counted in the same moment would be people who are lost. */
	if (w->ok && a->each && a->result == 0 && a->heard < (uint64_t)a->to->confirmed)
		a->result = err_set(a->e, ERR_IO, "%llu addresses came of %lld that were counted: run it again",
				    (unsigned long long)a->heard, (long long)a->to->confirmed);
	(void)sd_event_exit(a->loop, 0);
}

static json_t *make_job(const struct wiki_database *d, const struct names *groups, bool list)
{
	json_t *job = json_object(), *options = json_object(), *names = json_array();

	json_put_int(job, "v", WIRE_VERSION);
	json_put(job, "verb", "people");
	json_put_int(job, "limit_ms", list ? LIMIT_MS : COUNT_MS);
	json_put(job, "address", d->address);
	json_put(job, "database", d->name);
	json_put(job, "prefix", d->prefix);
	json_put(job, "user", d->user);
	json_object_set_new(job, "list", json_boolean(list));
	for (uint32_t k = 0; groups && k < groups->n; k++)
		json_array_append_new(names, json_string(groups->s[k]));
	json_object_set_new(job, "groups", names);
	json_put(options, "tls", d->tls);
	json_put(options, "ca", d->ca);
	json_object_set_new(job, "options", options);
	return job;
}

static int ask(struct asking *a, const struct engine *en, const struct wiki_database *d, struct secret *value,
	       struct err *e)
{
	_cleanup_(json_freep) json_t *job = make_job(d, a->groups, a->each);
	_cleanup_(wire_secrets_free) struct wire_secrets in = { 0 };
	_cleanup_(freep) char *program = mem_printf("%s-people", en->worker);
	_cleanup_(unref_loop) struct sd_event *loop = NULL;
	int r;

	wire_secrets_add(&in, "value", value);
	if (sd_event_new(&loop) < 0)
		return err_set(e, ERR_IO, "no event loop can be made");
	a->loop = loop;
	r = worker_start(loop, program, job, &in, a->each ? LIMIT_MS : COUNT_MS, on_done, a, &a->worker, e);
	if (r < 0)
		return r;
	if (a->each)
		worker_listen(a->worker, on_line, a);
	if (sd_event_loop(loop) < 0)
		return err_set(e, ERR_IO, "the event loop failed");
	return a->result;
}

int notify_wiki_people(const struct engine *en, uint32_t data, const struct names *groups,
		       int (*each)(const char *address, size_t len, void *arg), void *arg, struct wiki_people *ret,
		       struct err *e)
{
	const struct data_def *d = &en->reg->data[data];
	struct asking a = { .each = each, .arg = arg, .to = ret, .e = e, .groups = groups };
	struct engine_value v = { 0 };
	int r;

	if (!d->database.address)
		return err_set(e, ERR_CONFIG, "data set '%s' has no 'database' in the register: nobody can be asked",
			       d->name);
	r = engine_read_values(en, &d->database.secret, 1, &v, e);
	if (r == 0 && !v.value)
		r = err_set(e, ERR_CONFIG, "the password for the database of '%s' could not be read: %s", d->name,
			    v.why);
	if (r < 0) {
		secret_free(v.value);
		return r;
	}
	return ask(&a, en, &d->database, v.value, e);
}
