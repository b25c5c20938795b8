#include "notify/smtp.h"
#include "base/mem.h"
#include "base/text.h"
#include "notify/address.h"
#include "notify/smtp_link.h"
#include <string.h>

#define QUIT_MS 2000

struct smtp {
	const struct smtp_relay *relays;
	size_t n, at;                    /* at: the one that link leads to */
	const char *hello;
	struct smtp_limits limits;
	struct smtp_link *link;
	struct smtp_offer offer;
	struct buf out;
};

static bool is_word(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f || strchr("<>\"\\/?#@%", *s))
			return false;
	return true;
}

static int check_relay(const struct smtp_relay *r, struct err *e)
{
	if (!r->host || !*r->host || !is_word(r->host) || !r->port)
		return err_set(e, ERR_CONFIG, "a mail relay needs a host and a port");
	if (r->user && !r->password)
		return err_set(e, ERR_CONFIG, "relay '%s' has a user and no password", r->host);
	if (r->user && r->tls != SMTP_TLS_REQUIRED && r->tls != SMTP_TLS_WRAPPED && !text_is_loopback(r->host))
		return err_set(e, ERR_CONFIG, "relay '%s': a password is only sent under TLS that is required: say "
			       "'starttls: required'", r->host);
	return 0;
}

int smtp_open(const struct smtp_relay *relays, size_t n, const char *hello, const struct smtp_limits *limits,
	      struct smtp **ret, struct err *e)
{
	if (!n || n > SMTP_RELAYS_MAX)
		return err_set(e, ERR_CONFIG, "1 to %u mail relays are expected", SMTP_RELAYS_MAX);
	if (!*hello || !is_word(hello))
		return err_set(e, ERR_CONFIG, "our own name for a mail relay is not fit");
	for (size_t i = 0; i < n; i++) {
		int r = check_relay(&relays[i], e);

		if (r < 0)
			return r;
	}
	struct smtp *s = mem_zero(1, sizeof(*s));

	*s = (struct smtp){ .relays = relays, .n = n, .hello = hello, .limits = *limits,
			    .out = BUF_INIT(SMTP_MESSAGE_MAX * 2) };
	*ret = s;
	return 0;
}

static void hang_up(struct smtp *s)
{
	s->link = smtp_link_close(s->link);
}

/* The first relay from `from` on that takes us. Without one s->at is s->n. */
static int reach(struct smtp *s, size_t from, struct err *e)
{
	_cleanup_(buf_free) struct buf all = BUF_INIT(400);
	enum err_code code = ERR_NET;

	for (s->at = from; s->at < s->n; s->at++) {
		struct err why = ERR_INIT;

		if (smtp_link_open(&s->relays[s->at], s->hello, &s->limits, &s->link, &s->offer, &why) == 0)
			return 0;
		code = why.code;
		buf_printf(&all, "%srelay '%s:%u': %s", all.len ? "; " : "", s->relays[s->at].host,
			   s->relays[s->at].port, why.text);
	}
	return err_set(e, code, "%s", buf_text(&all));
}

/* The address of a recipient is data of people: refused by its number. */
static int check(const struct smtp_message *m, struct err *e)
{
	if (!m->n_to || m->n_to > SMTP_TO_MAX)
		return err_set(e, ERR_LIMIT, "a message has 1 to %u recipients, not %zu", SMTP_TO_MAX, m->n_to);
	if (m->len > SMTP_MESSAGE_MAX)
		return err_set(e, ERR_LIMIT, "a message has at most %zu bytes", SMTP_MESSAGE_MAX);
	if (*m->from && mail_address_wrong(m->from, strlen(m->from), NULL))
		return err_set(e, ERR_REFUSED, "the sender is no mail address");
	for (size_t i = 0; i < m->n_to; i++)
		if (mail_address_wrong(m->to[i], strlen(m->to[i]), NULL))
			return err_set(e, ERR_REFUSED, "recipient %zu of the message is no mail address", i + 1);
	for (size_t i = 0; i < m->len; i++)
		if ((m->text[i] == '\n' && (!i || m->text[i - 1] != '\r')) || !m->text[i] ||
		    (m->text[i] == '\r' && (i + 1 == m->len || m->text[i + 1] != '\n')))
			return err_set(e, ERR_REFUSED, "the message has a line that does not end in CRLF");
	return 0;
}

static int flush(struct smtp *s, struct err *e)
{
	int r = s->out.over ? err_set(e, ERR_LIMIT, "the message is too large")
			    : smtp_link_write(s->link, buf_text(&s->out), s->out.len, s->limits.reply_ms, e);

	buf_clear(&s->out);
	return r;
}

static int command(struct smtp *s, const char *line, struct smtp_reply *ret, struct err *e)
{
	int r;

	buf_str(&s->out, line);
	r = flush(s, e);
	return r < 0 ? r : smtp_link_reply(s->link, s->limits.reply_ms, ret, e);
}

/* Sender and recipients; all at once where the server takes that. *ret_taken: how many it accepts. */
static int envelope(struct smtp *s, const struct smtp_message *m, struct smtp_outcome *ret, size_t *ret_taken,
		    struct err *e)
{
	struct smtp_reply mail = { 0 };
	size_t taken = 0;
	int r;

	buf_printf(&s->out, "MAIL FROM:<%s>", m->from);
	if (s->offer.size)
		buf_printf(&s->out, " SIZE=%zu", m->len);
	buf_str(&s->out, "\r\n");
	for (size_t i = 0; s->offer.pipelining && i < m->n_to; i++)
		buf_printf(&s->out, "RCPT TO:<%s>\r\n", m->to[i]);
	r = flush(s, e);
	if (r == 0)
		r = smtp_link_reply(s->link, s->limits.reply_ms, &mail, e);
	if (r == 0 && mail.code / 100 != 2)
		ret->message = mail;
	for (size_t i = 0; r == 0 && i < m->n_to; i++) {
		struct smtp_reply said = { 0 };

		if (!s->offer.pipelining && ret->message.code)
			break;
		if (!s->offer.pipelining) {
			buf_printf(&s->out, "RCPT TO:<%s>\r\n", m->to[i]);
			r = flush(s, e);
		}
		if (r == 0)
			r = smtp_link_reply(s->link, s->limits.reply_ms, &said, e);
		/* without a sender it is a refusal of the order, not of the recipient */
		if (r < 0 || ret->message.code)
			continue;
		smtp_reply_mask(&said, m->to[i]);
		ret->to[i] = said;
		taken += said.code / 100 == 2;
	}
	*ret_taken = taken;
	return r;
}

/* A line that begins with a dot gets a second one (RFC 5321, 4.5.2). */
static void stuff(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline + 1 : end) - text);

		if (*text == '.')
			buf_char(out, '.');
		buf_add(out, text, n);
		text += n;
	}
	if (len < 2 || memcmp(end - 2, "\r\n", 2) != 0)
		buf_str(out, "\r\n");
}

static int offer(struct smtp *s, const struct smtp_message *m, void (*commit)(void *arg), void *arg,
		 struct smtp_outcome *ret, struct err *e)
{
	int r = command(s, "DATA\r\n", &ret->message, e);

	if (r < 0 || ret->message.code != 354)
		return r;
	ret->message = (struct smtp_reply){ 0 };
	stuff(&s->out, m->text, m->len);
	r = flush(s, e);
	if (r < 0)
		return r;
	if (commit)
		commit(arg);
	r = smtp_link_write(s->link, ".\r\n", 3, s->limits.reply_ms, e);
	if (r == 0)
		r = smtp_link_reply(s->link, s->limits.end_ms, &ret->message, e);
	if (r < 0)
		e->effect = EFFECT_UNKNOWN;
	ret->offered = r == 0;
	return r;
}

static int dialogue(struct smtp *s, const struct smtp_message *m, void (*commit)(void *arg), void *arg,
		    struct smtp_outcome *ret, struct err *e)
{
	struct smtp_reply forgotten = { 0 };
	size_t taken = 0;
	int r = envelope(s, m, ret, &taken, e);

	if (r == 0 && taken)
		r = offer(s, m, commit, arg, ret, e);
	if (r == 0 && !ret->offered)
		r = command(s, "RSET\r\n", &forgotten, e);
	/* "I am closing": the next message needs a connection of its own */
	if (r < 0 || ret->message.code == 421 || (!ret->offered && forgotten.code != 250))
		hang_up(s);
	return r;
}

static int attempt(struct smtp *s, size_t from, const struct smtp_message *m, void (*commit)(void *arg), void *arg,
		   struct smtp_outcome *ret, struct err *e)
{
	int r = s->link ? 0 : reach(s, from, e);

	*ret = (struct smtp_outcome){ 0 };
	if (r < 0)
		return r;
	(void)snprintf(ret->relay, sizeof(ret->relay), "%s:%u", s->relays[s->at].host, s->relays[s->at].port);
	buf_clear(&s->out);
	r = dialogue(s, m, commit, arg, ret, e);
	return r < 0 ? err_wrap(e, "relay '%s'", ret->relay) : 0;
}

/* It went away, or is going: nothing counts before the last line, so that another one may be asked. */
static bool is_away(const struct smtp *s, int r, const struct smtp_outcome *o, const struct err *why)
{
	if (s->link || why->effect != EFFECT_NONE)
		return false;
	return r < 0 ? why->code == ERR_NET || why->code == ERR_REMOTE : o->message.code == 421;
}

int smtp_send(struct smtp *s, const struct smtp_message *m, void (*commit)(void *arg), void *arg,
	      struct smtp_outcome *ret, struct err *e)
{
	bool kept = s->link;
	struct err why = ERR_INIT;
	int r;

	*ret = (struct smtp_outcome){ 0 };
	r = check(m, e);
	if (r < 0)
		return r;
	r = attempt(s, 0, m, commit, arg, ret, &why);
	/* A kept connection may have been closed meanwhile: from the top, where the relay stands that is wanted. */
	while (is_away(s, r, ret, &why) && (kept || s->at + 1 < s->n)) {
		size_t from = kept ? 0 : s->at + 1;
		struct err before = why;

		kept = false;
		why = (struct err)ERR_INIT;
		r = attempt(s, from, m, commit, arg, ret, &why);
		if (r < 0 && *before.text)
			err_wrap(&why, "%.200s; then", before.text);
	}
	if (r < 0 && e)
		*e = why;
	return r;
}

struct smtp *smtp_close(struct smtp *s)
{
	struct smtp_reply bye = { 0 };

	if (!s)
		return NULL;
	if (s->link && smtp_link_write(s->link, "QUIT\r\n", 6, QUIT_MS, NULL) == 0)
		(void)smtp_link_reply(s->link, QUIT_MS, &bye, NULL);
	hang_up(s);
	buf_free(&s->out);
	free(s);
	return NULL;
}

void smtp_closep(struct smtp **s)
{
	*s = smtp_close(*s);
}
