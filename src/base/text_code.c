/* Base64 and hex. */
#include "base/text.h"
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_base64(struct buf *b, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)s[i] << 16 | (n > 1 ? (uint32_t)s[i + 1] << 8 : 0) | (n > 2 ? s[i + 2] : 0u);
		char four[4] = { alphabet[v >> 18], alphabet[v >> 12 & 63], n > 1 ? alphabet[v >> 6 & 63] : '=',
				 n > 2 ? alphabet[v & 63] : '=' };

		buf_add(b, four, sizeof(four));
	}
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Four characters, the last `pads` of them '='. Bits that belong to no byte must be 0: one value has one spelling. */
static int add_group(struct buf *b, uint32_t v, unsigned pads)
{
	char three[3] = { (char)(v >> 16), (char)(v >> 8), (char)v };

	if (pads > 2 || (pads == 1 && (v & 0xff)) || (pads == 2 && (v & 0xffff)))
		return -ERR_CONFIG;
	return buf_add(b, three, 3 - pads) < 0 ? -ERR_CONFIG : 0;
}

int text_base64_decode(struct buf *b, const char *s, size_t len)
{
	uint32_t v = 0;
	unsigned n = 0, pads = 0;

	for (size_t i = 0; i < len; i++) {
		int d = value_of(s[i]);

		if (is_space(s[i]))
			continue;
		if (s[i] == '=')
			pads++;
		else if (pads || d < 0)
			return -ERR_CONFIG;
		v = v << 6 | (d < 0 ? 0 : (uint32_t)d);
		if (++n % 4)
			continue;
		if (add_group(b, v, pads) < 0)
			return -ERR_CONFIG;
		/* after padding only white space may come: a further group would begin with pads still set */
		v = 0;
	}
	return n % 4 || pads > 2 ? -ERR_CONFIG : 0;
}

void text_hex(struct buf *b, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *s = bytes;

	while (len) {
		char part[128];
		size_t n = len < sizeof(part) / 2 ? len : sizeof(part) / 2;

		for (size_t i = 0; i < n; i++) {
			part[2 * i] = digits[s[i] >> 4];
			part[2 * i + 1] = digits[s[i] & 15];
		}
		buf_add(b, part, 2 * n);
		s += n;
		len -= n;
	}
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int text_hex_decode(struct buf *b, const char *s, size_t len)
{
	if (len % 2)
		return -ERR_CONFIG;
	for (size_t i = 0; i < len; i += 2) {
		int high = nibble(s[i]), low = nibble(s[i + 1]);

		if (high < 0 || low < 0 || buf_char(b, (char)(high << 4 | low)) < 0)
			return -ERR_CONFIG;
	}
	return 0;
}

void text_shell(struct buf *b, const char *word)
{
	(void)buf_char(b, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			(void)buf_str(b, "'\\''");
		else
			(void)buf_char(b, *word);
	}
	(void)buf_char(b, '\'');
}
