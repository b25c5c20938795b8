#include "driver/dovecot_internal.h"
#include "base/clock.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REST_MS 4000          /* of the time, for what comes behind the logs */
#define OUTPUT_MAX ((size_t)8 << 20)

struct look { const struct driver_job *job; struct driver_answer *a; const char *user; const char *const *f; };

static const char *day(const char *seconds, char ret[32])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);
	int64_t at = 0;

	if (text_i64(seconds, &at) == 0)
		clock_format(&b, at * 1000000);
	(void)snprintf(ret, 32, "%.31s", at ? buf_text(&b) : "an unknown time");
	return ret;
}

static int64_t number(const char *s)
{
	int64_t n;

	return text_i64(s, &n) == 0 ? n : 0;
}

static void session(struct look *l)
{
	job_finding(l->a, "high", "open session", "'%s' has a session of %s open from %s", l->user, l->f[1], l->f[3]);
}

static void connection(struct look *l)
{
	job_finding(l->a, "info", "open connection", "somebody is connected to %s from %s: whose login that is cannot "
		    "be told", l->f[3], l->f[4]);
}

static void login(struct look *l)
{
	char first[32], last[32];

	job_finding(l->a, "high", "login", "'%s' logged in by %s from %s: %" PRId64 " times, between %s and %s",
		    l->user, l->f[1], l->f[2], number(l->f[3]), day(l->f[4], first), day(l->f[5], last));
}

static void failed(struct look *l)
{
	char first[32], last[32];

	job_finding(l->a, "medium", "refused login", "a login as '%s' by %s from %s was refused %" PRId64 " times, "
		    "between %s and %s", l->user, l->f[1], l->f[2], number(l->f[3]), day(l->f[4], first),
		    day(l->f[5], last));
}

static void sent(struct look *l)
{
	char first[32], last[32];

	job_finding(l->a, "high", "mail sent", "'%s' sent %" PRId64 " mails from %s between %s and %s: %" PRId64
		    " recipients took them, %" PRId64 " did not (yet)", l->user, number(l->f[2]), l->f[1],
		    day(l->f[3], first), day(l->f[4], last), number(l->f[5]), number(l->f[6]));
}

static void queued(struct look *l)
{
	job_finding(l->a, "high", "mail in the queue", "%" PRId64 " mails of '%s' wait to go out (%s): hold or delete "
		    "them with postsuper, if they are not the team's", number(l->f[1]), l->user, l->f[2]);
}

static void rule(struct look *l)
{
	int64_t at = number(l->f[2]);
	bool keys = strstr(l->f[1], "authorized_keys"), late = l->job->since_us && at * 1000000 >= l->job->since_us;
	char when[32];

	job_finding(l->a, late ? "high" : number(l->f[3]) ? "medium" : "info", keys ? "ssh key" : "rule of the mailbox",
		    "'%s' holds %" PRId64 " %s, and was last written %s%s", l->f[1], number(l->f[3]),
		    keys ? "keys that log in without the password"
			 : "lines that send mail on, answer it or run something",
		    day(l->f[2], when), late ? ", after the suspected time" : "");
}

static void alias(struct look *l)
{
	job_finding(l->a, "info", "alias", "'%s' has a line for '%s': %s", l->f[1], l->user, l->f[2]);
}

static void passdb(struct look *l)
{
	if (!strcmp(l->f[3], "master"))
		job_finding(l->a, "medium", "master users", "Dovecot lets master users into each mailbox (passdb %s "
			    "%s): their passwords open '%s' too", l->f[1], l->f[2], l->user);
	else if (!strcmp(l->f[3], "deny"))
		job_finding(l->a, "info", "passdb", "Dovecot keeps out who stands in %s %s", l->f[1], l->f[2]);
	else
		job_finding(l->a, "info", "passdb", "Dovecot asks %s %s: where more than one knows '%s', each has a "
			    "password of its own", l->f[1], l->f[2], l->user);
}

static void setting(struct look *l)
{
	if (!strcmp(l->f[1], "auth_cache_size"))
		job_finding(l->a, "info", "cache", "Dovecot keeps logins that worked in a cache (%s): whatever changes "
			    "a password has to flush it", l->f[2]);
	else
		job_finding(l->a, "medium", "any sender", "Postfix has no smtpd_sender_login_maps: '%s' may send as "
			    "anybody", l->user);
}

static void networks(struct look *l)
{
	job_finding(l->a, "info", "no login needed", "Postfix takes mail without a login from %.200s (mynetworks): a "
		    "new password stops nobody there", l->f[1]);
}

static void system_account(struct look *l)
{
	bool shell = !strstr(l->f[1], "nologin") && !strstr(l->f[1], "/false");

	if (job_option(l->job, "file"))
		return;
	job_finding(l->a, shell ? "high" : "info", "system account", "'%s' is a system account with the shell %s: %s",
		    l->user, l->f[1], shell ? "the password opens ssh, su and cron as well, where they take it"
		    : "nobody logs in with it but by mail");
}

static void open_file(struct look *l)
{
	job_finding(l->a, "high", "file that all can read", "'%s' has mode %s: each account of the host can read "
		    "the hashes", l->f[1], l->f[2]);
}

static void unread(struct look *l)
{
	job_finding(l->a, "medium", "not looked at", "%s: %s", l->f[1], l->f[2]);
}

static void oldest(struct look *l)
{
	int64_t at = number(l->f[1]);
	char when[32];

	if (!at)
		job_finding(l->a, "medium", "not looked at", "no line of the mail logs has a time that can be read");
	else if (l->job->since_us && at * 1000000 > l->job->since_us)
		job_finding(l->a, "medium", "not looked at", "the mail logs begin at %s only, after the suspected time",
			    day(l->f[1], when));
}

static const struct { char kind; void (*tell)(struct look *l); } kinds[] = {
	{ 'S', session }, { 'C', connection }, { 'L', login }, { 'F', failed }, { 'M', sent }, { 'Q', queued },
	{ 'R', rule }, { 'A', alias }, { 'P', passdb }, { 'V', setting }, { 'N', networks }, { 'H', system_account },
	{ 'W', open_file }, { 'U', unread }, { 'O', oldest },
};

static void tell(struct look *l, char *lines)
{
	const char *field[8];
	char *at = lines;

	l->f = field;
	while (dovecot_fields(&at, field, ARRAY_SIZE(field))) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (*field[0] == kinds[i].kind && !field[0][1])
				kinds[i].tell(l);
	}
	l->f = NULL;
}

/* How the value was kept until now: in clear, or under a hash that is cheap to try. */
static int entry(struct look *l, struct err *e)
{
	_cleanup_(buf_free) struct buf said = BUF_WIPED(4096);
	const char *const words[] = { job_option(l->job, "file"), l->user, NULL };
	const char *field[2];
	char *at;
	int r;

	if (!words[0])
		return 0;
	r = dovecot_host(l->job, "scheme", words, NULL, &said, e);
	at = said.data;
	if (r == 0 && dovecot_fields(&at, field, 2) && *field[0] == 'T' && strcmp(field[1], "crypt") != 0)
		job_finding(l->a, !strcmp(field[1], "clear") ? "high" : "medium", "how it is kept", "'%s' keeps the "
			    "password of '%s' %s", words[0], l->user, !strcmp(field[1], "clear") ? "in clear"
			    : "as a hash that is cheap to try");
	return r;
}

static int inspect_user(struct look *l, struct err *e)
{
	_cleanup_(buf_free) struct buf said = BUF_INIT(OUTPUT_MAX);
	const char *file = job_option(l->job, "file");
	char since[24], seconds[24];
	const char *const words[] = { l->user, since, seconds, job_option(l->job, "submission") ? "1" : "",
				      file ? file : "", NULL };
	int64_t left = job_left_ms(l->job);
	int r;

	(void)snprintf(since, sizeof(since), "%" PRId64, l->job->since_us / 1000000);
	(void)snprintf(seconds, sizeof(seconds), "%" PRId64, left > 2L * REST_MS ? (left - REST_MS) / 1000 : 1);
	r = dovecot_host(l->job, "inspect", words, NULL, &said, e);
	if (r == 0)
		tell(l, said.data);
	return r == 0 ? entry(l, e) : r;
}

int dovecot_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct look l = { .job = job, .a = ret };
	int r = dovecot_answers(job, e);

	for (size_t i = 0; r == 0 && job->users[i]; i++) {
		l.user = job->users[i];
		r = inspect_user(&l, e);
	}
	if (r < 0)
		return r;
	ret->count = (uint32_t)json_array_size(ret->findings);
	(void)snprintf(ret->text, sizeof(ret->text), "%u findings about who used the account at '%s'", ret->count,
		       job->address);
	return 0;
}
