/* Any bytes as a list of recipients: rows are as wide as the header, positions lie inside of the text, and what passes
 * as an address can stand in an envelope and nowhere else. */
#include "base/text.h"
#include "fuzz.h"
#include "notify/address.h"
#include "notify/csv.h"
#include <string.h>

static void look(const struct csv_field *f, uint32_t lines)
{
	size_t at = 0;

	if (f->s[f->len] || strlen(f->s) != f->len || (f->len && !text_is_utf8(f->s, f->len)))
		abort();
	if (!f->line || f->line > lines || !f->col)
		abort();
	if (mail_address_wrong(f->s, f->len, &at)) {
		if (at > f->len)
			abort();
		return;
	}
	if (f->len > MAIL_ADDRESS_MAX || strpbrk(f->s, " \t\r\n<>,;:()[]\\\"") ||
	    strchr(f->s, '@') != strrchr(f->s, '@'))
		abort();
	for (const char *c = f->s; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct csv c;
	size_t width = 0, lines = 1;
	int r;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	csv_open(&c, "f", (const char *)data, size);
	while ((r = csv_row(&c, &e)) > 0) {
		if (width && c.n != width)
			abort();
		width = c.n;
		for (size_t k = 0; k < c.n; k++)
			look(&c.field[k], (uint32_t)lines);
	}
	if (r < 0 && (e.code != ERR_CONFIG || !text_starts(e.text, "f:")))
		abort();
	csv_close(&c);
	return 0;
}
