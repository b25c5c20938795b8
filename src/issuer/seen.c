/* Whoever tells the world what was revoked is asked, and all of them have to say so. */
#include "base/clock.h"
#include "base/mem.h"
#include "issuer/issuer.h"
#include "notify/http.h"
#include <string.h>

#define ANSWER_MAX ((size_t)32 << 20)          /* a list of a large issuer */

static int take(struct seen *ret, const char *by, bool revoked, int reason)
{
	ret->revoked = (!ret->asked || ret->revoked) && revoked;
	if (revoked && (!ret->asked || ret->reason != REASON_KEY_COMPROMISE))
		ret->reason = reason;
	ret->asked = true;
	(void)snprintf(ret->by + strlen(ret->by), sizeof(ret->by) - strlen(ret->by), "%s%s", *ret->by ? ", " : "", by);
	return 0;
}

static int fetch(const struct issuer_job *i, const char *url, bool is_signed, struct buf *ret, struct err *e)
{
	_cleanup_(http_closep) struct http *h = NULL;
	int status = 0;
	int r = http_open(json_str(i->issuer, "ca"), i->job->deadline_us, &h, e);

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

static int by_list(const char *pem, const struct buf *list, const char *by, struct seen *ret, struct err *e)
{
	struct revoked said;
	int r = certificate_crl(pem, strlen(pem), buf_text(list), list->len, clock_now_us() / 1000000, &said, e);

	return r < 0 ? r : take(ret, by, said.is_listed, said.reason);
}

int issuer_seen(struct issuer_job *i, const char *pem, const struct certificate *c, struct seen *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf kept = BUF_INIT(ANSWER_MAX), named = BUF_INIT(ANSWER_MAX);
	struct seen s = { .asked = false };
	int r = by_status(i, c, &s, e);

	if (r == 0)
		r = issuer_list(i, &kept, e);
	if (r == 0 && kept.len)
		r = by_list(pem, &kept, "the issuer's own list", &s, e);
	if (r == 0 && c->crl)
		r = fetch(i, c->crl, true, &named, e);
	if (r == 0 && c->crl)
		r = by_list(pem, &named, "the list that the certificate names", &s, e);
	if (r == 0)
		*ret = s;
	return r;
}
