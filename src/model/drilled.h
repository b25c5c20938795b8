#pragma once
/* What a drill measured: the newest row `drilled` of an incident, read. Pure. */
#include "base/buf.h"
#include "model/incident.h"

struct drilled { const char *secret, *address; int64_t tries, accepted, unreachable, last_in_us, out_us, began_us; };

uint32_t drilled_count(const struct incident *i);
/* The account's line; k below drilled_count(). Strings are borrowed. */
void drilled_get(const struct incident *i, uint32_t k, struct drilled *ret);
/* The intruder was let in with the secret's old value before, and is refused at each account now. */
bool drilled_is_refused(const struct incident *i, const char *secret);
/* "refused 3.2 s after the drill began, let in 4 times before", "STILL LET IN", ... */
void drilled_words(const struct drilled *d, struct buf *b);
