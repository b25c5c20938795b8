#include "fleet/posture.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "fleet/gather.h"
#include <string.h>

struct work { const struct engine *en; const struct postures *how; struct err *e; int failed; };

/* What was not read of the packages could have made the claim about updates false. */
static void add_unread(json_t *facts, const json_t *unread)
{
	json_t *updates = json_object_get(facts, "updates"), *list = json_array();

	for (size_t k = 0; k < json_array_size(unread) && k < 50; k++) {
		const char *what = json_str(json_array_get(unread, k), "what");

		if (what && (text_starts(what, "/var/lib/") || strcmp(what, "packages") == 0))
			json_array_append_new(list, json_string(what));
	}
	if (json_is_object(updates))
		json_object_set(updates, "not_read", list);
	json_decref(list);
}

static json_t *claims_json(const struct posture *p)
{
	json_t *list = json_array();

	for (int k = 0; k < CLAIMS; k++) {
		const struct claim_state *c = &p->claims[k];
		json_t *one = json_object(), *said = json_array();

		json_put(one, "claim", claim_facts[k].id);
		json_put(one, "result", claim_result_names[c->result]);
		for (uint32_t s = 0; s < c->n_said; s++) {
			json_t *line = json_object();

			json_put(line, "result", claim_result_names[c->said[s].result]);
			json_put(line, "text", c->said[s].text);
			json_array_append_new(said, line);
		}
		json_object_set_new(one, "said", said);
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *body_of(const struct work *w, const struct gathered *g, const struct visited *r)
{
	const json_t *answer = json_object_get(r->answer, "posture");
	_cleanup_(json_freep) json_t *facts = json_is_object(answer) ? json_deep_copy(answer) : json_object();
	json_t *body = json_object();
	struct posture p;

	add_unread(facts, g->unread);
	posture_judge(facts, w->how->rules, json_int(answer, "now_us", clock_now_us()), &p);
	json_put(body, "host", g->host->name);
	json_put(body, "outcome", visit_outcome_name(r->outcome));
	if (r->outcome != VISIT_DONE)
		json_put(body, "text", r->text);
	json_put_int(body, "clock_off_us", gather_clock_off_us(json_int(answer, "end_us", 0), clock_now_us()));
	json_object_set_new(body, "claims", claims_json(&p));
	if (json_is_array(json_object_get(answer, "trusted")))
		json_object_set(body, "trusted", json_object_get(answer, "trusted"));
	posture_free(&p);
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
		w->failed = journal_append(w->en->journal, &(struct row){ .kind = ROW_POSTURE, .who = w->en->who,
					   .body = buf_text(&text) }, NULL, w->e);
	if (w->failed == 0)
		w->how->tell(g->host, body, g->unread, w->how->arg);
	gather_free(g);
}

int fleet_posture(const struct engine *en, const struct postures *how, const uint32_t *hosts, uint32_t n,
		  struct err *e)
{
	struct work w = { .en = en, .how = how, .e = e };
	_cleanup_(json_freep) json_t *ask = json_object();
	_cleanup_(freep) struct gathered *all = mem_zero(n + 1, sizeof(*all));
	_cleanup_(freep) struct visit *list = mem_zero(n + 1, sizeof(*list));
	const struct visits visits = {
		.warden = how->warden, .scout = how->scout, .ssh_config = how->ssh_config, .at_once = how->at_once,
		.limit_ms = how->limit_ms, .changes = how->try_ban, .line = gather_line, .end = on_end, .arg = &w,
	};
	json_t *one = json_object();

	json_object_set_new(one, "try_ban", json_boolean(how->try_ban));
	json_object_set_new(ask, "posture", one);
	for (uint32_t k = 0; k < n; k++) {
		gather_begin(&all[k], &en->reg->hosts[hosts[k]], &w);
		list[k] = (struct visit){ .host = all[k].host, .request = ask, .arg = &all[k] };
	}
	int r = fleet_visit(&visits, list, n, e);

	for (uint32_t k = 0; k < n; k++)
		gather_free(&all[k]);
	return r < 0 ? r : w.failed;
}

struct keeping { json_t *all; struct err *e; };

static int keep(const struct row *row, void *arg)
{
	struct keeping *k = arg;
	json_t *body = NULL;

	if (row->kind != ROW_POSTURE)
		return 0;
	int r = json_read("row", row->body, strlen(row->body), ROW_BODY_MAX, &body, k->e);

	if (r < 0)
		return err_wrap(k->e, "journal row %lld", (long long)row->seq);
	json_put_int(body, "at_us", row->at_us);
	if (json_str(body, "host"))
		json_object_set(k->all, json_str(body, "host"), body);
	json_decref(body);
	return 0;
}

int fleet_posture_kept(struct journal *j, json_t **ret, struct err *e)
{
	_cleanup_(json_freep) json_t *all = json_object();
	struct keeping k = { all, e };
	int r = journal_each(j, 0, 0, keep, &k, e);

	if (r == 0)
		*ret = TAKE(all);
	return r;
}
