#pragma once
/*
 * hiera-eyaml's values: "ENC[PKCS7,<base64>]", a PKCS#7 envelope (AES-256-CBC, RSA PKCS#1 v1.5) to a certificate that
 * everybody may have, opened by a private key that few have. Block forms are the same text with white space in it.
 * Only whole values are dealt with, not ENC[...] in the midst of a text.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stddef.h>

#define EYAML_MAX ((size_t)256 * 1024) /* bytes of one encrypted value as text */

struct eyaml_cert; /* to encrypt: the "public key" file of eyaml, a PEM certificate */
struct eyaml_key;  /* to decrypt: a PEM private key, RSA, without passphrase */

int eyaml_cert_read(const char *path, struct eyaml_cert **ret, struct err *e);
int eyaml_cert_parse(const char *pem, size_t len, struct eyaml_cert **ret, struct err *e);
void eyaml_cert_freep(struct eyaml_cert **c);

int eyaml_key_read(const char *path, struct eyaml_key **ret, struct err *e);
int eyaml_key_parse(const struct secret *pem, struct eyaml_key **ret, struct err *e);
void eyaml_key_freep(struct eyaml_key **k);

/* True for an encrypted value, white space around it allowed; it may still be damaged. */
bool eyaml_is_encrypted(const char *text, size_t len);
/* True for a text that holds an encrypted part, which hiera-eyaml would open within it. */
bool eyaml_has_part(const char *text, size_t len);
/* Adds "ENC[PKCS7,...]" in one line. */
int eyaml_encrypt(const struct eyaml_cert *to, const struct secret *value, struct buf *ret, struct err *e);
/* -ERR_AUTH: encrypted to another key. -ERR_CONFIG: no value of eyaml, damaged, or empty. */
int eyaml_decrypt(const struct eyaml_key *k, const char *text, size_t len, struct secret **ret, struct err *e);
