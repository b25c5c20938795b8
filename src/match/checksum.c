#include "match/checksum.h"
#include <string.h>

const char checksum_bech32_alphabet[33] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

uint32_t checksum_crc32(const void *bytes, size_t len)
{
	const unsigned char *s = bytes;
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < len; i++) {
		crc ^= s[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

uint32_t checksum_crc24(const void *bytes, size_t len)
{
	const unsigned char *s = bytes;
	uint32_t crc = 0xb704ceu;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)s[i] << 16;
		for (int bit = 0; bit < 8; bit++) {
			crc <<= 1;
			if (crc & 0x1000000u)
				crc ^= 0x1864cfbu;
		}
	}
	return crc & 0xffffffu;
}

void checksum_base62(uint32_t value, char ret[CHECKSUM_BASE62])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (int i = CHECKSUM_BASE62; i-- > 0; value /= 62)
		ret[i] = digits[value % 62];
}

static uint32_t step(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[5] = { 0x3b6a57b2u, 0x26508e6du, 0x1ea119fau, 0x3d4233ddu, 0x2a1462b3u };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffffu) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

uint32_t checksum_bech32(const char *prefix, const uint8_t *data, size_t len)
{
	uint32_t sum = 1;

	for (const char *p = prefix; *p; p++)
		sum = step(sum, (unsigned char)*p >> 5);
	sum = step(sum, 0);
	for (const char *p = prefix; *p; p++)
		sum = step(sum, *p & 31);
	for (size_t i = 0; i < len; i++)
		sum = step(sum, data[i]);
	return sum;
}
