#include "driver/mariadb.h"
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

struct making { struct mariadb_hash *to; bool good; };

static bool native(const char *bytes, size_t len, char ret[MARIADB_HASH])
{
	unsigned char once[20], twice[20];
	unsigned n = 0;
	bool good = EVP_Digest(bytes, len, once, &n, EVP_sha1(), NULL) == 1 &&
		    EVP_Digest(once, sizeof(once), twice, &n, EVP_sha1(), NULL) == 1;

	ret[0] = '*';
	for (size_t i = 0; good && i < sizeof(twice); i++)
		snprintf(ret + 1 + 2 * i, 3, "%02X", twice[i]);
	explicit_bzero(once, sizeof(once));
	explicit_bzero(twice, sizeof(twice));
	return good;
}

/* MariaDB's plugin is Ed25519 with the password, of any length, where the standard has a seed of 32 bytes: the secret
 * scalar is the first half of its SHA-512. OpenSSL only takes the seed; the scalar multiplication clamps by itself. */
static bool ed25519(const char *bytes, size_t len, char ret[MARIADB_HASH])
{
	unsigned char scalar[crypto_hash_sha512_BYTES], point[crypto_scalarmult_ed25519_BYTES];
	bool good = crypto_hash_sha512(scalar, (const unsigned char *)bytes, len) == 0 &&
		    crypto_scalarmult_ed25519_base(point, scalar) == 0;

	if (good)
		sodium_bin2base64(ret, MARIADB_HASH, point, sizeof(point), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	explicit_bzero(scalar, sizeof(scalar));
	return good;
}

static int make(const char *bytes, size_t len, void *arg)
{
	struct making *m = arg;

	m->good = !memchr(bytes, 0, len) && native(bytes, len, m->to->native) && ed25519(bytes, len, m->to->ed25519);
	return 0;
}

int mariadb_hash(const struct secret *value, struct mariadb_hash *ret, struct err *e)
{
	struct mariadb_hash h = { 0 };
	struct making m = { .to = &h };

	if (!value) {
		*ret = h;
		return 0;
	}
	if (sodium_init() < 0)
		return err_set(e, ERR_BUG, "the cryptography library does not start");
	(void)secret_with(value, make, &m);
	if (!m.good)
		return err_set(e, ERR_REFUSED,
			       "a value for mariadb holds a zero byte; a password without one is expected");
	h.known = true;
	*ret = h;
	mariadb_hash_wipe(&h);
	return 0;
}

void mariadb_hash_wipe(struct mariadb_hash *h)
{
	explicit_bzero(h, sizeof(*h));
}

const char *mariadb_hash_for(const struct mariadb_hash *h, const char *plugin)
{
	if (!h->known)
		return NULL;
	if (strcmp(plugin, "mysql_native_password") == 0)
		return h->native;
	return strcmp(plugin, "ed25519") == 0 ? h->ed25519 : NULL;
}
