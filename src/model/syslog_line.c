#include "model/auth_line.h"
#include "base/macro.h"
#include <string.h>

#define MINUTE_US ((int64_t)60000000)

/* n digits; a blank counts as a leading zero where `padded`. */
static bool digits(const char **s, int n, bool padded, int *ret)
{
	int v = 0;

	for (int k = 0; k < n; k++, (*s)++) {
		if (padded && k == 0 && **s == ' ')
			continue;
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool sign(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool clock_of(const char **s, struct civil *c)
{
	return digits(s, 2, false, &c->hour) && sign(s, ':') && digits(s, 2, false, &c->minute) && sign(s, ':') &&
	       digits(s, 2, false, &c->second);
}

static void fraction(const char **s, struct civil *c)
{
	int64_t unit = 100000;

	if (**s != '.')
		return;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		c->us += (**s - '0') * unit;
}

/* "Nov  6 22:12:50" */
static bool traditional(const char **s, struct syslog_line *l)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int k = 0; k < 12; k++)
		if (strncmp(*s, months + (size_t)k * 3, 3) == 0)
			l->at.month = k + 1;
	if (!l->at.month)
		return false;
	*s += 3;
	if (!sign(s, ' ') || !digits(s, 2, true, &l->at.day) || !sign(s, ' ') || !clock_of(s, &l->at))
		return false;
	/* any year with a 29th of February, to see whether the rest is a time */
	struct civil some = l->at;

	some.year = 2024;
	return civil_is_valid(&some);
}

/* "2026-11-06T22:12:50.123456+01:00" */
static bool rfc3339(const char **s, struct syslog_line *l)
{
	int hours, minutes;

	if (!digits(s, 4, false, &l->at.year) || !sign(s, '-') || !digits(s, 2, false, &l->at.month) || !sign(s, '-') ||
	    !digits(s, 2, false, &l->at.day) || !sign(s, 'T') || !clock_of(s, &l->at))
		return false;
	fraction(s, &l->at);
	l->has_year = true;
	if (**s == 'Z') {
		(*s)++;
		l->has_offset = true;
	} else if (**s == '+' || **s == '-') {
		int way = *(*s)++ == '-' ? -1 : 1;

		if (!digits(s, 2, false, &hours) || !sign(s, ':') || !digits(s, 2, false, &minutes) || hours > 23 ||
		    minutes > 59)
			return false;
		l->has_offset = true;
		l->offset_minutes = way * (hours * 60 + minutes);
	}
	return civil_is_valid(&l->at);
}

/* "sshd[123]: ", "sudo: ", "su[9]: "; programs in folders keep the last part of their name. */
static bool tag(const char *s, struct syslog_line *l)
{
	size_t len = strcspn(s, "[: ");
	const char *rest = s + len;

	if (!len || len >= sizeof(l->program))
		return false;
	memcpy(l->program, s, len);
	l->program[len] = '\0';
	if (*rest == '[') {
		for (rest++; *rest >= '0' && *rest <= '9' && l->pid < UINT32_MAX / 10 - 1; rest++)
			l->pid = l->pid * 10 + (uint32_t)(*rest - '0');
		if (*rest++ != ']')
			return false;
	}
	if (rest[0] != ':' || (rest[1] && rest[1] != ' '))
		return false;
	l->message = rest[1] ? rest + 2 : rest + 1;
	return true;
}

bool syslog_line_read(const char *line, struct syslog_line *ret)
{
	struct syslog_line l = { 0 };
	const char *s = line;

	if (!(*s >= '0' && *s <= '9' ? rfc3339(&s, &l) : traditional(&s, &l)) || *s++ != ' ')
		return false;
	s += strcspn(s, " ");
	if (*s++ != ' ' || !tag(s, &l))
		return false;
	*ret = l;
	return true;
}

int64_t syslog_line_us(const struct syslog_line *l, const struct zone *z, int64_t newest_us)
{
	if (!l->has_year)
		return civil_without_year_us(l->at, z, newest_us);
	if (l->has_offset)
		return civil_us(&l->at) - l->offset_minutes * MINUTE_US;
	return zone_utc_us(z, civil_us(&l->at));
}
