#include "keys/certificate_parts.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

#define SKEW_S 300

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void crl_clear(X509_CRL **c)
{
	X509_CRL_free(*c);
}

static X509_CRL *read_list(const char *crl, size_t len)
{
	const unsigned char *der = (const unsigned char *)crl;
	X509_CRL *c = d2i_X509_CRL(NULL, &der, (long)len);
	_cleanup_(bio_clear) BIO *in = c ? NULL : BIO_new_mem_buf(crl, (int)len);

	if (in)
		c = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
	ERR_clear_error();
	return c;
}

static int reason_of(const X509_REVOKED *entry)
{
	ASN1_ENUMERATED *code = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	long reason = code ? ASN1_ENUMERATED_get(code) : 0;

	ASN1_ENUMERATED_free(code);
	return (int)reason;
}

static void x509_clear(X509 **x)
{
	X509_free(*x);
}

/* Two clocks may differ by some minutes. */
static int is_of_now(const X509_CRL *crl, int64_t now_s, struct err *e)
{
	time_t now = (time_t)now_s, soon = now + SKEW_S;
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	if (X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &soon) >= 0)
		return err_set(e, ERR_REMOTE, "the list of revoked certificates is of a later time than now");
	return next && X509_cmp_time(next, &now) < 0
		? err_set(e, ERR_REMOTE, "the list of revoked certificates is older than it says it may be") : 0;
}

static int is_the_issuers(X509_CRL *crl, const struct certificates *list, const struct certificate_pool *pool,
			  int64_t now_s, struct err *e)
{
	_cleanup_(x509_clear) X509 *signer = NULL;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(list->x[0])) != 0)
		return err_set(e, ERR_REMOTE, "the list of revoked certificates is of another issuer");
	int r = certificates_signer(list, pool, &signer, e);

	if (r < 0)
		return err_wrap(e, "the list of revoked certificates is not verified");
	if (X509_CRL_verify(crl, X509_get0_pubkey(signer)) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_REMOTE, "the list of revoked certificates is not signed by the issuer");
	}
	return is_of_now(crl, now_s, e);
}

int certificate_crl(const char *pem, size_t len, const struct certificate_pool *pool, const char *crl, size_t crl_len,
		    int64_t now_s, struct revoked *ret, struct err *e)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	int r = certificates_read(pem, len, &list, e);

	if (r < 0)
		return r;
	_cleanup_(crl_clear) X509_CRL *c = read_list(crl, crl_len);
	X509_REVOKED *entry = NULL;

	if (!c)
		return err_set(e, ERR_REMOTE, "the list of revoked certificates cannot be read");
	r = is_the_issuers(c, &list, pool, now_s, e);
	if (r < 0)
		return r;
	/* 2: it was listed once and is let off (removeFromCRL). */
	bool listed = X509_CRL_get0_by_cert(c, &entry, list.x[0]) == 1;

	*ret = (struct revoked){ listed, listed ? reason_of(entry) : 0 };
	return 0;
}

static void serial_clear(ASN1_INTEGER **i)
{
	ASN1_INTEGER_free(*i);
}

static int serial_is_listed(X509_CRL *crl, const char *hex, bool *ret, struct err *e)
{
	_cleanup_(serial_clear) ASN1_INTEGER *serial = NULL;
	X509_REVOKED *entry = NULL;
	BIGNUM *n = NULL;

	if (strlen(hex) < SERIAL_HEX && BN_hex2bn(&n, hex) == (int)strlen(hex))
		serial = BN_to_ASN1_INTEGER(n, NULL);
	BN_free(n);
	if (!serial)
		return err_set(e, ERR_CONFIG, "'%.60s' is no serial of a certificate", hex);
	*ret = X509_CRL_get0_by_serial(crl, &entry, serial) == 1;
	return 0;
}

/* The list of this issuer, out of a text with several. */
static X509_CRL *list_of(X509 *ca, const char *crl, size_t len)
{
	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(crl, (int)len);
	X509_CRL *found = NULL;

	for (unsigned i = 0; in && !found && i < CERTIFICATE_CHAIN_MAX; i++) {
		_cleanup_(crl_clear) X509_CRL *c = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);

		if (!c)
			break;
		if (X509_NAME_cmp(X509_CRL_get_issuer(c), X509_get_subject_name(ca)) == 0 &&
		    X509_CRL_verify(c, X509_get0_pubkey(ca)) == 1)
			found = TAKE(c);
	}
	ERR_clear_error();
	return found;
}

int certificate_crl_serials(const char *ca, size_t len, const char *crl, size_t crl_len, int64_t now_s,
			    const struct strv *serials, bool *ret_listed, struct err *e)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	_cleanup_(crl_clear) X509_CRL *c = NULL;
	time_t now = (time_t)now_s;
	int r = crl_len > CRL_TEXT_MAX ? err_set(e, ERR_LIMIT, "the list of revoked certificates is too long")
				       : certificates_read(ca, len, &list, e);

	if (r < 0)
		return r;
	c = list_of(list.x[0], crl, crl_len);
	if (!c)
		return err_set(e, ERR_REMOTE, "no list of revoked certificates there is signed by that CA");
	if (X509_CRL_get0_nextUpdate(c) && X509_cmp_time(X509_CRL_get0_nextUpdate(c), &now) < 0)
		return err_set(e, ERR_REMOTE, "the list of revoked certificates is older than it says it may be");
	for (size_t i = 0; r == 0 && i < serials->n; i++)
		r = serial_is_listed(c, serials->s[i], &ret_listed[i], e);
	return r;
}
