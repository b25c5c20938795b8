#pragma once
/*
 * What a service keeps instead of a password where no salt is in it, so that two of them can be compared. Bytes come
 * from a value that was lent; what is written to ret is nearly as good as it, so the caller wipes it.
 */
#include <stdbool.h>
#include <stddef.h>

#define PASSHASH_NATIVE 42  /* "*" and 40 digits, with NUL */
#define PASSHASH_ED25519 44 /* 43 characters of base64 */
#define PASSHASH_HEX 129    /* of the longest: SHA-512 */

/* mysql_native_password: SHA-1 of SHA-1, in capitals. */
bool passhash_mysql_native(const char *bytes, size_t len, char ret[PASSHASH_NATIVE]);
/* MariaDB's ed25519: the public half that the password makes. */
bool passhash_mariadb_ed25519(const char *bytes, size_t len, char ret[PASSHASH_ED25519]);
/* "md5", "sha1", "sha256", "sha512" in small hexadecimal digits. false: the library does not have it. */
bool passhash_hex(const char *name, const char *bytes, size_t len, char ret[PASSHASH_HEX]);
