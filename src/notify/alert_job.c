#include "notify/alert_job.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/alert_text.h"
#include "notify/mail.h"
#include <string.h>

#define CONNECT_MS 10000             /* to one relay: the next one waits */
#define REPLY_MS 20000
#define END_MS 60000

static int new_id(const struct alert_state *s, const struct channel *c, struct alert_sending *a, struct err *e)
{
	struct digest_key chance;
	uint8_t few[8];

	digest_key_random(&chance);
	memcpy(few, chance.bytes, sizeof(few));
	return message_id(c->from ? c->from : "alert@firebreak", s->now_us, few, a->id, e);
}

static int mail(const struct alert_state *s, const struct channel *c, struct alert_sending *a, struct err *e)
{
	static const enum smtp_tls tls[] = { [CHANNEL_TLS_REQUIRED] = SMTP_TLS_REQUIRED,
					     [CHANNEL_TLS_OPTIONAL] = SMTP_TLS_OPTIONAL,
					     [CHANNEL_TLS_NEVER] = SMTP_TLS_NEVER };
	const struct mail_way way = { .relays = c->relays.s, .n = c->relays.n, .tls = tls[c->tls], .ca = c->ca,
				      .user = c->user, .from = c->from };
	_cleanup_(buf_free) struct buf subject = BUF_INIT(MESSAGE_SUBJECT_MAX), body = BUF_INIT(1 << 16);
	_cleanup_(buf_free) struct buf bytes = BUF_INIT(1 << 18);
	const char *to = alert_to(s, a->party, a->party->channel);
	struct message m = { .from = c->from, .from_name = "Firebreak", .to = to, .id = a->id, .date_us = s->now_us };
	int r;

	alert_subject(s, a->party, &subject);
	alert_body(s, a->party, &body);
	m.subject = buf_text(&subject);
	m.body = buf_text(&body);
	r = message_make(&m, &bytes, e);
	if (r == 0)
		r = mail_job(&way, ALERT_MS, &a->job, e);
	if (r < 0)
		return r;
	json_put_int(a->job, "connect_ms", CONNECT_MS);
	json_put_int(a->job, "reply_ms", REPLY_MS);
	json_put_int(a->job, "end_ms", END_MS);
	mail_job_add(a->job, mail_line(&way, 0, &to, 1, buf_text(&bytes)));
	a->mail = true;
	return 0;
}

static void put_lines(const char *text, json_t *job)
{
	json_t *lines = json_array();

	while (*text) {
		size_t n = strcspn(text, "\n");

		json_array_append_new(lines, json_stringn(text, n));
		text += n + (text[n] == '\n');
	}
	json_object_set_new(job, "lines", lines);
}

static int other(const struct alert_state *s, const struct channel *c, struct alert_sending *a)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);
	json_t *j = a->job = json_object();

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", "alert");
	json_put(j, "kind", c->kind);
	json_put_int(j, "limit_ms", ALERT_MS / 2);
	json_put(j, "server", c->server);
	json_put(j, "ca", c->ca);
	if (c->way == CHANNEL_LOG_LINE) {
		buf_str(&text, "!log [firebreak] ");
		alert_log_line(s, &text);
		json_put(j, "line", buf_text(&text));
		return 0;
	}
	alert_lines(s, a->party, &text);
	if (c->way == CHANNEL_IRC) {
		put_lines(buf_text(&text), j);
		json_put(j, "nick", c->nick);
		json_put(j, "user", c->user);
		json_put(j, "tls", c->tls == CHANNEL_TLS_NEVER ? "never" : "required");
		json_put(j, "to", alert_to(s, a->party, a->party->channel));
	} else {
		json_put(j, "text", buf_text(&text));
		json_put(j, "room", c->way == CHANNEL_MATRIX ? c->to : NULL);
		json_put(j, "txn", a->id);
	}
	return 0;
}

int alert_job_make(const struct alert_state *s, struct alert_sending *a, struct err *e)
{
	const struct channel *c = &s->reg->channels[a->party->channel];
	int r = new_id(s, c, a, e);

	if (r == 0)
		r = c->way == CHANNEL_MAIL ? mail(s, c, a, e) : other(s, c, a);
	return r;
}

static void said(struct alert_sending *a, enum alert_outcome outcome, const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4000);

	text_visible(&b, text, strnlen(text, 500));
	a->outcome = outcome;
	(void)snprintf(a->text, sizeof(a->text), "%s", buf_text(&b));
}

void alert_job_line(enum wire_type type, const json_t *line, void *arg)
{
	struct alert_sending *a = arg;
	const char *words = "";
	struct mailed m;
	char text[500];
	int code;

	if (type != WIRE_MAILED || mailed_read(line, &m, NULL) < 0)
		return;
	if (m.state == MAILED_OFFERING) {
		a->offering = true;
		return;
	}
	code = mailed_to(&m, 0, &words);
	if (m.state == MAILED_BROKEN || m.state == MAILED_UNKNOWN) {
		said(a, m.state == MAILED_UNKNOWN ? ALERT_UNKNOWN : ALERT_FAILED, m.text ? m.text : "");
		return;
	}
	/* what was said to the recipient, or, when that was good or nothing, to the message */
	if (code / 100 == 2 || !code) {
		code = m.code;
		words = m.said ? m.said : "";
	}
	(void)snprintf(text, sizeof(text), "%.200s: %d %.200s", m.relay ? m.relay : "", code, words ? words : "");
	said(a, mailed_is_sent(&m, 0) ? ALERT_SENT : ALERT_FAILED, text);
}

void alert_job_done(struct worker_result *r, void *arg)
{
	struct alert_sending *a = arg;

	/* a mailer that gave its answer about the message has said what there is to say */
	if (a->mail && a->outcome != ALERT_STARTED)
		return;
	if (r->ok && !a->mail)
		said(a, ALERT_SENT, r->text);
	else
		said(a, a->offering || r->effect == EFFECT_UNKNOWN ? ALERT_UNKNOWN : ALERT_FAILED,
		     r->ok ? "the mailer gave no answer" : r->text);
}
