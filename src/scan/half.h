#pragma once
/*
 * Public halves of keys in a text: certificates, public keys (PEM, OpenSSH's lines, which stand in manifests as well),
 * and DKIM's records in zone files. Each is told by the hash of its key (pem.h), by which it finds its private key.
 */
#include "scan/pem.h"

struct half {
	const char *what;         /* "certificate", "public key", "ssh public key", "TXT record of mail._domainkey" */
	bool dkim;                /* a record: somebody signs with its key */
	char spki[65];
	uint32_t line;            /* from 1 */
};
typedef void half_fn(const struct half *h, void *arg); /* what is borrowed until it returns */

/* zone: the text is one of a name server's, and may have DKIM's records. */
void half_find(const char *bytes, size_t len, bool zone, half_fn *fn, void *arg);
