#include "scan/pem_secret.h"
#include "base/text.h"
#include "scan/pem.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#define BEGIN "-----BEGIN "
#define MAGIC "openssh-key-v1"
#define NUMBER_MAX 4096u /* bytes */

static void pkey_clear(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static bool number_of(const EVP_PKEY *key, const char *name, struct buf *ret)
{
	unsigned char bytes[NUMBER_MAX];
	BIGNUM *n = NULL;
	bool good = EVP_PKEY_get_bn_param(key, name, &n) == 1 && BN_num_bytes(n) <= (int)sizeof(bytes);

	if (good)
		good = buf_add(ret, bytes, (size_t)BN_bn2bin(n, bytes)) == 0 && ret->len >= 16;
	BN_clear_free(n);
	explicit_bzero(bytes, sizeof(bytes));
	return good;
}

static bool seed_of(const EVP_PKEY *key, struct buf *ret)
{
	unsigned char bytes[256];
	size_t n = sizeof(bytes);
	bool good = EVP_PKEY_get_raw_private_key(key, bytes, &n) == 1 && n >= 16 && buf_add(ret, bytes, n) == 0;

	explicit_bzero(bytes, sizeof(bytes));
	return good;
}

static bool der_secret(const struct buf *der, struct buf *ret)
{
	const unsigned char *at = (const unsigned char *)buf_text(der);
	_cleanup_(pkey_clear) EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)der->len);
	bool good = key && (number_of(key, OSSL_PKEY_PARAM_RSA_D, ret) || number_of(key, OSSL_PKEY_PARAM_PRIV_KEY, ret)
			    || seed_of(key, ret));

	ERR_clear_error();
	return good;
}

struct strings { const unsigned char *s; size_t len; };

static bool take(struct strings *w, struct strings *ret)
{
	uint32_t n;

	if (w->len < 4)
		return false;
	n = (uint32_t)w->s[0] << 24 | (uint32_t)w->s[1] << 16 | (uint32_t)w->s[2] << 8 | w->s[3];
	if (n > w->len - 4)
		return false;
	*ret = (struct strings){ w->s + 4, n };
	w->s += 4 + n;
	w->len -= 4 + n;
	return true;
}

static bool skip(struct strings *w, size_t n)
{
	struct strings ignored;

	for (size_t i = 0; i < n; i++)
		if (!take(w, &ignored))
			return false;
	return true;
}

/* PROTOCOL.key: cipher, kdf, options, 4 bytes, public half, private section. In it: 8 bytes, the kind, then of Ed25519
 * public and private, of ECDSA curve, point and number, of RSA n, e and d. */
static bool openssh_secret(const struct buf *body, struct buf *ret)
{
	struct strings w = { (const unsigned char *)body->data + sizeof(MAGIC), body->len - sizeof(MAGIC) };
	struct strings cipher, section, kind, private;

	if (!take(&w, &cipher) || !skip(&w, 2) || w.len < 4)
		return false;
	w.s += 4;
	w.len -= 4;
	if (!skip(&w, 1) || !take(&w, &section) || section.len < 8)
		return false;
	if (cipher.len != 4 || memcmp(cipher.s, "none", 4) != 0)
		return section.len >= 32 && buf_add(ret, section.s, section.len) == 0;
	section.s += 8;
	section.len -= 8;
	if (!take(&section, &kind))
		return false;
	bool ed = kind.len == 11 && memcmp(kind.s, "ssh-ed25519", 11) == 0;
	if (!skip(&section, ed ? 1 : 2) || !take(&section, &private) || private.len < 16)
		return false;
	return buf_add(ret, private.s, ed ? 32 : private.len) == 0;
}

/* The first block with a private key: its base64 without headers and frame. */
static bool body_of(const char *bytes, size_t len, struct buf *ret)
{
	const char *end = bytes + len, *s = bytes;
	bool in = false;

	while (s < end) {
		const char *newline = memchr(s, '\n', (size_t)(end - s)), *stop = newline ? newline : end;
		size_t n = (size_t)(stop - s);

		if (n > strlen(BEGIN) && memcmp(s, BEGIN, strlen(BEGIN)) == 0)
			in = memmem(s, n, "PRIVATE KEY", 11) != NULL;
		else if (in && n > 5 && memcmp(s, "-----", 5) == 0)
			return true;
		else if (in && !memchr(s, ':', n) && buf_add(ret, s, n) < 0)
			return false;
		s = newline ? newline + 1 : end;
	}
	return false;
}

static bool second_half(const struct buf *body, struct buf *ret)
{
	size_t half = body->len / 2;

	return body->len >= 48 && buf_add(ret, body->data + half, body->len - half) == 0;
}

bool pem_secret(const char *bytes, size_t len, struct buf *ret)
{
	_cleanup_(buf_free) struct buf base64 = BUF_WIPED(PEM_MAX), body = BUF_WIPED(PEM_MAX);

	if (len > PEM_MAX)
		return false;
	if (len > 16 && bytes[0] == 0x30) {
		(void)buf_add(&body, bytes, len);
		return der_secret(&body, ret);
	}
	if (!body_of(bytes, len, &base64) || text_base64_decode(&body, buf_text(&base64), base64.len) < 0)
		return false;
	if (body.len > sizeof(MAGIC) && memcmp(body.data, MAGIC, sizeof(MAGIC)) == 0 && openssh_secret(&body, ret))
		return true;
	if (body.len > 16 && body.data[0] == 0x30 && der_secret(&body, ret))
		return true;
	buf_clear(ret);
	return second_half(&body, ret);
}
