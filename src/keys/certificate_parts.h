#pragma once
/* Between the files of certificate.h. */
#include "keys/certificate.h"
#include <openssl/x509v3.h>

struct certificates { X509 *x[CERTIFICATE_CHAIN_MAX + 1]; uint32_t n; };
int certificates_read(const char *pem, size_t len, struct certificates *ret, struct err *e);   /* at least one */
void certificates_clear(struct certificates *c);
/* The issuer of the first one; the caller frees. -ERR_REFUSED: none of them has signed it. */
int certificates_signer(const struct certificates *list, const struct certificate_pool *pool, X509 **ret,
			struct err *e);
