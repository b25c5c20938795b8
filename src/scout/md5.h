#pragma once
/* MD5 (RFC 1321): what dpkg's lists of checksums are made of. It tells whether a file is the one that was listed; who
 * wants to can make two files with one sum. Never for anything else. */
#include <stddef.h>
#include <stdint.h>

struct md5 { uint32_t state[4]; uint64_t len; uint8_t held[64]; };

void md5_begin(struct md5 *m);
void md5_add(struct md5 *m, const void *bytes, size_t len);
void md5_end(struct md5 *m, char ret[33]);          /* hex with NUL */
