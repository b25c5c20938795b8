#pragma once
/*
 * What a pattern cannot see: checksums, structure, chance. A filter says of the bytes that a rule found whether they
 * can be a value of that kind. All are pure and take any bytes.
 *
 * A checksum is only looked at where the vendor says how it is made (docs/formats/rules.md names the source of each):
 * a wrong filter hides a leak.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter {
	const char *name;
	bool (*holds)(const char *s, size_t len);
	const char *what;                              /* "ends in the CRC-32 of what stands before it" */
};

extern const struct filter filters[];
extern const size_t filters_count;

/* Of every rule: "changeme", "xxxx", "${var}", "<%= %>", "{{ }}", ENC[PKCS7,...], one character again and again. */
bool filter_is_placeholder(const char *s, size_t len);
/* Shannon's entropy of the bytes as they are, in hundredths of a bit for each. */
uint32_t filter_entropy(const char *s, size_t len);
