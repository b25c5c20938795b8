#include "fleet/investigate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "fleet/gather.h"
#include "model/clues.h"
#include <string.h>

#define BYTES_MAX (UINT64_C(24) << 20)

struct work {
	const struct engine *en;
	const struct incident *incident;
	const struct investigating *how;
	struct err *e;
	int failed;                    /* the journal could not be written */
};

static json_t *request(const struct investigating *how)
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

static json_t *body_of(const struct work *w, const struct gathered *g, const struct visited *r)
{
	const json_t *logins = json_object_get(r->answer, "logins"), *packages = json_object_get(r->answer, "packages");
	_cleanup_(json_freep) json_t *drift = w->how->drift ? w->how->drift(g->host->name, r->answer, w->how->arg) :
		NULL;
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
	struct gathered *g = v->arg;
	_cleanup_(json_freep) json_t *body = body_of(w, g, r);
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
	gather_free(g);
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
	_cleanup_(json_freep) json_t *ask = request(how);
	_cleanup_(freep) struct gathered *all = mem_zero(n + 1, sizeof(*all));
	_cleanup_(freep) struct visit *list = mem_zero(n + 1, sizeof(*list));
	const struct visits visits = {
		.warden = how->warden, .scout = how->scout, .ssh_config = how->ssh_config, .at_once = how->at_once,
		.limit_ms = how->limit_ms, .bytes_max = BYTES_MAX, .line = gather_line, .end = on_end,
		.progress = on_progress, .arg = &w,
	};

	for (uint32_t k = 0; k < n; k++) {
		gather_begin(&all[k], &en->reg->hosts[hosts[k]], &w);
		list[k] = (struct visit){ .host = all[k].host, .request = ask, .arg = &all[k] };
	}
	int r = fleet_visit(&visits, list, n, e);

	for (uint32_t k = 0; k < n; k++)
		gather_free(&all[k]);
	return r < 0 ? r : w.failed;
}
