#include "base/buf.h"
#include "base/text.h"
#include "match/checksum.h"
#include "match/filter_parts.h"
#include <string.h>

#define BODY_MAX (FILTER_DECODED_MAX * 2)

struct body {
	struct buf b;
	size_t line;     /* where the last line begins */
	bool header;     /* it has a ':', which no base64 has */
};

static void end_line(struct body *body)
{
	if (body->header)
		while (body->b.len > body->line)
			body->b.data[--body->b.len] = '\0';
	body->line = body->b.len;
	body->header = false;
}

/* Keys stand in texts of all kinds: newlines may be written as \n, and lines may be quoted one by one ("..." +
 * "..."). */
static const char *take(struct body *body, const char *p, const char *end)
{
	if (*p == '\\' && p + 1 < end && strchr("nrt", p[1])) {
		if (p[1] == 'n')
			end_line(body);
		return p + 2;
	}
	if (*p == '"' || *p == '\'') {
		const char *again = memchr(p + 1, *p, (size_t)(end - p - 1));

		return again ? again + 1 : end;
	}
	if (*p == '\n')
		end_line(body);
	else if (*p == ':')
		body->header = true;
	else if (!strchr(" \t\r\\,", *p))
		(void)buf_char(&body->b, *p);
	return p + 1;
}

/* What stands between "-----BEGIN ...-----" and "-----END", without headers and white space. */
static bool body_of(const char *s, size_t len, struct body *ret)
{
	const char *end = memmem(s, len, "-----END", 8), *p = memmem(s, len, "-----BEGIN", 10);

	p = p && end && p + 10 < end ? memmem(p + 10, (size_t)(end - p - 10), "-----", 5) : NULL;
	if (!p)
		return false;
	for (p += 5; p < end;)
		p = take(ret, p, end);
	end_line(ret);
	return !ret->b.over && ret->b.len > 0;
}

static void body_free(struct body *b)
{
	buf_free(&b->b);
}

static bool decoded(const char *s, size_t len, struct buf *ret)
{
	return text_base64_decode(ret, s, len) == 0 && !ret->over;
}

bool filter_pem(const char *s, size_t len)
{
	_cleanup_(body_free) struct body body = { .b = BUF_WIPED(BODY_MAX) };
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);

	if (!body_of(s, len, &body) || !decoded(body.b.data, body.b.len, &raw) || raw.len < 4 || raw.data[0] != 0x30)
		return false;
	const unsigned char *d = (const unsigned char *)raw.data;
	size_t digits = d[1] & 0x80 ? d[1] & 0x7fu : 0, size = digits ? 0 : d[1];

	if (digits > 3 || (d[1] == 0x80))
		return false;
	for (size_t i = 0; i < digits; i++)
		size = size << 8 | d[2 + i];
	return size >= 16 && size + 2 + digits == raw.len;
}

bool filter_openssh(const char *s, size_t len)
{
	static const char magic[] = "openssh-key-v1";
	_cleanup_(body_free) struct body body = { .b = BUF_WIPED(BODY_MAX) };
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX);

	return body_of(s, len, &body) && decoded(body.b.data, body.b.len, &raw) && raw.len > 64 &&
	       memcmp(raw.data, magic, sizeof(magic)) == 0;
}

/* RFC 4880: the packet's first byte says what it is (tag 5: secret key); "=" and four characters are the CRC-24. */
bool filter_pgp(const char *s, size_t len)
{
	_cleanup_(body_free) struct body body = { .b = BUF_WIPED(BODY_MAX) };
	_cleanup_(buf_free) struct buf raw = BUF_WIPED(FILTER_DECODED_MAX), sum = BUF_WIPED(8);

	if (!body_of(s, len, &body))
		return false;
	bool summed = body.b.len > 5 && body.b.data[body.b.len - 5] == '=';
	size_t body_len = body.b.len - (summed ? 5 : 0);

	if (!decoded(body.b.data, body_len, &raw) || raw.len < 64)
		return false;
	unsigned first = (unsigned char)raw.data[0], tag = first & 0x40 ? first & 0x3f : first >> 2 & 0xf;

	if (!(first & 0x80) || tag != 5)
		return false;
	if (!summed)
		return true;
	uint32_t crc = checksum_crc24(raw.data, raw.len);

	return decoded(body.b.data + body_len + 1, 4, &sum) && sum.len == 3 &&
	       (unsigned char)sum.data[0] == crc >> 16 && (unsigned char)sum.data[1] == (crc >> 8 & 0xff) &&
	       (unsigned char)sum.data[2] == (crc & 0xff);
}
