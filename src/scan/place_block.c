#include "scan/place.h"
#include <string.h>

/* start..end are the bytes of "> ... ]": the header line stays, the lines below it are written anew with the old
 * indentation and the old width, as `eyaml encrypt -o block` folds them. */
int place_block_splice(const struct place_at *p, const char *src, size_t start, size_t end, size_t len,
		       const struct buf *sealed, struct buf *ret, struct err *e)
{
	const char *header = memchr(src + start, '\n', end - start);

	if (!header)
		return err_set(e, ERR_CONFIG, "%s: a folded value without lines below it", p->file);
	size_t from = (size_t)(header + 1 - src), indent = 0;
	while (from + indent < end && src[from + indent] == ' ')
		indent++;
	const char *line_end = memchr(src + from, '\n', end - from);
	size_t width = (line_end ? (size_t)(line_end - src) : end) - from - indent;
	size_t to = end;
	while (to > from && (src[to - 1] == '\n' || src[to - 1] == ' ' || src[to - 1] == '\r'))
		to--;
	if (indent == 0 || width < 20 || to <= from + indent)
		return err_set(e, ERR_CONFIG, "%s: the folded value is not laid out as eyaml does it: write it on one "
			       "line", p->file);

	(void)buf_add(ret, src, from);
	for (size_t at = 0; at < sealed->len; at += width) {
		size_t part = sealed->len - at < width ? sealed->len - at : width;
		if (at > 0)
			(void)buf_char(ret, '\n');
		(void)buf_add(ret, src + from, indent);
		(void)buf_add(ret, sealed->data + at, part);
	}
	if (buf_add(ret, src + to, len - to) < 0)
		return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", p->file, ret->max);
	return 0;
}
