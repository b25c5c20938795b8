#pragma once
/*
 * Public keys of OpenSSH in text: a line of authorized_keys, and the fingerprint by which logs and people name a key.
 * A key is what its bytes are: options before it and the comment behind it are anybody's to write, and are never
 * compared.
 */
#include <stdbool.h>
#include <stddef.h>

#define SSHKEY_FINGERPRINT 51 /* "SHA256:" and 43 characters, with the NUL */

/* Parts of a line; borrowed, not terminated. */
struct sshkey_line { const char *type, *base64; size_t type_len, base64_len; bool options; };

/* The key of one line of authorized_keys (without its newline), as sshd finds it: with or without options in front.
 * false: a comment, an empty line, or no key. */
bool sshkey_of_line(const char *line, size_t len, struct sshkey_line *ret);
/* "SHA256:..." of a key's base64; false when that is no base64 of a key. */
bool sshkey_fingerprint(const char *base64, size_t len, char ret[SSHKEY_FINGERPRINT]);
bool sshkey_is_fingerprint(const char *s);
