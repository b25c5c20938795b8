/* The loop: which mailer gets the next batch, and when. */
#include "notify/mailing.h"
#include "base/clock.h"
#include "base/mem.h"
#include "notify/mailing_parts.h"
#include <signal.h>
#include <string.h>
#include <systemd/sd-event.h>

/* Longer than a relay may take for one batch (SMTP_LIMITS), and then some. */
#define BATCH_LIMIT_MS INT64_C(1800000)

static void fail(struct run *r, int x, const struct err *e)
{
	if (r->result == 0) {
		r->result = x;
		r->why = *e;
	}
	r->stop = true;
}

static void on_line(enum wire_type type, const json_t *line, void *arg)
{
	struct lane *b = arg;
	struct mailed m;

	if (type != WIRE_MAILED || mailed_read(line, &m, NULL) < 0 || m.id != b->batch || !b->busy)
		return;
	if (m.state == MAILED_OFFERING) {
		b->offering = true;
		return;
	}
	json_decref(b->answer);
	b->answer = json_incref((json_t *)(uintptr_t)line);
}

static void on_done(struct worker_result *result, void *arg)
{
	struct lane *b = arg;

	b->worker = NULL;
	b->gone = b->busy && !b->answer;
	if (!result->ok && result->result)
		fail(b->run, -(int)result->code, &(struct err){ .code = result->code });
	if (!result->ok && result->result)
		(void)snprintf(b->run->why.text, sizeof(b->run->why.text), "%.490s", result->text);
}

static int start(struct run *r, struct lane *b, struct err *e)
{
	int x;

	if (b->worker)
		return 0;
	x = worker_start_to_tell(r->loop, r->o->program, r->job, &r->secrets, BATCH_LIMIT_MS, on_done, b, &b->worker,
				 e);
	if (x == 0)
		worker_listen(b->worker, on_line, b);
	return x;
}

static int settle(struct run *r, struct lane *b, int64_t now_us, struct err *e)
{
	int x = batch_settle(r, b, now_us, e);

	json_decref(b->answer);
	b->answer = NULL;
	b->busy = b->gone = b->offering = false;
	b->n = 0;
	return x;
}

static uint32_t how_many(const struct run *r, int64_t now_us)
{
	uint32_t rate = r->o->per_minute;

	if (r->stop || now_us < r->pause_us || (rate && now_us < r->may_us))
		return 0;
	return rate && rate < SMTP_TO_MAX ? rate : SMTP_TO_MAX;
}

static void count_rate(struct run *r, uint32_t n, int64_t now_us)
{
	if (r->o->per_minute)
		r->may_us = (r->may_us > now_us ? r->may_us : now_us) + (int64_t)n * 60000000 / r->o->per_minute;
}

static uint32_t usable(const struct run *r)
{
	/* A wrong password is tried once and not by each of them. */
	return r->taken ? r->o->at_once : 1;
}

static bool can_begin(const struct run *r, int64_t now_us)
{
	if (!how_many(r, now_us) || r->counts.of[LEDGER_PLANNED] + r->counts.of[LEDGER_DEFERRED] == 0)
		return false;
	for (uint32_t k = 0; k < usable(r); k++)
		if (!r->lane[k].busy)
			return true;
	return false;
}

/* All outcomes that came and all intents that can follow: one wait for the disk. */
static int write_down(struct run *r, int64_t now_us, struct err *e)
{
	int x = ledger_begin(r->l, e);

	for (uint32_t k = 0; x == 0 && k < r->o->at_once; k++)
		if (r->lane[k].answer || r->lane[k].gone)
			x = settle(r, &r->lane[k], now_us, e);
	for (uint32_t k = 0; x == 0 && k < usable(r); k++) {
		struct lane *b = &r->lane[k];
		uint32_t max = how_many(r, now_us);

		if (b->busy || !max)
			continue;
		x = batch_take(r, b, max, now_us, e);
		if (x == 0 && !b->n)
			break;
		count_rate(r, b->n, now_us);
	}
	if (x == 0)
		return ledger_keep(r->l, e);
	ledger_drop(r->l);
	return x;
}

static int tell_mailers(struct run *r, struct err *e)
{
	for (uint32_t k = 0; k < r->o->at_once; k++) {
		struct lane *b = &r->lane[k];
		_cleanup_(json_freep) json_t *line = TAKE(b->line);
		int x;

		if (!line)
			continue;
		x = start(r, b, e);
		if (x == 0) {
			worker_again(b->worker, BATCH_LIMIT_MS);
			x = worker_tell(b->worker, line, e);
		}
		b->busy = true;
		b->gone = x < 0;
		if (x < 0)
			return x;
	}
	return 0;
}

static uint32_t running(const struct run *r)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < r->o->at_once; k++)
		n += r->lane[k].busy;
	return n;
}

static bool has_news(const struct run *r)
{
	for (uint32_t k = 0; k < r->o->at_once; k++)
		if (r->lane[k].answer || r->lane[k].gone)
			return true;
	return false;
}

static void hush_all(struct run *r)
{
	for (uint32_t k = 0; k < r->o->at_once; k++)
		if (r->lane[k].worker && !r->lane[k].busy)
			worker_hush(r->lane[k].worker);
}

static bool all_gone(const struct run *r)
{
	for (uint32_t k = 0; k < r->o->at_once; k++)
		if (r->lane[k].worker)
			return false;
	return true;
}

/* When something can be done again that cannot be done now; 0: never. */
static int next_moment(struct run *r, int64_t now_us, int64_t *ret, struct err *e)
{
	int64_t due = 0, at = 0;
	int x = ledger_next_due(r->l, &due, e);

	*ret = 0;
	if (x < 0 || r->stop || r->counts.of[LEDGER_PLANNED] + r->counts.of[LEDGER_DEFERRED] == 0)
		return x;
	if (!r->counts.of[LEDGER_PLANNED] && due > now_us && !r->o->wait)
		return 0;
	at = !r->counts.of[LEDGER_PLANNED] && due > now_us ? due : now_us;
	if (at < r->pause_us)
		at = r->pause_us;
	if (at < r->may_us && r->o->per_minute)
		at = r->may_us;
	*ret = at;
	return 0;
}

static int pump(struct run *r, struct err *e)
{
	int64_t now_us = clock_now_us(), next = 0;
	bool news = has_news(r);
	int x = 0;

	if (news || can_begin(r, now_us))
		x = write_down(r, now_us, e);
	if (x == 0)
		x = tell_mailers(r, e);
	if (x == 0 && !running(r))
		x = next_moment(r, now_us, &next, e);
	if (x < 0)
		return x;
	if (r->o->tell && (news || next))
		r->o->tell(&(struct mailing_progress){ r->counts, running(r), next > now_us ? next : 0 }, r->o->arg);
	if (!running(r) && !next)
		hush_all(r);
	if (!running(r) && !next && all_gone(r))
		(void)sd_event_exit(r->loop, 0);
	return 0;
}

static int on_tick(sd_event_source *s, uint64_t at, void *arg)
{
	struct run *r = arg;
	struct err e = ERR_INIT;
	int x = pump(r, &e);

	if (x < 0) {
		fail(r, x, &e);
		/* The ledger cannot be written: what is under way stays an intent, and nothing more begins. */
		(void)sd_event_exit(r->loop, 0);
	}
	sd_event_source_set_time(s, at + 50000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* Behind all answers that are there already: they go to disk together. */
static int on_news(sd_event_source *s _unused_, void *arg)
{
	struct run *r = arg;
	struct err e = ERR_INIT;
	int x = has_news(r) ? pump(r, &e) : 0;

	if (x < 0) {
		fail(r, x, &e);
		(void)sd_event_exit(r->loop, 0);
	}
	return 0;
}

static int on_signal(sd_event_source *s _unused_, const struct signalfd_siginfo *si _unused_, void *arg)
{
	struct run *r = arg;

	/* The second time the mailers end at once: what they were at is not known then. */
	if (r->interrupted)
		(void)sd_event_exit(r->loop, 0);
	r->interrupted = r->stop = true;
	return 0;
}

static int set_up(struct run *r, struct err *e)
{
	uint64_t now = (uint64_t)clock_mono_us();
	sd_event_source *post = NULL;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sd_event_new(&r->loop) < 0 || sd_event_add_signal(r->loop, NULL, SIGINT, on_signal, r) < 0 ||
	    sd_event_add_signal(r->loop, NULL, SIGTERM, on_signal, r) < 0 ||
	    sd_event_add_time(r->loop, NULL, CLOCK_MONOTONIC, now, 1000, on_tick, r) < 0 ||
	    sd_event_add_post(r->loop, &post, on_news, r) < 0 || sd_event_source_set_floating(post, true) < 0 ||
	    sd_event_source_set_priority(post, SD_EVENT_PRIORITY_IDLE) < 0)
		return err_set(e, ERR_IO, "the event loop could not be set up");
	sd_event_source_unref(post);
	if (r->o->password)
		wire_secrets_add(&r->secrets, MAIL_SECRET, secret_copy(r->o->password));
	return mail_job(&r->o->way, BATCH_LIMIT_MS, &r->job, e);
}

/* Mailers that are still there end here; what they were at is settled by what they have said. */
static void end(struct run *r)
{
	for (uint32_t k = 0; k < MAILING_AT_ONCE_MAX; k++) {
		if (r->lane[k].worker)
			worker_kill(r->lane[k].worker);
		json_decref(r->lane[k].answer);
		json_decref(r->lane[k].line);
	}
	wire_secrets_free(&r->secrets);
	json_decref(r->job);
	sd_event_unref(r->loop);
}

static int last_words(struct run *r, struct err *e)
{
	int x;

	for (uint32_t k = 0; k < r->o->at_once; k++)
		if (r->lane[k].worker)
			worker_kill(r->lane[k].worker);
	if (!has_news(r))
		return 0;
	x = ledger_begin(r->l, e);
	for (uint32_t k = 0; x == 0 && k < r->o->at_once; k++)
		if (r->lane[k].answer || r->lane[k].gone)
			x = settle(r, &r->lane[k], clock_now_us(), e);
	return x < 0 ? x : ledger_keep(r->l, e);
}

/* As many as there is work for, at once: while the first one tries for all, the others load. A mailer does not connect
 * before it has a message. */
static int start_all(struct run *r, struct err *e)
{
	int64_t people = r->counts.of[LEDGER_PLANNED];
	int x = 0;

	for (uint32_t k = 0; x == 0 && k < r->o->at_once && people > (int64_t)k * SMTP_TO_MAX; k++)
		x = start(r, &r->lane[k], e);
	return x;
}

int mailing_send(struct ledger *l, const struct mailing_options *o, struct mailing_result *ret, struct err *e)
{
	_cleanup_(end) struct run r = { .l = l, .o = o, .why = ERR_INIT };
	int64_t due = 0;
	int x;

	*ret = (struct mailing_result){ 0 };
	for (uint32_t k = 0; k < MAILING_AT_ONCE_MAX; k++)
		r.lane[k].run = &r;
	x = set_up(&r, e);
	if (x == 0)
		x = ledger_count(l, &r.counts, e);
	if (x == 0)
		x = start_all(&r, e);
	if (x == 0 && sd_event_loop(r.loop) < 0)
		x = err_set(e, ERR_IO, "the event loop failed");
	if (x == 0 && r.result < 0) {
		x = r.result;
		if (e)
			*e = r.why;
	}
	if (running(&r))
		(void)last_words(&r, NULL);
	ret->interrupted = r.interrupted;
	if (ledger_count(l, &ret->counts, NULL) == 0 && ret->counts.of[LEDGER_DEFERRED] &&
	    ledger_next_due(l, &due, NULL) == 0)
		ret->next_us = due;
	return x;
}
