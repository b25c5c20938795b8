#include "report/hand.h"
#include "report/law.h"
#include "report/outage.h"
#include "report/report.h"
#include "base/clock.h"

/* Times are left out when they are not known. */
void json_put_time(json_t *o, const char *key, int64_t at_us)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);

	if (!at_us)
		return;
	clock_format(&b, at_us);
	json_put(o, key, buf_text(&b));
}

static json_t *tries_json(const json_t *tries)
{
	json_t *array = json_array();

	for (size_t k = 0; k < json_array_size(tries); k++) {
		const json_t *try = json_array_get(tries, k);
		json_t *o = json_object();

		json_put_time(o, "at", json_int(try, "at_us", 0));
		json_put(o, "what", json_str(try, "what"));
		json_put(o, "answer", json_str(try, "answer"));
		json_array_append_new(array, o);
	}
	return array;
}

/* Named keys only: what a worker said is never copied whole. */
static void put_list(json_t *o, const json_t *result, const char *name, const char *const keys[5])
{
	const json_t *list = json_object_get(result, name);
	json_t *array = json_array();

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *from = json_array_get(list, k);
		json_t *one = json_object();

		for (size_t n = 0; n < 5 && keys[n]; n++)
			if (json_is_string(json_object_get(from, keys[n])) ||
			    json_is_integer(json_object_get(from, keys[n])))
				json_object_set(one, keys[n], json_object_get(from, keys[n]));
		json_array_append_new(array, one);
	}
	if (json_array_size(array))
		json_object_set(o, name, array);
	json_decref(array);
}

/* The places of `firebreak trace`, in our own words. */
static json_t *traced_json(const struct incident *i)
{
	static const char *const keys[] = { "value", "place", "form", "state", "known" };
	json_t *array = json_array();

	for (uint32_t k = 0; k < i->n_traced; k++) {
		json_t *o = json_object(), *found = json_array(), *from;
		size_t n;

		json_array_foreach(json_object_get(i->traced[k], "found"), n, from) {
			json_t *one = json_object();

			for (size_t key = 0; key < ARRAY_SIZE(keys); key++)
				json_put(one, keys[key], json_str(from, keys[key]));
			json_array_append_new(found, one);
		}
		json_put(o, "secret", json_str(i->traced[k], "secret"));
		json_object_set_new(o, "found", found);
		json_put_int(o, "not_read", (int64_t)json_array_size(json_object_get(i->traced[k], "not_read")));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *deeds_json(const struct step_state *s)
{
	json_t *array = json_array();

	for (uint32_t k = 0; k < s->n_deeds; k++) {
		const struct deed *d = &s->deeds[k];
		json_t *o = json_object();

		json_put_int(o, "attempt", d->attempt);
		json_put_time(o, "started", d->started_us);
		json_put_time(o, "ended", d->ended_us);
		json_put(o, "who", d->who);
		json_put(o, "outcome", outcome_name(d->outcome));
		json_put(o, "effect", d->effect);
		json_put(o, "text", d->text);
		json_object_set_new(o, "tries", tries_json(d->tries));
		json_put(o, "accepts", json_str(d->result, "accepts"));
		json_put(o, "commit", json_str(d->result, "commit"));
		put_list(o, d->result, "findings", (const char *const[5]){ "severity", "what", "detail" });
		put_list(o, d->result, "found", (const char *const[5]){ "path", "count", "form" });
		put_list(o, d->result, "not_read", (const char *const[5]){ "path", "why" });
		put_list(o, d->result, "logins",
			 (const char *const[5]){ "account", "key", "before", "answer", "from" });
		put_list(o, d->result, "accounts", (const char *const[5]){ "account", "before", "answer", "text" });
		json_array_append_new(array, o);
	}
	return array;
}

/* What sshd answered before anything was changed; of each run that asked. */
static void put_asked(json_t *o, const struct step_state *s)
{
	json_t *array = s->n_asked ? json_array() : NULL;

	for (uint32_t k = 0; k < s->n_asked; k++) {
		json_t *one = json_object();

		json_put(one, "text", json_str(s->asked[k], "text"));
		put_list(one, s->asked[k], "logins", (const char *const[5]){ "account", "key", "answer", "from" });
		put_list(one, s->asked[k], "accounts", (const char *const[5]){ "account", "password", "offered" });
		json_array_append_new(array, one);
	}
	if (array)
		json_object_set_new(o, "asked", array);
}

static json_t *steps_json(const struct incident *i)
{
	json_t *array = json_array();

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];
		json_t *o = json_object();

		json_put(o, "id", s->id);
		json_put(o, "do", s->what);
		json_put(o, "title", s->title);
		json_put(o, "why", s->why);
		json_put(o, "secret", s->secret);
		json_put(o, "account", s->account);
		json_put(o, "host", s->host);
		json_put(o, "interrupts", s->interrupts);
		json_put(o, "cannot", s->cannot);
		json_object_set_new(o, "person", json_boolean(s->person));
		json_put(o, "outcome", outcome_name(s->outcome));
		json_put(o, "text", s->text);
		json_object_set_new(o, "deeds", deeds_json(s));
		put_asked(o, s);
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *members_json(const struct incident *i)
{
	json_t *array = json_array();

	for (uint32_t k = 0; k < i->n_members; k++) {
		json_t *o = json_object();

		json_put(o, "kind", i->members[k].kind);
		json_put(o, "name", i->members[k].name);
		json_put(o, "path", i->members[k].path);
		json_put_int(o, "depth", i->members[k].depth);
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *outage_json(const struct incident *i)
{
	_cleanup_(outage_free) struct outage o;
	json_t *object = json_object(), *log = json_array();

	outage_of(i, &o);
	for (uint32_t k = 0; k < o.n; k++) {
		json_t *entry = json_object();

		json_put_time(entry, "at", o.log[k].at_us);
		json_put(entry, "state", service_state_name(o.log[k].state));
		json_array_append_new(log, entry);
	}
	json_object_set_new(object, "log", log);
	json_put_int(object, "visible_minutes", o.visible_minutes);
	json_put_int(object, "total_minutes", o.total_minutes);
	json_put_int(object, "down_us", o.down_us);
	json_object_set_new(object, "over", json_boolean(o.over));
	return object;
}

static json_t *head_json(const struct journal_head *head)
{
	json_t *o = json_object();

	json_put_int(o, "seq", head->seq);
	json_put(o, "mac", head->mac);
	return o;
}

static void put_law(json_t *o, const struct report *r)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (!r->law)
		return;
	law_state_of(r->incident, r->law, r->incident->last_us, &s);
	json_object_set_new(o, "law", law_json(&s));
}

static json_t *approval_json(const struct incident *i)
{
	const struct approval *a = &i->report.approval;
	json_t *o = json_object();

	if (!a->sha256) {
		json_decref(o);
		return json_null();
	}
	json_put(o, "person", a->person);
	json_put_time(o, "at", a->at_us);
	json_put(o, "draft_sha256", a->sha256);
	json_put(o, "statement", a->statement);
	json_put(o, "signature", a->signature);
	return o;
}

static json_t *looks_json(const struct incident *i)
{
	json_t *array = json_array();

	for (uint32_t k = 0; k < i->looks.n; k++)
		json_array_append_new(array, json_deep_copy(i->looks.list[k]));
	return array;
}

json_t *report_json(const struct report *r, const struct hands *h)
{
	const struct incident *i = r->incident;
	json_t *o = json_object(), *what = json_array();

	for (uint32_t k = 0; k < i->n_what; k++)
		json_array_append_new(what, json_string(i->what[k]));
	json_put_int(o, "incident", i->number);
	json_put(o, "state", incident_state_words(incident_state(i)));
	json_object_set_new(o, "what", what);
	json_put(o, "because", i->because);
	json_put(o, "confidence", i->confidence);
	json_put(o, "mode", i->mode);
	if (i->drill)
		json_object_set_new(o, "drill", json_true());
	if (i->drilled)
		json_object_set_new(o, "drilled", json_deep_copy(i->drilled));
	json_put(o, "who", i->who);
	json_put_time(o, "suspected", i->suspected_us);
	json_put_time(o, "aware", i->aware_us);
	json_put_time(o, "declared", i->declared_us);
	json_put_time(o, "first_response", i->first_responded_us);
	json_put_time(o, "closed", i->closed_us);
	json_put(o, "register", i->register_digest);
	json_object_set_new(o, "members", members_json(i));
	json_object_set_new(o, "outage", outage_json(i));
	put_law(o, r);
	json_object_set_new(o, "steps", steps_json(i));
	json_object_set_new(o, "traced", traced_json(i));
	if (i->looks.n)
		json_object_set_new(o, "investigated", looks_json(i));
	json_object_set_new(o, "timeline", report_timeline_json(r));
	json_object_set_new(o, "incident_reporting", report_fields_json(r, h));
	json_object_set_new(o, "approval", approval_json(i));
	json_object_set_new(o, "journal_head", head_json(&r->head));
	return o;
}
