#include "model/deb_read.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *line_end(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));

	return nl ? nl : end;
}

static bool is_blank(const char *s, const char *end)
{
	for (; s < end; s++)
		if (*s != ' ' && *s != '\t' && *s != '\r')
			return false;
	return true;
}

static bool begins(const char *s, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - s) >= len && memcmp(s, word, len) == 0;
}

static const char *next_line(const char *nl, const char *end)
{
	return nl < end ? nl + 1 : end;
}

const char *deb_stanza(const char *s, const char *end, struct deb_text *ret)
{
	const char *from, *nl;

	while (s < end) {
		nl = line_end(s, end);
		if (begins(s, nl, "-----BEGIN PGP SIGNATURE-----"))
			return NULL;
		/* OpenPGP's own lines before the text: "Hash: SHA256" and an empty one */
		if (begins(s, nl, "-----BEGIN PGP SIGNED MESSAGE-----")) {
			do {
				s = next_line(nl, end);
				nl = line_end(s, end);
			} while (s < end && !is_blank(s, nl));
		} else if (!is_blank(s, nl)) {
			break;
		}
		s = next_line(nl, end);
	}
	if (s >= end)
		return NULL;
	for (from = s; s < end; s = next_line(nl, end)) {
		nl = line_end(s, end);
		if (is_blank(s, nl) || begins(s, nl, "-----BEGIN PGP SIGNATURE-----"))
			break;
	}
	*ret = (struct deb_text){ from, (size_t)(s - from) };
	return s;
}

static struct deb_text trimmed(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && strchr(" \t\r\n", end[-1]) && end[-1])
		end--;
	return (struct deb_text){ s, (size_t)(end - s) };
}

struct deb_text deb_field(struct deb_text stanza, const char *name)
{
	const char *s = stanza.s, *end = s ? s + stanza.len : s;
	size_t len = strlen(name);

	while (s && s < end) {
		const char *nl = line_end(s, end);
		bool mine = (size_t)(nl - s) > len && s[len] == ':' && strncasecmp(s, name, len) == 0;
		const char *value = s + len + 1;

		for (s = next_line(nl, end); s < end && (*s == ' ' || *s == '\t'); s = next_line(nl, end))
			nl = line_end(s, end);
		if (mine)
			return trimmed(value, nl);
	}
	return (struct deb_text){ 0 };
}

bool deb_copy(struct deb_text t, char *ret, size_t size)
{
	if (!t.s || t.len >= size)
		return false;
	for (size_t k = 0; k < t.len; k++)
		if (t.s[k] < ' ' || t.s[k] > '~')
			return false;
	memcpy(ret, t.s, t.len);
	ret[t.len] = '\0';
	return true;
}

static bool md5_of(const char *s, const char *end, char ret[33])
{
	if (end - s < 32)
		return false;
	for (int k = 0; k < 32; k++)
		if (!((s[k] >= '0' && s[k] <= '9') || (s[k] >= 'a' && s[k] <= 'f')))
			return false;
	memcpy(ret, s, 32);
	ret[32] = '\0';
	return true;
}

const char *deb_conffile(const char *s, const char *end, struct deb_text *ret_path, char ret_md5[33])
{
	while (s < end && (*s == ' ' || *s == '\n'))
		s++;
	if (s >= end || *s != '/')
		return NULL;
	const char *nl = line_end(s, end), *sum = nl;

	/* a path may hold blanks: the sum is the first word behind it that looks like one */
	for (const char *p = s; p < nl; p++)
		if (*p == ' ' && md5_of(p + 1, nl, ret_md5) && (p + 33 == nl || p[33] == ' ')) {
			sum = p;
			break;
		}
	if (sum == nl)
		return NULL;
	*ret_path = (struct deb_text){ s, (size_t)(sum - s) };
	return next_line(nl, end);
}

bool deb_sum_line(const char *line, char ret_md5[33], const char **ret_path)
{
	if (!md5_of(line, line + strlen(line), ret_md5) || line[32] != ' ' || line[33] != ' ' || !line[34])
		return false;
	*ret_path = line + 34;
	return true;
}

static const char *word(const char *s, char *ret, size_t size)
{
	size_t len = s ? strcspn(s, " ") : 0;

	if (!len || len >= size)
		return NULL;
	memcpy(ret, s, len);
	ret[len] = '\0';
	return s + len + (s[len] == ' ');
}

static const char *version(const char *s, char *ret, size_t size)
{
	s = word(s, ret, size);
	if (s && strcmp(ret, "<none>") == 0)
		*ret = '\0';
	return s;
}

bool deb_log_read(const char *line, struct deb_log_line *ret)
{
	static const char *const actions[] = { "install", "upgrade", "remove", "purge" };
	struct deb_log_line l = { 0 };
	char name[160];
	int used = 0;
	bool known = false;

	if (sscanf(line, "%4d-%2d-%2d %2d:%2d:%2d %n", &l.at.year, &l.at.month, &l.at.day, &l.at.hour, &l.at.minute,
		   &l.at.second, &used) != 6 || !used || !civil_is_valid(&l.at))
		return false;
	const char *s = word(line + used, l.action, sizeof(l.action));

	for (size_t k = 0; s && k < ARRAY_SIZE(actions); k++)
		known = known || strcmp(actions[k], l.action) == 0;
	s = known ? word(s, name, sizeof(name)) : NULL;
	s = version(s, l.before, sizeof(l.before));
	s = version(s, l.after, sizeof(l.after));
	if (!s)
		return false;
	char *colon = strchr(name, ':');

	if (colon) {
		*colon = '\0';
		if (strlen(colon + 1) >= sizeof(l.architecture))
			return false;
		memcpy(l.architecture, colon + 1, strlen(colon + 1) + 1);
	}
	if (!*name || strlen(name) >= sizeof(l.package))
		return false;
	memcpy(l.package, name, strlen(name) + 1);
	*ret = l;
	return true;
}

/* "UTC", "GMT", "+0100": how far it is ahead of UTC. */
static bool zone_of(const char *zone, int64_t *ret_us)
{
	int hours, minutes;

	*ret_us = 0;
	if (strcmp(zone, "UTC") == 0 || strcmp(zone, "GMT") == 0)
		return true;
	if (strlen(zone) != 5 || (zone[0] != '+' && zone[0] != '-') || strspn(zone + 1, "0123456789") != 4 ||
	    sscanf(zone + 1, "%2d%2d", &hours, &minutes) != 2 || hours > 14 || minutes > 59)
		return false;
	*ret_us = ((int64_t)hours * 60 + minutes) * 60 * 1000000 * (zone[0] == '-' ? -1 : 1);
	return true;
}

int64_t deb_date_us(struct deb_text t)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c = { 0 };
	char text[64], month[4], zone[7];
	int64_t ahead_us;

	if (!deb_copy(t, text, sizeof(text)) ||
	    sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d %6s", &c.day, month, &c.year, &c.hour, &c.minute, &c.second,
		   zone) != 7 || !zone_of(zone, &ahead_us))
		return 0;
	for (int k = 0; k < 12; k++)
		if (strncmp(month, months + (size_t)k * 3, 3) == 0)
			c.month = k + 1;
	return civil_is_valid(&c) ? civil_us(&c) - ahead_us : 0;
}

/* "openssl (3.0.15-1) bookworm-security; urgency=medium", then " -- Ada <ada@example.org>  Sat, 09 Nov 2024 ..." */
bool deb_changelog_line(const char *line, struct deb_entry *e)
{
	const char *date = strncmp(line, " -- ", 4) == 0 ? strstr(line, ">  ") : NULL;
	const char *open = *line != ' ' ? strstr(line, " (") : NULL;
	size_t len = strlen(e->version);

	if (open)
		e->is_it = strncmp(open + 2, e->version, len) == 0 && open[2 + len] == ')';
	if (date && e->is_it)
		e->at_us = deb_date_us((struct deb_text){ date + 3, strlen(date + 3) });
	return e->at_us != 0;
}

bool deb_is_security(struct deb_text release)
{
	static const char *const names[] = { "Suite", "Codename" };
	static const char security[] = "-security";
	size_t len = sizeof(security) - 1;
	struct deb_text label = deb_field(release, "Label");

	if (label.s && label.len == 15 && strncasecmp(label.s, "Debian-Security", 15) == 0)
		return true;
	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		struct deb_text v = deb_field(release, names[k]);

		if (v.s && v.len > len && memcmp(v.s + v.len - len, security, len) == 0)
			return true;
	}
	return false;
}
