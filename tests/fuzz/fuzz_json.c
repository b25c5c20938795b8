/* Any bytes: no crash, no leak; what is accepted comes back the same through our own line and page. */
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

#define ROOM ((size_t)16 << 20)

static void same_again(const json_t *j, const struct buf *text)
{
	_cleanup_(json_freep) json_t *again = NULL;
	struct err e = ERR_INIT;

	if (text->over || json_read("fuzz", text->data, text->len, ROOM, &again, &e) < 0 || !json_equal(j, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(json_freep) json_t *j = NULL;
	_cleanup_(buf_free) struct buf line = BUF_INIT(ROOM), page = BUF_INIT(ROOM);
	struct err e = ERR_INIT;
	int r = json_read("fuzz", (const char *)data, size, ROOM, &j, &e);

	if ((r < 0) != (j == NULL) || (r < 0 && !text_starts(e.text, "fuzz:")))
		abort();
	if (r < 0)
		return 0;
	json_line(&line, j);
	if (memchr(line.data, '\n', line.len))
		abort();
	same_again(j, &line);
	json_pretty(&page, j);
	same_again(j, &page);
	return 0;
}
