/* Any bytes: what is made visible is harmless, what is decoded has one spelling, what is parsed is in its range. */
#include "base/clock.h"
#include "base/err.h"
#include "base/term.h"
#include "base/text.h"
#include "fuzz.h"
#include <string.h>
#include <strings.h>

#define ROOM ((size_t)16 << 20)
#define NOW INT64_C(1795472343000000)

static void look(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf once = BUF_INIT(ROOM), twice = BUF_INIT(ROOM);

	text_visible(&once, s, len);
	if (once.over || !text_is_utf8(buf_text(&once), once.len))
		abort();
	for (size_t i = 0; i < once.len; i++)
		if ((unsigned char)once.data[i] < 0x20 || once.data[i] == 0x7f)
			abort();
	/* nothing is left to be made visible */
	text_visible(&twice, buf_text(&once), once.len);
	if (strcmp(buf_text(&once), buf_text(&twice)) != 0)
		abort();
	(void)term_columns(buf_text(&once));
}

static void decode(const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf bytes = BUF_INIT(ROOM), text = BUF_INIT(ROOM), hex = BUF_INIT(ROOM);

	if (text_base64_decode(&bytes, s, len) == 0) {
		size_t at = 0;

		text_base64(&text, bytes.data, bytes.len);
		for (size_t i = 0; i < len; i++)
			if (!strchr(" \t\r\n", s[i]) && (at >= text.len || text.data[at++] != s[i]))
				abort();
		if (at != text.len)
			abort();
	}
	buf_clear(&bytes);
	if (text_hex_decode(&bytes, s, len) == 0) {
		text_hex(&hex, bytes.data, bytes.len);
		if (strncasecmp(buf_text(&hex), s, len) != 0)
			abort();
	}
}

static void parse(const char *s)
{
	static const char *const words[] = { "redis", "mariadb", "postgresql", "--incident" };
	_cleanup_(buf_free) struct buf shown = BUF_INIT(100);
	struct err e = ERR_INIT;
	int64_t at = 0, number;

	if (clock_parse(s, NOW, &at, &e) == 0) {
		if (at > NOW + INT64_C(86400000000))
			abort();
		clock_format(&shown, at);
		if (shown.len != strlen("2026-11-23T22:19:03Z"))
			abort();
	}
	(void)text_i64(s, &number);
	(void)text_nearest(s, words, ARRAY_SIZE(words));
	(void)text_matches(s, "db1.example.org");
	(void)term_columns(s);
	if (text_is_name(s) && !text_is_utf8(s, strlen(s)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = mem_dupn((const char *)data, size);
	_cleanup_(freep) char *bare = mem_zero(1, size); /* no NUL behind it: reading on is a finding */

	memcpy(bare, text, size);
	look(bare, size);
	decode(bare, size);
	parse(text);
	return 0;
}
