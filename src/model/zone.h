#pragma once
/*
 * Times as logs of a host write them: without a year, in the host's own zone, or whole. Pure; a zone is read from the
 * bytes of /etc/localtime (TZif, RFC 8536).
 *
 * In the hour that a clock repeats when summer time ends, the second of the two is meant. After the last transition
 * that the file lists its last offset counts, and `zone_is_sure` says no when the file names a rule for that time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil { int year, month, day, hour, minute, second; int64_t us; };      /* month and day from 1 */

bool civil_is_valid(const struct civil *c);            /* years 1970 to 9999; a leap second is second 60 */
int64_t civil_us(const struct civil *c);               /* as if it were UTC */

struct zone {                                          /* all zero: UTC */
	const uint8_t *times, *types, *infos;          /* borrowed from the file's bytes */
	uint32_t n_times, n_infos;
	bool has_rule;
};

/* false, and *ret is UTC: this is no TZif file of version 2 or later. The bytes must outlive the zone. */
bool zone_read(const void *bytes, size_t len, struct zone *ret);
int64_t zone_utc_us(const struct zone *z, int64_t local_us);
bool zone_is_sure(const struct zone *z, int64_t utc_us);

/* A time without a year is of the newest year in which it is not after `newest_us`. 0 when there is none. */
int64_t civil_without_year_us(struct civil c, const struct zone *z, int64_t newest_us);
