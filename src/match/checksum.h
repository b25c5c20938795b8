#pragma once
/* Checksums that formats of secrets carry. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_BASE62 6

uint32_t checksum_crc32(const void *bytes, size_t len);                 /* IEEE 802.3, as zlib has it */
uint32_t checksum_crc24(const void *bytes, size_t len);                 /* RFC 4880, 6.1: of OpenPGP's armour */
/* Six digits of 0-9A-Za-z, zeros in front: how GitHub and npm write it. */
void checksum_base62(uint32_t value, char ret[CHECKSUM_BASE62]);
/* BIP 173. prefix and data are of one case (lower); data are values of 0..31 with the six of the checksum behind
 * them. */
uint32_t checksum_bech32(const char *prefix, const uint8_t *data, size_t len);
extern const char checksum_bech32_alphabet[33];
