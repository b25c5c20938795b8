#include "base/seal_stream.h"
#include "base/box.h"
#include "base/fs.h"
#include "base/locked.h"
#include "base/mem.h"
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "fbe1"
#define PIECE ((size_t)64 << 10)
#define MORE crypto_secretstream_xchacha20poly1305_ABYTES
#define KEY_LEN crypto_secretstream_xchacha20poly1305_KEYBYTES
#define HEADER_LEN crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define SEALED_KEY_MAX ((size_t)16 << 10)

/* In locked memory, as a whole: plain text waits in it. */
struct seal_stream {
	crypto_secretstream_xchacha20poly1305_state state;
	int fd;
	bool finished;
	size_t held;
	uint8_t plain[PIECE], sealed[PIECE + MORE];
};

struct seal_stream *seal_stream_free(struct seal_stream *s)
{
	locked_free(s);
	return NULL;
}

void seal_stream_freep(struct seal_stream **s)
{
	*s = seal_stream_free(*s);
}

static int derive(const char *bytes, size_t len, void *key)
{
	return crypto_generichash(key, KEY_LEN, (const uint8_t *)bytes, len, NULL, 0);
}

static void length(uint8_t ret[4], size_t n)
{
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(n >> (8 * i));
}

static int put(int fd, const void *bytes, size_t len, struct err *e)
{
	int r = fs_write_all(fd, bytes, len);

	if (r < 0) {
		errno = -r;
		return err_errno(e, "write a sealed stream");
	}
	return 0;
}

static int put_head(struct seal_stream *s, const struct buf *sealed_key, struct err *e)
{
	uint8_t n[4];
	int r;

	length(n, sealed_key->len);
	if ((r = put(s->fd, MAGIC, strlen(MAGIC), e)) < 0 || (r = put(s->fd, n, sizeof(n), e)) < 0)
		return r;
	return put(s->fd, sealed_key->data, sealed_key->len, e);
}

int seal_stream_begin(int fd, const char *context, const struct seal_public *to, size_t n, struct seal_stream **ret,
		      struct err *e)
{
	_cleanup_(seal_stream_freep) struct seal_stream *s = locked_alloc(sizeof(*s));
	_cleanup_(secret_freep) struct secret *secret = NULL;
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(SEALED_KEY_MAX);
	uint8_t key[KEY_LEN], header[HEADER_LEN];
	int r = s ? box_key_random(&secret, e) : err_set(e, ERR_IO, "no locked memory for a stream");

	if (r < 0)
		return r;
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	if ((r = seal_value(secret, context, to, n, &sealed, e)) < 0 || (r = put_head(s, &sealed, e)) < 0)
		return r;
	(void)secret_with(secret, derive, key);
	(void)crypto_secretstream_xchacha20poly1305_init_push(&s->state, header, key);
	explicit_bzero(key, sizeof(key));
	if ((r = put(fd, header, sizeof(header), e)) < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

static int push(struct seal_stream *s, uint8_t tag, struct err *e)
{
	uint8_t n[4];
	int r;

	(void)crypto_secretstream_xchacha20poly1305_push(&s->state, s->sealed, NULL, s->plain, s->held, NULL, 0, tag);
	length(n, s->held + MORE);
	if ((r = put(s->fd, n, sizeof(n), e)) < 0)
		return r;
	r = put(s->fd, s->sealed, s->held + MORE, e);
	sodium_memzero(s->plain, s->held);
	s->held = 0;
	return r;
}

int seal_stream_add(struct seal_stream *s, const void *bytes, size_t len, struct err *e)
{
	const uint8_t *from = bytes;

	if (s->finished)
		return err_set(e, ERR_BUG, "a sealed stream goes on behind its end");
	while (len) {
		size_t part = len < PIECE - s->held ? len : PIECE - s->held;

		memcpy(s->plain + s->held, from, part);
		s->held += part;
		from += part;
		len -= part;
		if (s->held < PIECE)
			continue;

		int r = push(s, 0, e);

		if (r < 0)
			return r;
	}
	return 0;
}

int seal_stream_finish(struct seal_stream *s, struct err *e)
{
	if (s->finished)
		return err_set(e, ERR_BUG, "a sealed stream has two ends");
	s->finished = true;
	return push(s, crypto_secretstream_xchacha20poly1305_TAG_FINAL, e);
}

/* 1: they are there; 0: the file ends before the first of them; -ERR_CONFIG: in the middle. */
static int get(int fd, void *into, size_t len, struct err *e)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, (char *)into + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, "read a sealed stream");
		if (n == 0 && have == 0)
			return 0;
		if (n == 0)
			return err_set(e, ERR_CONFIG, "a sealed stream is cut in the middle of a piece");
		have += (size_t)n;
	}
	return 1;
}

static size_t number(const uint8_t n[4])
{
	return (size_t)n[0] | (size_t)n[1] << 8 | (size_t)n[2] << 16 | (size_t)n[3] << 24;
}

static int get_key(const struct seal_key *k, int fd, const char *context, uint8_t key[KEY_LEN], struct err *e)
{
	_cleanup_(secret_freep) struct secret *secret = NULL;
	char magic[sizeof(MAGIC) - 1];
	uint8_t n[4];

	if (get(fd, magic, sizeof(magic), NULL) != 1 || memcmp(magic, MAGIC, sizeof(magic)) != 0 ||
	    get(fd, n, sizeof(n), NULL) != 1 || number(n) == 0 || number(n) > SEALED_KEY_MAX)
		return err_set(e, ERR_CONFIG, "this is no sealed stream, or its beginning is damaged");

	_cleanup_(freep) char *sealed = mem_zero(1, number(n) + 1);
	int r = get(fd, sealed, number(n), e);

	if (r == 0)
		return err_set(e, ERR_CONFIG, "a sealed stream is cut before its key");
	if (r < 0 || (r = seal_open(k, sealed, context, &secret, e)) < 0)
		return r;
	(void)secret_with(secret, derive, key);
	return 0;
}

static int pull_all(struct seal_stream *s, int (*each)(const char *bytes, size_t len, void *arg), void *arg,
		    struct err *e)
{
	uint8_t n[4], tag = 0;
	int r;

	while ((r = get(s->fd, n, sizeof(n), e)) == 1) {
		unsigned long long len = 0;

		if (number(n) < MORE || number(n) > sizeof(s->sealed))
			return err_set(e, ERR_CONFIG, "a sealed stream is damaged");
		r = get(s->fd, s->sealed, number(n), e);
		if (r < 0)
			return r;
		if (r == 0 || crypto_secretstream_xchacha20poly1305_pull(&s->state, s->plain, &len, &tag, s->sealed,
									 number(n), NULL, 0) != 0)
			return err_set(e, ERR_CONFIG, "a sealed stream is damaged, or cut in the middle of a piece");
		r = len ? each((const char *)s->plain, (size_t)len, arg) : 0;
		if (r != 0)
			return r;
		if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL)
			return get(s->fd, n, 1, NULL) == 0
				? 0 : err_set(e, ERR_CONFIG, "something stands behind the end of a sealed stream");
	}
	if (r < 0)
		return r;
	return err_set(e, ERR_CONFIG, "the end of a sealed stream is missing: what came before it is whole");
}

int seal_stream_open(const struct seal_key *k, int fd, const char *context,
		     int (*each)(const char *bytes, size_t len, void *arg), void *arg, struct err *e)
{
	_cleanup_(seal_stream_freep) struct seal_stream *s = locked_alloc(sizeof(*s));
	uint8_t key[KEY_LEN], header[HEADER_LEN];
	int r;

	if (!s)
		return err_set(e, ERR_IO, "no locked memory for a stream");
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	r = get_key(k, fd, context, key, e);
	if (r < 0)
		return r;
	r = get(fd, header, sizeof(header), e);
	if (r == 1 && crypto_secretstream_xchacha20poly1305_init_pull(&s->state, header, key) != 0)
		r = 0;
	explicit_bzero(key, sizeof(key));
	if (r < 0)
		return r;
	return r == 0 ? err_set(e, ERR_CONFIG, "a sealed stream is damaged at its head") : pull_all(s, each, arg, e);
}
