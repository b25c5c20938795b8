/* What may undo a block, by the host's own word: it is said with the outcome and makes none of it less than it is. */
#include "base/text.h"
#include "fleet/contain_parts.h"
#include <string.h>

#define WARNINGS 6u
#define WARNING_MAX 240u

static void add(struct held *d, const char *words)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT(4 * WARNING_MAX + 1);
	size_t n = strlen(d->text);

	text_visible(&seen, words, strnlen(words, WARNING_MAX));
	(void)snprintf(d->text + n, sizeof(d->text) - n, "; BUT %s", buf_text(&seen));
}

void contain_beside(struct held *d)
{
	const json_t *of = json_object_get(d->result, "contain"), *one;
	const char *kept = json_str(json_object_get(d->result, "confirm"), "kept");
	size_t i;

	if (!kept)
		kept = json_str(of, "over_restart");
	if (kept && !strcmp(kept, CONTAIN_NOT_KEPT))
		add(d, "not after its next start: no systemd runs there, and nothing else is known that would load "
		       "the rules again");
	json_array_foreach(json_object_get(of, "warnings"), i, one)
		if (i < WARNINGS && json_string_value(one))
			add(d, json_string_value(one));
}
