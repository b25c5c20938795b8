#include "fleet/contain.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/mailed.h"
#include "fleet/contain_parts.h"
#include "fleet/hurry.h"
#include <string.h>

static void containing_end(struct containing *c)
{
	for (uint32_t k = 0; k < c->n; k++) {
		struct held *d = &c->held[k];

		contain_host_free(&d->words);
		json_decref(d->tries);
		json_decref(d->result);
		json_decref(d->visit.request);
		fleet_evidence_free(&d->evidence);
	}
	free(c->held);
	free(c->settled);
	sched_free(c->schedule);
	free(c->first_config);
	free(c->second_config);
}

static int append(const struct containing *c, enum row_kind kind, const json_t *body, int64_t *ret_seq, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	return journal_append(c->en->journal, &(struct row){ .kind = kind, .incident = c->number, .who = c->en->who,
			      .body = buf_text(&text) }, ret_seq, e);
}

/* We hold the lock: whoever wrote these intents is gone. */
static int close_what_was_cut_short(struct containing *c, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	int r = engine_incident(c->en->journal, c->number, &i, e);

	if (r == 0 && i->closed_us && c->o->action == CONTAIN_ON)
		return err_set(e, ERR_USAGE, "incident %lld is closed: declare it anew", (long long)c->number);
	for (uint32_t k = 0; r == 0 && k < i->contain.n; k++) {
		const struct contained *a = &i->contain.list[k];
		_cleanup_(json_freep) json_t *body = json_object();

		if (a->outcome != CONTAIN_STARTED)
			continue;
		json_put_int(body, "containing", a->seq);
		json_put(body, "outcome", contain_outcome_word(a->action, CONTAIN_UNKNOWN));
		json_put(body, "text", "the run that did it ended before it knew; the host tells at the next one");
		r = append(c, ROW_CONTAINED, body, NULL, e);
		c->counts->left_unknown++;
	}
	return r;
}

static int write_intents(struct journal *j _unused_, void *arg, struct err *e)
{
	struct containing *c = arg;
	int r = 0;

	for (uint32_t k = 0; r == 0 && k < c->n; k++) {
		_cleanup_(json_freep) json_t *body = json_object();
		_cleanup_(freep) char *label = mem_printf("firebreak incident %lld %s", (long long)c->number,
							  contain_levels[c->o->level].name);

		json_put(body, "host", c->en->reg->hosts[c->held[k].host].name);
		json_put(body, "action", contain_action_words[c->o->action]);
		json_put(body, "level", contain_levels[c->o->level].name);
		json_put(body, "label", contain_levels[c->o->level].rules ? label : NULL);
		if (c->o->crowd)
			json_object_set_new(body, "crowd", json_true());
		r = append(c, ROW_CONTAINING, body, &c->held[k].seq, e);
	}
	return r;
}

static void count(struct contain_counts *n, enum contain_outcome outcome)
{
	n->proven += outcome == CONTAIN_PROVEN;
	n->failed += outcome == CONTAIN_FAILED;
	n->unreachable += outcome == CONTAIN_UNREACHABLE;
	n->unknown += outcome == CONTAIN_UNKNOWN;
}

static int settle(struct containing *c, const struct sched_order *order)
{
	struct held *d = &c->held[order->host];
	_cleanup_(json_freep) json_t *body = json_object();
	const struct contain_told told = { .action = c->o->action, .level = c->o->level, .crowd = c->o->crowd,
					   .outcome = order->outcome, .blocked = order->blocked,
					   .confirmed = order->confirmed, .result = d->result, .kept = d->kept };
	bool stands;
	enum contain_outcome outcome = contain_verdict(&told, &stands, d->text);
	int r;

	if (outcome == CONTAIN_PROVEN)
		contain_beside(d);
	json_put_int(body, "containing", d->seq);
	json_put(body, "outcome", contain_outcome_word(c->o->action, outcome));
	json_put(body, "text", d->text);
	json_object_set_new(body, "stands", json_boolean(stands));
	json_object_set(body, "tries", d->tries);
	json_object_set(body, "result", d->result);
	r = append(c, ROW_CONTAINED, body, NULL, &c->e);
	if (r < 0)
		return r;
	d->outcome = outcome;
	d->stands = stands;
	c->settled[c->n_settled++] = order->host;
	return 0;
}

static int settle_those(struct journal *j _unused_, void *arg, struct err *e _unused_)
{
	struct containing *c = arg;
	int r = 0;

	while (r == 0 && c->order.what == SCHED_SETTLED) {
		r = settle(c, &c->order);
		sched_next(c->schedule, contain_now_ms(), &c->order);
	}
	return r;
}

/* All that are decided in this moment: one wait for the disk, and nobody is told of a row that is not on it. */
static int settle_all(struct containing *c)
{
	int r;

	c->n_settled = 0;
	r = journal_alone(c->en->journal, settle_those, c, &c->e);
	for (uint32_t k = 0; r == 0 && k < c->n_settled; k++) {
		const struct held *d = &c->held[c->settled[k]];

		count(c->counts, d->outcome);
		c->o->tell(&(struct contain_now){ c->en->reg->hosts[d->host].name, d->text, c->o->action, d->outcome,
			   d->stands, clock_mono_us() - d->began_us }, c->o->arg);
	}
	return r;
}

static enum crew_next next(struct crew_job *ret, int64_t *ret_wake_ms, void *arg)
{
	struct containing *c = arg;
	const struct sched_order *order = &c->order;

	while (c->failed == 0) {
		sched_next(c->schedule, contain_now_ms(), &c->order);
		if (order->what == SCHED_SETTLED && (c->failed = settle_all(c)) < 0)
			break;
		switch (order->what) {
		case SCHED_BLOCK:
		case SCHED_CONFIRM:
			contain_visit(c, order, ret);
			return CREW_JOB;
		case SCHED_PROBE:
			if (contain_probe(c, order, ret))
				return CREW_JOB;
			break;
		case SCHED_SETTLED:
			break;
		case SCHED_WAIT:
			*ret_wake_ms = order->wake_ms > 0 ? order->wake_ms : 0;
			return CREW_WAIT;
		case SCHED_OVER:
			return CREW_OVER;
		}
	}
	return CREW_OVER;
}

static int check_all(const struct containing *c, struct err *e)
{
	bool confirmed = c->o->action == CONTAIN_ON && !c->o->crowd;

	for (uint32_t k = 0; k < c->o->n; k++) {
		int r = contain_host_can(c->en->reg, c->o->hosts[k], c->o->level, confirmed, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static void make_hosts(struct containing *c)
{
	_cleanup_(freep) struct sched_host *hosts = mem_zero(c->o->n + 1, sizeof(*hosts));
	const struct contain_facts *level = &contain_levels[c->o->level];

	c->n = c->o->n;
	c->held = mem_zero(c->n + 1, sizeof(*c->held));
	c->settled = mem_zero(c->n + 1, sizeof(*c->settled));
	for (uint32_t k = 0; k < c->n; k++) {
		struct held *d = &c->held[k];

		*d = (struct held){ .run = c, .host = c->o->hosts[k], .tries = json_array(), .result = json_object(),
				    .began_us = clock_mono_us() };
		contain_host_of(c->en->reg, d->host, &d->words);
		d->second = c->en->reg->hosts[d->host];
		d->second.address = d->words.second;
		hosts[k] = (struct sched_host){ .confirm = level->rules && !c->o->crowd && c->o->action == CONTAIN_ON,
						.probe = c->o->level != LEVEL_SESSIONS };
		while (c->held[hosts[k].group].words.probe != d->words.probe)
			hosts[k].group++;
	}
	c->schedule = sched_new(&sched_usual, hosts, c->n);
}

static int make_folders(const struct engine *en, struct err *e)
{
	static const char *const names[] = { "contain/first", "contain/second" };
	int r = 0;

	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(names); k++) {
		_cleanup_(freep) char *folder = fs_join(en->state_folder, names[k]);

		r = fs_mkdirs(folder, 0700, e);
	}
	return r;
}

/* How ssh is told to go: in a hurry, by each of the two paths. */
static int make_ways(struct containing *c, struct err *e)
{
	_cleanup_(freep) char *first = fs_join(c->en->state_folder, "contain/first");
	_cleanup_(freep) char *second = fs_join(c->en->state_folder, "contain/second");
	int r = make_folders(c->en, e);

	if (r == 0)
		r = hurry_config(first, c->en->reg->ssh_config, &c->first_config, e);
	c->second_of = c->n ? c->held[0].words.second_config : NULL;
	return r == 0 ? hurry_config(second, c->second_of, &c->second_config, e) : r;
}

int contain_run(const struct engine *en, int64_t number, const struct contain_options *o, struct contain_counts *ret,
		struct err *e)
{
	_cleanup_(freep) char *path = mem_printf("%s/contain-%lld.lock", en->state_folder, (long long)number);
	_cleanup_(containing_end) struct containing c = { .en = en, .o = o, .number = number, .counts = ret };
	const struct crew_source source = { .next = next, .total = o->n, .arg = &c };
	_cleanup_(closep) int lock = -1;
	int r;

	*ret = (struct contain_counts){ 0 };
	r = check_all(&c, e);
	if (r < 0)
		return r;
	r = fs_lock(path, &lock, e);
	if (r == -ERR_CONFLICT)
		return err_set(e, ERR_CONFLICT, "another run contains or releases hosts in incident %lld",
			       (long long)number);
	if (r < 0)
		return r;
	make_hosts(&c);
	if (engine_responders(en->reg, NULL, c.to, &c.n_to, NULL) < 0)
		c.n_to = 0;
	if ((r = close_what_was_cut_short(&c, e)) < 0 || (r = make_ways(&c, e)) < 0 ||
	    (r = journal_alone(en->journal, write_intents, &c, e)) < 0 || (r = crew_run_source(&source, NULL, e)) < 0)
		return r;
	if (c.failed < 0 && e)
		*e = c.e;
	return c.failed;
}
