/* Whoever tells the world what was revoked is asked, and all of them have to say so. */
#include "base/clock.h"
#include "base/mem.h"
#include "issuer/issuer.h"
#include "notify/http.h"
#include <string.h>

#define ANSWER_MAX ((size_t)32 << 20)          /* a list of a large issuer */
#define ASK_MS 10000                           /* for one answer */

static int open_http(const struct issuer_job *i, struct http **ret, struct err *e)
{
	int64_t soon = clock_mono_us() + (int64_t)ASK_MS * 1000;
	int64_t end = i->job->deadline_us - (int64_t)ISSUER_ROOM_MS * 1000;

	return http_open(json_str(i->issuer, "ca"), soon < end ? soon : end, ret, e);
}

static int take(struct seen *ret, const char *by, bool revoked, int reason)
{
	ret->revoked = (!ret->asked || ret->revoked) && revoked;
	if (revoked && !*ret->other)
		ret->reason = reason;
	if (revoked && !*ret->other && reason != REASON_KEY_COMPROMISE)
		(void)snprintf(ret->other, sizeof(ret->other), "%s", by);
	ret->asked = true;
	(void)snprintf(ret->by + strlen(ret->by), sizeof(ret->by) - strlen(ret->by), "%s%s", *ret->by ? ", " : "", by);
	return 0;
}

static int fetch(const struct issuer_job *i, const char *url, bool is_signed, struct buf *ret, struct err *e)
{
	_cleanup_(http_closep) struct http *h = NULL;
	int status = 0;
	int r = open_http(i, &h, e);

	if (r == 0)
		r = http_get(h, url, is_signed, ret, &status, e);
	if (r < 0)
		return r;
	return status == 200 ? 0 : err_set(e, ERR_NET, "'%s' answers with status %d", url, status);
}

static char *with_serial(const char *url, const char *serial)
{
	const char *at = strstr(url, "{serial}");

	return at ? mem_printf("%.*s%s%s", (int)(at - url), url, serial, at + strlen("{serial}")) : mem_dup(url);
}

/* {"Serial": ..., "Status": "Valid" or "Revoked", "Reason": 1}, as Pebble answers. */
static int by_status(const struct issuer_job *i, const struct certificate *c, struct seen *ret, struct err *e)
{
	const char *url = json_str(i->issuer, "status");
	_cleanup_(buf_free) struct buf answer = BUF_INIT(1 << 20);
	_cleanup_(json_freep) json_t *j = NULL;
	_cleanup_(freep) char *full = url ? with_serial(url, c->serial) : NULL;

	if (!url)
		return 0;
	int r = fetch(i, full, false, &answer, e);
	if (r == 0)
		r = json_read("the answer about the certificate", buf_text(&answer), answer.len, 1 << 20, &j, e);
	if (r < 0)
		return r;
	const char *said = json_str(j, "Status");

	if (!said || (strcmp(said, "Revoked") != 0 && strcmp(said, "Valid") != 0))
		return err_set(e, ERR_REMOTE, "'%s' says neither Valid nor Revoked", full);
	return take(ret, "the issuer's status", !strcmp(said, "Revoked"), (int)json_int(j, "Reason", 0));
}

/* What is asked about one certificate, and the certificates among which its issuer's is. */
struct asking { struct issuer_job *i; const char *pem; const struct certificate *c; struct buf *pool; };

static struct certificate_pool pool_of(const struct asking *a)
{
	return (struct certificate_pool){ buf_text(a->pool), a->pool->len };
}

static bool is_known(const struct asking *a)
{
	const struct certificate_pool pool = pool_of(a);

	return certificate_has_signer(a->pem, strlen(a->pem), &pool);
}

/* What stands behind the new certificate and the old one, what the register names, and at last what the certificate
 * itself does. It has signed the certificate, or it is not believed: where it comes from does not matter. */
static int find_issuer(const struct asking *a, struct err *e)
{
	const json_t *issued = json_object_get(a->i->job->body, "issued");
	const char *new = json_str(issued, "certificate"), *old = json_str(issued, "before");
	const char *chain = json_str(a->i->issuer, "chain");
	_cleanup_(buf_free) struct buf answer = BUF_INIT(CERTIFICATE_TEXT_MAX);
	int r = 0;

	if (new)
		(void)buf_str(a->pool, new);
	if (old)
		(void)buf_printf(a->pool, "\n%s", old);
	if (is_known(a))
		return 0;
	if (chain) {
		(void)buf_char(a->pool, '\n');
		r = issuer_file(a->i, "the file with the issuer's certificates", chain, a->pool, e);
	}
	if (r < 0 || is_known(a))
		return r;
	if (a->c->ca_issuers) {
		r = fetch(a->i, a->c->ca_issuers, true, &answer, e);
		if (r == 0)
			r = certificate_of_der(buf_text(&answer), answer.len, a->pool, e);
		if (r < 0)
			return err_wrap(e, "the issuer's certificate");
	}
	return is_known(a) ? 0
		: err_set(e, ERR_REFUSED, "who says that certificate %s is revoked is not verified, so not known: "
			  "nothing here holds the certificate of its issuer. Name the file on the issuer's host that "
			  "does as 'chain' of the issuer in the register, then run respond again", a->c->serial);
}

static int by_list(const struct asking *a, const struct buf *list, const char *by, struct seen *ret, struct err *e)
{
	const struct certificate_pool pool = pool_of(a);
	struct revoked said;
	int r = certificate_crl(a->pem, strlen(a->pem), &pool, buf_text(list), list->len, clock_now_us() / 1000000,
				&said, e);

	return r < 0 ? r : take(ret, by, said.is_listed, said.reason);
}

static int by_responder(const struct asking *a, struct seen *ret, struct err *e)
{
	const struct certificate_pool pool = pool_of(a);
	_cleanup_(certificate_ocsp_freep) struct ocsp_question *q = NULL;
	_cleanup_(buf_free) struct buf request = BUF_INIT(CERTIFICATE_TEXT_MAX), answer = BUF_INIT(1 << 20);
	_cleanup_(http_closep) struct http *h = NULL;
	struct revoked said;
	int status = 0;
	int r = certificate_ocsp_ask(a->pem, strlen(a->pem), &pool, &q, &request, e);

	if (r == 0)
		r = open_http(a->i, &h, e);
	if (r == 0)
		r = http_ask(h, a->c->ocsp, "application/ocsp-request", &request, &answer, &status, e);
	if (r < 0)
		return err_wrap(e, "responder '%s'", a->c->ocsp);
	if (status != 200)
		return err_set(e, ERR_NET, "responder '%s' answers with status %d", a->c->ocsp, status);
	r = certificate_ocsp_answer(q, buf_text(&answer), answer.len, clock_now_us() / 1000000, &said, e);
	return r < 0 ? err_wrap(e, "responder '%s'", a->c->ocsp) : take(ret, "its responder", said.is_listed,
								       said.reason);
}

static int by_signed(const struct asking *a, struct seen *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf kept = BUF_INIT(ANSWER_MAX), named = BUF_INIT(ANSWER_MAX);
	int r = issuer_list(a->i, &kept, e);

	if (r < 0 || (!kept.len && !a->c->crl && !a->c->ocsp))
		return r;
	r = find_issuer(a, e);
	if (r == 0 && kept.len)
		r = by_list(a, &kept, "the issuer's own list", ret, e);
	if (r == 0 && a->c->crl)
		r = fetch(a->i, a->c->crl, true, &named, e);
	if (r == 0 && a->c->crl)
		r = by_list(a, &named, "the list that the certificate names", ret, e);
	return r == 0 && a->c->ocsp ? by_responder(a, ret, e) : r;
}

int issuer_seen(struct issuer_job *i, const char *pem, const struct certificate *c, struct seen *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf pool = BUF_INIT(CERTIFICATE_POOL_MAX);
	const struct asking a = { i, pem, c, &pool };
	struct seen s = { .asked = false };
	int r = by_status(i, c, &s, e);

	if (r == 0)
		r = by_signed(&a, &s, e);
	if (r == 0)
		*ret = s;
	return r;
}
