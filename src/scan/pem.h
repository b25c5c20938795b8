#pragma once
/*
 * Keys and certificates within a text, a file or DER: what kind, how large, and the SHA-256 of the public half (DER of
 * SubjectPublicKeyInfo), by which a private key finds its certificate, its public key and its line of authorized_keys.
 * Nothing private is kept, and nothing is asked: an encrypted key is told as one.
 */
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEMS_MAX 512u       /* of one value: a bundle of authorities has about 150 */
#define PEM_MAX ((size_t)1 << 20) /* bytes of one block */

enum pem_kind { PEM_PRIVATE, PEM_PUBLIC, PEM_CERTIFICATE, PEM_REQUEST, PEM_OTHER };
enum pem_key { PEM_KEY_NONE, PEM_KEY_RSA, PEM_KEY_EC, PEM_KEY_ED25519, PEM_KEY_ED448, PEM_KEY_DSA, PEM_KEY_OTHER };

struct pem {
	enum pem_kind kind;
	enum pem_key key;
	uint32_t bits;            /* 0: not known */
	uint32_t line;            /* within the value, from 1 */
	bool encrypted;           /* the public half may be known all the same (OpenSSH) */
	bool broken;              /* looks like one and cannot be read */
	bool authority;           /* a certificate that signs others (RFC 5280 4.2.1.9) */
	char spki[65];            /* "" when it is not known */
};

struct pems { struct pem *list; uint32_t n; bool more; };

/* The list lies in the arena; blocks that begin in the midst of a line are none. */
void pem_look(const char *bytes, size_t len, struct arena *a, struct pems *ret);
const char *pem_key_name(enum pem_key key);    /* "RSA" */
const char *pem_kind_name(enum pem_kind kind); /* "private key" */

/* --- pem_ssh.c: OpenSSH's own forms, without OpenSSL --- */
/* The base64 of an OPENSSH PRIVATE KEY, and "ssh-ed25519 AAAA... comment". */
void pem_ssh_private(const char *base64, size_t len, struct pem *ret);
bool pem_ssh_public(const char *line, size_t len, struct pem *ret);
/* --- pem_der.c: the only part that asks OpenSSL --- */
void pem_ask(const char *label, const char *block, size_t len, struct pem *ret);
bool pem_der(const char *bytes, size_t len, struct pem *ret);
