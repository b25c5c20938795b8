#pragma once
/*
 * Ruby's regular expressions, as far as node blocks and conditions of manifests have them: bytes, classes, groups,
 * alternatives, repetitions, anchors. Matching takes time linear in pattern and text, whatever they are. What is not
 * known here (looking around, back references, Unicode properties) is refused with a sentence: it is never guessed.
 */
#include "base/arena.h"
#include "base/strv.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGEX_STEPS 5000u      /* of one compiled pattern */
#define REGEX_LIST 256u        /* texts that one pattern is listed as */

struct regex;
/* Lives in the arena. NULL and *ret_why when it cannot be understood. */
struct regex *regex_compile(struct arena *a, const char *pattern, size_t len, const char **ret_why);
bool regex_matches(const struct regex *r, const char *s, size_t len);        /* anywhere in s */
/* All texts that match as a whole, when the pattern is anchored at both ends and they are few; false otherwise. */
bool regex_list(const struct regex *r, struct strv *ret);
