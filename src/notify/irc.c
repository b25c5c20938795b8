/*
 * A text to a channel or a person on IRC. A server says nothing about a message that it took: a PING behind it is
 * answered in order, so a PONG without a refusal before it means that it was taken.
 */
#include "base/mem.h"
#include "base/text.h"
#include "notify/irc_line.h"
#include "notify/irc_link.h"
#include "notify/messenger.h"
#include <string.h>

#define LINES_MAX 2000u          /* that we read: greetings, names of a channel */
#define NICKS_MAX 5u
#define SASL_PART 400u           /* bytes of base64 in one AUTHENTICATE */
#define TOKEN "firebreak-told"
#define USER "USER firebreak 0 * :Firebreak\r\n"

struct irc {
	struct job *job;
	const struct secret *secret;
	const char *server, *to, *user;
	char nick[80];
	unsigned nicks, lines;
	struct irc_link *link;
};

static void irc_end(struct irc *c)
{
	c->link = irc_link_close(c->link);
}

static int say(struct irc *c, const char *command, const char *first, const char *last, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(IRC_LINE_MAX);
	int r = irc_line_add(&b, command, first, last, e);

	return r == 0 ? irc_link_write(c->link, buf_text(&b), b.len, e) : r;
}

/* One line of interest: a PING is answered here, what is no line is passed over. */
static int next(struct irc *c, struct irc_line *ret, struct err *e)
{
	for (;;) {
		char *text;
		int r = irc_link_line(c->link, &text, e);

		if (r < 0)
			return r;
		if (++c->lines > LINES_MAX)
			return err_set(e, ERR_REMOTE, "the server does not stop talking");
		if (!irc_line_read(text, ret))
			continue;
		if (strcmp(ret->command, "PING") != 0)
			return 0;
		r = say(c, "PONG", NULL, irc_param(ret, 0), e);
		if (r < 0)
			return r;
	}
}

static int refused(const struct irc *c, const struct irc_line *l, enum err_code code, const char *what, struct err *e)
{
	_cleanup_(buf_free) struct buf why = BUF_INIT(2000);
	const char *last = l->n ? l->params[l->n - 1] : "";
	size_t len = strlen(last);

	text_visible(&why, last, len < 200 ? len : 200);
	return err_set(e, code, "'%.100s' %s: %s %.250s", c->server, what, l->command, buf_text(&why));
}

static int sasl_bytes(const char *bytes, size_t len, void *arg)
{
	void **args = arg;
	const char *user = args[1];
	struct buf *to = args[0];
	_cleanup_(buf_free) struct buf plain = BUF_WIPED(SECRET_MAX + 1024);

	buf_add(&plain, "", 1);
	buf_str(&plain, user);
	buf_add(&plain, "", 1);
	buf_add(&plain, bytes, len);
	text_base64(to, buf_text(&plain), plain.len);
	return 0;
}

static int authenticate(struct irc *c, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(2 * SECRET_MAX);
	void *args[] = { &b, mem_dup(c->user) };
	size_t at = 0, n;
	int r = secret_with(c->secret, sasl_bytes, args);

	free(args[1]);
	do {
		_cleanup_(buf_free) struct buf line = BUF_WIPED(IRC_LINE_MAX);

		n = b.len - at < SASL_PART ? b.len - at : SASL_PART;
		buf_str(&line, "AUTHENTICATE ");
		if (n)
			buf_add(&line, buf_text(&b) + at, n);
		else
			buf_char(&line, '+');
		buf_str(&line, "\r\n");
		if (r == 0)
			r = irc_link_write(c->link, buf_text(&line), line.len, e);
		at += n;
	} while (r == 0 && n == SASL_PART);
	return r;
}

static int pass(const char *bytes, size_t len, void *arg)
{
	struct irc *c = arg;
	_cleanup_(buf_free) struct buf line = BUF_WIPED(IRC_LINE_MAX);

	if (memchr(bytes, '\r', len) || memchr(bytes, '\n', len))
		return -ERR_REFUSED;
	buf_str(&line, "PASS :");
	buf_add(&line, bytes, len);
	buf_str(&line, "\r\n");
	return line.over ? -ERR_LIMIT : irc_link_write(c->link, buf_text(&line), line.len, NULL);
}

static int hello(struct irc *c, struct err *e)
{
	int r = 0;

	if (c->secret && c->user)
		r = say(c, "CAP", "REQ", "sasl", e);
	else if (c->secret && secret_with(c->secret, pass, c) < 0)
		r = err_set(e, ERR_CONFIG, "the password of '%.100s' cannot be sent", c->server);
	if (r == 0)
		r = say(c, "NICK", c->nick, NULL, e);
	return r == 0 ? irc_link_write(c->link, USER, sizeof(USER) - 1, e) : r;
}

/* A nick that is taken: with the next of these behind it. */
static int other_nick(struct irc *c, const struct irc_line *l, struct err *e)
{
	size_t len = strlen(c->nick);

	if (++c->nicks > NICKS_MAX || len + 2 > sizeof(c->nick))
		return refused(c, l, ERR_REMOTE, "has no nick for us", e);
	c->nick[len] = '_';
	c->nick[len + 1] = '\0';
	return say(c, "NICK", c->nick, NULL, e);
}

static int on_sasl(struct irc *c, const struct irc_line *l, struct err *e)
{
	if (!strcmp(l->command, "CAP"))
		return strcmp(irc_param(l, 1), "ACK") ? refused(c, l, ERR_REFUSED, "offers no SASL", e)
						       : say(c, "AUTHENTICATE", "PLAIN", NULL, e);
	if (!strcmp(l->command, "AUTHENTICATE"))
		return authenticate(c, e);
	if (l->number == 903)
		return say(c, "CAP", "END", NULL, e);
	if (l->number == 902 || (l->number >= 904 && l->number <= 908))
		return refused(c, l, ERR_AUTH, "refuses the login", e);
	return 0;
}

static int enter(struct irc *c, struct err *e)
{
	int r = hello(c, e);

	while (r == 0) {
		struct irc_line l;

		r = next(c, &l, e);
		if (r == 0 && l.number == 1)
			return 0;
		if (r < 0)
			return r;
		if (l.number == 433 || l.number == 436)
			r = other_nick(c, &l, e);
		else if (!strcmp(l.command, "ERROR") || l.number == 432 || l.number == 464 || l.number == 465)
			r = refused(c, &l, ERR_REMOTE, "does not let us in", e);
		else
			r = on_sasl(c, &l, e);
	}
	return r;
}

static bool is_in(const int *list, int number)
{
	for (; *list; list++)
		if (*list == number)
			return true;
	return false;
}

static int join(struct irc *c, struct err *e)
{
	static const int refusals[] = { 403, 405, 407, 437, 471, 473, 474, 475, 476, 477, 489, 520, 0 };
	int r = say(c, "JOIN", c->to, NULL, e);

	while (r == 0) {
		struct irc_line l;

		r = next(c, &l, e);
		if (r == 0 && l.number == 366)
			return 0;
		if (r == 0 && (is_in(refusals, l.number) || !strcmp(l.command, "ERROR")))
			r = refused(c, &l, ERR_REFUSED, "does not let us into the channel", e);
	}
	return r;
}

static int confirmed(struct irc *c, struct err *e)
{
	static const int refusals[] = { 401, 403, 404, 407, 408, 411, 412, 413, 414, 415, 477, 489, 531, 716, 0 };
	int r = say(c, "PING", NULL, TOKEN, e);

	while (r == 0) {
		struct irc_line l;

		r = next(c, &l, e);
		if (r == 0 && !strcmp(l.command, "PONG") && l.n && !strcmp(l.params[l.n - 1], TOKEN))
			return 0;
		if (r == 0 && is_in(refusals, l.number))
			return refused(c, &l, ERR_REFUSED, "did not take it", e);
		if (r == 0 && !strcmp(l.command, "ERROR"))
			r = refused(c, &l, ERR_NET, "closed the connection", e);
	}
	/* the text went out */
	if (e)
		e->effect = EFFECT_UNKNOWN;
	return r;
}

static int tell(struct irc *c, const json_t *lines, struct err *e)
{
	_cleanup_(buf_free) struct buf all = BUF_INIT(16 * IRC_LINE_MAX);
	int r = 0;

	for (size_t k = 0; r == 0 && k < json_array_size(lines); k++) {
		const char *text = json_string_value(json_array_get(lines, k));

		r = text && *text ? irc_line_add(&all, "PRIVMSG", c->to, text, e)
				  : err_set(e, ERR_CONFIG, "job: \"lines\" is a list of texts");
	}
	if (r < 0)
		return r;
	c->job->sink->changing(c->job->sink->arg);
	r = irc_link_write(c->link, buf_text(&all), all.len, e);
	if (r < 0) {
		e->effect = EFFECT_UNKNOWN;
		return r;
	}
	r = confirmed(c, e);
	if (r == 0)
		(void)say(c, "QUIT", NULL, "told", NULL);
	return r;
}

int send_irc(struct job *job, const struct secret *secret, struct err *e)
{
	const char *tls = json_str(job->body, "tls"), *nick = json_str(job->body, "nick");
	const json_t *lines = json_object_get(job->body, "lines");
	_cleanup_(irc_end) struct irc c = { .job = job, .secret = secret, .server = json_str(job->body, "server"),
					    .to = json_str(job->body, "to"), .user = json_str(job->body, "user") };
	int r;

	if (!c.server || !c.to || !nick || strlen(nick) > 64 || !json_array_size(lines) || json_array_size(lines) > 8)
		return err_set(e, ERR_CONFIG, "job: irc needs \"server\", \"to\", \"nick\" and 1 to 8 \"lines\"");
	if (c.user && !secret)
		return err_set(e, ERR_CONFIG, "job: irc has a \"user\" and no secret");
	(void)snprintf(c.nick, sizeof(c.nick), "%s", nick);
	r = irc_link_open(c.server, !tls || strcmp(tls, "never") != 0, json_str(job->body, "ca"), job->deadline_us,
			  &c.link, e);
	if (r == 0)
		r = enter(&c, e);
	if (r == 0 && strchr("#&+", c.to[0]))
		r = join(&c, e);
	if (r == 0)
		r = tell(&c, lines, e);
	if (r == 0)
		(void)snprintf(job->text, sizeof(job->text), "%.100s took it for %.60s", c.server, c.to);
	return r;
}
