#pragma once
/* For sample*.c only: what can stand between braces. */
#include "match/sample.h"

struct sample_seed { uint64_t state; };
uint32_t sample_below(struct sample_seed *s, uint32_t n);
void sample_chars(struct sample_seed *s, struct buf *b, const char *alphabet, size_t n);

enum maker_takes { MAKER_NUMBER, MAKER_WORDS, MAKER_NOTHING };     /* behind the colon */
struct maker {
	const char *name;
	const char *alphabet;                                      /* of a plain run of characters, or NULL */
	void (*make)(struct sample_seed *s, struct buf *b, uint32_t n, const char *words);
	enum maker_takes takes;
};
extern const struct maker sample_makers[];
extern const size_t sample_makers_count;

extern const char sample_alnum[], sample_base64[];
