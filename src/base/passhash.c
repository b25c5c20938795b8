#include "base/passhash.h"
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

bool passhash_mysql_native(const char *bytes, size_t len, char ret[PASSHASH_NATIVE])
{
	unsigned char once[20], twice[20];
	unsigned n = 0;
	bool good = EVP_Digest(bytes, len, once, &n, EVP_sha1(), NULL) == 1 &&
		    EVP_Digest(once, sizeof(once), twice, &n, EVP_sha1(), NULL) == 1;

	ret[0] = '*';
	for (size_t i = 0; good && i < sizeof(twice); i++)
		(void)snprintf(ret + 1 + 2 * i, 3, "%02X", twice[i]);
	explicit_bzero(once, sizeof(once));
	explicit_bzero(twice, sizeof(twice));
	return good;
}

/* MariaDB's plugin is Ed25519 with the password, of any length, where the standard has a seed of 32 bytes: the secret
 * scalar is the first half of its SHA-512. OpenSSL only takes the seed; the scalar multiplication clamps by itself. */
bool passhash_mariadb_ed25519(const char *bytes, size_t len, char ret[PASSHASH_ED25519])
{
	unsigned char scalar[crypto_hash_sha512_BYTES], point[crypto_scalarmult_ed25519_BYTES];
	bool good = crypto_hash_sha512(scalar, (const unsigned char *)bytes, len) == 0 &&
		    crypto_scalarmult_ed25519_base(point, scalar) == 0;

	if (good)
		sodium_bin2base64(ret, PASSHASH_ED25519, point, sizeof(point),
				  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	explicit_bzero(scalar, sizeof(scalar));
	explicit_bzero(point, sizeof(point));
	return good;
}

bool passhash_hex(const char *name, const char *bytes, size_t len, char ret[PASSHASH_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	const EVP_MD *md = EVP_get_digestbyname(name);
	unsigned n = 0;
	bool good = md && EVP_Digest(bytes, len, digest, &n, md, NULL) == 1;

	for (unsigned i = 0; good && i < n; i++)
		(void)snprintf(ret + 2 * (size_t)i, 3, "%02x", digest[i]);
	explicit_bzero(digest, sizeof(digest));
	return good;
}
