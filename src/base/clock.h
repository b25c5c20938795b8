#pragma once
/* The only clock of the tree. Times are int64_t microseconds since 1970 UTC unless a name says otherwise. */
#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

int64_t clock_now_us(void);        /* CLOCK_REALTIME: for people and for the journal */
int64_t clock_mono_us(void);       /* CLOCK_MONOTONIC: for deadlines and durations */
void clock_sleep_ms(int64_t ms);

/* RFC 3339 in UTC with seconds: 2026-11-23T22:19:03Z. */
void clock_format(struct buf *b, int64_t at_us);
/* RFC 3339 with offset or Z (seconds optional, ' ' allowed for 'T'), "now", or "-90m" "-3h" "-2d" before `now_us`.
 * Times more than a day after now_us are refused. Error: one sentence that shows the accepted forms. */
int clock_parse(const char *s, int64_t now_us, int64_t *ret_us, struct err *e);
