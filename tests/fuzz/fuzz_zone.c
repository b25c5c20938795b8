/* Any bytes as a zone file: no crash, records lie within the text, and an edit of nothing reads as the same. */
#include "fuzz.h"
#include "keys/zone.h"
#include <string.h>

static void look(const struct zone *z)
{
	size_t before = 0;

	for (uint32_t i = 0; i < z->n; i++) {
		const struct zone_record *r = &z->records[i];
		_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16);

		if (r->end > z->len || r->end < before || r->line == 0 || strlen(r->owner) >= ZONE_NAME_MAX)
			abort();
		before = r->end;
		for (uint32_t k = 0; k < r->n_words; k++)
			if (r->words[k].from >= r->words[k].to || r->words[k].to > r->end)
				abort();
		zone_txt(z, r, &text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(zone_clear) struct zone z = { 0 }, again = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(size + 64);
	struct err e = ERR_INIT;
	int r = zone_read("fuzz", (const char *)data, size, "wiki.lab", &z, &e);

	if ((r < 0) != (e.code != ERR_NONE) || (r < 0 && strncmp(e.text, "fuzz", 4) != 0))
		abort();
	if (r < 0)
		return 0;
	look(&z);
	if (zone_write(&z, NULL, 0, 1795824000, &text, NULL) < 0)
		return 0;
	if (zone_read("again", buf_text(&text), text.len, "wiki.lab", &again, NULL) < 0 || again.n != z.n)
		abort();
	for (uint32_t i = 0; i < z.n; i++)
		if (strcmp(z.records[i].owner, again.records[i].owner) != 0 ||
		    strcmp(z.records[i].type, again.records[i].type) != 0)
			abort();
	return 0;
}
