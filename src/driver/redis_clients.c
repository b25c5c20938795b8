#include "driver/redis_internal.h"
#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *ret, size_t size, const char *value, size_t len)
{
	(void) snprintf(ret, size, "%.*s", len < size ? (int)len : (int)size - 1, value);
}

static int64_t number(const char *value, size_t len)
{
	char digits[24];
	int64_t n;

	copy(digits, sizeof(digits), value, len);
	return text_i64(digits, &n) == 0 ? n : -1;
}

static void take(struct redis_client *c, const char *key, size_t key_len, const char *value, size_t len)
{
	const struct { const char *key; char *to; size_t size; } texts[] = {
		{ "user", c->user, sizeof(c->user) }, { "addr", c->addr, sizeof(c->addr) },
		{ "name", c->name, sizeof(c->name) }, { "cmd", c->cmd, sizeof(c->cmd) },
		{ "flags", c->flags, sizeof(c->flags) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strlen(texts[i].key) == key_len && memcmp(texts[i].key, key, key_len) == 0)
			copy(texts[i].to, texts[i].size, value, len);
	}
	if (key_len == 2 && memcmp(key, "id", 2) == 0)
		c->id = (uint64_t)number(value, len);
	if (key_len == 3 && memcmp(key, "age", 3) == 0)
		c->age = number(value, len);
}

static void take_line(struct redis_client *c, const char *line, size_t len)
{
	const char *end = line + len;

	while (line < end) {
		const char *stop = memchr(line, ' ', (size_t)(end - line));
		size_t word = (size_t)((stop ? stop : end) - line);
		const char *equals = memchr(line, '=', word);

		if (equals)
			take(c, line, (size_t)(equals - line), equals + 1, word - (size_t)(equals + 1 - line));
		line += word + 1;
	}
}

bool redis_client_next(const char **at, const char *end, struct redis_client *ret)
{
	while (*at < end) {
		const char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
		struct redis_client c = { 0 };

		*at = stop ? stop + 1 : end;
		take_line(&c, line, (size_t)((stop ? stop : end) - line));
		if (c.id > 0 && c.id < UINT64_C(1) << 62 && c.user[0]) {
			*ret = c;
			return true;
		}
	}
	return false;
}

bool redis_client_is(const struct redis_client *c, const char *const *users)
{
	for (size_t i = 0; users[i]; i++) {
		if (strcmp(c->user, users[i]) == 0)
			return true;
	}
	return false;
}
