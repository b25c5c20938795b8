#include "cli/alerts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/places.h"
#include "model/alert_text.h"
#include <string.h>

static void visible(struct buf *b, const char *s)
{
	text_visible(b, s ? s : "", s ? strlen(s) : 0);
}

static void on_told(const struct alert_now *now, void *arg _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	visible(&b, now->party);
	buf_str(&b, " over ");
	visible(&b, now->channel);
	buf_printf(&b, ": %s", alert_outcome_words[now->outcome]);
	if (now->text && *now->text) {
		buf_str(&b, " (");
		visible(&b, now->text);
		buf_char(&b, ')');
	}
	cli_note("alert: %s", buf_text(&b));
}

/* Those that the channels of this register need: NULL for what none of them does. */
static int programs(const struct firebreak_register *reg, char **ret_mailer, char **ret_messenger, struct err *e)
{
	static const char *const mailers[] = { "firebreak-mailer", "../libexec/firebreak/firebreak-mailer", NULL };
	static const char *const messengers[] = { "firebreak-messenger", "../libexec/firebreak/firebreak-messenger",
						  NULL };
	bool mail = false, other = false;
	int r = 0;

	for (uint32_t k = 0; k < reg->n_channels; k++) {
		mail |= reg->channels[k].way == CHANNEL_MAIL;
		other |= reg->channels[k].way != CHANNEL_MAIL && reg->channels[k].way != CHANNEL_BY_HAND;
	}
	if (mail)
		r = places_find("the mailer is", mailers, ret_mailer, e);
	return r == 0 && other ? places_find("the messenger is", messengers, ret_messenger, e) : r;
}

void alerts_do(struct session *s, int64_t number, const struct strv *again, struct alerts_done *ret)
{
	_cleanup_(freep) char *mailer = NULL, *messenger = NULL;
	struct err e = ERR_INIT;
	int r = programs(s->reg, &mailer, &messenger, &e);
	const struct alert_options o = {
		.mailer = mailer, .messenger = messenger, .tell = on_told,
		.again = again ? (const char *const *)again->s : NULL, .n_again = again ? again->n : 0,
	};

	*ret = (struct alerts_done){ 0 };
	if (r == 0 && !mailer && !messenger)
		return;
	if (r == 0)
		r = alert_run(&s->en, number, &o, &ret->counts, &e);
	ret->busy = r == -ERR_CONFLICT;
	ret->failed = r < 0 && !ret->busy;
	if (ret->busy)
		cli_note("alert: %s", e.text);
	else if (ret->failed)
		(void)cli_fail(&e);
}

static const char *stand_words(const struct alert_party *p)
{
	static const char *const words[] = {
		[STAND_DUE] = "due now", [STAND_WAITS] = "not acknowledged", [STAND_LATER] = "later",
		[STAND_SENDING] = "being told", [STAND_UNREACHED] = "NOT TOLD", [STAND_ENDED] = "NOT ANSWERING",
		[STAND_ACKNOWLEDGED] = "has it", [STAND_ENOUGH] = "told",
	};

	bool failed = !p->last || p->last->outcome == ALERT_FAILED;

	return !failed ? words[p->stand] : p->stand == STAND_WAITS ? "not told yet"
	     : p->stand == STAND_ENOUGH ? "not told, and somebody else has it" : words[p->stand];
}

static enum term_colour colour_of(const struct alert_party *p)
{
	static const enum term_colour colours[] = {
		[STAND_DUE] = TERM_YELLOW, [STAND_WAITS] = TERM_YELLOW, [STAND_LATER] = TERM_DIM,
		[STAND_SENDING] = TERM_YELLOW, [STAND_UNREACHED] = TERM_RED, [STAND_ENDED] = TERM_RED,
		[STAND_ACKNOWLEDGED] = TERM_GREEN, [STAND_ENOUGH] = TERM_DIM,
	};

	return colours[p->stand];
}

static void last_words(const struct alerted *a, struct buf *b)
{
	buf_printf(b, "; call %u over ", a->call);
	visible(b, a->channel);
	buf_str(b, " at ");
	clock_format(b, a->started_us);
	buf_printf(b, ": %s", alert_outcome_words[a->outcome]);
	if (a->outcome != ALERT_SENT && a->text) {
		buf_str(b, " (");
		visible(b, a->text);
		buf_char(b, ')');
	}
}

static void times(const struct alert_party *p, struct buf *b)
{
	if (p->ack) {
		buf_str(b, ", since ");
		clock_format(b, p->ack->at_us);
		buf_str(b, " (");
		visible(b, p->ack->who);
		buf_char(b, ')');
	} else if (p->due_us && p->stand != STAND_DUE) {
		buf_str(b, ", next at ");
		clock_format(b, p->due_us);
	}
}

/* What a person must do: telephone, and say so. */
static void by_hand(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	for (uint32_t k = 0; k < p->n_unused; k++) {
		buf_printf(b, "      %s: ", s->reg->channels[p->unused[k].channel].name);
		visible(b, p->unused[k].why);
		buf_char(b, '\n');
	}
	buf_str(b, "      telephone, then: ");
	alert_command(s, p, b);
	buf_str(b, " --because 'by telephone'\n");
}

static bool is_shown(const struct alert_party *p)
{
	return p->stand != STAND_LATER && (p->stand != STAND_ENOUGH || p->last);
}

static void party_line(struct cli *c, const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	bool loud = p->stand == STAND_UNREACHED || p->stand == STAND_ENDED;

	buf_str(b, loud ? "  !!! " : "  ");
	visible(b, p->name);
	buf_str(b, ": ");
	term_paint(b, c->colour, colour_of(p), stand_words(p));
	times(p, b);
	if (p->last && !p->ack)
		last_words(p->last, b);
	buf_char(b, '\n');
	if (loud)
		by_hand(s, p, b);
	else if (p->last && p->last->outcome == ALERT_UNKNOWN && alert_is_open(p)) {
		buf_printf(b, "      whether it came is not known; ask, or: firebreak alert %lld --again ",
			   (long long)s->incident->number);
		alert_name(p, b);
		buf_char(b, '\n');
	}
}

void alerts_channels(const struct alert_state *s, struct buf *b)
{
	_cleanup_(alert_reach_free) struct alert_reach reach = { 0 };
	const struct indices *order = &s->reg->organisation.channels;
	bool any = false;

	alert_reach_incident(&reach, s->reg, s->incident);
	for (uint32_t k = 0; k < s->reg->n_channels; k++) {
		struct ref ref;

		if (alert_is_untrusted(s->reg, &reach, k, &ref))
			buf_printf(b, "  ! not over %s: it depends on %s '%s', which the incident reaches\n",
				   s->reg->channels[k].name, ref_kind_name(ref.kind), register_name(s->reg, ref));
		else
			continue;
		any = true;
	}
	for (uint32_t k = 0; any && k < order->n; k++) {
		const struct channel *c = &s->reg->channels[order->i[k]];
		struct ref ref;

		if (alert_is_untrusted(s->reg, &reach, order->i[k], &ref))
			continue;
		buf_printf(b, c->way == CHANNEL_BY_HAND ? "  !!! a person tells the team, over %s: " :
			   "  the team is told over %s: ", c->name);
		visible(b, c->to);
		buf_char(b, '\n');
		return;
	}
	if (any)
		buf_str(b, "  !!! no channel of the team is left: call somebody\n");
}

/* Nobody at all: the night is not saved by trying again. */
static void nobody(struct cli *c, const struct alert_state *s, struct buf *b)
{
	const struct indices *order = &s->reg->organisation.channels;

	for (uint32_t k = 0; k < s->n; k++) {
		const struct alert_party *p = &s->parties[k];

		if (p->ack || (p->kind != PARTY_LOG && !alert_is_news(p) && p->last && p->last->outcome == ALERT_SENT))
			return;
	}
	buf_char(b, '\n');
	term_paint(b, c->colour, TERM_RED, "!!! Nobody of us has been told for certain. Call somebody now:");
	buf_char(b, '\n');
	for (uint32_t k = 0; k < order->n; k++)
		if (s->reg->channels[order->i[k]].way == CHANNEL_BY_HAND) {
			buf_printf(b, "  %s: ", s->reg->channels[order->i[k]].name);
			visible(b, s->reg->channels[order->i[k]].to);
			buf_char(b, '\n');
		}
}

void alerts_show(struct cli *c, const struct alert_state *s, struct buf *b)
{
	if (s->off) {
		buf_printf(b, "\nFirebreak tells nobody: %s.%s", s->off,
			   s->reg->organisation.channels.n ? "\n" : " Tell them yourself:\n");
		for (uint32_t k = 0; k < s->n && !s->reg->organisation.channels.n; k++)
			if (s->parties[k].stand != STAND_LATER) {
				buf_str(b, "  ");
				visible(b, s->parties[k].name);
				buf_char(b, '\n');
			}
		return;
	}
	buf_str(b, "\nWho of us is told:\n\n");
	alerts_channels(s, b);
	for (uint32_t k = 0; k < s->n; k++)
		if (is_shown(&s->parties[k]))
			party_line(c, s, &s->parties[k], b);
	for (uint32_t k = 0; k < s->n_without; k++)
		buf_printf(b, "  ! '%s' is in reach and has no contact\n", s->without[k]);
	if (!s->incident->closed_us)
		nobody(c, s, b);
	for (uint32_t k = 0; k < s->n; k++)
		if (s->parties[k].stand == STAND_DUE) {
			buf_printf(b, "\nSomebody is to be told now:\n\n  firebreak alert %lld\n",
				   (long long)s->incident->number);
			break;
		}
}

void alerts_show_bare(const struct incident *i, struct buf *b)
{
	if (!i->alerts.n)
		return;
	buf_str(b, "\nWho of us was told (no register is here, so not who is still to be):\n\n");
	for (uint32_t k = 0; k < i->alerts.n; k++) {
		const struct alerted *a = &i->alerts.list[k];

		if (incident_alerted(i, a->party) != a)
			continue;
		buf_str(b, "  ");
		visible(b, a->party);
		buf_str(b, incident_acknowledged(i, a->party) ? ": has it" : ": not acknowledged");
		last_words(a, b);
		buf_char(b, '\n');
	}
}

void alerts_short(const struct incident *i, struct buf *b)
{
	if (!i->closed_us && i->alerts.n + i->alerts.n_unreached && !i->alerts.n_acks)
		buf_printf(b, "!!! incident %lld: nobody who was told has acknowledged: firebreak status %lld\n",
			   (long long)i->number, (long long)i->number);
}

json_t *alerts_json(const struct alert_state *s)
{
	json_t *list = json_array(), *all = json_object();

	for (uint32_t k = 0; k < s->n; k++) {
		const struct alert_party *p = &s->parties[k];
		json_t *j = json_object(), *systems = json_array();

		json_put(j, "party", p->name);
		json_put(j, "stand", s->off ? "off" : stand_words(p));
		for (uint32_t n = 0; n < p->n_systems; n++)
			json_array_append_new(systems, json_string(p->systems[n]));
		json_object_set_new(j, "systems", systems);
		json_object_set_new(j, "acknowledged", json_boolean(p->ack != NULL));
		if (p->due_us)
			json_put_int(j, "due_us", p->due_us);
		if (p->last) {
			json_put_int(j, "call", p->last->call);
			json_put(j, "channel", p->last->channel);
			json_put(j, "outcome", alert_outcome_words[p->last->outcome]);
			json_put(j, "text", p->last->text);
		}
		json_array_append_new(list, j);
	}
	json_put(all, "off", s->off);
	json_object_set_new(all, "parties", list);
	return all;
}
