#include "base/digest.h"
#include "base/keyfile.h"
#include "base/mem.h"
#include "base/text.h"
#include <sodium.h>

struct digest {
	crypto_generichash_state state; /* wants 64-byte alignment */
};

static int parse_key(const char *path, const struct buf *text, struct digest_key *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf key = BUF_WIPED(DIGEST_KEY_LEN);
	size_t len = text->len;

	if (len > 0 && text->data[len - 1] == '\n')
		len--;
	if (len != DIGEST_KEY_LEN * 2 || text_hex_decode(&key, text->data, len) < 0 || key.len != DIGEST_KEY_LEN)
		return err_set(e, ERR_CONFIG, "key file '%s' is damaged: %zu hex digits are expected", path,
			       DIGEST_KEY_LEN * 2);
	memcpy(ret->bytes, key.data, DIGEST_KEY_LEN);
	return 0;
}

static int make_key(const char *path, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(256);
	struct digest_key fresh;

	randombytes_buf(fresh.bytes, sizeof(fresh.bytes));
	text_hex(&text, fresh.bytes, sizeof(fresh.bytes));
	explicit_bzero(&fresh, sizeof(fresh));
	(void)buf_char(&text, '\n');

	int r = keyfile_create(path, text.data, text.len, e);

	return r == -ERR_CONFLICT ? 0 : r; /* another process was first: its key is the key */
}

int digest_key_open(const char *path, bool make, struct digest_key *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(256);
	bool missing = false;
	int r = keyfile_read(path, &text, &missing, e);

	if (r < 0 && missing && make) {
		r = make_key(path, e);
		if (r == 0)
			r = keyfile_read(path, &text, NULL, e);
	}
	if (r < 0)
		return r;
	return parse_key(path, &text, ret, e);
}

void digest_key_random(struct digest_key *ret)
{
	randombytes_buf(ret->bytes, sizeof(ret->bytes));
}

void digest_key_for(const struct digest_key *k, const char *purpose, struct digest_key *ret)
{
	struct digest *d = digest_begin(k);

	digest_part(d, "purpose", strlen("purpose"));
	digest_part(d, purpose, strlen(purpose));
	digest_end(d, ret->bytes);
}

struct digest *digest_begin(const struct digest_key *k)
{
	struct digest *d = aligned_alloc(_Alignof(struct digest), sizeof(*d));
	if (!d)
		abort();

	(void)crypto_generichash_init(&d->state, k->bytes, sizeof(k->bytes), DIGEST_LEN);
	return d;
}

void digest_part(struct digest *d, const void *bytes, size_t len)
{
	uint8_t prefix[8];

	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix[i] = (uint8_t)((uint64_t)len >> (8 * i));
	(void)crypto_generichash_update(&d->state, prefix, sizeof(prefix));
	(void)crypto_generichash_update(&d->state, bytes, len);
}

void digest_end(struct digest *d, uint8_t ret[DIGEST_LEN])
{
	(void)crypto_generichash_final(&d->state, ret, DIGEST_LEN);
	explicit_bzero(d, sizeof(*d));
	free(d);
}

void digest_tag_bytes(const struct digest_key *k, const void *bytes, size_t len, char ret[DIGEST_TAG_HEX])
{
	struct digest *d = digest_begin(k);
	uint8_t full[DIGEST_LEN];

	digest_part(d, bytes, len);
	digest_end(d, full);
	(void)sodium_bin2hex(ret, DIGEST_TAG_HEX, full, (DIGEST_TAG_HEX - 1) / 2);
	explicit_bzero(full, sizeof(full));
}

struct tagging { const struct digest_key *k; char *ret; };

static int tag_lent(const char *bytes, size_t len, void *arg)
{
	const struct tagging *t = arg;

	digest_tag_bytes(t->k, bytes, len, t->ret);
	return 0;
}

void digest_tag(const struct digest_key *k, const struct secret *s, char ret[DIGEST_TAG_HEX])
{
	(void)secret_with(s, tag_lent, &(struct tagging){ k, ret });
}

void digest_sha256_hex(const void *bytes, size_t len, char ret[65])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, bytes, len);
	(void)sodium_bin2hex(ret, 65, hash, sizeof(hash));
}
