#pragma once
/*
 * Mail addresses as they may stand in an envelope: the part of RFC 5321 that has no quoting and no comments, in ASCII.
 * Everything else is refused with what was expected, so that no address can become a second command, a second
 * recipient or a header.
 */
#include <stdbool.h>
#include <stddef.h>

#define MAIL_ADDRESS_MAX 254u        /* RFC 5321, 4.5.3.1.3, without the angle brackets */

/* NULL when right, else what is wrong with it; *ret_at (may be NULL): the byte. */
const char *mail_address_wrong(const char *s, size_t len, size_t *ret_at);
/* The form by which two are the same: the domain in lower case. ret has room for MAIL_ADDRESS_MAX + 1. */
void mail_address_same(const char *s, size_t len, char *ret);
