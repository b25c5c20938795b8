#include "scout/md5.h"
#include <string.h>

/* RFC 1321, 3.4: how far each round turns, and the sines. */
static const uint8_t turns[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
static const uint32_t sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void block(uint32_t state[4], const uint8_t *b)
{
	uint32_t a = state[0], x = state[1], c = state[2], d = state[3], w[16];

	for (unsigned k = 0; k < 16; k++, b += 4)
		w[k] = (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
	for (unsigned k = 0; k < 64; k++) {
		unsigned round = k / 16, at = round == 0 ? k : round == 1 ? 5 * k + 1 : round == 2 ? 3 * k + 5 : 7 * k;
		uint32_t f = round == 0 ? (x & c) | (~x & d) : round == 1 ? (d & x) | (~d & c) : round == 2 ? x ^ c ^ d
			     : c ^ (x | ~d);
		uint32_t sum = a + f + sines[k] + w[at % 16];
		uint8_t turn = turns[round][k % 4];

		a = d;
		d = c;
		c = x;
		x += sum << turn | sum >> (32 - turn);
	}
	state[0] += a;
	state[1] += x;
	state[2] += c;
	state[3] += d;
}

void md5_begin(struct md5 *m)
{
	*m = (struct md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } };
}

void md5_add(struct md5 *m, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	size_t held = m->len % 64;

	m->len += len;
	if (held) {
		size_t n = 64 - held < len ? 64 - held : len;

		memcpy(m->held + held, b, n);
		b += n;
		len -= n;
		if (held + n < 64)
			return;
		block(m->state, m->held);
	}
	for (; len >= 64; b += 64, len -= 64)
		block(m->state, b);
	memcpy(m->held, b, len);
}

void md5_end(struct md5 *m, char ret[33])
{
	static const char digits[] = "0123456789abcdef";
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = m->len * 8;
	size_t held = m->len % 64;
	uint8_t length[8];

	for (unsigned k = 0; k < 8; k++)
		length[k] = (uint8_t)(bits >> (8 * k));
	md5_add(m, padding, held < 56 ? 56 - held : 120 - held);
	md5_add(m, length, 8);
	for (size_t k = 0; k < 16; k++) {
		uint8_t byte = (uint8_t)(m->state[k / 4] >> (8 * (k % 4)));

		ret[k * 2] = digits[byte >> 4];
		ret[k * 2 + 1] = digits[byte & 15];
	}
	ret[32] = '\0';
}
