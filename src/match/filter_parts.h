#pragma once
/* For filter*.c only: the filters that have files of their own. */
#include "match/filter.h"

#define FILTER_DECODED_MAX ((size_t)32 * 1024)

typedef bool filter_fn(const char *s, size_t len);
filter_fn filter_base64, filter_base64_32, filter_base64_64, filter_pair64, filter_number64, filter_crc62, filter_jwt,
	filter_bech32;                                 /* filter_token.c */
filter_fn filter_pem, filter_openssh, filter_pgp;      /* filter_key.c */
