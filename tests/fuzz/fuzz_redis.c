/*
 * What a hostile Redis can send: the reader takes it in pieces whose size the first byte gives, and every text that
 * comes out is read as a CLIENT LIST and as INFO.
 */
#include "base/macro.h"
#include "driver/redis_internal.h"
#include "fuzz.h"
#include <string.h>

static void look(const struct redis_reply *r)
{
	struct redis_client c;
	char value[64];

	if (r->type == REDIS_TEXT || r->type == REDIS_STATUS || r->type == REDIS_ERROR) {
		const char *at = r->text;

		if (r->text[r->len] != '\0')
			__builtin_trap();
		while (redis_client_next(&at, r->text + r->len, &c)) {
			if (c.id == 0 || c.id >> 62 || c.user[0] == '\0' || at > r->text + r->len)
				__builtin_trap();
		}
		(void)redis_info_value(r, "role", value, sizeof(value));
	}
	for (size_t i = 0; i < r->n; i++)
		look(r->item[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(redis_reader_freep) struct redis_reader *reader = redis_reader_new();
	struct err e = ERR_INIT;
	size_t piece = size > 0 ? 1 + data[0] : 1;
	int r = 0;

	for (size_t at = 1; r == 0 && at < size; at += piece) {
		_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
		size_t len = size - at < piece ? size - at : piece;

		r = redis_reader_feed(reader, (const char *)data + at, len, &reply, &e);
		/* More than one reply may lie in what was fed. */
		while (r == 0 && reply) {
			look(reply);
			redis_reply_freep(&reply);
			r = redis_reader_feed(reader, "", 0, &reply, &e);
		}
	}
	return 0;
}
