/* The request is signed with the key that it is for, so that an issuer sees that we have it. */
#include "keys/certificate_parts.h"
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define SUBJECT_MAX 64u        /* ub-common-name of RFC 5280 */

struct asking { const struct strv *names; struct buf *ret; struct err *e; };

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void key_clear(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void request_clear(X509_REQ **r)
{
	X509_REQ_free(*r);
}

static void extension_clear(X509_EXTENSION *x)
{
	X509_EXTENSION_free(x);
}

static int no_passphrase(char *into _unused_, int size _unused_, int writing _unused_, void *arg _unused_)
{
	return -1;
}

static GENERAL_NAME *name_of(const char *text)
{
	unsigned char ip[16];
	int family = inet_pton(AF_INET, text, ip) == 1 ? AF_INET : inet_pton(AF_INET6, text, ip) == 1 ? AF_INET6 : 0;
	GENERAL_NAME *n = GENERAL_NAME_new();
	ASN1_STRING *s = family ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (!n || !s)
		abort();
	if (ASN1_STRING_set(s, family ? (const void *)ip : text, family == AF_INET ? 4 : family ? 16 : -1) != 1)
		abort();
	GENERAL_NAME_set0_value(n, family ? GEN_IPADD : GEN_DNS, s);
	return n;
}

static int add_names(X509_REQ *req, const struct strv *names)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	STACK_OF(X509_EXTENSION) *more = sk_X509_EXTENSION_new_null();

	if (!list || !more)
		abort();
	for (size_t i = 0; i < names->n; i++)
		if (sk_GENERAL_NAME_push(list, name_of(names->s[i])) == 0)
			abort();
	int r = X509V3_add1_i2d(&more, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1 &&
		X509_REQ_add_extensions(req, more) == 1;

	sk_X509_EXTENSION_pop_free(more, extension_clear);
	GENERAL_NAMES_free(list);
	return r;
}

static int set_subject(X509_REQ *req, const char *name)
{
	return strlen(name) > SUBJECT_MAX ||
	       X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8,
					  (const unsigned char *)name, -1, -1, 0) == 1;
}

static int sign(const char *bytes, size_t len, void *arg)
{
	const struct asking *a = arg;
	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(bytes, (int)len);
	_cleanup_(key_clear) EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
	_cleanup_(request_clear) X509_REQ *req = X509_REQ_new();
	_cleanup_(bio_clear) BIO *out = BIO_new(BIO_s_mem());
	/* Ed25519 has its digest within. */
	const EVP_MD *digest = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	char *text = NULL;

	if (!key || !req || !out)
		return err_set(a->e, ERR_CONFIG, "the value is no private key in PEM, or has a passphrase");
	if (X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 || !set_subject(req, a->names->s[0]) ||
	    !add_names(req, a->names) || X509_REQ_set_pubkey(req, key) != 1 || X509_REQ_sign(req, key, digest) < 1 ||
	    PEM_write_bio_X509_REQ(out, req) != 1) {
		ERR_clear_error();
		return err_set(a->e, ERR_CONFIG, "OpenSSL makes no request for the names of the certificate");
	}
	long n = BIO_get_mem_data(out, &text);

	return buf_add(a->ret, text, (size_t)n) < 0 ? err_set(a->e, ERR_LIMIT, "the request is too long") : 0;
}

int certificate_request(const struct secret *key, const struct strv *names, struct buf *ret, struct err *e)
{
	struct asking a = { names, ret, e };

	if (!names->n)
		return err_set(e, ERR_CONFIG, "there is no name that the certificate should be for");
	return secret_with(key, sign, &a);
}
