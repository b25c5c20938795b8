/* What a mail server may send: the same replies however the bytes are cut, visible words, limits. */
#include "base/text.h"
#include "fuzz.h"
#include "notify/smtp_reply.h"
#include <string.h>

/* Gives it all at once, or byte by byte; the replies, one a line. */
static int replies(const uint8_t *data, size_t size, size_t step, struct buf *ret)
{
	struct smtp_bytes in = SMTP_BYTES_INIT;
	int r = 0;

	for (size_t at = 0; r >= 0 && at < size; at += step) {
		struct smtp_reply reply = { 0 };
		struct smtp_offer offer;
		const char *lines;
		size_t len;

		if (buf_add(&in.b, data + at, size - at < step ? size - at : step) < 0)
			break;
		while ((r = smtp_reply_take(&in, &reply, &lines, &len, NULL)) > 0) {
			if (reply.code < 200 || reply.code > 599 || strlen(reply.text) >= SMTP_TEXT_MAX ||
			    (*reply.text && !text_is_utf8(reply.text, strlen(reply.text))))
				abort();
			smtp_offer_read(lines, len, &offer);
			if (offer.size < 0)
				abort();
			(void)buf_printf(ret, "%d %s %d %lld\n", reply.code, reply.text, offer.pipelining,
					 (long long)offer.size);
			smtp_reply_mask(&reply, "bob@example.net");
			if (strcasestr(reply.text, "bob@example.net"))
				abort();
		}
	}
	buf_free(&in.b);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(1 << 22), pieces = BUF_INIT(1 << 22);
	int a, b;

	if (size > 4096)
		return 0;
	a = replies(data, size, size ? size : 1, &once);
	b = replies(data, size, 1, &pieces);
	/* a mistake may be seen earlier when less has come, and never in another way */
	if ((a >= 0 && b >= 0 && strcmp(buf_text(&once), buf_text(&pieces)) != 0) || (a < 0) != (b < 0))
		abort();
	buf_free(&once);
	buf_free(&pieces);
	return 0;
}
