#pragma once
/*
 * The few words before TLS begins behind STARTTLS, of six protocols. Pure: bytes of the server in, bytes for it out.
 * A server may be hostile: what it says is limited as a whole, and whatever it says behind its consent is refused,
 * because it would be taken for something that came protected.
 * Sources: RFC 3207 (smtp), RFC 9051 6.2.1 (imap), RFC 2595 (pop3), RFC 4511 4.14 (ldap), PostgreSQL's manual 55.2.10,
 * MariaDB's knowledge base "Connection" (mysql).
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define TLS_STARTTLS_MAX ((size_t)32 * 1024)   /* bytes that a server says before TLS */

struct tls_protocol;
struct tls_starttls { const struct tls_protocol *protocol; unsigned step; bool greeted; size_t taken; struct buf in; };

extern const char *const tls_served_starttls[];     /* the words that option starttls takes; NULL-terminated */
/* -ERR_CONFIG: none of the words. End it with tls_starttls_end() in either case. */
int tls_starttls_begin(struct tls_starttls *s, const char *word, struct err *e);
/* The server has one certificate for all clients, whatever kind of key they can take. */
bool tls_starttls_has_one(const struct tls_starttls *s);
/* Call it once without bytes, then with each piece that comes. ret_send gets what is to be sent now, perhaps nothing;
 * *ret_go: TLS begins behind it. -ERR_NET, -ERR_LIMIT: the text says what the server says, made visible. */
int tls_starttls_more(struct tls_starttls *s, const char *bytes, size_t len, struct buf *ret_send, bool *ret_go,
		      struct err *e);
/* What is sent when TLS stands and all was seen, so that the server does not take us for a client that broke off. */
void tls_starttls_bye(const struct tls_starttls *s, struct buf *ret);
void tls_starttls_end(struct tls_starttls *s);
