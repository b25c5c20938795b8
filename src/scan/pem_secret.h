#pragma once
/* What only the private half of a key has: by these bytes it is known in any container, and its certificate, which
 * has the public half too, is not taken for it. */
#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

/* Of the first private key in PEM, of OpenSSH's form, or of DER: the private number or seed; of an encrypted key, or of
 * one of an unknown kind, the second half of its body. false: there is none. ret is wiped memory (BUF_WIPED). */
bool pem_secret(const char *bytes, size_t len, struct buf *ret);
