#pragma once
/* One character of UTF-8, checked as RFC 3629 wants it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at s (len > 0 bytes are there), or 0 when it is broken. */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret);
