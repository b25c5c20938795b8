#pragma once
/*
 * Does a text hold one of many known values? Nothing of the values is kept but keyed numbers: a rolling number over
 * their first PRESENCE_HEAD bytes, their length, and their tag (base/digest.h). Where the number fits, the tag over the
 * whole length decides. One pass over the text, whatever the number of values.
 *
 * Values shorter than PRESENCE_HEAD cannot be looked for: too many texts would hold them by chance.
 */
#include "base/digest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRESENCE_HEAD 8u
#define PRESENCE_MAX 2000000u

struct presence;

/* key: that of the tags; the rolling number's own key is derived from it. */
struct presence *presence_new(const struct digest_key *key);
/* Of a value of at least PRESENCE_HEAD bytes. */
uint64_t presence_head(const struct presence *p, const char *bytes);
/* A value by what is known of it; `id` comes back from presence_find. More than PRESENCE_MAX are refused: false. */
bool presence_add(struct presence *p, uint64_t head, size_t len, const char tag[DIGEST_TAG_HEX], uint32_t id);
/* Each place of the text at which a value stands, in the order of places; anything but 0 ends it and comes back. */
int presence_find(const struct presence *p, const char *text, size_t len,
		  int (*found)(uint32_t id, size_t offset, void *arg), void *arg);
void presence_freep(struct presence **p);
