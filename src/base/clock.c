#include "base/clock.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)
#define FORMS "expected 'now', '-90m', '-3h', '-2d' or a time like '2026-11-23T22:19:03Z' or '2026-11-23 23:19+01:00'"

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec t;
	int64_t until;

	if (ms <= 0)
		return;
	until = clock_mono_us() + ms * 1000;
	t = (struct timespec){ .tv_sec = until / SECOND_US, .tv_nsec = until % SECOND_US * 1000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

void clock_format(struct buf *b, int64_t at_us)
{
	time_t at = (time_t)(at_us / SECOND_US);
	struct tm tm;

	if (at_us % SECOND_US < 0)
		at--;
	if (!gmtime_r(&at, &tm)) {
		buf_str(b, "(no time)");
		return;
	}
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		   tm.tm_min, tm.tm_sec);
}

/* Reads exactly n digits and moves on. */
static bool digits(const char **s, int n, int min, int max, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		char c = (*s)[i];

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	*s += n;
	*ret = v;
	return v >= min && v <= max;
}

static bool is(const char **s, char a, char b)
{
	if (**s != a && **s != b)
		return false;
	(*s)++;
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_zone(const char **s, int64_t *ret_seconds)
{
	int sign, hours, minutes;

	if (is(s, 'Z', 'z')) {
		*ret_seconds = 0;
		return true;
	}
	if (**s != '+' && **s != '-')
		return false;
	sign = *(*s)++ == '-' ? -1 : 1;
	if (!digits(s, 2, 0, 23, &hours) || !is(s, ':', ':') || !digits(s, 2, 0, 59, &minutes))
		return false;
	*ret_seconds = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60);
	return true;
}

static bool read_absolute(const char *s, int64_t *ret_us)
{
	int year, month, day, hour, minute, second = 0;
	int64_t zone, fraction = 0;
	struct tm tm;

	if (!digits(&s, 4, 1970, 9999, &year) || !is(&s, '-', '-') || !digits(&s, 2, 1, 12, &month) ||
	    !is(&s, '-', '-') || !digits(&s, 2, 1, days_in(year, month), &day))
		return false;
	if (!is(&s, 'T', 't') && !is(&s, ' ', ' '))
		return false;
	if (!digits(&s, 2, 0, 23, &hour) || !is(&s, ':', ':') || !digits(&s, 2, 0, 59, &minute))
		return false;
	if (*s == ':') {
		s++;
		/* 60: a leap second, which the clock of the machine counts as the next minute's first */
		if (!digits(&s, 2, 0, 60, &second))
			return false;
		if (*s == '.') {
			int64_t unit = SECOND_US;

			if (*++s < '0' || *s > '9')
				return false;
			for (; *s >= '0' && *s <= '9'; s++) {
				unit /= 10;
				fraction += (*s - '0') * unit;
			}
		}
	}
	if (!read_zone(&s, &zone) || *s)
		return false;
	tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour,
			  .tm_min = minute, .tm_sec = second };
	*ret_us = ((int64_t)timegm(&tm) - zone) * SECOND_US + fraction;
	return true;
}

static bool read_relative(const char *s, int64_t now_us, int64_t *ret_us)
{
	size_t len = strlen(s);
	char number[8];
	uint32_t n;
	int64_t unit;

	if (len < 3 || len > sizeof(number) + 1 || s[0] != '-')
		return false;
	switch (s[len - 1]) {
	case 'm': unit = 60 * SECOND_US; break;
	case 'h': unit = 3600 * SECOND_US; break;
	case 'd': unit = DAY_US; break;
	default: return false;
	}
	memcpy(number, s + 1, len - 2);
	number[len - 2] = '\0';
	if (text_u32(number, 0, 9999999, &n) < 0)
		return false;
	*ret_us = now_us - n * unit;
	return *ret_us >= 0;
}

int clock_parse(const char *s, int64_t now_us, int64_t *ret_us, struct err *e)
{
	int64_t at;

	if (!strcmp(s, "now"))
		at = now_us;
	else if (!read_relative(s, now_us, &at) && !read_absolute(s, &at))
		return err_set(e, ERR_USAGE, "'%.60s' is no time: " FORMS, s);
	if (at > now_us + DAY_US)
		return err_set(e, ERR_USAGE, "'%.60s' lies more than a day ahead: " FORMS, s);
	*ret_us = at;
	return 0;
}
