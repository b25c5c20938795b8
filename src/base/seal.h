#pragma once
/*
 * Sealing of values to responders: a random data key in one sealed box (X25519) for each responder, the value under the
 * data key with XChaCha20-Poly1305 and the context (incident, step, name) as authenticated data, so that a sealed value
 * cannot be moved to another row. Any one responder opens it; nobody else.
 *
 * Public keys are text: "fbpub1:" + base64 of 32 bytes. Key files are text too (0600): public key, Argon2id parameters
 * and salt when there is a passphrase, and the (encrypted) private key.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_PUBLIC_TEXT 64  /* room for the text form with NUL */
#define SEAL_RECIPIENTS 64   /* at most */

struct seal_public {
	uint8_t bytes[32];
};

struct seal_key; /* an opened private key, in locked memory */

int seal_public_parse(const char *text, struct seal_public *ret, struct err *e);
void seal_public_text(const struct seal_public *p, char ret[SEAL_PUBLIC_TEXT]);

/* What guessing a passphrase costs; it stands in the key file. */
struct seal_cost {
	uint64_t passes;
	size_t memory; /* bytes */
};

/* Makes a key file; refuses to overwrite. passphrase may be NULL. Guessing costs 3 passes over 256 MiB. */
int seal_key_create(const char *path, const struct secret *passphrase, struct seal_public *ret, struct err *e);
int seal_key_create_at_cost(const char *path, const struct secret *passphrase, struct seal_cost cost,
			    struct seal_public *ret, struct err *e);
int seal_key_is_protected(const char *path, bool *ret, struct err *e);
int seal_key_file_public(const char *path, struct seal_public *ret, struct err *e);   /* without the passphrase */
/* -ERR_AUTH when the passphrase is wrong or missing. */
int seal_key_open(const char *path, const struct secret *passphrase, struct seal_key **ret, struct err *e);
void seal_key_public(const struct seal_key *k, struct seal_public *ret);
struct seal_key *seal_key_free(struct seal_key *k);
void seal_key_freep(struct seal_key **k);

/* Adds base64 text of the sealed value to ret. n is 1..SEAL_RECIPIENTS. */
int seal_value(const struct secret *value, const char *context, const struct seal_public *to, size_t n,
	       struct buf *ret, struct err *e);
/* -ERR_AUTH: not sealed to this key. -ERR_CONFIG: damaged, or another context. */
int seal_open(const struct seal_key *k, const char *sealed, const char *context, struct secret **ret, struct err *e);
