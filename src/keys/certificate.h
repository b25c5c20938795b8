#pragma once
/*
 * Certificates that somebody outside issues for a key: the request, and what came back. Pure: texts in PEM (RFC 7468)
 * in, facts out. Nothing is verified against a list of roots here; whom the world trusts is the world's.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/strv.h"
#include <stdbool.h>
#include <stdint.h>

#define CERTIFICATE_TEXT_MAX ((size_t)64 * 1024)   /* of a chain */
#define CRL_TEXT_MAX ((size_t)16 << 20)
#define CERTIFICATE_NAMES_MAX 200u
#define CERTIFICATE_CHAIN_MAX 10u
#define SERIAL_HEX 48u                             /* 20 bytes (RFC 5280 4.1.2.2), and room for who has more */

struct certificate {
	char serial[SERIAL_HEX];                   /* hexadecimal, small letters, two digits for each byte */
	char spki_sha256[65];                      /* of its public key, as keypair.h names keys */
	char issuer[200];                          /* made visible */
	int64_t not_before_s, not_after_s;
	struct strv names;                         /* DNS names and addresses, small letters */
	char *crl;                                 /* the first http address of a CRL that it names, or NULL */
	uint32_t chain;                            /* certificates of the text, itself included */
};

/* The first certificate of the text. -ERR_CONFIG: there is none, or one that cannot be read. */
int certificate_read(const char *pem, size_t len, struct certificate *ret, struct err *e);
void certificate_clear(struct certificate *c);
/* Is each one of the text signed by the next? One alone is. */
int certificate_chain_check(const char *pem, size_t len, struct err *e);
/* By one of its names, also by "*.example.org" (one label). A wanted "*.example.org" needs just that name. */
bool certificate_covers(const struct certificate *c, const char *name);
/* The certificates of the text and nothing else that stands there, as PEM: all, or the first alone. */
int certificate_write(const char *pem, size_t len, bool alone, struct buf *ret, struct err *e);
/* A request (PKCS#10, PEM) for the key's public half and these names; the first is the subject where it is short
 * enough. The key is lent; what OpenSSL copies of it ends with the process. */
int certificate_request(const struct secret *key, const struct strv *names, struct buf *ret, struct err *e);

/* --- certificate_crl.c --- */
struct revoked { bool is_listed; int reason; };    /* reason: RFC 5280 5.3.1; 0 where none is given */
#define REASON_KEY_COMPROMISE 1
/* What a list (DER or PEM) says of the first certificate of `pem`. The list must be one of the issuer: signed by the
 * second certificate of the text, where there is one, and not past its next update. */
int certificate_crl(const char *pem, size_t len, const char *crl, size_t crl_len, int64_t now_s, struct revoked *ret,
		    struct err *e);
/* What the list of the first certificate of `ca`, signed by it and not past its next update, says of each serial
 * (hexadecimal). A text with the lists of several issuers (PEM) is looked through for that one. */
int certificate_crl_serials(const char *ca, size_t len, const char *crl, size_t crl_len, int64_t now_s,
			    const struct strv *serials, bool *ret_listed, struct err *e);
