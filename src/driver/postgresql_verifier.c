/*
 * SCRAM verifiers are salted: two roles with one password have nothing in common to compare. A known value is put
 * through each verifier's own salt instead (RFC 5802). Values outside of ASCII are tried as their bytes stand, which is
 * what the server has unless normal forms differ (RFC 4013).
 */
#include "driver/postgresql.h"
#include "base/text.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define KEY_LEN 32
#define SALT_MAX 256u

struct scram {
	uint32_t iterations;
	struct buf salt, stored;
};

struct against {
	const struct scram *scram;
	const char *stored, *role;
	bool same;
};

static void scram_free(struct scram *v)
{
	buf_free(&v->salt);
	buf_free(&v->stored);
}

/* SCRAM-SHA-256$4096:salt$StoredKey:ServerKey */
static int scram_parse(const char *text, struct scram *v)
{
	static const char prefix[] = "SCRAM-SHA-256$";
	const char *number = text + strlen(prefix);
	const char *salt, *key, *end;
	char digits[12];

	if (!text_starts(text, prefix) || !(salt = strchr(number, ':')) || !(key = strchr(salt, '$')) ||
	    !(end = strchr(key, ':')) || salt - number >= (ptrdiff_t)sizeof(digits))
		return -ERR_LIMIT;
	(void) snprintf(digits, sizeof(digits), "%.*s", (int)(salt - number), number);
	if (text_u32(digits, 1, POSTGRESQL_ITERATIONS_MAX, &v->iterations) < 0 ||
	    text_base64_decode(&v->salt, salt + 1, (size_t)(key - salt - 1)) < 0 ||
	    text_base64_decode(&v->stored, key + 1, (size_t)(end - key - 1)) < 0 || v->stored.len != KEY_LEN ||
	    v->salt.len == 0)
		return -ERR_LIMIT;
	return 0;
}

/* StoredKey = H(HMAC(PBKDF2(password), "Client Key")) */
static int scram_lent(const char *bytes, size_t len, void *arg)
{
	static const unsigned char label[] = "Client Key";
	struct against *a = arg;
	unsigned char salted[KEY_LEN], client[KEY_LEN], stored[KEY_LEN];
	unsigned n = 0;
	int r = -ERR_BUG;

	if (len <= INT32_MAX &&
	    PKCS5_PBKDF2_HMAC(bytes, (int)len, (const unsigned char *)a->scram->salt.data, (int)a->scram->salt.len,
			      (int)a->scram->iterations, EVP_sha256(), KEY_LEN, salted) == 1 &&
	    HMAC(EVP_sha256(), salted, KEY_LEN, label, sizeof(label) - 1, client, &n) &&
	    EVP_Digest(client, KEY_LEN, stored, &n, EVP_sha256(), NULL) == 1) {
		a->same = CRYPTO_memcmp(stored, a->scram->stored.data, KEY_LEN) == 0;
		r = 0;
	}
	OPENSSL_cleanse(salted, sizeof(salted));
	OPENSSL_cleanse(client, sizeof(client));
	return r;
}

/* "md5" and the hex of MD5(password, role) */
static int md5_lent(const char *bytes, size_t len, void *arg)
{
	struct against *a = arg;
	_cleanup_(buf_free) struct buf both = BUF_WIPED(SECRET_MAX + 256), hex = BUF_WIPED(64);
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	(void) buf_add(&both, bytes, len);
	(void) buf_str(&both, a->role);
	/* Not there in a library that is held to approved algorithms. */
	if (both.over || EVP_Digest(both.data, both.len, sum, &n, EVP_md5(), NULL) != 1)
		return -ERR_LIMIT;
	text_hex(&hex, sum, n);
	a->same = strlen(a->stored) == hex.len + 3 && CRYPTO_memcmp(a->stored + 3, buf_text(&hex), hex.len) == 0;
	return 0;
}

int postgresql_verifies(const char *stored, const char *role, const struct secret *known, bool *ret)
{
	_cleanup_(scram_free) struct scram v = { .salt = BUF_INIT(SALT_MAX), .stored = BUF_INIT(SALT_MAX) };
	struct against a = { .scram = &v, .stored = stored, .role = role };
	int r;

	if (text_starts(stored, "md5"))
		r = secret_with(known, md5_lent, &a);
	else if (scram_parse(stored, &v) < 0)
		return -ERR_LIMIT;
	else
		r = secret_with(known, scram_lent, &a);
	if (r < 0)
		return r;
	*ret = a.same;
	return 0;
}
