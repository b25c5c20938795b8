#include "base/keypair.h"
#include "base/digest.h"
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define SECURE_HEAP ((size_t)64 * 1024)
#define ED25519_LEN 32u

const char *const keypair_names[KEYPAIRS] = {
	[KEYPAIR_RSA_2048] = "rsa-2048", [KEYPAIR_RSA_3072] = "rsa-3072", [KEYPAIR_RSA_4096] = "rsa-4096",
	[KEYPAIR_ED25519] = "ed25519", [KEYPAIR_EC_P256] = "ec-p256", [KEYPAIR_EC_P384] = "ec-p384",
};
static const struct { const char *type, *curve; size_t bits; } made[KEYPAIRS] = {
	[KEYPAIR_RSA_2048] = { "RSA", NULL, 2048 }, [KEYPAIR_RSA_3072] = { "RSA", NULL, 3072 },
	[KEYPAIR_RSA_4096] = { "RSA", NULL, 4096 }, [KEYPAIR_ED25519] = { "ED25519", NULL, 0 },
	[KEYPAIR_EC_P256] = { "EC", "P-256", 0 }, [KEYPAIR_EC_P384] = { "EC", "P-384", 0 },
};

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void pkey_clear(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

int keypair_parse(const char *word, enum keypair *ret)
{
	for (size_t i = 0; i < KEYPAIRS; i++)
		if (!strcmp(word, keypair_names[i])) {
			*ret = (enum keypair)i;
			return 0;
		}
	return -ERR_CONFIG;
}

static EVP_PKEY *generate(enum keypair kind)
{
	if (made[kind].curve)
		return EVP_PKEY_Q_keygen(NULL, NULL, made[kind].type, made[kind].curve);
	if (made[kind].bits)
		return EVP_PKEY_Q_keygen(NULL, NULL, made[kind].type, made[kind].bits);
	return EVP_PKEY_Q_keygen(NULL, NULL, made[kind].type);
}

/* OpenSSL's own locked heap: 1 when it is there; 0 is a machine that does not lock, and said by secret_is_locked(). */
static void want_secure_heap(void)
{
	if (!CRYPTO_secure_malloc_initialized())
		(void)CRYPTO_secure_malloc_init(SECURE_HEAP, 32);
}

int keypair_make(enum keypair kind, struct secret **ret, struct err *e)
{
	char *text = NULL;

	want_secure_heap();
	_cleanup_(pkey_clear) EVP_PKEY *key = generate(kind);
	_cleanup_(bio_clear) BIO *out = BIO_new(BIO_s_secmem());

	if (!key || !out || PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_IO, "OpenSSL makes no key of kind '%s'", keypair_names[kind]);
	}
	long len = BIO_get_mem_data(out, &text);

	return len < 1 ? err_set(e, ERR_BUG, "a key of kind '%s' has no text", keypair_names[kind])
		       : secret_take(text, (size_t)len, ret, e);
}

/* Without this OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *into _unused_, int size _unused_, int writing _unused_, void *arg _unused_)
{
	return -1;
}

struct asking { struct public_key *ret; struct err *e; };

/* Where the key itself begins: behind the algorithm's header, and for a BIT STRING behind its unused bits. */
static size_t inner_of(EVP_PKEY *key, enum key_type type, size_t spki_len)
{
	int len = type == KEY_RSA ? i2d_PublicKey(key, NULL) : (int)ED25519_LEN;

	return len > 0 && (size_t)len < spki_len ? spki_len - (size_t)len : 0;
}

static int ask(const char *bytes, size_t len, void *arg)
{
	static const struct { int id; enum key_type type; } types[] = {
		{ EVP_PKEY_RSA, KEY_RSA }, { EVP_PKEY_ED25519, KEY_ED25519 }, { EVP_PKEY_EC, KEY_EC },
	};
	const struct asking *a = arg;
	struct public_key p = { .type = KEY_OTHER };
	unsigned char *at = p.spki;

	want_secure_heap();
	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(bytes, (int)len);
	_cleanup_(pkey_clear) EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;

	ERR_clear_error();
	if (!key)
		return err_set(a->e, ERR_CONFIG, "the value is no private key in PEM, or has a passphrase");
	int spki = i2d_PUBKEY(key, NULL);
	if (spki < 1 || spki > (int)sizeof(p.spki))
		return err_set(a->e, ERR_LIMIT, "the public half of the key has %d bytes: 1 to %u are taken", spki,
			       PUBLIC_KEY_MAX);
	p.spki_len = (size_t)i2d_PUBKEY(key, &at);
	p.bits = (uint32_t)EVP_PKEY_get_bits(key);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (EVP_PKEY_get_base_id(key) == types[i].id)
			p.type = types[i].type;
	if (p.type == KEY_RSA || p.type == KEY_ED25519)
		p.inner_at = inner_of(key, p.type, p.spki_len);
	digest_sha256_hex(p.spki, p.spki_len, p.sha256);
	*a->ret = p;
	return 0;
}

int keypair_public(const struct secret *private, struct public_key *ret, struct err *e)
{
	struct asking a = { ret, e };

	return secret_with(private, ask, &a);
}
