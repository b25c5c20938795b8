#pragma once
/* SHA-256 over what comes in parts: for streams that are too large to be held. */
#include <stddef.h>
#include <stdint.h>

struct hash { _Alignas(16) uint8_t state[128]; };

void hash_begin(struct hash *h);
void hash_add(struct hash *h, const void *bytes, size_t len);
void hash_end(struct hash *h, char ret[65]);        /* hex with NUL */
