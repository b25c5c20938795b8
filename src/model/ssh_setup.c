#include "model/ssh_setup.h"
#include "base/macro.h"
#include <string.h>

#define VERSION_MAX 8192u               /* lines before and with the version; RFC 4253, 4.2 */
#define PACKET_MAX 35000u               /* RFC 4253, 6.1 */
#define KEXINIT 20
#define COOKIE_LEN 16u

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

bool ssh_setting_next(char **s, char **ret_key, char **ret_value)
{
	while (**s) {
		char *line = *s, *nl = strchr(line, '\n'), *blank;

		*s = nl ? nl + 1 : line + strlen(line);
		if (nl)
			*nl = '\0';
		blank = strchr(line, ' ');
		if (!*line || blank == line)
			continue;
		if (blank)
			*blank = '\0';
		*ret_key = line;
		*ret_value = blank ? blank + 1 : line + strlen(line);
		return true;
	}
	return false;
}

bool ssh_config_line(char *line, char **ret_key, char **ret_value)
{
	char *key = line + strspn(line, " \t"), *end = key + strcspn(key, " \t=\r\n"), *value;

	if (!*key || *key == '#' || end == key || !*end)
		return false;
	value = end + strspn(end, " \t");
	if (*value == '=')
		value += 1 + strspn(value + 1, " \t");
	*end = '\0';
	value[strcspn(value, "\r\n")] = '\0';
	for (size_t len = strlen(value); len && (value[len - 1] == ' ' || value[len - 1] == '\t'); )
		value[--len] = '\0';
	if (*value == '"' && strlen(value) > 1 && strchr(value + 1, '"') == value + strlen(value) - 1) {
		value++;
		value[strlen(value) - 1] = '\0';
	}
	lower(key);
	*ret_key = key;
	*ret_value = value;
	return *value;
}

static uint32_t big32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Behind the line that begins with "SSH-"; others may stand before it. -1: none within the limit; 0: not yet. */
static int version_end(const uint8_t *b, size_t len, size_t *ret)
{
	size_t at = 0;

	while (at < len && at < VERSION_MAX) {
		const uint8_t *nl = memchr(b + at, '\n', len - at);

		if (!nl)
			return len - at > VERSION_MAX ? -1 : 0;
		if (len - at >= 4 && memcmp(b + at, "SSH-", 4) == 0) {
			*ret = (size_t)(nl - b) + 1;
			return 1;
		}
		at = (size_t)(nl - b) + 1;
	}
	return at >= VERSION_MAX ? -1 : 0;
}

static int lists(const uint8_t *b, size_t len, struct ssh_offer *ret)
{
	size_t at = 1 + COOKIE_LEN;
	struct ssh_offer o;

	for (size_t k = 0; k < SSH_LISTS; k++) {
		if (len < at + 4 || big32(b + at) > len - at - 4)
			return -1;
		o.list[k].len = big32(b + at);
		o.list[k].s = (const char *)b + at + 4;
		for (size_t c = 0; c < o.list[k].len; c++)
			if (o.list[k].s[c] <= ' ' || o.list[k].s[c] > '~')
				return -1;
		at += 4 + o.list[k].len;
	}
	*ret = o;
	return 1;
}

int ssh_offer_read(const uint8_t *bytes, size_t len, struct ssh_offer *ret)
{
	size_t at;
	int r = version_end(bytes, len, &at);

	if (r <= 0)
		return r;
	if (len - at < 6)
		return 0;
	uint32_t packet = big32(bytes + at), padding = bytes[at + 4];

	if (packet > PACKET_MAX || packet < padding + 2u || bytes[at + 5] != KEXINIT)
		return -1;
	if (len - at - 4 < packet)
		return 0;
	return lists(bytes + at + 5, packet - padding - 1, ret);
}
