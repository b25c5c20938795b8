/*
 * Does the mail server sign, with which key, and does it verify? A message goes in as any other, comes out in a mailbox
 * that is ours, and is verified as its receivers would. A milter that is down is seen here and nowhere else: mail goes
 * out unsigned and every log is quiet.
 */
#include "driver/dkim.h"
#include "base/clock.h"
#include "base/mem.h"
#include "driver/host.h"
#include <stdlib.h>
#include <string.h>

#define ARRIVES_MS 30000
#define LOOK_MS 200
#define TAIL_BYTES "1000000"
#define REPLY_LINES 64

static int reply(struct dkim_link *l, const char *what, char wanted, struct err *e)
{
	_cleanup_(buf_free) struct buf line = BUF_INIT(4096);

	for (int i = 0; i < REPLY_LINES; i++) {
		int r = dkim_link_line(l, &line, e);

		if (r < 0)
			return err_wrap(e, "%s", what);
		if (line.len > 3 && line.data[3] == '-')
			continue;
		if (line.len >= 3 && line.data[0] == wanted)
			return 0;
		return err_set(e, ERR_REMOTE, "%s: the mail server says '%.200s'", what, buf_text(&line));
	}
	return err_set(e, ERR_REMOTE, "%s: the mail server does not end its answer", what);
}

static int say(struct dkim_link *l, const char *what, char wanted, struct err *e, const char *fmt, ...) _printf_(5, 6);
static int say(struct dkim_link *l, const char *what, char wanted, struct err *e, const char *fmt, ...)
{
	_cleanup_(freep) char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) < 0)
		abort();
	va_end(ap);
	int r = dkim_link_write(l, line, strlen(line), e);

	return r < 0 ? err_wrap(e, "%s", what) : reply(l, what, wanted, e);
}

/* RFC 5322 3.3, without the day of the week, which may be left away. */
static void date(struct buf *ret)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
					      "Nov", "Dec" };
	_cleanup_(buf_free) struct buf now = BUF_INIT(64);
	const char *s;

	clock_format(&now, clock_now_us());
	s = buf_text(&now);
	(void)buf_printf(ret, "%.2s %s %.4s %.8s +0000", s + 8, months[(strtoul(s + 5, NULL, 10) + 11) % 12], s,
			 s + 11);
}

int dkim_mail_send(const struct driver_job *job, const char *domain, const char *id, struct err *e)
{
	_cleanup_(dkim_link_close) struct dkim_link l = { .link = NULL };
	_cleanup_(buf_free) struct buf when = BUF_INIT(64);
	_cleanup_(freep) char *usual = mem_printf("firebreak@%s", domain);
	const char *from = job_option(job, "sender"), *to = job_option(job, "to");
	int r = dkim_link_open(job, NULL, &l, e);

	if (!from)
		from = usual;
	date(&when);
	if (r == 0)
		r = reply(&l, "greeting", '2', e);
	if (r == 0)
		r = say(&l, "EHLO", '2', e, "EHLO firebreak.invalid\r\n");
	if (r == 0)
		r = say(&l, "MAIL", '2', e, "MAIL FROM:<%s>\r\n", from);
	if (r == 0)
		r = say(&l, "RCPT", '2', e, "RCPT TO:<%s>\r\n", to);
	if (r == 0)
		r = say(&l, "DATA", '3', e, "DATA\r\n");
	if (r == 0)
		r = say(&l, "message", '2', e, "From: Firebreak <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n"
			"Subject: Is mail of %s signed?\r\nAuto-Submitted: auto-generated\r\n\r\n"
			"A probe of Firebreak.\r\n.\r\n", from, to, buf_text(&when), id, domain, domain);
	if (r == 0)
		(void)say(&l, "QUIT", '2', NULL, "QUIT\r\n");
	return r;
}

/* 1: the program ended well. 0: it did not: a mailbox is made with its first message. */
static int run(const struct driver_job *job, const char *const *argv, struct buf *ret, struct err *e)
{
	struct err why = ERR_INIT;
	int r = job_host_run(job, argv, ret, &why);

	if (r == 0 || r == -ERR_REMOTE)
		return r == 0;
	if (e)
		*e = why;
	return r;
}

/* In a file of several messages: from the line that begins ours to the one that begins the next. */
static bool cut_out(const struct buf *all, const char *id, struct buf *ret)
{
	const char *text = buf_text(all), *at = strstr(text, id), *from = text, *next;

	if (!at)
		return false;
	for (const char *s = text; (s = strstr(s, "\nFrom ")) && s < at; s++)
		from = s + 1;
	next = strstr(at, "\nFrom ");
	/* the separator is the mailbox's, not the message's */
	if (!strncmp(from, "From ", 5))
		from += strcspn(from, "\n") + (strchr(from, '\n') != NULL);
	(void)buf_add(ret, from, next ? (size_t)(next + 1 - from) : strlen(from));
	return true;
}

static int look_in_file(const struct driver_job *job, const char *path, const char *id, struct buf *ret, struct err *e)
{
	const char *const argv[] = { "tail", "-c", TAIL_BYTES, "--", path, NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(DKIM_MESSAGE_MAX);
	int r = run(job, argv, &out, e);

	return r <= 0 ? r : cut_out(&out, id, ret);
}

static int look_in_folder(const struct driver_job *job, const char *path, const char *id, struct buf *ret,
			  struct err *e)
{
	_cleanup_(freep) char *new = mem_printf("%snew", path), *cur = mem_printf("%scur", path);
	const char *const argv[] = { "grep", "-rlF", "-m1", "-e", id, "--", new, cur, NULL };
	_cleanup_(buf_free) struct buf names = BUF_INIT(DKIM_MESSAGE_MAX);
	int r = run(job, argv, &names, e);

	if (r <= 0)
		return r;
	_cleanup_(freep) char *first = mem_dupn(buf_text(&names), strcspn(buf_text(&names), "\n"));

	return run(job, (const char *const[]){ "cat", "--", first, NULL }, ret, e);
}

int dkim_mail_fetch(const struct driver_job *job, const char *id, struct buf *ret, struct err *e)
{
	const char *path = job_option(job, "mailbox");
	int64_t until = clock_mono_us() + INT64_C(1000) * ARRIVES_MS, pause = LOOK_MS;
	bool folder = path[strlen(path) - 1] == '/';

	for (;;) {
		int r = folder ? look_in_folder(job, path, id, ret, e) : look_in_file(job, path, id, ret, e);

		if (r < 0)
			return r;
		if (r > 0)
			return 0;
		if (clock_mono_us() >= until || job_left_ms(job) < 2 * pause)
			return err_set(e, ERR_NET, "the probe message was taken and has not come into '%.150s'", path);
		clock_sleep_ms(pause);
		pause = pause < 2000 ? pause * 2 : pause;
	}
}
