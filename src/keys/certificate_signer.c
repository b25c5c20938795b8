/* Who signed a certificate, and where the next one begins. */
#include "keys/certificate_parts.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define POOL_CERTIFICATES 500u

static const char begin[] = "-----BEGIN CERTIFICATE-----";

const char *certificate_next(const char *at, const char *end)
{
	return at && at < end ? memmem(at, (size_t)(end - at), begin, strlen(begin)) : NULL;
}

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void x509_clear(X509 **x)
{
	X509_free(*x);
}

static bool has_signed(X509 *x, X509 *by)
{
	bool ok = X509_NAME_cmp(X509_get_subject_name(by), X509_get_issuer_name(x)) == 0 && X509_get0_pubkey(by) &&
		  X509_verify(x, X509_get0_pubkey(by)) == 1;

	ERR_clear_error();
	return ok;
}

/* What is no certificate between the others is passed over: it signs nothing. */
static X509 *in_pool(X509 *x, const struct certificate_pool *pool)
{
	const char *end = pool ? pool->text + pool->len : NULL;
	const char *at = pool ? certificate_next(pool->text, end) : NULL;

	for (unsigned i = 0; at && i < POOL_CERTIFICATES; i++) {
		const char *next = certificate_next(at + 1, end);
		_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(at, (int)((next ? next : end) - at));
		_cleanup_(x509_clear) X509 *one = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

		ERR_clear_error();
		if (one && has_signed(x, one))
			return TAKE(one);
		at = next;
	}
	return NULL;
}

int certificates_signer(const struct certificates *list, const struct certificate_pool *pool, X509 **ret,
			struct err *e)
{
	for (uint32_t i = 1; i < list->n; i++)
		if (has_signed(list->x[0], list->x[i])) {
			(void)X509_up_ref(list->x[i]);
			*ret = list->x[i];
			return 0;
		}
	if (pool && pool->len > CERTIFICATE_POOL_MAX)
		return err_set(e, ERR_LIMIT, "the issuers' certificates have more than %zu bytes",
			       CERTIFICATE_POOL_MAX);
	X509 *found = in_pool(list->x[0], pool);

	if (!found)
		return err_set(e, ERR_REFUSED, "the certificate of its issuer is not known here");
	*ret = found;
	return 0;
}

bool certificate_has_signer(const char *pem, size_t len, const struct certificate_pool *pool)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	_cleanup_(x509_clear) X509 *by = NULL;

	return certificates_read(pem, len, &list, NULL) == 0 && certificates_signer(&list, pool, &by, NULL) == 0;
}

int certificate_of_der(const char *text, size_t len, struct buf *ret, struct err *e)
{
	const unsigned char *der = (const unsigned char *)text;
	_cleanup_(x509_clear) X509 *x = NULL;
	_cleanup_(bio_clear) BIO *out = BIO_new(BIO_s_mem());
	char *pem = NULL;

	if (len > CERTIFICATE_TEXT_MAX)
		return err_set(e, ERR_LIMIT, "the certificate has more than %zu bytes", CERTIFICATE_TEXT_MAX);
	if (certificate_next(text, text + len))
		return buf_add(ret, text, len) < 0 ? err_set(e, ERR_LIMIT, "there are too many certificates") : 0;
	x = d2i_X509(NULL, &der, (long)len);
	ERR_clear_error();
	if (!x || !out || PEM_write_bio_X509(out, x) != 1)
		return err_set(e, ERR_CONFIG, "it is no certificate, neither DER nor PEM");
	long n = BIO_get_mem_data(out, &pem);

	return buf_add(ret, pem, (size_t)n) < 0 ? err_set(e, ERR_LIMIT, "there are too many certificates") : 0;
}
