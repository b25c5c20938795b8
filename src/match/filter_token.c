#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "match/checksum.h"
#include "match/filter_parts.h"

static bool decoded(const char *s, size_t len, struct buf *ret)
{
	return text_base64_decode(ret, s, len) == 0 && !ret->over && ret->len > 0;
}

/* base64url, padding or not */
static bool url_decoded(const char *s, size_t len, struct buf *ret)
{
	_cleanup_(buf_free) struct buf plain = BUF_WIPED(FILTER_DECODED_MAX * 2);

	for (size_t i = 0; i < len; i++)
		(void)buf_char(&plain, s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i]);
	while (plain.len % 4 && plain.len % 4 != 1)
		(void)buf_char(&plain, '=');
	return !plain.over && decoded(plain.data, plain.len, ret);
}

bool filter_base64(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);

	return decoded(s, len, &raw);
}

bool filter_base64_32(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);

	return decoded(s, len, &raw) && raw.len == 32;
}

bool filter_base64_64(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);

	return decoded(s, len, &raw) && raw.len == 64;
}

bool filter_pair64(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);

	if (!decoded(s, len, &raw) || !text_is_utf8(raw.data, raw.len))
		return false;
	const char *colon = memchr(raw.data, ':', raw.len);

	if (!colon)
		return false;
	for (size_t i = 0; i < raw.len; i++)
		if ((unsigned char)raw.data[i] < ' ')
			return false;
	return !filter_is_placeholder(colon + 1, raw.len - (size_t)(colon + 1 - raw.data));
}

bool filter_number64(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);
	const char *dot = memchr(s, '.', len);

	if (!url_decoded(s, dot ? (size_t)(dot - s) : len, &raw))
		return false;
	for (size_t i = 0; i < raw.len; i++)
		if (raw.data[i] < '0' || raw.data[i] > '9')
			return false;
	return raw.len >= 15;
}

bool filter_crc62(const char *s, size_t len)
{
	const char *last = memrchr(s, '_', len);
	char sum[CHECKSUM_BASE62];

	if (!last || (size_t)(s + len - last) <= sizeof(sum) + 1)
		return false;
	const char *end = s + len - sizeof(sum);

	checksum_base62(checksum_crc32(last + 1, (size_t)(end - last - 1)), sum);
	return memcmp(end, sum, sizeof(sum)) == 0;
}

static bool is_object(const char *s, size_t len, const char *key)
{
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);
	_cleanup_(json_freep) json_t *j = NULL;

	if (!url_decoded(s, len, &raw) || json_read("part", raw.data, raw.len, FILTER_DECODED_MAX, &j, NULL) < 0)
		return false;
	return json_is_object(j) && (!key || json_str(j, key));
}

bool filter_jwt(const char *s, size_t len)
{
	const char *first = memchr(s, '.', len), *second = NULL;

	if (first)
		second = memchr(first + 1, '.', (size_t)(s + len - first - 1));
	return second && is_object(s, (size_t)(first - s), "alg") &&
	       is_object(first + 1, (size_t)(second - first - 1), NULL);
}

bool filter_bech32(const char *s, size_t len)
{
	const char *one = memrchr(s, '1', len);
	char prefix[40] = "";
	uint8_t data[100];
	size_t n = 0, prefix_len = one ? (size_t)(one - s) : 0;

	if (!one || prefix_len >= sizeof(prefix) || len - prefix_len - 1 > sizeof(data))
		return false;
	for (size_t i = 0; i < prefix_len; i++)
		prefix[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] | 0x20) : s[i];
	for (const char *p = one + 1; p < s + len; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
		const char *at = c ? strchr(checksum_bech32_alphabet, c) : NULL;

		if (!at)
			return false;
		data[n++] = (uint8_t)(at - checksum_bech32_alphabet);
	}
	bool holds = n > 6 && checksum_bech32(prefix, data, n) == 1;

	explicit_bzero(data, sizeof(data));
	return holds;
}
