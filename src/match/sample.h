#pragma once
/*
 * Samples of rules are templates, so that no file of ours holds anything that looks like a secret: "ghp_{crc62:30}"
 * becomes another token each time. What stands between {<} and {>} is what the rule must find as the value. "{{" is a
 * brace.
 *
 * The same seed makes the same text. This is no randomness for real values.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_TEXT_MAX ((size_t)64 * 1024)

struct sample {
	struct buf text;
	bool marked;             /* {<} and {>} stood there */
	size_t from, to;         /* what stood between them */
};

int sample_make(const char *template, uint64_t seed, struct sample *ret, struct err *e);
/* 0, or -ERR_CONFIG: the text of e is what was expected ("{alnum:20} with a known word: ..."). */
int sample_check(const char *template, struct err *e);
void sample_free(struct sample *s);
