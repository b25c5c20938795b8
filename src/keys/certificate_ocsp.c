/* A responder is asked about one certificate, and its answer is held against everything that could be wrong with it. */
#include "base/mem.h"
#include "keys/certificate_parts.h"
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <string.h>
#include <time.h>

#define SKEW_S 300
#define AGE_MAX_S 3600         /* of an answer that does not say until when it holds */
#define ANSWER_MAX ((size_t)64 * 1024)

struct ocsp_question { X509 *signer; OCSP_CERTID *id; OCSP_REQUEST *request; };

void certificate_ocsp_freep(struct ocsp_question **q)
{
	if (!*q)
		return;
	X509_free((*q)->signer);
	OCSP_CERTID_free((*q)->id);
	OCSP_REQUEST_free((*q)->request);
	free(*q);
	*q = NULL;
}

int certificate_ocsp_ask(const char *pem, size_t len, const struct certificate_pool *pool, struct ocsp_question **ret,
			 struct buf *ret_request, struct err *e)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	_cleanup_(certificate_ocsp_freep) struct ocsp_question *q = mem_zero(1, sizeof(*q));
	unsigned char *der = NULL;
	int r = certificates_read(pem, len, &list, e);

	if (r < 0)
		return r;
	r = certificates_signer(&list, pool, &q->signer, e);
	if (r < 0)
		return err_wrap(e, "the responder is not asked, since nothing could verify its answer");
	/* SHA-1 as everybody asks (RFC 5019 2.1.1): it names, and proves nothing. */
	q->id = OCSP_cert_to_id(EVP_sha1(), list.x[0], q->signer);
	q->request = OCSP_REQUEST_new();
	OCSP_CERTID *copy = q->id ? OCSP_CERTID_dup(q->id) : NULL;

	if (!q->request || !copy || !OCSP_request_add0_id(q->request, copy)) {
		OCSP_CERTID_free(copy);
		return err_set(e, ERR_BUG, "OpenSSL makes no question for a responder");
	}
	if (OCSP_request_add1_nonce(q->request, NULL, -1) != 1)
		return err_set(e, ERR_BUG, "OpenSSL makes no question for a responder");
	int n = i2d_OCSP_REQUEST(q->request, &der);

	if (n < 1)
		return err_set(e, ERR_BUG, "OpenSSL makes no question for a responder");
	r = buf_add(ret_request, der, (size_t)n);
	OPENSSL_free(der);
	if (r < 0)
		return err_set(e, ERR_LIMIT, "the question for a responder is too long");
	*ret = TAKE(q);
	return 0;
}

static void response_clear(OCSP_RESPONSE **r)
{
	OCSP_RESPONSE_free(*r);
}

static void basic_clear(OCSP_BASICRESP **b)
{
	OCSP_BASICRESP_free(*b);
}

static void store_clear(X509_STORE **s)
{
	X509_STORE_free(*s);
}

static void stack_clear(STACK_OF(X509) **s)
{
	sk_X509_free(*s);
}

/* The issuer alone is trusted, so a responder with a certificate of its own must have it from this issuer, made for
 * this (OCSPSigning, which OpenSSL looks at). An issuer that answers itself need not send its own (RFC 6960 4.2.1). */
static int is_signed(const struct ocsp_question *q, OCSP_BASICRESP *b, int64_t now_s, struct err *e)
{
	_cleanup_(store_clear) X509_STORE *store = X509_STORE_new();
	_cleanup_(stack_clear) STACK_OF(X509) *own = sk_X509_new_null();
	X509_VERIFY_PARAM *p = store ? X509_STORE_get0_param(store) : NULL;

	if (!p || X509_STORE_add_cert(store, q->signer) != 1 || !own || sk_X509_push(own, q->signer) < 1)
		return err_set(e, ERR_BUG, "OpenSSL takes no issuer");
	(void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(p, (time_t)now_s);
	int ok = OCSP_basic_verify(b, own, store, 0);

	ERR_clear_error();
	return ok == 1 ? 0
		: err_set(e, ERR_REMOTE, "the responder's answer is not signed by the issuer of the certificate");
}

static int is_fresh(const struct ocsp_question *q, OCSP_BASICRESP *b, ASN1_GENERALIZEDTIME *this_update,
		    ASN1_GENERALIZEDTIME *next_update, int64_t now_s, struct err *e)
{
	time_t soon = (time_t)now_s + SKEW_S, past = (time_t)now_s - SKEW_S, hour = (time_t)now_s - AGE_MAX_S;
	/* 1: ours; 2: neither has one; 3: only the answer has; 0: another; -1: only we have */
	int nonce = OCSP_check_nonce(q->request, b);

	if (nonce == 0)
		return err_set(e, ERR_REMOTE, "the responder's answer is one to another question (nonce)");
	if (!this_update || X509_cmp_time(this_update, &soon) >= 0)
		return err_set(e, ERR_REMOTE, "the responder's answer is of a later time than now");
	if (next_update && X509_cmp_time(next_update, &past) < 0)
		return err_set(e, ERR_REMOTE, "the responder's answer is older than it says it may be");
	if (nonce != 1 && !next_update && X509_cmp_time(this_update, &hour) < 0)
		return err_set(e, ERR_REMOTE, "the responder's answer is more than an hour old, and none to our "
			       "question");
	return 0;
}

int certificate_ocsp_answer(const struct ocsp_question *q, const char *der, size_t len, int64_t now_s,
			    struct revoked *ret, struct err *e)
{
	const unsigned char *at = (const unsigned char *)der;
	_cleanup_(response_clear) OCSP_RESPONSE *answer = len <= ANSWER_MAX
		? d2i_OCSP_RESPONSE(NULL, &at, (long)len) : NULL;
	int said = answer ? OCSP_response_status(answer) : -1, status = 0, reason = 0;
	_cleanup_(basic_clear) OCSP_BASICRESP *b = said == OCSP_RESPONSE_STATUS_SUCCESSFUL
		? OCSP_response_get1_basic(answer) : NULL;
	ASN1_GENERALIZEDTIME *revoked_at = NULL, *this_update = NULL, *next_update = NULL;

	ERR_clear_error();
	if (!answer)
		return err_set(e, ERR_REMOTE, "what the responder answers cannot be read");
	if (!b)
		return err_set(e, ERR_REMOTE, "the responder answers: %.60s", OCSP_response_status_str(said));
	int r = is_signed(q, b, now_s, e);

	if (r < 0)
		return r;
	if (OCSP_resp_find_status(b, q->id, &status, &reason, &revoked_at, &this_update, &next_update) != 1)
		return err_set(e, ERR_REMOTE, "the responder's answer is about another certificate");
	r = is_fresh(q, b, this_update, next_update, now_s, e);
	if (r < 0)
		return r;
	if (status == V_OCSP_CERTSTATUS_UNKNOWN)
		return err_set(e, ERR_REMOTE, "the responder does not know the certificate");
	bool is_revoked = status == V_OCSP_CERTSTATUS_REVOKED;

	*ret = (struct revoked){ is_revoked, is_revoked && reason > 0 ? reason : 0 };
	return 0;
}
