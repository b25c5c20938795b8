#pragma once
/*
 * Key pairs: made here, and asked for their public half. The private half is PEM in a struct secret (PKCS#8,
 * unencrypted: what OpenDKIM, Postfix, nginx and git-kept key files take), and never leaves it as ordinary memory.
 */
#include "base/err.h"
#include "base/secret.h"
#include <stddef.h>
#include <stdint.h>

enum keypair { KEYPAIR_RSA_2048, KEYPAIR_RSA_3072, KEYPAIR_RSA_4096, KEYPAIR_ED25519, KEYPAIR_EC_P256, KEYPAIR_EC_P384,
	       KEYPAIRS };
extern const char *const keypair_names[KEYPAIRS];          /* "rsa-2048": also the words of playbook and register */

#define PUBLIC_KEY_MAX 4200u   /* bytes of SubjectPublicKeyInfo: RSA up to 32768 bits */

enum key_type { KEY_RSA, KEY_ED25519, KEY_EC, KEY_OTHER };

struct public_key {
	enum key_type type;
	uint32_t bits;
	unsigned char spki[PUBLIC_KEY_MAX];      /* DER of SubjectPublicKeyInfo, RFC 5280 4.1 */
	size_t spki_len;
	size_t inner_at;                         /* of RSA and Ed25519: the key itself within spki, up to its end
						    (RSAPublicKey of RFC 8017 A.1.1; 32 bytes of RFC 8410) */
	char sha256[65];                         /* of spki, hexadecimal: the key's name everywhere */
};

int keypair_parse(const char *word, enum keypair *ret);    /* 0, or -ERR_CONFIG */
/* RSA of 4096 bits takes a second or more: for workers, not for a loop that has others to serve. */
int keypair_make(enum keypair kind, struct secret **ret, struct err *e);
/* -ERR_CONFIG: no private key in PEM, or one with a passphrase. */
int keypair_public(const struct secret *private, struct public_key *ret, struct err *e);
