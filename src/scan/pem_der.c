/* What OpenSSL knows of one key or certificate. Its texts are never used: they may quote what it read. */
#include "base/digest.h"
#include "base/macro.h"
#include "scan/pem.h"
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SECURE_HEAP ((size_t)64 * 1024)

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void x509_clear(X509 **x)
{
	X509_free(*x);
}

static void request_clear(X509_REQ **x)
{
	X509_REQ_free(*x);
}

static void p12_clear(PKCS12 **p)
{
	PKCS12_free(*p);
}

static void pkey_clear(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void der_clear(unsigned char **der)
{
	OPENSSL_free(*der);
}

/* Without this OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *into _unused_, int size _unused_, int writing _unused_, void *arg _unused_)
{
	return -1;
}

static void tell(EVP_PKEY *key, struct pem *ret)
{
	static const struct { int id; enum pem_key key; } types[] = {
		{ EVP_PKEY_RSA, PEM_KEY_RSA }, { EVP_PKEY_RSA_PSS, PEM_KEY_RSA }, { EVP_PKEY_EC, PEM_KEY_EC },
		{ EVP_PKEY_ED25519, PEM_KEY_ED25519 }, { EVP_PKEY_ED448, PEM_KEY_ED448 }, { EVP_PKEY_DSA, PEM_KEY_DSA },
	};
	_cleanup_(der_clear) unsigned char *der = NULL;
	int len, bits;

	ret->broken = !key;
	if (!key)
		return;
	ret->key = PEM_KEY_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (EVP_PKEY_get_base_id(key) == types[i].id)
			ret->key = types[i].key;
	bits = EVP_PKEY_get_bits(key);
	ret->bits = bits > 0 ? (uint32_t)bits : 0;
	len = i2d_PUBKEY(key, &der);
	if (len > 0)
		digest_sha256_hex(der, (size_t)len, ret->spki);
}

static EVP_PKEY *decode(BIO *in, const char *format, int selection)
{
	EVP_PKEY *key = NULL;
	OSSL_DECODER_CTX *c = OSSL_DECODER_CTX_new_for_pkey(&key, format, NULL, NULL, selection, NULL, NULL);

	if (c && (!OSSL_DECODER_CTX_set_pem_password_cb(c, no_passphrase, NULL) || !OSSL_DECODER_from_bio(c, in))) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_DECODER_CTX_free(c);
	return key;
}

static EVP_PKEY *key_of(const char *label, struct pem *of, BIO *in)
{
	_cleanup_(x509_clear) X509 *x509 = NULL;
	_cleanup_(request_clear) X509_REQ *request = NULL;

	switch (of->kind) {
	case PEM_PRIVATE:
		return PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	case PEM_CERTIFICATE:
		x509 = strcmp(label, "TRUSTED CERTIFICATE") == 0 ? PEM_read_bio_X509_AUX(in, NULL, no_passphrase, NULL)
								 : PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
		of->authority = x509 && X509_check_ca(x509) > 0;
		return x509 ? X509_get_pubkey(x509) : NULL;
	case PEM_REQUEST:
		request = PEM_read_bio_X509_REQ(in, NULL, no_passphrase, NULL);
		return request ? X509_REQ_get_pubkey(request) : NULL;
	default:
		return decode(in, "PEM", EVP_PKEY_PUBLIC_KEY);
	}
}

/* The numbers of a private key live in locked pages, as those of eyaml's; a heap that is there already is as good. */
static void prepare(void)
{
	if (!CRYPTO_secure_malloc_initialized())
		(void)CRYPTO_secure_malloc_init(SECURE_HEAP, 32);
	ERR_clear_error();
}

void pem_ask(const char *label, const char *block, size_t len, struct pem *ret)
{
	prepare();

	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(block, (int)len);
	_cleanup_(pkey_clear) EVP_PKEY *key = in ? key_of(label, ret, in) : NULL;

	tell(key, ret);
	ERR_clear_error();
}

/* One SEQUENCE that is as long as the file. */
static bool is_whole(const unsigned char *s, size_t len)
{
	size_t n = s[1];

	if (s[1] < 0x80)
		return n + 2 == len;
	if (s[1] == 0x81 && len > 3)
		return (size_t)s[2] + 3 == len;
	if (s[1] == 0x82 && len > 4)
		return ((size_t)s[2] << 8 | s[3]) + 4 == len;
	return s[1] == 0x83 && len > 5 && ((size_t)s[2] << 16 | (size_t)s[3] << 8 | s[4]) + 5 == len;
}

bool pem_der(const char *bytes, size_t len, struct pem *ret)
{
	const unsigned char *at = (const unsigned char *)bytes;

	if (!is_whole(at, len))
		return false;
	prepare();

	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(bytes, (int)len);
	_cleanup_(pkey_clear) EVP_PKEY *key = in ? decode(in, "DER", EVP_PKEY_KEYPAIR) : NULL;
	_cleanup_(x509_clear) X509 *x509 = key ? NULL : d2i_X509(NULL, &at, (long)len);

	at = (const unsigned char *)bytes;

	_cleanup_(p12_clear) PKCS12 *p12 = key || x509 ? NULL : d2i_PKCS12(NULL, &at, (long)len);

	ret->kind = x509 ? PEM_CERTIFICATE : PEM_PRIVATE;
	if (x509)
		key = X509_get_pubkey(x509);
	if (key)
		tell(key, ret);
	else if (p12)
		ret->encrypted = true;
	ERR_clear_error();
	return key || x509 || p12;
}
