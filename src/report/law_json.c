#include "base/mem.h"
#include "report/law.h"

static json_t *words_json(const struct incident *i)
{
	json_t *o = json_object();

	for (int k = 0; k < WORDINGS; k++)
		json_put(o, wordings[k].name, i->law.words[k].text);
	return o;
}

static json_t *told_json(const struct incident *i)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < i->law.n_told; k++) {
		const struct told *t = &i->law.told[k];
		json_t *o = json_object();

		json_put(o, "to", t->to);
		json_put_time(o, "at", t->at_us);
		json_put(o, "reference", t->reference);
		json_object_set_new(o, "phased", json_boolean(t->phased));
		json_put(o, "late", t->late);
		json_put(o, "because", t->because);
		json_put(o, "who", t->who);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *law_clock_json(const struct deadline *d)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(1000);
	json_t *o = json_object();

	deadline_words(d, &words);
	json_put(o, "authority", d->authority->name);
	json_put(o, "title", d->authority->title);
	json_put(o, "country", d->authority->country);
	json_put(o, "reach", d->authority->reach);
	json_put(o, "regime", d->authority->regime->name);
	json_put_int(o, "hours", d->authority->regime->hours);
	json_put(o, "state", deadline_state_name(d->state));
	json_put(o, "words", buf_text(&words));
	json_put_time(o, "from", d->from_us);
	json_put_time(o, "deadline", d->deadline_us);
	json_put_time(o, "counted_from_the_next_hour", d->counted_us);
	json_put_int(o, "left_us", d->left_us);
	json_put_int(o, "percent", d->percent);
	json_put_int(o, "loud", d->loud);
	json_object_set_new(o, "phased", json_boolean(d->phased));
	json_put(o, "late", d->late);
	json_object_set_new(o, "reason_missing", json_boolean(deadline_needs_reason(d)));
	json_put(o, "why", d->why);
	json_put(o, "who", d->who);
	return o;
}

static json_t *severity_json(const struct law_state *s)
{
	json_t *o = json_object(), *inputs = json_object();
	const struct severity *v = &s->severity;

	json_put_int(o, "quarters_from", v->quarters.lo);
	json_put_int(o, "quarters", v->quarters.hi);
	json_put(o, "band", severity_band_names[v->band]);
	json_put(o, "band_at_least", severity_band_names[v->least]);
	json_object_set_new(o, "settled", json_boolean(v->settled));
	json_object_set_new(o, "near_another_band", json_boolean(v->near));
	json_object_set_new(o, "many_people", json_boolean(v->many));
	json_object_set_new(o, "unintelligible", json_boolean(v->unintelligible));
	for (int k = 0; k < SEVERITY_INS; k++) {
		_cleanup_(buf_free) struct buf words = BUF_INIT(16384);

		severity_input_words(s, (enum severity_in)k, &words);
		json_put(inputs, severity_inputs[k].name, buf_text(&words));
	}
	json_object_set_new(o, "inputs", inputs);
	return o;
}

static json_t *wikis_json(const struct incident *i)
{
	_cleanup_(freep) struct scope_wiki *wikis = mem_zero(i->law.n_data + 1, sizeof(*wikis));
	uint32_t n = scope_wikis(i, wikis);
	json_t *list = json_array();

	for (uint32_t k = 0; k < n; k++) {
		json_t *o = json_object();

		json_put(o, "wiki", wikis[k].wiki);
		json_put_int(o, "people", wikis[k].people);
		json_object_set_new(o, "people_known", json_boolean(wikis[k].people_known));
		json_put_int(o, "records", wikis[k].records);
		json_object_set_new(o, "records_known", json_boolean(wikis[k].records_known));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *scope_json(const struct incident *i, const struct scope *s)
{
	json_t *o = json_object();

	json_put_int(o, "people", s->people);
	json_object_set_new(o, "people_known", json_boolean(s->people_known));
	json_put_int(o, "records", s->records);
	json_object_set_new(o, "records_known", json_boolean(s->records_known));
	json_put_int(o, "data_sets", s->n_data);
	json_put_int(o, "wikis", s->n_wikis);
	json_object_set_new(o, "all_wikis", json_boolean(s->everywhere));
	json_object_set_new(o, "address_known", json_boolean(s->address));
	json_object_set_new(o, "by_wiki", wikis_json(i));
	return o;
}

static json_t *rung_json(const struct rung_answer *a)
{
	json_t *o = json_object();

	json_put(o, "rung", a->rung->name);
	json_put(o, "title", a->rung->title);
	json_put(o, "sentence", a->rung->sentence);
	json_put(o, "do", rung_state_name(a->state));
	json_put(o, "by_rule", rung_state_name(a->by_rule));
	json_put(o, "why", a->why);
	if (a->decided) {
		json_put(o, "because", a->decided->because);
		json_put(o, "who", a->decided->who);
	}
	return o;
}

json_t *law_json(const struct law_state *s)
{
	json_t *o = json_object(), *clocks = json_array(), *rungs = json_array();

	json_put_time(o, "at", s->now_us);
	for (uint32_t k = 0; k < s->law->n_authorities; k++) {
		json_t *clock = law_clock_json(&s->deadlines[k]);

		json_object_set_new(clock, "against_severity", json_boolean(law_state_is_bold(s, &s->deadlines[k])));
		json_array_append_new(clocks, clock);
	}
	json_object_set_new(o, "clock", clocks);
	json_object_set_new(o, "scope", scope_json(s->incident, &s->scope));
	json_object_set_new(o, "severity", severity_json(s));
	for (uint32_t k = 0; k < s->law->n_rungs; k++)
		json_array_append_new(rungs, rung_json(&s->rungs[k]));
	json_object_set_new(o, "ladder", rungs);
	json_put(o, "objection", s->objection);
	json_object_set_new(o, "told", told_json(s->incident));
	json_object_set_new(o, "words", words_json(s->incident));
	return o;
}
