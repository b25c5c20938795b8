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
	uint32_t unread;                           /* names that are not among them: too many, too long, not of ASCII */
	char *crl;                                 /* the first http address of a CRL that it names, or NULL */
	char *ocsp, *ca_issuers;                   /* the same of a responder, and of its issuer's certificate */
	uint32_t chain;                            /* certificates of the text, itself included */
};

/* The first certificate of the text. -ERR_CONFIG: there is none, or one that cannot be read. */
int certificate_read(const char *pem, size_t len, struct certificate *ret, struct err *e);
void certificate_clear(struct certificate *c);
/* Where the next certificate in PEM begins; NULL: there is none. */
const char *certificate_next(const char *at, const char *end);
/* A text that may be DER (as issuers serve their own), as PEM; what is PEM stays as it is. */
int certificate_of_der(const char *text, size_t len, struct buf *ret, struct err *e);
/* Is each one of the text signed by the next? One alone is. */
int certificate_chain_check(const char *pem, size_t len, struct err *e);
/* By one of its names, also by "*.example.org" (one label). A wanted "*.example.org" needs just that name. */
bool certificate_covers(const struct certificate *c, const char *name);
/* The certificates of the text and nothing else that stands there, as PEM: all, or the first alone. */
int certificate_write(const char *pem, size_t len, bool alone, struct buf *ret, struct err *e);
/* A request (PKCS#10, PEM) for the key's public half and these names; the first is the subject where it is short
 * enough. The key is lent; what OpenSSL copies of it ends with the process. */
int certificate_request(const struct secret *key, const struct strv *names, struct buf *ret, struct err *e);

/* Whoever may have signed it: certificates in PEM, of which any may be somebody else's. Only one that bears the name of
 * the issuer and whose key has signed the certificate itself counts, so it does not matter where they came from. */
struct certificate_pool { const char *text; size_t len; };
#define CERTIFICATE_POOL_MAX ((size_t)1 << 20)
/* Does the first certificate's issuer stand behind it in its text, or in the pool? */
bool certificate_has_signer(const char *pem, size_t len, const struct certificate_pool *pool);

/* --- certificate_search.c --- */
/* Calls fn with each certificate of any text, alone and in PEM (ended by NUL, until fn returns): those in PEM, also
 * indented or with newlines written as \n (YAML, JSON), or the whole text in DER. What fn returns ends it when it is
 * not 0, and comes back. *ret_unread: so many begin there and cannot be read (also PKCS #7). */
typedef int certificate_fn(const char *pem, const struct certificate *c, void *arg, struct err *e);
int certificate_search(const char *text, size_t len, certificate_fn *fn, void *arg, uint32_t *ret_unread,
		       struct err *e);

/* --- certificate_crl.c --- */
struct revoked { bool is_listed; int reason; };    /* reason: RFC 5280 5.3.1; 0 where none is given */
#define REASON_KEY_COMPROMISE 1
/* What a list (DER or PEM) says of the first certificate of `pem`. The list must be signed by its issuer, and not be
 * past its next update or from the future. -ERR_REFUSED: nothing here shows who the issuer is, so nothing is believed.
 */
int certificate_crl(const char *pem, size_t len, const struct certificate_pool *pool, const char *crl, size_t crl_len,
		    int64_t now_s, struct revoked *ret, struct err *e);
/* What the list of the first certificate of `ca`, signed by it and not past its next update, says of each serial
 * (hexadecimal). A text with the lists of several issuers (PEM) is looked through for that one. */
int certificate_crl_serials(const char *ca, size_t len, const char *crl, size_t crl_len, int64_t now_s,
			    const struct strv *serials, bool *ret_listed, struct err *e);

/* --- certificate_ocsp.c (RFC 6960) --- */
struct ocsp_question;
/* The request (DER) about the first certificate of `pem`, with a nonce. -ERR_REFUSED as certificate_crl. */
int certificate_ocsp_ask(const char *pem, size_t len, const struct certificate_pool *pool, struct ocsp_question **ret,
			 struct buf *ret_request, struct err *e);
/* The answer must be signed by the issuer or by whom it has charged with that, and be about this certificate. It must
 * have our nonce, or no nonce and be not past its next update; one without a next update must be an hour old at most.
 * "Unknown" is an error: -ERR_REMOTE. */
int certificate_ocsp_answer(const struct ocsp_question *q, const char *der, size_t len, int64_t now_s,
			    struct revoked *ret, struct err *e);
void certificate_ocsp_freep(struct ocsp_question **q);
