#include "base/seal_key.h"
#include "base/mem.h"
#include "base/text.h"
#include <sodium.h>

/*
 * A sealed value: "fbs1", number of boxes, the boxes, nonce, ciphertext. What stands before the nonce and the context
 * is authenticated with the ciphertext.
 */
#define MAGIC "fbs1"
#define MAGIC_LEN 4
#define DATA_KEY_LEN crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define BOX_LEN (crypto_box_SEALBYTES + DATA_KEY_LEN)
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEALED_MAX (MAGIC_LEN + 1 + SEAL_RECIPIENTS * BOX_LEN + NONCE_LEN + SECRET_MAX + TAG_LEN)
#define CONTEXT_MAX ((size_t)64 * 1024)

static const char prefix[] = "fbpub1:";

int seal_public_parse(const char *text, struct seal_public *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(sizeof(ret->bytes));
	size_t skip = strlen(prefix);

	if (!text_starts(text, prefix) || strlen(text) >= SEAL_PUBLIC_TEXT ||
	    text_base64_decode(&raw, text + skip, strlen(text) - skip) < 0 || raw.over ||
	    raw.len != sizeof(ret->bytes))
		return err_set(e, ERR_CONFIG, "not a responder's public key: '%s' and the base64 of 32 bytes is "
			       "expected", prefix);
	memcpy(ret->bytes, raw.data, sizeof(ret->bytes));
	return 0;
}

void seal_public_text(const struct seal_public *p, char ret[SEAL_PUBLIC_TEXT])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SEAL_PUBLIC_TEXT);

	(void)buf_str(&b, prefix);
	text_base64(&b, p->bytes, sizeof(p->bytes));
	(void)snprintf(ret, SEAL_PUBLIC_TEXT, "%s", buf_text(&b));
}

/* What the ciphertext is bound to: its own head and where it stands. */
static void bind_to(struct buf *b, const void *head, size_t head_len, const char *context)
{
	(void)buf_add(b, head, head_len);
	(void)buf_str(b, context);
}

struct encrypting {
	struct buf *raw; /* holds the head */
	const struct buf *bound;
	const uint8_t *key;
};

static int encrypt(const char *bytes, size_t len, void *arg)
{
	const struct encrypting *x = arg;
	uint8_t nonce[NONCE_LEN];
	unsigned long long out_len = 0;
	_cleanup_(freep) uint8_t *out = mem_zero(1, len + TAG_LEN);

	randombytes_buf(nonce, sizeof(nonce));
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(out, &out_len, (const uint8_t *)bytes, len,
							 (const uint8_t *)x->bound->data, x->bound->len, NULL, nonce,
							 x->key);
	(void)buf_add(x->raw, nonce, sizeof(nonce));
	return buf_add(x->raw, out, (size_t)out_len);
}

int seal_value(const struct secret *value, const char *context, const struct seal_public *to, size_t n,
	       struct buf *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SEALED_MAX);
	_cleanup_(buf_free) struct buf bound = BUF_INIT(SEALED_MAX + CONTEXT_MAX);
	uint8_t key[DATA_KEY_LEN], box[BOX_LEN];
	int r = 0;

	if (n < 1 || n > SEAL_RECIPIENTS)
		return err_set(e, ERR_CONFIG, "sealing to %zu responders: 1 to %d are accepted", n, SEAL_RECIPIENTS);
	if (strlen(context) > CONTEXT_MAX)
		return err_set(e, ERR_LIMIT, "the context of a sealed value is longer than %zu bytes", CONTEXT_MAX);

	(void)buf_add(&raw, MAGIC, MAGIC_LEN);
	(void)buf_char(&raw, (char)n);
	randombytes_buf(key, sizeof(key));
	for (size_t i = 0; i < n && r == 0; i++) {
		if (crypto_box_seal(box, key, sizeof(key), to[i].bytes) != 0)
			r = err_set(e, ERR_CONFIG, "the public key of responder %zu cannot be used", i + 1);
		else
			(void)buf_add(&raw, box, sizeof(box));
	}
	if (r == 0) {
		bind_to(&bound, raw.data, raw.len, context);
		(void)secret_with(value, encrypt, &(struct encrypting){ &raw, &bound, key });
	}
	explicit_bzero(key, sizeof(key));
	if (r < 0)
		return r;
	text_base64(ret, raw.data, raw.len);
	return ret->over ? err_set(e, ERR_LIMIT, "no room for a sealed value") : 0;
}

struct opening {
	const struct seal_public *pub;
	const uint8_t *boxes;
	size_t n;
	uint8_t *key;
};

static int open_box(const char *private_key, size_t len _unused_, void *arg)
{
	const struct opening *x = arg;

	for (size_t i = 0; i < x->n; i++)
		if (crypto_box_seal_open(x->key, x->boxes + i * BOX_LEN, BOX_LEN, x->pub->bytes,
					 (const uint8_t *)private_key) == 0)
			return 0;
	return -ERR_AUTH;
}

/* The value goes from the cipher into locked pages, never through ordinary memory. */
static int decrypt(const uint8_t *sealed, size_t len, const struct buf *bound, const uint8_t *key,
		   struct secret **ret, struct err *e)
{
	unsigned long long out_len = 0;
	char *out = sodium_malloc(len);
	if (!out)
		return err_set(e, ERR_IO, "out of memory for secret values");

	int r = crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)out, &out_len, NULL, sealed + NONCE_LEN,
							   len - NONCE_LEN, (const uint8_t *)bound->data, bound->len,
							   sealed, key);
	if (r != 0)
		r = err_set(e, ERR_CONFIG, "a sealed value is damaged or belongs to another place");
	else
		r = secret_take(out, (size_t)out_len, ret, e);
	sodium_free(out);
	return r;
}

int seal_open(const struct seal_key *k, const char *sealed, const char *context, struct secret **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SEALED_MAX);
	_cleanup_(buf_free) struct buf bound = BUF_INIT(SEALED_MAX + CONTEXT_MAX);
	struct seal_public pub;
	uint8_t key[DATA_KEY_LEN];

	if (strlen(context) > CONTEXT_MAX)
		return err_set(e, ERR_LIMIT, "the context of a sealed value is longer than %zu bytes", CONTEXT_MAX);
	if (text_base64_decode(&raw, sealed, strlen(sealed)) < 0 || raw.over || raw.len < MAGIC_LEN + 1 ||
	    memcmp(raw.data, MAGIC, MAGIC_LEN) != 0)
		return err_set(e, ERR_CONFIG, "a sealed value is damaged: it does not start as one");

	const uint8_t *bytes = (const uint8_t *)raw.data;
	size_t n = bytes[MAGIC_LEN], head = MAGIC_LEN + 1 + n * BOX_LEN;

	if (n < 1 || n > SEAL_RECIPIENTS || raw.len <= head + NONCE_LEN + TAG_LEN)
		return err_set(e, ERR_CONFIG, "a sealed value is damaged: it is cut short");
	seal_key_public(k, &pub);

	struct opening x = { &pub, bytes + MAGIC_LEN + 1, n, key };
	int r = secret_with(seal_key_private(k), open_box, &x);

	if (r < 0) {
		r = err_set(e, ERR_AUTH, "a sealed value was not sealed to this key");
	} else {
		bind_to(&bound, bytes, head, context);
		r = decrypt(bytes + head, raw.len - head, &bound, key, ret, e);
	}
	explicit_bzero(key, sizeof(key));
	return r;
}
