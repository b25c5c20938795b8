/*
 * The program firebreak-mailer: its one verb "mail" takes messages, a line each, and answers each with what every
 * recipient's server said (docs/formats/worker-protocol.md, "The mailer").
 */
#include "base/mem.h"
#include "base/text.h"
#include "driver/sink.h"
#include "notify/mail.h"
#include "worker/jobs.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct mailer {
	struct job *job;
	struct smtp_relay relays[SMTP_RELAYS_MAX];
	size_t n;
	struct smtp_limits limits;
	struct smtp *smtp;
	struct smtp_outcome outcome;
	int64_t id, sent;                /* id: of the message in hand */
	bool changing;
};

static int read_tls(const json_t *o, enum smtp_tls *ret, struct err *e)
{
	const char *word = json_str(o, "starttls");

	for (int i = 0; word && smtp_tls_words[i]; i++)
		if (!strcmp(smtp_tls_words[i], word)) {
			*ret = (enum smtp_tls)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "job: \"starttls\" of a relay must be required, optional, never or wrapped");
}

static int read_relay(struct mailer *m, size_t k, const json_t *o, struct err *e)
{
	struct smtp_relay *r = &m->relays[k];
	int64_t port = json_int(o, "port", 0);

	r->host = json_str(o, "host");
	r->ca_file = json_str(o, "ca");
	r->user = json_str(o, "user");
	r->password = wire_secrets_get(&m->job->in, MAIL_SECRET);
	if (!r->host || port < 1 || port > UINT16_MAX)
		return err_set(e, ERR_CONFIG, "job: a relay needs \"host\" and \"port\"");
	r->port = (uint16_t)port;
	return read_tls(o, &r->tls, e);
}

static int set_up(struct mailer *m, struct err *e)
{
	const json_t *body = m->job->body, *relays = json_object_get(body, "relays");
	const struct smtp_limits usual = SMTP_LIMITS;
	const char *hello = json_str(body, "hello");
	int r = 0;

	m->n = json_array_size(relays);
	if (!m->n || m->n > SMTP_RELAYS_MAX || !hello)
		return err_set(e, ERR_CONFIG, "job: \"hello\" and 1 to %u \"relays\" are expected", SMTP_RELAYS_MAX);
	for (size_t k = 0; r == 0 && k < m->n; k++)
		r = read_relay(m, k, json_array_get(relays, k), e);
	m->limits = (struct smtp_limits){
		json_int(body, "connect_ms", usual.connect_ms), json_int(body, "reply_ms", usual.reply_ms),
		json_int(body, "end_ms", usual.end_ms),
	};
	return r < 0 ? r : smtp_open(m->relays, m->n, hello, &m->limits, &m->smtp, e);
}

static void commit(void *arg)
{
	struct mailer *m = arg;
	_cleanup_(json_freep) json_t *line = json_object();

	if (!m->changing)
		m->job->sink->changing(m->job->sink->arg);
	m->changing = true;
	json_put(line, "type", "mailed");
	json_put_int(line, "id", m->id);
	json_put(line, "state", "offering");
	if (wire_send(WIRE_ANSWERS_FD, line, NULL) < 0)
		_exit(70);
}

static bool is_same(const struct smtp_reply *a, const struct smtp_reply *b)
{
	return a->code == b->code && !strcmp(a->text, b->text);
}

static json_t *reply_json(const struct smtp_reply *r)
{
	json_t *pair = json_array();

	json_array_append_new(pair, json_integer(r->code));
	json_array_append_new(pair, json_string(r->text));
	return pair;
}

/* "state": of the message as a whole, what the recipients' own codes are to be read with. */
static int answer(struct mailer *m, size_t n_to, int r, const struct err *why, struct err *e)
{
	const struct smtp_outcome *o = &m->outcome;
	_cleanup_(json_freep) json_t *answer = json_object();
	json_t *to = json_array(), *replies = json_array();

	json_put(answer, "type", "mailed");
	json_put_int(answer, "id", m->id);
	json_put(answer, "relay", o->relay);
	json_put(answer, "state", r < 0 ? (why->effect == EFFECT_UNKNOWN ? "unknown" : "broken")
				 : o->offered ? "offered" : "not offered");
	json_object_set_new(answer, "message", reply_json(&o->message));
	json_put(answer, "error", r < 0 ? err_code_name(why->code) : NULL);
	json_put(answer, "text", r < 0 ? why->text : NULL);
	/* Most of them are told the same. */
	for (size_t i = 0; i < n_to; i++) {
		if (!i || !is_same(&o->to[i], &o->to[i - 1]))
			json_array_append_new(replies, reply_json(&o->to[i]));
		json_array_append_new(to, json_integer((json_int_t)json_array_size(replies) - 1));
	}
	json_object_set_new(answer, "replies", replies);
	json_object_set_new(answer, "to", to);
	m->sent += r == 0 && o->offered && o->message.code / 100 == 2;
	return wire_send(WIRE_ANSWERS_FD, answer, e);
}

static int send_one(struct mailer *m, const json_t *line, struct err *e)
{
	const json_t *list = json_object_get(line, "to");
	const char *to[SMTP_TO_MAX] = { NULL }, *text = json_str(line, "message");
	size_t n = json_array_size(list);
	struct err why = ERR_INIT;
	int r;

	if (!text || !json_str(line, "from") || !n || n > SMTP_TO_MAX)
		return err_set(e, ERR_CONFIG, "job: a message needs \"from\", \"message\" and 1 to %u in \"to\"",
			       SMTP_TO_MAX);
	for (size_t i = 0; i < n; i++)
		if (!(to[i] = json_string_value(json_array_get(list, i))))
			return err_set(e, ERR_CONFIG, "job: \"to\" is a list of addresses");
	const struct smtp_message message = { .from = json_str(line, "from"), .to = to, .n_to = n, .text = text,
					      .len = strlen(text) };

	m->id = json_int(line, "id", 0);
	r = smtp_send(m->smtp, &message, commit, m, &m->outcome, &why);
	return answer(m, n, r, &why, e);
}

static int take_line(struct mailer *m, const char *text, size_t len, struct err *e)
{
	_cleanup_(json_freep) json_t *line = NULL;
	int r = json_read("message for the mailer", text, len, WIRE_LINE_MAX, &line, e);

	return r < 0 ? r : send_one(m, line, e);
}

/* Lines behind the job, until there are no more. */
static int serve(struct mailer *m, struct buf *in, struct err *e)
{
	char part[16384];
	size_t from = 0;
	int r = 0;

	while (r == 0) {
		const char *line = buf_text(in) + from, *end = memchr(line, '\n', in->len - from);
		ssize_t n;

		if (end) {
			from += (size_t)(end - line) + 1;
			r = take_line(m, line, (size_t)(end - line), e);
			continue;
		}
		if (from)
			memmove(in->data, in->data + from, in->len - from + 1);
		in->len -= from;
		from = 0;
		do
			n = read(WIRE_JOB_FD, part, sizeof(part));
		while (n < 0 && errno == EINTR);
		if (n == 0)
			return in->len ? err_set(e, ERR_CONFIG, "job: ended in the middle of a message") : 0;
		if (n < 0 || buf_add(in, part, (size_t)n) < 0)
			return err_set(e, ERR_IO, "job: the messages could not be read");
	}
	return r;
}

static void end(struct mailer *m)
{
	m->smtp = smtp_close(m->smtp);
}

int job_run(struct job *job, const char *verb, struct err *e)
{
	_cleanup_(end) struct mailer m = { .job = job };
	const json_t *messages = json_object_get(job->body, "messages");
	int r;

	if (strcmp(verb, "mail") != 0)
		return err_set(e, ERR_CONFIG, "job: the mailer has no verb '%s'", verb);
	r = set_up(&m, e);
	for (size_t i = 0; r == 0 && i < json_array_size(messages); i++)
		r = send_one(&m, json_array_get(messages, i), e);
	if (r == 0)
		r = serve(&m, &job->rest, e);
	json_put_int(job->result, "sent", m.sent);
	(void)snprintf(job->text, sizeof(job->text), "%lld messages were taken", (long long)m.sent);
	return r;
}
