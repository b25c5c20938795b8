#pragma once
/*
 * A handshake over a job's link that looks at the server's certificate and takes any. OpenSSL sees memory only: bytes
 * go over driver/link.h, with its deadlines.
 */
#include "driver/link.h"
#include "driver/tls_served.h"

#define TLS_HANDSHAKE_MAX ((size_t)256 * 1024)     /* bytes that a server says in one handshake */

struct tls_handshake;

/* name: what is asked for (SNI), or NULL. A server that shows its certificate, proves that it has the key and ends the
 * handshake behind that (it wants a certificate of ours, in TLS 1.2) has been seen.
 * -ERR_REMOTE: the server ended it with an alert, which is in the text;
 * -ERR_REFUSED: with the one alert that says that it has nothing for this name (RFC 6066 3);
 * *ret_hung_up: it ended it without a word, as Dovecot and GnuTLS do where others send an alert. It must be over at
 * until_us (CLOCK_MONOTONIC), however slowly the server goes on talking. */
int tls_handshake(struct job_link *l, const char *name, enum tls_kind kind, int64_t until_us,
		  struct tls_handshake **ret, bool *ret_hung_up, struct err *e);
/* The server's own certificate, in PEM. */
int tls_handshake_certificate(struct tls_handshake *h, struct buf *ret, struct err *e);
/* It asked for a certificate of its client, whether it refuses who has none or not. */
bool tls_handshake_wants_client(const struct tls_handshake *h);
/* Sends these bytes protected, waits for what the server says to them, and says goodbye; nothing is made of it. */
void tls_handshake_bye(struct tls_handshake *h, const struct buf *text);
void tls_handshake_freep(struct tls_handshake **h);
