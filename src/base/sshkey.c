#include "base/sshkey.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include <stdint.h>
#include <string.h>

#define BLOB_MAX ((size_t)16384)
#define PREFIX "SHA256:"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blank(const char *s, size_t at, size_t len)
{
	while (at < len && is_blank(s[at]))
		at++;
	return at;
}

static size_t word_end(const char *s, size_t at, size_t len)
{
	while (at < len && !is_blank(s[at]) && s[at] != '\r')
		at++;
	return at;
}

/* Options end at the first blank outside of double quotes; \" inside of them is a quote sign. */
static size_t options_end(const char *s, size_t at, size_t len)
{
	bool quoted = false;

	for (; at < len && (quoted || !is_blank(s[at])); at++) {
		if (s[at] == '\\' && at + 1 < len && s[at + 1] == '"')
			at++;
		else if (s[at] == '"')
			quoted = !quoted;
	}
	return at;
}

/* The bytes of a key begin with its type once more: that tells a key from two words. */
static bool is_key_of(const struct buf *blob, const char *type, size_t len)
{
	const uint8_t *b = (const uint8_t *)blob->data;

	return blob->len >= 4 + len && b[0] == 0 && b[1] == 0 && ((size_t)b[2] << 8 | b[3]) == len &&
	       memcmp(b + 4, type, len) == 0;
}

static bool key_at(const char *s, size_t at, size_t len, struct sshkey_line *ret)
{
	_cleanup_(buf_free) struct buf blob = BUF_INIT(BLOB_MAX);
	size_t end = word_end(s, at, len), key = skip_blank(s, end, len), key_end = word_end(s, key, len);

	if (end == at || key == end || key_end == key || text_base64_decode(&blob, s + key, key_end - key) < 0 ||
	    !is_key_of(&blob, s + at, end - at))
		return false;
	*ret = (struct sshkey_line){ s + at, s + key, end - at, key_end - key, false };
	return true;
}

bool sshkey_of_line(const char *line, size_t len, struct sshkey_line *ret)
{
	size_t at = skip_blank(line, 0, len);

	if (at == len || line[at] == '#')
		return false;
	if (key_at(line, at, len, ret))
		return true;
	if (!key_at(line, skip_blank(line, options_end(line, at, len), len), len, ret))
		return false;
	ret->options = true;
	return true;
}

bool sshkey_fingerprint(const char *base64, size_t len, char ret[SSHKEY_FINGERPRINT])
{
	_cleanup_(buf_free) struct buf blob = BUF_INIT(BLOB_MAX), hash = BUF_INIT(64), text = BUF_INIT(64);
	struct hash h;
	char hex[65];

	if (!len || text_base64_decode(&blob, base64, len) < 0 || blob.len < 4)
		return false;
	hash_begin(&h);
	hash_add(&h, blob.data, blob.len);
	hash_end(&h, hex);
	(void)text_hex_decode(&hash, hex, 64);
	text_base64(&text, hash.data, hash.len);
	memcpy(ret, PREFIX, sizeof(PREFIX) - 1);
	memcpy(ret + sizeof(PREFIX) - 1, buf_text(&text), 43);
	ret[SSHKEY_FINGERPRINT - 1] = '\0';
	return true;
}

bool sshkey_is_fingerprint(const char *s)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return text_starts(s, PREFIX) && strlen(s) == SSHKEY_FINGERPRINT - 1 &&
	       strspn(s + sizeof(PREFIX) - 1, base64) == 43;
}
