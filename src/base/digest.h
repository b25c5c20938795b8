#pragma once
/* Keyed BLAKE2b: the journal's chain, and the short tag that tells "same value or not" without telling the value. */
#include "base/err.h"
#include "base/secret.h"
#include <stddef.h>
#include <stdint.h>

#define DIGEST_LEN 32
#define DIGEST_KEY_LEN ((size_t)32)
#define DIGEST_TAG_HEX 17 /* 8 bytes in hex and NUL */

struct digest_key {
	uint8_t bytes[DIGEST_KEY_LEN];
};

/* The installation's key: read from path (0600, owned by us or root), made there when missing and `make` is set. */
int digest_key_open(const char *path, bool make, struct digest_key *ret, struct err *e);
/* A key for the life of this process: tags of it can be compared with each other only. */
void digest_key_random(struct digest_key *ret);
/* Key derived for one purpose ("chain", "tag"), so that no two uses share a key. */
void digest_key_for(const struct digest_key *k, const char *purpose, struct digest_key *ret);

struct digest; /* running computation */
struct digest *digest_begin(const struct digest_key *k);
/* Each part is length-prefixed (8 bytes, little endian): parts cannot run into one another. */
void digest_part(struct digest *d, const void *bytes, size_t len);
void digest_end(struct digest *d, uint8_t ret[DIGEST_LEN]);              /* frees d */

void digest_tag(const struct digest_key *k, const struct secret *s, char ret[DIGEST_TAG_HEX]);
/* The same tag, of a value that was read where it stands and becomes no struct secret. */
void digest_tag_bytes(const struct digest_key *k, const void *bytes, size_t len, char ret[DIGEST_TAG_HEX]);
/* Unkeyed SHA-256 in hex (65 bytes with NUL), for texts that are public anyway. */
void digest_sha256_hex(const void *bytes, size_t len, char ret[65]);
