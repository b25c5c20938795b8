#pragma once
/*
 * What one address serves: the certificate that it shows in a handshake of TLS, plain or behind STARTTLS. Nothing is
 * verified but that the server has the key to what it shows, and no value is sent: the question is which key is there,
 * not whom to trust. A server may have certificates of several kinds of key, so that it is asked for each; a name may
 * have several addresses, so that each is asked.
 */
#include "driver/driver.h"
#include "driver/tls_starttls.h"

#define TLS_PLACES_MAX 32u             /* addresses of one name */
#define TLS_SHOWN_MAX 16384u           /* bytes of a certificate that is kept, in PEM */

enum tls_kind { TLS_ANY, TLS_RSA, TLS_EC, TLS_KINDS };      /* of the key that we say we can verify; EC: Ed25519 too */

struct tls_served {
	bool none;                     /* an answer of TLS that says: no certificate of this kind (handshake_failure) */
	bool not_for_name;             /* the same, by an alert that says: nothing for this name (unrecognized_name) */
	char spki_sha256[65];          /* as base/keypair.h names keys */
	char serial[48], issuer[200];  /* hexadecimal, small letters; made visible */
	int64_t not_before_s, not_after_s;
	bool wants_client;             /* it asks its clients for a certificate */
	bool is_for_name;              /* one of its names is the one that was asked for */
	char pem[TLS_SHOWN_MAX];       /* "": it is longer */
};

/* Calls fn for each address of the job's host, as the machine resolves it from which the job goes out; `at` is the job
 * with that address as its end, `place` is "192.0.2.1:443" or "[2001:db8::1]:443". All are asked, also when one fails:
 * the first error is returned at the end. -ERR_NET: there is no address; -ERR_LIMIT: more than we ask. */
typedef int tls_served_fn(const struct driver_job *at, const char *place, void *arg, struct err *e);
int tls_served_each(const struct driver_job *job, tls_served_fn *fn, void *arg, struct err *e);

/* `starttls` of the job's options says how, `name` what is asked for (SNI); without it the address's host. -ERR_NET:
 * no answer, or none that is TLS. Adds nothing to the tries. TLS_RSA and TLS_EC are `none` without being asked where
 * the server can have one certificate only (tls_served_has_one). */
int tls_served_ask(const struct driver_job *job, enum tls_kind kind, struct tls_served *ret, struct err *e);
bool tls_served_has_one(const struct driver_job *job);
bool tls_served_is_address(const char *host);       /* not a name */
