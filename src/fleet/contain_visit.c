#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "fleet/contain_parts.h"
#include <string.h>

int64_t contain_now_ms(void)
{
	return clock_mono_us() / 1000;
}

void contain_try(struct held *d, const char *what, const char *answer)
{
	json_t *one = json_object();

	json_put_int(one, "at_us", clock_now_us());
	json_put(one, "what", what);
	json_put(one, "answer", answer);
	if (json_array_size(d->tries) < CONTAIN_TRIES)
		json_array_append_new(d->tries, one);
	else
		json_decref(one);
}

json_t *contain_request(const struct containing *c, const struct held *d)
{
	json_t *j = json_object(), *responders = json_array(), *ports = json_array();

	json_put_int(j, "incident", c->number);
	json_put(j, "level", contain_levels[c->o->level].name);
	json_object_set_new(j, "crowd", json_boolean(c->o->crowd));
	json_object_set_new(j, "loopback", json_boolean(d->words.loopback));
	json_put_int(j, "dead_man_ms", d->words.dead_man_s * 1000);
	for (uint32_t k = 0; k < d->words.n_responders; k++)
		json_array_append_new(responders, json_string(d->words.responders[k]));
	for (uint32_t k = 0; k < d->words.n_ports; k++)
		json_array_append_new(ports, json_integer(d->words.ports[k]));
	json_object_set_new(j, "responders", responders);
	json_object_set_new(j, "ports", ports);
	return j;
}

static enum sched_answer answer_of(const struct visited *r)
{
	switch (r->outcome) {
	case VISIT_DONE:
		return SCHED_DONE;
	case VISIT_FAILED:
		return SCHED_FAILED;
	case VISIT_UNREACHABLE:
		return SCHED_UNREACHABLE;
	case VISIT_UNKNOWN:
		break;
	}
	return SCHED_UNKNOWN;
}

/* Kept are the commands' own objects, as the host's word. */
static void keep(struct held *d, const struct visited *r, const char *command)
{
	const json_t *of = json_object_get(r->answer, command);
	json_t *copy = of ? json_deep_copy(of) : NULL;
	size_t i;
	const json_t *one;

	json_array_foreach(r->tries, i, one)
		contain_try(d, json_str(one, "what"), json_str(one, "answer"));
	if (!copy)
		return;
	json_object_set_new(d->result, command, copy);
	if (r->evidence)
		json_object_set_new(d->result, "evidence", json_deep_copy(r->evidence));
}

static void say(struct held *d, const char *what, const struct visited *r)
{
	if (r->outcome != VISIT_DONE)
		(void)snprintf(d->text, sizeof(d->text), "%s", r->text);
	contain_try(d, what, r->outcome == VISIT_DONE ? "done" : r->text);
}

static void confirm_ended(const struct visit *v, const struct visited *r, void *arg _unused_)
{
	struct held *d = v->arg;
	const char *kept = json_str(json_object_get(r->answer, "confirm"), "kept");

	keep(d, r, "confirm");
	say(d, "confirm over the second path", r);
	if (r->outcome == VISIT_DONE &&
	    (!kept || (strcmp(kept, CONTAIN_KEPT) != 0 && strcmp(kept, CONTAIN_NOT_KEPT) != 0))) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

		text_visible(&b, kept ? kept : "it does not say", kept ? strnlen(kept, 200) : 15);
		(void)snprintf(d->kept, sizeof(d->kept), "%s", buf_text(&b));
	}
	json_decref(d->visit.request);
	d->visit.request = NULL;
	(void)sched_ended(d->run->schedule, contain_now_ms(), SCHED_CONFIRM, (uint32_t)(d - d->run->held),
			  answer_of(r), 0);
}

/* Evidence is taken once: what a second try finds is what the first one left, and the block must not wait for it. */
static void add_evidence(struct containing *c, struct held *d, json_t *request)
{
	struct err e = ERR_INIT;

	fleet_evidence_free(&d->evidence);
	d->evidence = (struct fleet_evidence){ 0 };
	if (d->without_evidence || c->o->action != CONTAIN_ON)
		return;
	if (!c->n_to) {
		contain_try(d, "take evidence", "none is taken: no responder has a key in the register");
		d->without_evidence = true;
		return;
	}
	if (fleet_evidence_place(c->en, c->number, c->en->reg->hosts[d->host].name, &d->evidence, &e) < 0) {
		contain_try(d, "take evidence", e.text);
		d->without_evidence = true;
		return;
	}
	d->visit.evidence = &d->evidence.visit;
	json_object_set_new(request, "evidence", fleet_evidence_request(CONTAIN_EVIDENCE_S));
}

/* What came of it has a row of its own. A host that could not be cut off for it is asked again without. */
static enum sched_answer evidence_ended(struct held *d, const struct visited *r, enum sched_answer answer)
{
	struct containing *c = d->run;
	const char *at = json_str(r->answer, "at");
	bool over_evidence = answer == SCHED_FAILED && ((at && !strcmp(at, "evidence")) ||
							(r->code == ERR_IO && r->effect == EFFECT_NONE));

	if (!d->visit.evidence)
		return answer;
	if (c->failed == 0)
		c->failed = fleet_evidence_row(c->en, c->number, c->en->reg->hosts[d->host].name, &d->evidence, r, NULL,
					       &c->e);
	d->visit.evidence = NULL;
	d->without_evidence |= answer != SCHED_UNREACHABLE;
	return over_evidence ? SCHED_UNREACHABLE : answer;
}

/* What the scout could not read is in its result, too. */
static void ignore(const struct visit *v _unused_, enum wire_type type _unused_, const json_t *line _unused_,
		   void *arg _unused_)
{
}

static void block_ended(const struct visit *v, const struct visited *r, void *arg _unused_)
{
	struct held *d = v->arg;
	const char *command = contain_action_words[d->run->o->action];
	const json_t *of = json_object_get(r->answer, command);
	int64_t left = json_int(of, "left_ms", 0);
	enum sched_answer answer;

	/* a host that has more time than it was given does not tell the truth, and is not believed */
	if (left > d->words.dead_man_s * 1000)
		left = d->words.dead_man_s * 1000;
	keep(d, r, command);
	say(d, command, r);
	answer = evidence_ended(d, r, answer_of(r));
	json_decref(d->visit.request);
	d->visit.request = NULL;
	(void)sched_ended(d->run->schedule, contain_now_ms(), SCHED_BLOCK, (uint32_t)(d - d->run->held), answer, left);
}

static void block(struct containing *c, struct held *d, json_t *request)
{
	const char *command = contain_action_words[c->o->action];

	d->visit.host = &c->en->reg->hosts[d->host];
	if (c->o->action == CONTAIN_ON)
		json_object_set_new(request, "stand", contain_request(c, d));
	add_evidence(c, d, request);
	d->how.line = ignore;
	json_object_set_new(request, command, contain_request(c, d));
	d->how.end = block_ended;
	d->how.ssh_config = c->first_config;
}

void contain_visit(struct containing *c, const struct sched_order *order, struct crew_job *ret)
{
	struct held *d = &c->held[order->host];
	const char *own = d->words.second_config, *usual = c->second_of;
	bool is_usual = !own == !usual && (!own || !strcmp(own, usual));
	json_t *request = json_object();

	d->how = (struct visits){ .warden = c->o->warden, .scout = c->o->scout, .to = c->to, .n_to = c->n_to,
				  .changes = true, .timed = true, .fresh = order->what == SCHED_CONFIRM,
				  .limit_ms = order->limit_ms };
	d->visit = (struct visit){ .request = request, .arg = d };
	if (order->what == SCHED_BLOCK) {
		block(c, d, request);
	} else {
		d->visit.host = &d->second;
		if (order->attempt == 1)
			d->visit.kept = json_str(json_object_get(d->result, "contain"), "kept");
		json_object_set_new(request, "confirm", contain_request(c, d));
		d->how.end = confirm_ended;
		d->how.timed = is_usual;
		d->how.ssh_config = is_usual ? c->second_config : own;
	}
	visit_job(&d->how, &d->visit, ret);
}
