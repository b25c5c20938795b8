#include "driver/redis_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define COMMAND_MAX ((size_t)1 << 20)

static bool begins(const struct redis_reply *r, const char *word)
{
	return r->type == REDIS_ERROR && r->text && text_starts(r->text, word);
}

static bool is_status(const struct redis_reply *r, const char *word)
{
	return r->type == REDIS_STATUS && r->text && strcmp(r->text, word) == 0;
}

int redis_refused(const struct redis_reply *r, const char *what, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(2048);

	if (!r->text)
		return err_set(e, ERR_REMOTE, "%s: an answer of another kind than Redis gives", what);
	text_visible(&words, r->text, r->len < 250 ? r->len : 250);
	return err_set(e, ERR_REMOTE, "%s: the server says: %s", what, buf_text(&words));
}

/* "CONFIG SET" and the like: the first words, never an argument. */
static void title(const char *const *words, char *ret, size_t size)
{
	static const char *const two[] = { "CONFIG", "ACL", "CLIENT" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(two); i++)
		n |= strcmp(words[0], two[i]) == 0;
	(void) snprintf(ret, size, "%s%s%s", words[0], n ? " " : "", n ? words[1] : "");
}

static int receive(struct redis *r, struct redis_reply **ret, struct err *e)
{
	char bytes[16384];
	size_t n = 0;
	int done = redis_reader_feed(r->reader, "", 0, ret, e);

	while (done == 0 && !*ret) {
		done = job_link_receive(r->link, bytes, sizeof(bytes), &n, e);
		if (done == 0 && n == 0)
			return err_set(e, ERR_NET, "the server closed the connection");
		if (done == 0)
			done = redis_reader_feed(r->reader, bytes, n, ret, e);
		explicit_bzero(bytes, n);
	}
	return done;
}

/* A server that does not know a command says its arguments back: "unknown command 'AUTH',
 * with args beginning with: ...". */
static int mask_with(const char *last, size_t len, void *arg)
{
	static const char args[] = ", with args beginning with";
	struct redis_reply *r = arg;
	char *at = memmem(r->text, r->len, args, sizeof(args) - 1);

	if (at) {
		explicit_bzero(at, r->len - (size_t)(at - r->text));
		r->len = (size_t)(at - r->text);
	}
	while ((at = memmem(r->text, r->len, last, len)) != NULL)
		memset(at, *last == '*' ? '#' : '*', len);
	return 0;
}

struct request {
	struct redis *r;
	const char *const *words;
	struct err *e;
};

static int send_with(const char *last, size_t len, void *arg)
{
	struct request *q = arg;
	_cleanup_(buf_free) struct buf b = BUF_WIPED(COMMAND_MAX);
	int r = redis_format(&b, q->words, last, len, q->e);

	return r < 0 ? r : job_link_send(q->r->link, b.data, b.len, q->e);
}

int redis_call(struct redis *r, const char *const *words, const struct secret *last, struct redis_reply **ret,
	       struct err *e)
{
	struct request q = { .r = r, .words = words, .e = e };
	char what[64];
	int done;

	redis_reply_freep(ret);
	done = last ? secret_with(last, send_with, &q) : send_with(NULL, 0, &q);
	if (done == 0)
		done = receive(r, ret, e);
	if (done == 0 && last && (*ret)->text)
		(void) secret_with(last, mask_with, *ret);
	title(words, what, sizeof(what));
	return done < 0 ? err_wrap(e, "%s", what) : 0;
}

int redis_ask(struct redis *r, const char *const *words, const struct secret *last, enum redis_type type,
	      struct redis_reply **ret, struct err *e)
{
	int done = redis_call(r, words, last, ret, e);
	char what[64];

	if (done < 0)
		return done;
	title(words, what, sizeof(what));
	if ((*ret)->type == REDIS_ERROR)
		return redis_refused(*ret, what, e);
	if ((*ret)->type != type)
		return err_set(e, ERR_REMOTE, "%s: an answer of another kind than Redis gives", what);
	return 0;
}

int redis_do(struct redis *r, const char *const *words, const struct secret *last, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	char what[64];
	int done;

	job_changing(r->job);
	done = redis_call(r, words, last, &reply, e);
	if (done < 0) {
		e->effect = EFFECT_UNKNOWN;
		return done;
	}
	title(words, what, sizeof(what));
	if (reply->type == REDIS_ERROR)
		return redis_refused(reply, what, e);
	if (!is_status(reply, "OK")) {
		(void) err_set(e, ERR_REMOTE, "%s: an answer of another kind than Redis gives", what);
		e->effect = EFFECT_UNKNOWN;
		return -ERR_REMOTE;
	}
	return 0;
}

/* What a Redis may say to a PING of somebody who has not logged in. */
static int greet(struct redis *r, struct err *e)
{
	static const char *const fine[] = { "NOAUTH", "NOPERM", "LOADING", "BUSY", "MASTERDOWN" };
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	int done = redis_call(r, WORDS("PING"), NULL, &reply, e);

	if (done == -ERR_NET && strstr(e->text, "closed") && !job_option(r->job, "tls"))
		return err_set(e, ERR_NET, "the server closed the connection at the first word: "
			       "does this port want TLS (option tls: \"yes\")");
	if (done < 0)
		return done;
	if (is_status(reply, "PONG"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		if (begins(reply, fine[i]))
			return 0;
	}
	return reply->type == REDIS_ERROR ? redis_refused(reply, "PING", e)
					  : err_set(e, ERR_REMOTE, "PING: the answer is not that of a Redis");
}

int redis_open(const struct driver_job *job, struct redis *ret, struct err *e)
{
	struct redis r = { .job = job };
	int done = job_link_open(job, &r.link, e);

	if (done == 0 && job_link_wants_tls(job))
		done = job_link_tls(r.link, e);
	if (done == 0) {
		r.reader = redis_reader_new();
		done = greet(&r, e);
	}
	if (done < 0) {
		redis_close(&r);
		return err_wrap(e, "redis at '%s'", job->address);
	}
	*ret = r;
	return 0;
}

void redis_close(struct redis *r)
{
	job_link_freep(&r->link);
	redis_reader_freep(&r->reader);
}

static int judge(const struct redis_reply *reply, enum redis_login *ret, struct err *e)
{
	if (is_status(reply, "OK"))
		*ret = REDIS_LOGIN_OK;
	else if (begins(reply, "ERR AUTH <password> called without any password"))
		*ret = REDIS_LOGIN_OPEN;
	else if (begins(reply, "WRONGPASS") || begins(reply, "ERR invalid password"))
		*ret = REDIS_LOGIN_REFUSED;
	else
		return redis_refused(reply, "AUTH", e);
	return 0;
}

int redis_login(struct redis *r, const char *user, const struct secret *s, const char *as, enum redis_login *ret,
		struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	/* The short form tells a server without any password apart: AUTH default ANYTHING would be "OK" there. */
	const char *const *words = redis_is_default(user) ? WORDS("AUTH") : WORDS("AUTH", user);
	char what[200];
	int done = redis_call(r, words, s, &reply, e);

	(void) snprintf(what, sizeof(what), "login as '%s' with %s", user, as);
	if (done == 0) {
		job_tried(r->job, what, reply->text ? reply->text : "an answer without words");
		done = judge(reply, ret, e);
	} else {
		job_tried(r->job, what, e->text);
	}
	return done < 0 ? err_wrap(e, "redis at '%s'", r->job->address) : 0;
}
