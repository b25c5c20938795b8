#include "base/box.h"
#include "base/locked.h"
#include "base/mem.h"
#include <sodium.h>
#include <string.h>

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_LEN crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define KEY_CHARACTERS 43 /* of 64: 256 bits and two more */
#define CHANCE_LEN 16
#define SMALL 512

_Static_assert(BOX_MORE == NONCE_LEN + TAG_LEN, "what sealing adds");

struct box {
	uint8_t key[KEY_LEN];
	uint8_t nonce[NONCE_LEN];        /* CHANCE_LEN random bytes, and a counter behind them */
};

int box_key_random(struct secret **ret, struct err *e)
{
	return secret_random(KEY_CHARACTERS, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", ret,
			     e);
}

static int derive(const char *bytes, size_t len, void *arg)
{
	return crypto_generichash(arg, KEY_LEN, (const uint8_t *)bytes, len, NULL, 0);
}

int box_begin(const struct secret *key, struct box **ret, struct err *e)
{
	struct box *b = locked_alloc(sizeof(*b));

	if (!b || secret_with(key, derive, b->key) != 0) {
		box_end(b);
		return err_set(e, ERR_IO, "no locked memory for a key");
	}
	randombytes_buf(b->nonce, CHANCE_LEN);
	sodium_memzero(b->nonce + CHANCE_LEN, NONCE_LEN - CHANCE_LEN);
	*ret = b;
	return 0;
}

/* 128 bits that are this box's own, and 64 that count: none comes twice, and chance is asked for once. */
static void next_nonce(struct box *b, uint8_t *ret)
{
	sodium_increment(b->nonce + CHANCE_LEN, NONCE_LEN - CHANCE_LEN);
	memcpy(ret, b->nonce, NONCE_LEN);
}

int box_seal(struct box *b, const char *context, const void *bytes, size_t len, struct buf *ret, struct err *e)
{
	uint8_t small[SMALL];
	_cleanup_(freep) uint8_t *large = len + BOX_MORE > sizeof(small) ? mem_zero(1, len + BOX_MORE) : NULL;
	uint8_t *out = large ? large : small;
	unsigned long long n = 0;

	next_nonce(b, out);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_LEN, &n, bytes, len, (const uint8_t *)context,
							 strlen(context), NULL, out, b->key);
	if (buf_add(ret, out, NONCE_LEN + (size_t)n) < 0)
		return err_set(e, ERR_LIMIT, "no room for a sealed text");
	return 0;
}

int box_open(const struct box *b, const char *context, const void *bytes, size_t len, struct buf *ret, struct err *e)
{
	const uint8_t *in = bytes;
	uint8_t small[SMALL];
	_cleanup_(freep) uint8_t *large = len > sizeof(small) ? mem_zero(1, len) : NULL;
	uint8_t *out = large ? large : small;
	unsigned long long n = 0;
	int r = -1;

	if (len >= BOX_MORE)
		r = crypto_aead_xchacha20poly1305_ietf_decrypt(out, &n, NULL, in + NONCE_LEN, len - NONCE_LEN,
							       (const uint8_t *)context, strlen(context), in, b->key);
	if (r == 0)
		r = buf_add(ret, out, (size_t)n);
	explicit_bzero(out, len);
	return r < 0 ? err_set(e, ERR_CONFIG, "a sealed text is damaged, or another key's") : 0;
}

struct box *box_end(struct box *b)
{
	if (b)
		explicit_bzero(b, sizeof(*b));
	locked_free(b);
	return NULL;
}

void box_endp(struct box **b)
{
	*b = box_end(*b);
}
