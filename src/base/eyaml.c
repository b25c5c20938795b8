#include "base/eyaml.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <sodium.h>

#define SECURE_HEAP ((size_t)64 * 1024)
#define DER_MAX ((size_t)192 * 1024)

struct eyaml_cert {
	X509 *x509;
};

struct eyaml_key {
	EVP_PKEY *pkey;
};

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void pkcs7_clear(PKCS7 **p)
{
	PKCS7_free(*p);
}

static void x509_clear(X509 **x)
{
	X509_free(*x);
}

static void pkey_clear(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void pkey_ctx_clear(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void stack_clear(STACK_OF(X509) **s)
{
	sk_X509_free(*s);
}

/* What OpenSSL says last, in its own fixed words; its queue is empty afterwards. */
static int openssl_err(struct err *e, enum err_code code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return reason ? err_set(e, code, "%s: %s", what, reason) : err_set(e, code, "%s", what);
}

int eyaml_cert_parse(const char *pem, size_t len, struct eyaml_cert **ret, struct err *e)
{
	if (len > SECRET_MAX)
		return err_set(e, ERR_LIMIT, "a certificate has %zu bytes: at most %zu are accepted", len, SECRET_MAX);

	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(pem, (int)len);
	_cleanup_(x509_clear) X509 *x509 = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	if (!x509)
		return openssl_err(e, ERR_CONFIG, "no PEM certificate");

	EVP_PKEY *public = X509_get0_pubkey(x509);
	if (!public || EVP_PKEY_get_base_id(public) != EVP_PKEY_RSA)
		return openssl_err(e, ERR_CONFIG, "the certificate has no RSA key, eyaml needs one");

	struct eyaml_cert *c = mem_zero(1, sizeof(*c));

	c->x509 = TAKE(x509);
	*ret = c;
	return 0;
}

int eyaml_cert_read(const char *path, struct eyaml_cert **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf pem = BUF_INIT(SECRET_MAX);

	int r = fs_read(path, &pem, e);
	if (r < 0)
		return r;
	r = eyaml_cert_parse(buf_text(&pem), pem.len, ret, e);
	if (r < 0)
		(void)err_wrap(e, "eyaml certificate '%s'", path);
	return r;
}

void eyaml_cert_freep(struct eyaml_cert **c)
{
	if (*c)
		X509_free((*c)->x509);
	free(*c);
	*c = NULL;
}

/* Without this OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *into _unused_, int size _unused_, int writing _unused_, void *arg _unused_)
{
	return -1;
}

static int parse_key(const char *bytes, size_t len, void *arg)
{
	EVP_PKEY **pkey = arg;
	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(bytes, (int)len);

	*pkey = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
	return *pkey ? 0 : -ERR_CONFIG;
}

int eyaml_key_parse(const struct secret *pem, struct eyaml_key **ret, struct err *e)
{
	_cleanup_(pkey_clear) EVP_PKEY *pkey = NULL;

	/* The numbers of a private key then live in locked pages, too. A heap that is there already is as good. */
	if (!CRYPTO_secure_malloc_initialized())
		(void)CRYPTO_secure_malloc_init(SECURE_HEAP, 32);
	ERR_clear_error();
	if (secret_with(pem, parse_key, &pkey) < 0)
		return openssl_err(e, ERR_CONFIG, "no PEM private key without passphrase");
	if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
		return err_set(e, ERR_CONFIG, "the private key is no RSA key, eyaml needs one");

	struct eyaml_key *k = mem_zero(1, sizeof(*k));

	k->pkey = TAKE(pkey);
	*ret = k;
	return 0;
}

int eyaml_key_read(const char *path, struct eyaml_key **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(SECRET_MAX);
	_cleanup_(secret_freep) struct secret *pem = NULL;

	int r = fs_read(path, &text, e);
	if (r < 0)
		return r;
	r = text.len ? secret_take(text.data, text.len, &pem, e) : err_set(e, ERR_CONFIG, "the file is empty");
	if (r == 0)
		r = eyaml_key_parse(pem, ret, e);
	if (r < 0)
		(void)err_wrap(e, "eyaml key '%s'", path);
	return r;
}

void eyaml_key_freep(struct eyaml_key **k)
{
	if (*k)
		EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

/* The base64 between the brackets; false when the text is no value of eyaml. */
static bool strip(const char **text, size_t *len)
{
	static const char head[] = "ENC[", scheme[] = "PKCS7,";
	const char *s = *text;
	size_t n = *len;

	while (n > 0 && strchr(" \t\r\n", s[0])) {
		s++;
		n--;
	}
	while (n > 0 && strchr(" \t\r\n", s[n - 1]))
		n--;
	if (n < strlen(head) + 1 || memcmp(s, head, strlen(head)) != 0 || s[n - 1] != ']')
		return false;
	s += strlen(head);
	n -= strlen(head) + 1;
	if (n >= strlen(scheme) && memcmp(s, scheme, strlen(scheme)) == 0) {
		s += strlen(scheme);
		n -= strlen(scheme);
	}
	*text = s;
	*len = n;
	return true;
}

bool eyaml_is_encrypted(const char *text, size_t len)
{
	return strip(&text, &len);
}

/* Its own pattern: ENC[, a scheme and a comma or not, base64, ]. */
bool eyaml_has_part(const char *text, size_t len)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \n,";
	const char *end = text + len, *p = text;

	while ((p = memmem(p, (size_t)(end - p), "ENC[", 4))) {
		p += 4;

		const char *q = p;

		while (q < end && *q && strchr(base64, *q))
			q++;
		if (q > p && q < end && *q == ']')
			return true;
	}
	return false;
}

/* Straight from the locked pages into the cipher: PKCS7_encrypt's own copying leaves clear text on the heap. */
static int feed(const char *bytes, size_t len, void *arg)
{
	BIO *cipher = arg;

	return BIO_write(cipher, bytes, (int)len) == (int)len ? 0 : -ERR_IO;
}

static PKCS7 *envelope(const struct eyaml_cert *to, const struct secret *value)
{
	_cleanup_(stack_clear) STACK_OF(X509) *certs = sk_X509_new_null();

	if (!certs || sk_X509_push(certs, to->x509) <= 0)
		return NULL;

	_cleanup_(pkcs7_clear) PKCS7 *p7 = PKCS7_encrypt(certs, NULL, EVP_aes_256_cbc(), PKCS7_BINARY | PKCS7_STREAM);
	_cleanup_(bio_clear) BIO *cipher = p7 ? PKCS7_dataInit(p7, NULL) : NULL;

	if (!cipher || secret_with(value, feed, cipher) < 0 || BIO_flush(cipher) <= 0 ||
	    PKCS7_dataFinal(p7, cipher) <= 0)
		return NULL;
	return TAKE(p7);
}

int eyaml_encrypt(const struct eyaml_cert *to, const struct secret *value, struct buf *ret, struct err *e)
{
	ERR_clear_error();

	_cleanup_(pkcs7_clear) PKCS7 *p7 = envelope(to, value);
	unsigned char *der = NULL;
	int len = p7 ? i2d_PKCS7(p7, &der) : -1;
	if (len <= 0)
		return openssl_err(e, ERR_IO, "encrypt a value for eyaml");

	(void)buf_str(ret, "ENC[PKCS7,");
	text_base64(ret, der, (size_t)len);
	OPENSSL_free(der);
	if (buf_char(ret, ']') < 0)
		return err_set(e, ERR_LIMIT, "no room for an encrypted value of eyaml");
	return 0;
}

/*
 * With a wrong key OpenSSL goes on with a random data key, and one time in 256 the padding fits: garbage would pass
 * for a value. So the data key is opened here first and must have the length of AES-256, or of the cipher before it.
 */
static bool opens_data_key(const struct eyaml_key *k, const PKCS7_RECIP_INFO *recipient)
{
	_cleanup_(pkey_ctx_clear) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	unsigned char data_key[1024];
	size_t len = sizeof(data_key);
	bool ok = ctx && EVP_PKEY_decrypt_init(ctx) > 0 &&
		  EVP_PKEY_decrypt(ctx, data_key, &len, ASN1_STRING_get0_data(recipient->enc_key),
				   (size_t)ASN1_STRING_length(recipient->enc_key)) > 0;

	explicit_bzero(data_key, sizeof(data_key));
	return ok && (len == 32 || len == 24 || len == 16);
}

static bool is_for(const struct eyaml_key *k, PKCS7 *p7)
{
	STACK_OF(PKCS7_RECIP_INFO) *recipients = p7->d.enveloped->recipientinfo;

	for (int i = 0; i < sk_PKCS7_RECIP_INFO_num(recipients); i++)
		if (opens_data_key(k, sk_PKCS7_RECIP_INFO_value(recipients, i)))
			return true;
	return false;
}

/* From the cipher into guarded pages; `size` is the length of the whole envelope, so the value fits. */
static int open_envelope(const struct eyaml_key *k, PKCS7 *p7, size_t size, struct secret **ret, struct err *e)
{
	_cleanup_(bio_clear) BIO *cipher = PKCS7_dataDecode(p7, k->pkey, NULL, NULL);
	if (!cipher)
		return openssl_err(e, ERR_CONFIG, "an encrypted value of eyaml is damaged");

	char *out = sodium_malloc(size);
	if (!out)
		return err_set(e, ERR_IO, "out of memory for secret values");

	size_t len = 0;
	int n, r;

	while (len < size && (n = BIO_read(cipher, out + len, (int)(size - len))) > 0)
		len += (size_t)n;
	if (BIO_get_cipher_status(cipher) <= 0)
		r = openssl_err(e, ERR_CONFIG, "an encrypted value of eyaml is damaged");
	else
		r = secret_take(out, len, ret, e);
	sodium_free(out);
	return r;
}

int eyaml_decrypt(const struct eyaml_key *k, const char *text, size_t len, struct secret **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf der = BUF_INIT(DER_MAX);

	if (len > EYAML_MAX)
		return err_set(e, ERR_LIMIT, "an encrypted value has %zu bytes: at most %zu are accepted", len,
			       EYAML_MAX);
	if (!strip(&text, &len))
		return err_set(e, ERR_CONFIG, "no encrypted value of eyaml: ENC[PKCS7,...] is expected");
	if (text_base64_decode(&der, text, len) < 0 || der.len == 0)
		return err_set(e, ERR_CONFIG, "an encrypted value of eyaml is damaged: base64 is expected in "
			       "ENC[PKCS7,...]");

	ERR_clear_error();

	const unsigned char *at = (const unsigned char *)der.data;
	_cleanup_(pkcs7_clear) PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)der.len);
	if (!p7 || !PKCS7_type_is_enveloped(p7) || !p7->d.enveloped)
		return openssl_err(e, ERR_CONFIG, "an encrypted value of eyaml is damaged: no PKCS#7 envelope");
	if (!is_for(k, p7))
		return openssl_err(e, ERR_AUTH, "an encrypted value of eyaml was encrypted to another key");
	return open_envelope(k, p7, der.len, ret, e);
}
