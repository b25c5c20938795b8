/* Hashes that have no salt, so that a value can be compared with them. */
#include "base/passhash.h"
#include "base/text.h"
#include "scan/forms_parts.h"
#include <string.h>

static void plain_hash(struct forming *f, const char *form, const char *name, const char *bytes, size_t len)
{
	char hex[PASSHASH_HEX], upper[PASSHASH_HEX];

	if (!passhash_hex(name, bytes, len, hex))
		return;
	for (size_t i = 0; i < sizeof(upper); i++)
		upper[i] = hex[i] >= 'a' && hex[i] <= 'f' ? (char)(hex[i] - 'a' + 'A') : hex[i];
	form_add(f, form, hex, strlen(hex), false);
	form_add(f, form, upper, strlen(hex), false);
	explicit_bzero(hex, sizeof(hex));
	explicit_bzero(upper, sizeof(upper));
}

/* "md5" + md5(password and user), as PostgreSQL keeps it. */
static void postgresql(struct forming *f, const char *bytes, size_t len, const char *user)
{
	_cleanup_(buf_free) struct buf both = BUF_WIPED(SECRET_MAX + 1000);
	char hex[PASSHASH_HEX];

	(void)buf_add(&both, bytes, len);
	(void)buf_str(&both, user);
	if (both.over || !passhash_hex("md5", both.data, both.len, hex))
		return;
	form_add(f, "postgresql-md5", hex, strlen(hex), false);
	explicit_bzero(hex, sizeof(hex));
}

/* {SHA} of LDAP and htpasswd: base64 of SHA-1. */
static void ldap_sha(struct forming *f, const char *bytes, size_t len)
{
	_cleanup_(buf_free) struct buf digest = BUF_WIPED(64), coded = BUF_WIPED(64);
	char hex[PASSHASH_HEX];

	if (!passhash_hex("sha1", bytes, len, hex) || text_hex_decode(&digest, hex, strlen(hex)) < 0)
		return;
	text_base64(&coded, digest.data, digest.len);
	form_add(f, "sha1-base64", buf_text(&coded), coded.len, false);
	explicit_bzero(hex, sizeof(hex));
}

void forms_hashed(struct forming *f, const char *bytes, size_t len, const char *const *users)
{
	static const char *const names[] = { "md5", "sha1", "sha256", "sha512" };
	char native[PASSHASH_NATIVE], ed25519[PASSHASH_ED25519];

	if (passhash_mysql_native(bytes, len, native)) {
		form_add(f, "mariadb-native", native + 1, strlen(native) - 1, false);
		for (char *c = native; *c; c++)
			*c = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
		form_add(f, "mariadb-native", native + 1, strlen(native) - 1, false);
	}
	if (passhash_mariadb_ed25519(bytes, len, ed25519))
		form_add(f, "mariadb-ed25519", ed25519, strlen(ed25519), false);
	explicit_bzero(native, sizeof(native));
	explicit_bzero(ed25519, sizeof(ed25519));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		plain_hash(f, names[i], names[i], bytes, len);
	ldap_sha(f, bytes, len);
	for (; users && *users; users++)
		postgresql(f, bytes, len, *users);
}
