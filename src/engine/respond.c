#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/mailed.h"
#include "engine/run.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define TICK_US UINT64_C(1000000)

void run_broken(struct run *r, const struct err *e)
{
	if (!r->broken)
		r->failure = *e;
	r->broken = r->stopping = true;
}

static int on_signal(sd_event_source *s _unused_, const struct signalfd_siginfo *si _unused_, void *arg)
{
	struct run *r = arg;

	if (r->interrupted) {
		deeds_kill(r);
		sd_event_exit(r->loop, 0);
		return 0;
	}
	r->interrupted = r->stopping = true;
	if (!r->running)
		sd_event_exit(r->loop, 0);
	return 0;
}

static int append(struct run *r, enum row_kind kind, json_t *body, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	json_decref(body);
	return journal_append(r->en->journal, &(struct row){ .kind = kind, .incident = r->number, .who = r->en->who,
			      .body = buf_text(&text) }, NULL, e);
}

struct claims {
	struct run *r;
	const char *secret;             /* in hand */
	int64_t holder;
};

static int find_holder(const struct row *row, void *arg)
{
	struct claims *c = arg;
	_cleanup_(json_freep) json_t *body = NULL;
	struct err ignored = ERR_INIT;
	const char *secret;

	if (row->kind == ROW_CLOSED && row->incident == c->holder)
		c->holder = 0;
	if (row->kind != ROW_CLAIMED && row->kind != ROW_RELEASED)
		return 0;
	if (json_read("row", row->body, strlen(row->body), ROW_BODY_MAX, &body, &ignored) < 0)
		return 0;
	secret = json_str(body, "secret");
	if (secret && !strcmp(secret, c->secret))
		c->holder = row->kind == ROW_CLAIMED ? row->incident : 0;
	return 0;
}

static bool is_claimed_by_us(const struct run *r, const char *secret)
{
	for (uint32_t i = 0; i < r->incident->n_claimed; i++)
		if (!strcmp(r->incident->claimed[i], secret))
			return true;
	return false;
}

/* One incident at a time works on a secret: two rotations of one value would each undo the other's proof. */
static int claim_one(struct run *r, const char *secret, struct err *e)
{
	struct claims c = { r, secret, 0 };
	json_t *body;
	int x;

	if (is_claimed_by_us(r, secret))
		return 0;
	x = journal_each(r->en->journal, 0, 0, find_holder, &c, e);
	if (x < 0)
		return x;
	if (c.holder && c.holder != r->number)
		return err_set(e, ERR_CONFLICT, "incident %lld is working on '%s': finish it first (firebreak respond "
			       "%lld), or leave the secret out of this one with --skip", (long long)c.holder, secret,
			       (long long)c.holder);
	body = json_object();
	json_put(body, "secret", secret);
	return append(r, ROW_CLAIMED, body, e);
}

/* New steps of the plan, claims and the responder's start: together or not at all. */
static int write_start(struct journal *j _unused_, void *arg, struct err *e)
{
	struct run *r = arg;
	json_t *body;
	int x = plan_adopt(r->en, r->incident, r->plan, e);

	for (uint32_t k = 0; x == 0 && k < r->plan->n; k++)
		if (r->plan->steps[k].what == DO_VALUES && !outcome_is_settled(r->track[k].outcome))
			x = claim_one(r, r->en->reg->secrets[r->plan->steps[k].secret].name, e);
	if (x < 0)
		return x;
	body = json_object();
	json_put_int(body, "pid", getpid());
	json_put_int(body, "at_once", r->o->at_once);
	return append(r, ROW_STARTED, body, e);
}

static bool is_wanted(const struct run *r, const char *id)
{
	for (size_t i = 0; i < r->o->n_only; i++)
		if (!strcmp(r->o->only[i], id))
			return true;
	return !r->o->only;
}

/* "Neither" went to a person: the service is asked again before anything, however often `respond` is called. */
static bool failed_unseen(const struct step_state *s)
{
	const char *effect = s->n_deeds ? s->deeds[s->n_deeds - 1].effect : NULL;

	return s->outcome == OUTCOME_FAILED && effect && !strcmp(effect, effect_name(EFFECT_UNKNOWN));
}

static void load_track(struct run *r)
{
	r->track = mem_zero(r->plan->n + 1, sizeof(*r->track));
	for (uint32_t i = 0; i < r->plan->n; i++) {
		const struct step_state *s = incident_step(r->incident, r->plan->steps[i].id);
		struct track *t = &r->track[i];

		t->wanted = is_wanted(r, r->plan->steps[i].id);
		if (!s)
			continue;
		t->outcome = s->outcome;
		t->attempt = s->n_deeds;
		t->must_probe = s->outcome == OUTCOME_STARTED || s->outcome == OUTCOME_UNKNOWN || failed_unseen(s);
	}
}

/* A row that was damaged or edited could say that a step is done that is not. */
static int trust_journal(const struct run *r, struct err *e)
{
	int x = journal_verify(r->en->journal, NULL, NULL, e);

	if (x != -ERR_CONFLICT)
		return x;
	e->code = ERR_CONFIG;
	err_wrap(e, "nothing was begun: copy the whole folder of the journal away before anything else");
	return -ERR_CONFIG;
}

static int prepare(struct run *r, struct err *e)
{
	_cleanup_(freep) char *key = fs_join(r->en->state_folder, "journal.key");
	struct digest_key installation;
	int x = trust_journal(r, e);

	if (x == 0)
		x = engine_incident(r->en->journal, r->number, &r->incident, e);
	if (x == 0 && r->incident->closed_us)
		return err_set(e, ERR_REFUSED, "incident %lld is closed", (long long)r->number);
	if (x == 0)
		x = engine_plan(r->en, r->incident, &r->plan, e);
	if (x == 0)
		x = engine_responders(r->en->reg, r->o->key, r->to, &r->n_to, e);
	if (x == 0)
		x = digest_key_open(key, false, &installation, e);
	if (x < 0)
		return x;
	digest_key_for(&installation, "tag", &r->tag_key);
	r->since_us = r->incident->suspected_us;
	r->clones = fs_join(r->en->state_folder, "clones");
	r->control = fs_join(r->en->state_folder, "control");
	r->repository_busy = mem_zero(r->en->reg->n_repositories + 1, sizeof(bool));
	r->heads = mem_zero(r->en->reg->n_repositories + 1, sizeof(*r->heads));
	r->rows = mem_zero(2 * (size_t)r->plan->n + 1, sizeof(*r->rows));
	load_track(r);
	x = fs_mkdirs(r->clones, 0700, e);
	if (x == 0)
		x = fs_mkdirs(r->control, 0700, e);
	return x == 0 ? values_load(r, e) : x;
}

static int on_tick(sd_event_source *s, uint64_t at, void *arg)
{
	rows_tick(arg);
	sd_event_source_set_time(s, at + TICK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int loop(struct run *r, struct err *e)
{
	sigset_t signals;
	int x;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (sd_event_new(&r->loop) < 0 || sd_event_add_signal(r->loop, NULL, SIGINT, on_signal, r) < 0 ||
	    sd_event_add_signal(r->loop, NULL, SIGTERM, on_signal, r) < 0 ||
	    sd_event_add_time(r->loop, &r->tick, CLOCK_MONOTONIC, (uint64_t)clock_mono_us() + TICK_US, 0, on_tick,
			      r) < 0)
		return err_set(e, ERR_IO, "the event loop could not be set up");
	schedule(r);
	x = sd_event_loop(r->loop);
	return x < 0 ? err_set(e, ERR_IO, "the event loop ended: %s", strerror(-x)) : 0;
}

/* Secrets of which no step of ours is left are free for other incidents. */
static int release(struct journal *j _unused_, void *arg, struct err *e)
{
	struct run *r = arg;
	int x = 0;

	for (uint32_t k = 0; x == 0 && k < r->plan->n; k++) {
		uint32_t secret = r->plan->steps[k].secret;
		bool open = false;

		if (r->plan->steps[k].what != DO_VALUES)
			continue;
		for (uint32_t i = 0; i < r->plan->n; i++)
			open = open || (r->plan->steps[i].secret == secret && !r->plan->steps[i].person &&
					!outcome_is_settled(r->track[i].outcome));
		/* What an earlier run let go of, and this one did not take in hand, is not ours to let go of. */
		if (open || !(is_claimed_by_us(r, r->en->reg->secrets[secret].name) || r->track[k].tries))
			continue;
		json_t *body = json_object();

		json_put(body, "secret", r->en->reg->secrets[secret].name);
		x = append(r, ROW_RELEASED, body, e);
	}
	return x;
}

static void run_free(struct run *r)
{
	values_free(r);
	if (r->rows)
		rows_free(r);
	for (uint32_t i = 0; r->track && i < r->plan->n; i++)
		issued_drop(&r->track[i]);
	free(r->heads);
	free(r->track);
	free(r->repository_busy);
	free(r->clones);
	free(r->control);
	sd_event_source_disable_unref(r->again);
	sd_event_source_disable_unref(r->tick);
	sd_event_unref(r->loop);
	plan_free(r->plan);
	incident_free(r->incident);
}

int engine_respond(const struct engine *en, int64_t number, const struct respond_options *o, struct respond_result *ret,
		   struct err *e)
{
	_cleanup_(run_free) struct run r = { .en = en, .o = o, .number = number };
	_cleanup_(closep) int lock = -1;
	uint32_t found = 0;
	_cleanup_(freep) char *path = mem_printf("%s/incident-%lld.lock", en->state_folder, (long long)number);
	int x = fs_lock(path, &lock, e);

	if (x == -ERR_CONFLICT)
		return err_set(e, ERR_CONFLICT, "another responder is running incident %lld on this machine; "
			       "`firebreak status %lld` shows how far it is", (long long)number, (long long)number);
	if (x == 0)
		x = prepare(&r, e);
	if (x == 0)
		x = journal_alone(en->journal, write_start, &r, e);
	if (x == 0)
		x = loop(&r, e);
	if (x == 0 && r.broken) {
		*e = r.failure;
		return -(int)e->code;
	}
	if (x == 0)
		x = journal_alone(en->journal, release, &r, e);
	if (x == 0 && r.found)
		x = adopt_found(en, number, r.plan, &found, e);
	if (x == 0)
		run_sum_up(&r, found, ret);
	return x;
}
