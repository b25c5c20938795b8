#include "model/zone.h"
#include "base/macro.h"
#include <string.h>

#define SECOND_US ((int64_t)1000000)
#define HEADER_LEN 44u
#define INFO_LEN 6u

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool civil_is_valid(const struct civil *c)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (c->year < 1970 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1)
		return false;
	if (c->day > days[c->month - 1] + (c->month == 2 && is_leap(c->year)))
		return false;
	return c->hour >= 0 && c->hour < 24 && c->minute >= 0 && c->minute < 60 && c->second >= 0 && c->second <= 60 &&
	       c->us >= 0 && c->us < SECOND_US;
}

int64_t civil_us(const struct civil *c)
{
	/* years that begin in March: the leap day is the last */
	int64_t y = c->month <= 2 ? c->year - 1 : c->year, era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 + c->day - 1;
	int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;

	return (((days * 24 + c->hour) * 60 + c->minute) * 60 + c->second) * SECOND_US + c->us;
}

static uint32_t big32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t big64(const uint8_t *b)
{
	return (int64_t)((uint64_t)big32(b) << 32 | big32(b + 4));
}

/* RFC 8536, 3.1: six counts behind magic, version and 15 unused bytes. */
struct counts { uint64_t isut, isstd, leap, times, infos, chars; };

static bool header(const uint8_t *b, size_t len, struct counts *ret)
{
	if (len < HEADER_LEN || memcmp(b, "TZif", 4) != 0 || b[4] < '2')
		return false;
	*ret = (struct counts){ big32(b + 20), big32(b + 24), big32(b + 28), big32(b + 32), big32(b + 36),
				big32(b + 40) };
	return true;
}

static uint64_t block_len(const struct counts *c, uint64_t time_len)
{
	return c->times * time_len + c->times + c->infos * INFO_LEN + c->chars + c->leap * (time_len + 4) + c->isstd +
	       c->isut;
}

bool zone_read(const void *bytes, size_t len, struct zone *ret)
{
	const uint8_t *b = bytes;
	struct counts first, c;

	*ret = (struct zone){ 0 };
	if (!header(b, len, &first) || block_len(&first, 4) > len - HEADER_LEN)
		return false;
	size_t at = HEADER_LEN + (size_t)block_len(&first, 4);

	if (!header(b + at, len - at, &c) || block_len(&c, 8) > len - at - HEADER_LEN || !c.infos || c.infos > 256)
		return false;
	const uint8_t *times = b + at + HEADER_LEN, *types = times + c.times * 8;

	for (uint64_t k = 0; k < c.times; k++)
		if (types[k] >= c.infos || (k && big64(times + k * 8) <= big64(times + (k - 1) * 8)))
			return false;
	at += HEADER_LEN + (size_t)block_len(&c, 8);
	*ret = (struct zone){ .times = times, .types = types, .infos = types + c.times, .n_times = (uint32_t)c.times,
			      .n_infos = (uint32_t)c.infos, .has_rule = memchr(b + at, ',', len - at) };
	return true;
}

static int64_t offset_us(const struct zone *z, int64_t utc_us)
{
	int64_t at = utc_us / SECOND_US;
	uint32_t low = 0, high = z->n_times;

	if (!z->n_infos)
		return 0;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (big64(z->times + (size_t)mid * 8) <= at)
			low = mid + 1;
		else
			high = mid;
	}
	const uint8_t *info = z->infos + (size_t)(low ? z->types[low - 1] : 0) * INFO_LEN;

	return (int64_t)(int32_t)big32(info) * SECOND_US;
}

int64_t zone_utc_us(const struct zone *z, int64_t local_us)
{
	int64_t guess = local_us - offset_us(z, local_us);

	return local_us - offset_us(z, guess);
}

bool zone_is_sure(const struct zone *z, int64_t utc_us)
{
	return !z->has_rule || (z->n_times && utc_us / SECOND_US < big64(z->times + (size_t)(z->n_times - 1) * 8));
}

int64_t civil_without_year_us(struct civil c, const struct zone *z, int64_t newest_us)
{
	/* eight years back is far enough for a 29th of February, over 2100 too */
	for (int year = (int)(newest_us / SECOND_US / 31556952) + 1971, tries = 0; tries < 10; year--, tries++) {
		c.year = year;
		if (!civil_is_valid(&c))
			continue;
		int64_t at = zone_utc_us(z, civil_us(&c));

		if (at <= newest_us)
			return at;
	}
	return 0;
}
