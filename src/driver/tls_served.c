#include "driver/tls_served.h"
#include "base/clock.h"
#include "base/mem.h"
#include "driver/tls.h"
#include "driver/tls_handshake.h"
#include "keys/certificate.h"
#include "transport/transport.h"
#include <stdio.h>
#include <string.h>

#define ASK_MS 15000
#define PEM_MAX ((size_t)128 * 1024)

/* STARTTLS up to the point where TLS begins. */
static int begin(struct job_link *l, struct tls_starttls *s, int64_t until_us, struct err *e)
{
	_cleanup_(buf_free) struct buf send = BUF_INIT(4096);
	char bytes[4096];
	size_t n = 0;
	bool go = false;
	int r = 0;

	for (;;) {
		buf_clear(&send);
		r = tls_starttls_more(s, bytes, n, &send, &go, e);
		if (r == 0 && send.len)
			r = job_link_send(l, send.data, send.len, e);
		if (r < 0 || go)
			return r;
		int64_t left_ms = (until_us - clock_mono_us()) / 1000;

		if (left_ms < 1)
			return err_set(e, ERR_NET, "the server goes on talking and does not begin TLS");
		job_link_patience(l, left_ms);
		r = job_link_receive(l, bytes, sizeof(bytes), &n, e);
		if (r < 0)
			return err_wrap(e, "starttls");
		if (n == 0)
			return err_set(e, ERR_NET, "the server closed the connection before TLS began");
	}
}

/* What is asked for. An address is no name (RFC 6066 3). */
static int name_of(const struct driver_job *job, char **ret, bool *ret_is_address, struct err *e)
{
	_cleanup_(freep) char *host = NULL, *path = NULL;
	const char *name = job_option(job, "name");
	uint16_t port = 0;
	int r = address_parse(job->address, 0, &host, &port, &path, e);

	if (r < 0)
		return r;
	*ret = name ? mem_dup(name) : host ? TAKE(host) : mem_dup("");
	*ret_is_address = !name && tls_served_is_address(*ret);
	return 0;
}

static int facts(const struct buf *pem, const char *name, struct tls_served *ret, struct err *e)
{
	struct certificate c = { .names = STRV_INIT };
	int r = certificate_read(buf_text(pem), pem->len, &c, e);

	if (r < 0)
		return err_wrap(e, "what the server shows");
	*ret = (struct tls_served){ .not_before_s = c.not_before_s, .not_after_s = c.not_after_s,
				    .is_for_name = certificate_covers(&c, name) };
	(void)snprintf(ret->spki_sha256, sizeof(ret->spki_sha256), "%s", c.spki_sha256);
	(void)snprintf(ret->serial, sizeof(ret->serial), "%s", c.serial);
	(void)snprintf(ret->issuer, sizeof(ret->issuer), "%s", c.issuer);
	if (pem->len < sizeof(ret->pem))
		(void)snprintf(ret->pem, sizeof(ret->pem), "%s", buf_text(pem));
	certificate_clear(&c);
	return 0;
}

static int protocol_of(const struct driver_job *job, struct tls_starttls *ret, struct err *e)
{
	const char *word = job_option(job, "starttls");

	*ret = (struct tls_starttls){ .protocol = NULL };
	return word ? tls_starttls_begin(ret, word, e) : 0;
}

int tls_ask_open(const struct driver_job *job, struct tls_ask *ret, struct err *e)
{
	int r = protocol_of(job, &ret->words, e);

	return r < 0 ? r : job_link_open(job, &ret->link, e);
}

int tls_ask_look(const struct driver_job *job, struct tls_ask *a, enum tls_kind kind, int64_t limit_ms,
		 struct tls_served *ret, bool *ret_hung_up, struct err *e)
{
	int64_t until_us = clock_mono_us() + job_limit_ms(job, limit_ms) * 1000;
	_cleanup_(buf_free) struct buf pem = BUF_INIT(PEM_MAX);
	_cleanup_(freep) char *name = NULL;
	bool is_address = false;
	int r = name_of(job, &name, &is_address, e);

	*ret_hung_up = false;
	if (r == 0 && a->words.protocol)
		r = begin(a->link, &a->words, until_us, e);
	if (r < 0)
		return r;
	r = tls_handshake(a->link, name && *name && !is_address ? name : NULL, kind, until_us, &a->shake, ret_hung_up,
			  e);
	if (r == -ERR_REFUSED || (r == -ERR_REMOTE && kind != TLS_ANY)) {
		*ret = (struct tls_served){ .none = true, .not_for_name = r == -ERR_REFUSED };
		return 0;
	}
	if (r == 0)
		r = tls_handshake_certificate(a->shake, &pem, e);
	if (r == 0)
		r = facts(&pem, name, ret, e);
	if (r == 0)
		ret->wants_client = tls_handshake_wants_client(a->shake);
	return r;
}

void tls_ask_end(struct tls_ask *a)
{
	_cleanup_(buf_free) struct buf bye = BUF_INIT(256);

	if (a->shake && a->words.protocol)
		tls_starttls_bye(&a->words, &bye);
	if (a->shake)
		tls_handshake_bye(a->shake, &bye);
	tls_handshake_freep(&a->shake);
	job_link_freep(&a->link);
	tls_starttls_end(&a->words);
}

/* One connection. `none` in ret: an alert; *ret_hung_up: it may mean the same. */
static int look(const struct driver_job *job, enum tls_kind kind, struct tls_served *ret, bool *ret_hung_up,
		struct err *e)
{
	_cleanup_(tls_ask_end) struct tls_ask a = { .link = NULL };
	int r = tls_ask_open(job, &a, e);

	*ret_hung_up = false;
	return r < 0 ? r : tls_ask_look(job, &a, kind, ASK_MS, ret, ret_hung_up, e);
}

/* A server that hangs up may have nothing of the kind, or too much to do. It has nothing when it does so twice, and
 * shows its certificate to who takes any in between. */
static int ask(const struct driver_job *job, enum tls_kind kind, struct tls_served *ret, struct err *e)
{
	struct tls_served any = { .none = false };
	bool hung_up = false;
	int r = look(job, kind, ret, &hung_up, e);

	if (kind == TLS_ANY || !hung_up)
		return r;
	r = look(job, TLS_ANY, &any, &hung_up, e);
	if (r == 0)
		r = look(job, kind, ret, &hung_up, e);
	if (r < 0 && hung_up && any.spki_sha256[0]) {
		*ret = (struct tls_served){ .none = true };
		return 0;
	}
	return r;
}

bool tls_served_has_one(const struct driver_job *job)
{
	_cleanup_(tls_starttls_end) struct tls_starttls s = { .protocol = NULL };

	return protocol_of(job, &s, NULL) == 0 && s.protocol && tls_starttls_has_one(&s);
}

int tls_served_ask(const struct driver_job *job, enum tls_kind kind, struct tls_served *ret, struct err *e)
{
	int r;

	if (kind != TLS_ANY && tls_served_has_one(job)) {
		*ret = (struct tls_served){ .none = true };
		return 0;
	}
	r = ask(job, kind, ret, e);
	/* Whatever a server answers instead: it was not seen what it serves. */
	if (r != -ERR_REMOTE && r != -ERR_LIMIT)
		return r;
	if (e)
		e->code = ERR_NET;
	return -ERR_NET;
}
