#include "notify/alert.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/alert_text.h"
#include "notify/alert_job.h"
#include "notify/mail.h"
#include <string.h>

#define ROUNDS_MAX 20000u

struct channel_value { bool asked; struct secret *value; char why[300]; };

struct telling {
	const struct engine *en;
	const struct alert_options *o;
	int64_t number;
	struct incident *incident;
	struct alert_state state;
	struct channel_value *values;        /* of each channel, read once a run */
	struct alert_sending now[ALERT_AT_ONCE];
	uint32_t n;
	const char *again[ALERT_AT_ONCE];    /* who is told once more, and was not yet */
	size_t n_again;
	struct alert_counts *counts;
};

static void look_away(struct telling *t)
{
	for (uint32_t k = 0; k < t->n; k++) {
		json_decref(t->now[k].job);
		wire_secrets_free(&t->now[k].secrets);
	}
	t->n = 0;
	alert_state_free(&t->state);
	t->state = (struct alert_state){ 0 };
	t->incident = incident_free(t->incident);
}

static void telling_end(struct telling *t)
{
	look_away(t);
	for (uint32_t k = 0; t->values && k < t->en->reg->n_channels; k++)
		secret_free(t->values[k].value);
	free(t->values);
}

static int look(struct telling *t, struct err *e)
{
	int r;

	look_away(t);
	r = engine_incident(t->en->journal, t->number, &t->incident, e);
	if (r == 0)
		alert_state_of(t->en->reg, t->incident, clock_now_us(), &t->state);
	return r;
}

static int append(const struct telling *t, enum row_kind kind, uint32_t call, const json_t *body, int64_t *ret_seq,
		  struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	return journal_append(t->en->journal, &(struct row){ .kind = kind, .incident = t->number, .who = t->en->who,
			      .attempt = call, .body = buf_text(&text) }, ret_seq, e);
}

static int outcome(const struct telling *t, int64_t seq, enum alert_outcome o, const char *text, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();

	json_put_int(body, "alerting", seq);
	json_put(body, "outcome", alert_outcome_words[o]);
	json_put(body, "text", text);
	return append(t, ROW_ALERTED, 0, body, NULL, e);
}

/* We hold the lock: whoever wrote these intents is gone. */
static int close_what_was_cut_short(struct telling *t, struct err *e)
{
	int r = look(t, e);

	for (uint32_t k = 0; r == 0 && k < t->incident->alerts.n; k++) {
		const struct alerted *a = &t->incident->alerts.list[k];

		if (a->outcome != ALERT_STARTED)
			continue;
		r = outcome(t, a->seq, ALERT_UNKNOWN, "the run that sent it ended before it knew", e);
		t->counts->left_unknown++;
	}
	return r;
}

static bool is_noted(const struct incident *i, const char *party, const char *text)
{
	for (uint32_t k = i->alerts.n_unreached; k-- > 0;)
		if (!strcmp(i->alerts.unreached[k].party, party))
			return i->alerts.unreached[k].text && !strcmp(i->alerts.unreached[k].text, text);
	return false;
}

static int note_unreached(struct telling *t, const struct alert_party *p, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf why = BUF_INIT(8192);

	for (uint32_t k = 0; k < p->n_unused; k++)
		buf_printf(&why, "%s%s: %s", k ? "; " : "", t->en->reg->channels[p->unused[k].channel].name,
			   p->unused[k].why);
	if (!p->n_unused)
		buf_str(&why, "it has no channel");
	if (is_noted(t->incident, p->name, buf_text(&why)))
		return 0;
	json_put(body, "party", p->name);
	json_put(body, "outcome", "unreached");
	json_put(body, "text", buf_text(&why));
	return append(t, ROW_ALERTED, 0, body, NULL, e);
}

static json_t *intent(const struct telling *t, const struct alert_sending *a)
{
	const struct alert_party *p = a->party;
	_cleanup_(buf_free) struct buf why = BUF_INIT(16384);
	json_t *body = json_object(), *others = json_array();

	alert_why(&t->state, p, &why);
	json_put(body, "party", p->name);
	json_put(body, "channel", t->en->reg->channels[p->channel].name);
	json_put(body, "to", alert_to(&t->state, p, p->channel));
	json_put(body, "why", buf_text(&why));
	json_put(body, "id", a->id);
	for (uint32_t k = 0; k < p->n_unused; k++) {
		json_t *one = json_object();

		json_put(one, "channel", t->en->reg->channels[p->unused[k].channel].name);
		json_put(one, "why", p->unused[k].why);
		json_array_append_new(others, one);
	}
	json_object_set_new(body, "instead_of", others);
	return body;
}

static int write_intents(struct journal *j _unused_, void *arg, struct err *e)
{
	struct telling *t = arg;
	int r = 0;

	for (uint32_t k = 0; r == 0 && k < t->n; k++) {
		_cleanup_(json_freep) json_t *body = intent(t, &t->now[k]);

		r = append(t, ROW_ALERTING, t->now[k].party->call, body, &t->now[k].seq, e);
	}
	return r;
}

static int write_outcomes(struct journal *j _unused_, void *arg, struct err *e)
{
	struct telling *t = arg;
	int r = 0;

	for (uint32_t k = 0; r == 0 && k < t->n; k++)
		r = outcome(t, t->now[k].seq, t->now[k].outcome, t->now[k].text, e);
	return r;
}

static bool is_ready(const struct telling *t, const struct alert_party *p)
{
	return t->en->reg->channels[p->channel].secret == NOTHING || t->values[p->channel].asked;
}

/* The secrets of all channels that are needed now, out of the private git as it is: in one look, which may take long
 * when the git is what is away. */
static void read_values(struct telling *t)
{
	const struct firebreak_register *reg = t->en->reg;
	_cleanup_(freep) uint32_t *channels = mem_zero(reg->n_channels + 1, sizeof(*channels));
	_cleanup_(freep) uint32_t *secrets = mem_zero(reg->n_channels + 1, sizeof(*secrets));
	_cleanup_(freep) struct engine_value *read = mem_zero(reg->n_channels + 1, sizeof(*read));
	struct err e = ERR_INIT;
	uint32_t n = 0;
	int r;

	for (uint32_t k = 0; k < t->state.n; k++) {
		const struct alert_party *p = &t->state.parties[k];

		if (p->stand != STAND_DUE || is_ready(t, p))
			continue;
		t->values[p->channel].asked = true;
		channels[n] = p->channel;
		secrets[n++] = reg->channels[p->channel].secret;
	}
	r = engine_read_values(t->en, secrets, n, read, &e);
	for (uint32_t k = 0; k < n; k++) {
		struct channel_value *v = &t->values[channels[k]];

		v->value = read[k].value;
		(void)snprintf(v->why, sizeof(v->why), "its secret cannot be read: %.200s",
			       r < 0 ? e.text : read[k].why);
	}
}

static void prepare(struct telling *t, struct alert_party *p)
{
	struct alert_sending *a = &t->now[t->n++];
	const struct channel *c = &t->en->reg->channels[p->channel];
	struct err e = ERR_INIT;

	*a = (struct alert_sending){ .party = p };
	a->refused = alert_job_make(&t->state, a, &e);
	if (a->refused == 0 && c->secret != NOTHING) {
		const struct channel_value *v = &t->values[p->channel];

		if (!v->value)
			a->refused = err_set(&e, ERR_AUTH, "%s", v->why);
		else
			wire_secrets_add(&a->secrets, a->mail ? MAIL_SECRET : "channel", secret_copy(v->value));
	}
	if (a->refused < 0) {
		a->outcome = ALERT_FAILED;
		(void)snprintf(a->text, sizeof(a->text), "%s", e.text);
	}
}

static int send_all(struct telling *t, struct err *e)
{
	struct crew_job jobs[ALERT_AT_ONCE];
	uint32_t n = 0;

	for (uint32_t k = 0; k < t->n; k++) {
		struct alert_sending *a = &t->now[k];

		if (a->refused < 0)
			continue;
		jobs[n++] = (struct crew_job){
			.program = a->mail ? t->o->mailer : t->o->messenger, .job = a->job, .secrets = &a->secrets,
			.limit_ms = ALERT_MS + 5000, .line = a->mail ? alert_job_line : NULL, .done = alert_job_done,
			.arg = a,
		};
	}
	return crew_run(jobs, n, ALERT_AT_ONCE, NULL, e);
}

static void tell(struct telling *t)
{
	for (uint32_t k = 0; k < t->n; k++) {
		const struct alert_sending *a = &t->now[k];

		t->counts->sent += a->outcome == ALERT_SENT;
		t->counts->failed += a->outcome == ALERT_FAILED;
		t->counts->unknown += a->outcome == ALERT_UNKNOWN;
		if (t->o->tell)
			t->o->tell(&(struct alert_now){ a->party->name, t->en->reg->channels[a->party->channel].name,
				   a->outcome, a->text }, t->o->arg);
	}
}

static int look_around(struct telling *t, bool *ret_waiting, struct err *e)
{
	int r = 0;

	*ret_waiting = false;
	t->counts->unreached = t->counts->untold = 0;
	for (uint32_t k = 0; r == 0 && k < t->state.n; k++) {
		struct alert_party *p = &t->state.parties[k];

		if (p->stand == STAND_UNREACHED) {
			t->counts->unreached++;
			r = note_unreached(t, p, e);
		} else if (p->stand == STAND_WAITS) {
			t->counts->untold += !p->last || p->last->outcome == ALERT_FAILED;
		} else if (p->stand == STAND_DUE && !is_ready(t, p)) {
			*ret_waiting = true;
		} else if (p->stand == STAND_DUE && t->n < ALERT_AT_ONCE) {
			prepare(t, p);
		}
	}
	return r;
}

/* 1: somebody was told, or can be now; 0: nothing is due. Whose channel needs no secret does not wait for the git. */
static int round_of(struct telling *t, struct err *e)
{
	bool waiting;
	int r = look_around(t, &waiting, e);

	if (r == 0 && !t->n && waiting) {
		read_values(t);
		return 1;
	}
	if (r < 0 || !t->n)
		return r;
	r = journal_alone(t->en->journal, write_intents, t, e);
	if (r == 0)
		r = send_all(t, e);
	if (r == 0)
		r = journal_alone(t->en->journal, write_outcomes, t, e);
	if (r < 0)
		return r;
	tell(t);
	return 1;
}

static int unknown_party(const struct alert_state *s, const char *name, struct err *e)
{
	_cleanup_(freep) const char **names = mem_zero(s->n + 1, sizeof(*names));
	const char *near;

	for (uint32_t k = 0; k < s->n; k++)
		names[k] = s->parties[k].name;
	near = text_nearest(name, names, s->n);
	return err_set(e, ERR_USAGE, "nobody called '%.100s' is told of incident %lld%s%s%s", name,
		       (long long)s->incident->number, near ? ": did you mean '" : "", near ? near : "",
		       near ? "'?" : ": `firebreak status` lists them");
}

static int begin_again(struct telling *t, struct err *e)
{
	if (t->o->n_again > ALERT_AT_ONCE)
		return err_set(e, ERR_USAGE, "at most %u are told once more at a time", ALERT_AT_ONCE);
	for (size_t k = 0; k < t->o->n_again; k++)
		t->again[t->n_again++] = t->o->again[k];
	return 0;
}

static int once_more(struct telling *t, struct err *e)
{
	for (size_t k = 0; k < t->n_again; k++) {
		struct alert_party *found = NULL;

		for (uint32_t p = 0; p < t->state.n; p++)
			if (!strcmp(t->state.parties[p].name, t->again[k]))
				found = &t->state.parties[p];
		if (!found)
			return unknown_party(&t->state, t->again[k], e);
		alert_again(&t->state, found);
		if (found->stand != STAND_DUE)
			continue;
		if (!is_ready(t, found))
			read_values(t);
		prepare(t, found);
		found->stand = STAND_SENDING;
	}
	return 0;
}

/* Whom nothing reached is told over the next channel, also when they are not due by themselves: they may have the
 * incident already, and what they are told once more is something else. */
static void keep_untold(struct telling *t)
{
	size_t n = 0;

	for (size_t k = 0; k < t->n_again; k++)
		for (uint32_t x = 0; x < t->n; x++)
			if (t->now[x].outcome == ALERT_FAILED && !strcmp(t->now[x].party->name, t->again[k])) {
				t->again[n++] = t->again[k];
				break;
			}
	t->n_again = n;
}

int alert_run(const struct engine *en, int64_t number, const struct alert_options *o, struct alert_counts *ret,
	      struct err *e)
{
	_cleanup_(freep) char *path = mem_printf("%s/alerts-%lld.lock", en->state_folder, (long long)number);
	_cleanup_(telling_end) struct telling t = { .en = en, .o = o, .number = number, .counts = ret };
	_cleanup_(closep) int lock = -1;
	int r;

	*ret = (struct alert_counts){ 0 };
	r = fs_lock(path, &lock, e);
	if (r == -ERR_CONFLICT)
		return err_set(e, ERR_CONFLICT, "another run is telling people of incident %lld", (long long)number);
	if (r < 0)
		return r;
	t.values = mem_zero(en->reg->n_channels + 1, sizeof(*t.values));
	r = begin_again(&t, e);
	if (r == 0)
		r = close_what_was_cut_short(&t, e);
	for (unsigned k = 0; r >= 0 && k < ROUNDS_MAX; k++) {
		r = look(&t, e);
		if (r == 0 && t.state.off)
			return 0;
		if (r == 0)
			r = once_more(&t, e);
		if (r == 0)
			r = round_of(&t, e);
		keep_untold(&t);
		if (r == 0)
			return 0;
	}
	return r < 0 ? r : err_set(e, ERR_LIMIT, "more than %u rounds of telling people", ROUNDS_MAX);
}

int alert_acknowledge(const struct engine *en, const struct incident *i, const char *party, const char *because,
		      struct err *e)
{
	_cleanup_(alert_state_free) struct alert_state s = { 0 };
	_cleanup_(json_freep) json_t *body = json_object();
	struct telling t = { .en = en, .number = i->number };
	const struct alert_party *p;

	if (because && (strlen(because) > LIMIT_TEXT || !text_is_utf8(because, strlen(because))))
		return err_set(e, ERR_USAGE, "--because: at most %u bytes of text are taken", LIMIT_TEXT);
	alert_state_of(en->reg, i, clock_now_us(), &s);
	p = alert_party(&s, party);
	if ((!p || p->kind == PARTY_LOG || alert_is_news(p)) && !incident_alerted(i, party))
		return unknown_party(&s, party, e);
	json_put(body, "party", party);
	json_put(body, "because", because);
	return append(&t, ROW_ACKNOWLEDGED, 0, body, NULL, e);
}
