#include "base/hash.h"
#include <sodium.h>

/* The header knows no library: room for its state is kept there. */
_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct hash *)0)->state), "room for the state");

static crypto_hash_sha256_state *state(struct hash *h)
{
	return (void *)h->state;
}

void hash_begin(struct hash *h)
{
	(void)crypto_hash_sha256_init(state(h));
}

void hash_add(struct hash *h, const void *bytes, size_t len)
{
	(void)crypto_hash_sha256_update(state(h), bytes, len);
}

void hash_end(struct hash *h, char ret[65])
{
	uint8_t sum[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256_final(state(h), sum);
	(void)sodium_bin2hex(ret, 65, sum, sizeof(sum));
}
