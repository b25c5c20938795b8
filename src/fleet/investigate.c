#include "fleet/investigate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "fleet/gather.h"
#include "fleet/investigate_drift.h"
#include "fleet/investigate_plan.h"
#include "model/clues.h"
#include <string.h>

#define BASELINE_MORE_MS 20000          /* of a host's time, for the rest */

struct work {
	const struct engine *en;
	const struct incident *incident;
	const struct investigating *how;
	struct err *e;
	int failed;                    /* the journal could not be written */
	struct fleet_baseline_keys keys;
	struct investigate_plan plan;
};

struct one { struct gathered g; struct drifting drift; json_t *request; };

static json_t *request(const struct investigating *how, bool baseline)
{
	json_t *j = json_object(), *when = json_object(), *only = json_array();

	json_put_int(when, "now_us", clock_now_us());
	json_put_int(when, "from_us", how->from_us);
	json_put_int(when, "until_us", how->until_us);
	json_object_set_new(j, "logins", json_deep_copy(when));
	for (size_t k = 0; k < how->n_packages; k++)
		json_array_append_new(only, json_string(how->packages[k]));
	json_object_set_new(when, "only", only);
	json_object_set_new(j, "packages", when);
	json_object_set_new(j, "held", json_object());
	if (baseline && how->limit_ms > (int64_t)2 * BASELINE_MORE_MS)
		json_object_set_new(j, "baseline",
				    fleet_baseline_request((how->limit_ms - BASELINE_MORE_MS) / 2000, NULL));
	return j;
}

static json_t *trusted(const json_t *answer)
{
	static const char *const commands[] = { "logins", "packages" };
	json_t *all = json_array();

	for (size_t k = 0; k < ARRAY_SIZE(commands); k++) {
		const json_t *list = json_object_get(json_object_get(answer, commands[k]), "trusted");

		for (size_t x = 0; x < json_array_size(list) && x < 20; x++)
			if (json_is_string(json_array_get(list, x)))
				json_array_append_new(all, json_string(json_string_value(json_array_get(list, x))));
	}
	return all;
}

static json_t *body_of(struct work *w, struct one *o, const struct visited *r)
{
	const json_t *logins = json_object_get(r->answer, "logins"), *packages = json_object_get(r->answer, "packages");
	const struct gathered *g = &o->g;
	_cleanup_(json_freep) json_t *drift = drifting_end(&o->drift, r->outcome == VISIT_DONE, g->unread);
	int64_t end_us = json_int(packages, "end_us", json_int(logins, "end_us", 0));
	struct clue_input in = {
		.from_us = w->how->from_us, .until_us = w->how->until_us,
		.suspected_us = w->incident->suspected_us ? w->incident->suspected_us : w->incident->declared_us,
		.off_us = gather_clock_off_us(end_us, clock_now_us()),
		.found = g->found, .unread = g->unread, .drift = drift,
		.logins = json_is_object(logins) ? logins : NULL,
		.packages = json_is_object(packages) ? packages : NULL,
	};
	json_t *body = json_object();

	investigate_plan_host(w->en->reg, &w->plan, (uint32_t)(g->host - w->en->reg->hosts));
	in.plan = &w->plan.of;
	json_put(body, "host", g->host->name);
	json_put(body, "outcome", visit_outcome_name(r->outcome));
	if (r->outcome != VISIT_DONE)
		json_put(body, "text", r->text);
	json_put_int(body, "from_us", in.from_us);
	json_put_int(body, "until_us", in.until_us);
	json_put_int(body, "clock_off_us", in.off_us);
	json_object_set_new(body, "trusted", trusted(r->answer));
	clues_add(body, &in);
	return body;
}

static void on_end(const struct visit *v, const struct visited *r, void *arg)
{
	struct work *w = arg;
	struct one *o = v->arg;
	const struct gathered *g = &o->g;
	_cleanup_(json_freep) json_t *body = body_of(w, o, r);
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	if (w->failed == 0)
		w->failed = text.over ? err_set(w->e, ERR_LIMIT,
			"what '%s' says is more than a row of the journal holds: "
						"ask for a shorter window", g->host->name)
				      : journal_append(w->en->journal, &(struct row){ .kind = ROW_INVESTIGATED,
						       .incident = w->incident->number, .who = w->en->who,
						       .body = buf_text(&text) }, NULL, w->e);
	if (w->failed == 0)
		w->how->tell(g->host, body, w->how->arg);
	gather_free(&o->g);
	drifting_free(&o->drift);
}

static void on_line(const struct visit *v, enum wire_type type, const json_t *line, void *arg)
{
	const struct work *w = arg;
	struct one *o = v->arg;
	struct visit gathering = { .host = v->host, .arg = &o->g };

	if (type != WIRE_FOUND || !drifting_line(&o->drift, &w->keys, line))
		gather_line(&gathering, type, line, arg);
}

static void on_progress(uint32_t done, uint32_t running, uint32_t total, void *arg)
{
	const struct work *w = arg;

	if (w->how->progress)
		w->how->progress(done, running, total, w->how->arg);
}

int fleet_investigate(const struct engine *en, const struct incident *i, const struct investigating *how,
		      const uint32_t *hosts, uint32_t n, struct err *e)
{
	struct work w = { .en = en, .incident = i, .how = how, .e = e };
	_cleanup_(freep) struct one *all = mem_zero(n + 1, sizeof(*all));
	_cleanup_(freep) struct visit *list = mem_zero(n + 1, sizeof(*list));
	const struct visits visits = {
		.warden = how->warden, .scout = how->scout, .ssh_config = how->ssh_config, .at_once = how->at_once,
		.limit_ms = how->limit_ms, .line = on_line, .end = on_end, .progress = on_progress, .arg = &w,
	};
	int r = fleet_baseline_keys(en, &w.keys, e);

	if (r == 0)
		r = investigate_plan_begin(en, i, &w.plan, e);
	if (r < 0)
		return r;
	for (uint32_t k = 0; k < n; k++) {
		const struct host *host = &en->reg->hosts[hosts[k]];

		gather_begin(&all[k].g, host, &w);
		drifting_begin(en, &w.keys, host->name, &all[k].drift);
		all[k].request = request(how, all[k].drift.before);
		list[k] = (struct visit){ .host = host, .request = all[k].request, .arg = &all[k] };
	}
	r = fleet_visit(&visits, list, n, e);
	for (uint32_t k = 0; k < n; k++) {
		gather_free(&all[k].g);
		drifting_free(&all[k].drift);
		json_decref(all[k].request);
	}
	investigate_plan_free(&w.plan);
	explicit_bzero(&w.keys, sizeof(w.keys));
	return r < 0 ? r : w.failed;
}
