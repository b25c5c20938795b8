#include "driver/dovecot_internal.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/transport.h"
#include <stdio.h>
#include <string.h>

/* Dovecot lets an address wait up to 15 s behind logins that failed, and 2 s more before it says so; Postfix adds a
 * second. */
#define ANSWER_MS 25000
#define LINES_MAX ((size_t)256 << 10)

struct protocol {
	const char *name;
	uint16_t port, wrapped;        /* usual ones */
	int (*hello)(struct dovecot_talk *t, bool secure, struct err *e);
	int (*login)(struct dovecot_talk *t, const char *user, const struct secret *value, struct dovecot_said *ret,
		     struct err *e);
	const char *bye;
};

static const struct protocol protocols[DOVECOT_PROTOCOLS] = {
	[DOVECOT_IMAP] = { "IMAP", 143, 993, dovecot_imap_hello, dovecot_imap_login, "z LOGOUT" },
	[DOVECOT_SMTP] = { "submission", 587, 465, dovecot_smtp_hello, dovecot_smtp_login, "QUIT" },
};

const char *dovecot_protocol_name(enum dovecot_protocol p)
{
	return protocols[p].name;
}

bool dovecot_has(const struct driver_job *job, enum dovecot_protocol p)
{
	return p == DOVECOT_IMAP || job_option(job, "submission");
}

static bool wants_tls(const struct driver_job *job)
{
	const char *tls = job_option(job, "tls");

	return !tls || strcmp(tls, "no") != 0;
}

/* The worker has connected us to the account's own address only; the second goes the same way. */
static int reach_submission(struct dovecot_talk *t, struct err *e)
{
	struct forward *f = mem_zero(1, sizeof(*f));
	int r;

	t->forward = f;
	t->job.address = job_option(&t->job, "submission");
	r = way_forward(t->job.from, t->job.address, f, e);
	if (r == 0)
		t->job.at = (struct endpoint){ f->unix_path, f->host, f->port };
	return r;
}

static int connect_to(struct dovecot_talk *t, const struct protocol *p, struct err *e)
{
	_cleanup_(freep) char *host = NULL, *path = NULL;
	uint16_t port = 0;
	bool tls = wants_tls(&t->job);
	int r = address_parse(t->job.address, p->port, &host, &port, &path, e);

	if (r == 0)
		r = job_link_open(&t->job, &t->link, e);
	if (r < 0)
		return r;
	job_link_patience(t->link, ANSWER_MS);
	if (tls && port == p->wrapped) {
		r = dovecot_secure(t, e);
		if (r < 0)
			return r;
	}
	return p->hello(t, tls && !t->secured, e);
}

int dovecot_open(const struct driver_job *job, enum dovecot_protocol p, struct dovecot_talk *ret, struct err *e)
{
	int r = 0;

	*ret = (struct dovecot_talk){ .job = *job, .in = BUF_WIPED(LINES_MAX) };
	if (p == DOVECOT_SMTP)
		r = reach_submission(ret, e);
	if (r == 0)
		r = connect_to(ret, &protocols[p], e);
	return r;
}

void dovecot_close(struct dovecot_talk *t)
{
	struct forward *f = t->forward;

	job_link_freep(&t->link);
	buf_free(&t->in);
	if (f) {
		way_forward_end(t->job.from, f);
		free(f);
	}
	*t = (struct dovecot_talk){ .job = t->job };
}

int dovecot_secure(struct dovecot_talk *t, struct err *e)
{
	if (t->in.len > t->taken)
		return err_set(e, ERR_NET, "the server said more than was asked before TLS began: somebody may be in "
			       "between");
	t->secured = true;
	return job_link_tls(t->link, e);
}

int dovecot_send(struct dovecot_talk *t, const char *line, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(2048);

	(void)buf_printf(&b, "%s\r\n", line);
	return b.over ? err_set(e, ERR_LIMIT, "a command is too long") : job_link_send(t->link, b.data, b.len, e);
}

int dovecot_line(struct dovecot_talk *t, const char **ret, struct err *e)
{
	char bytes[4096], *end;

	if (t->taken) {
		memmove(t->in.data, t->in.data + t->taken, t->in.len - t->taken + 1);
		t->in.len -= t->taken;
		t->taken = 0;
	}
	while (!t->in.len || !(end = memchr(t->in.data, '\n', t->in.len))) {
		size_t n = 0;
		int r;

		if (t->in.len > DOVECOT_LINE_MAX)
			return err_set(e, ERR_NET, "the server's line has no end: this is no mail server");
		r = job_link_receive(t->link, bytes, sizeof(bytes), &n, e);
		if (r < 0)
			return r;
		if (n == 0)
			return err_set(e, ERR_NET, "the server closed the connection");
		if (buf_add(&t->in, bytes, n) < 0)
			return err_set(e, ERR_NET, "the server says more than %zu bytes at once", LINES_MAX);
	}
	t->taken = (size_t)(end - t->in.data) + 1;
	*end = '\0';
	if (end > t->in.data && end[-1] == '\r')
		end[-1] = '\0';
	*ret = t->in.data;
	return 0;
}

int dovecot_unexpected(const char *when, const char *line, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(2048);

	text_visible(&words, line, strnlen(line, 200));
	return err_set(e, ERR_NET, "%s: the server says: %s", when, buf_text(&words));
}

struct plain { struct buf *ret; const char *user; };

static int make_plain(const char *bytes, size_t len, void *arg)
{
	struct plain *p = arg;
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(2048);

	if (memchr(bytes, '\0', len))
		return -ERR_CONFIG;
	(void)buf_add(&raw, "", 1);
	(void)buf_str(&raw, p->user);
	(void)buf_add(&raw, "", 1);
	if (buf_add(&raw, bytes, len) < 0)
		return -ERR_LIMIT;
	text_base64(p->ret, raw.data, raw.len);
	return buf_str(p->ret, "\r\n");
}

int dovecot_send_plain(struct dovecot_talk *t, const char *user, const struct secret *value, struct err *e)
{
	_cleanup_(buf_free) struct buf line = BUF_WIPED(8192);
	struct plain p = { &line, user };

	if (secret_with(value, make_plain, &p) < 0)
		return err_set(e, ERR_CONFIG, "the value is longer than a mail server takes, or holds a NUL");
	return job_link_send(t->link, line.data, line.len, e);
}

static int try_once(const struct driver_job *job, enum dovecot_protocol p, const char *user,
		    const struct secret *value, const char *what, enum dovecot_login *ret, struct err *e)
{
	_cleanup_(dovecot_close) struct dovecot_talk t = { 0 };
	struct dovecot_said said = { 0 };
	const char *line;
	int r = dovecot_open(job, p, &t, e);

	if (r == 0)
		r = protocols[p].login(&t, user, value, &said, e);
	if (r < 0) {
		job_tried(job, what, e->text);
		return r;
	}
	job_tried(job, what, said.words);
	*ret = said.login;
	/* Said politely and waited for, so that no half-open connection of ours is counted as a session. */
	while (dovecot_send(&t, protocols[p].bye, NULL) == 0 && dovecot_line(&t, &line, NULL) == 0)
		continue;
	return 0;
}

int dovecot_login(const struct driver_job *job, enum dovecot_protocol p, const char *user, const struct secret *value,
		  const char *as, enum dovecot_login *ret, struct err *e)
{
	char what[200];
	int r;

	(void)snprintf(what, sizeof(what), "%s login as '%.80s' with %s", protocols[p].name, user, as);
	r = try_once(job, p, user, value, what, ret, e);
	return r < 0 ? err_wrap(e, "dovecot at '%s', %s", job->address, protocols[p].name) : 0;
}

int dovecot_answers(const struct driver_job *job, struct err *e)
{
	for (enum dovecot_protocol p = 0; p < DOVECOT_PROTOCOLS; p++) {
		_cleanup_(dovecot_close) struct dovecot_talk t = { 0 };

		if (dovecot_has(job, p) && dovecot_open(job, p, &t, e) < 0)
			return err_wrap(e, "dovecot at '%s', %s", job->address, protocols[p].name);
	}
	return 0;
}
