#include "warden/answers.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/limits.h"
#include "warden/evidence.h"
#include "worker/wire.h"
#include <string.h>

#define SHOWN 60      /* bytes of a line that is not as agreed */

void answers_begin(struct answers *a, int fd, uint64_t bytes_max, struct evidence *evidence)
{
	*a = (struct answers){ .fd = fd, .bytes_max = bytes_max, .evidence = evidence,
			       .line = BUF_WIPED(SCOUT_LINE_MAX) };
}

void answers_end(struct answers *a)
{
	buf_free(&a->line);
	json_decref(a->result);
	a->result = NULL;
}

static int refuse(const struct answers *a, const char *why, struct err *e)
{
	_cleanup_(buf_free) struct buf shown = BUF_INIT(1000);

	text_visible(&shown, buf_text(&a->line), a->line.len < SHOWN ? a->line.len : SHOWN);
	return err_set(e, ERR_REMOTE, "line %u of its answers %s: '%s%s'", a->lines, why, buf_text(&shown),
		       a->line.len > SHOWN ? "..." : "");
}

static int to_parent(struct answers *a, json_t *line, struct err *e)
{
	return wire_send(a->fd, line, e);
}

static int to_result(struct answers *a, json_t *line, struct err *e _unused_)
{
	a->result = json_incref(line);
	return 0;
}

/* As it came, with its newline: what is hashed here is what was hashed there. */
static int to_evidence(struct answers *a, json_t *line _unused_, struct err *e)
{
	if (!a->evidence)
		return refuse(a, "is evidence, which was not asked for", e);
	(void)buf_char(&a->line, '\n');
	if (a->line.over)
		return refuse(a, "is longer than a scout's", e);
	evidence_add(a->evidence, a->line.data, a->line.len);
	return 0;
}

static const struct { const char *type; int (*take)(struct answers *a, json_t *line, struct err *e); } types[] = {
	{ "evidence", to_evidence },
	{ "found", to_parent },
	{ "unread", to_parent },
	{ "tried", to_parent },
	{ "progress", to_parent },
	{ "result", to_result },
};

static int take_line(struct answers *a, struct err *e)
{
	_cleanup_(json_freep) json_t *line = NULL;

	if (a->result)
		return refuse(a, "stands behind the result", e);
	a->lines++;
	if (a->lines > SCOUT_LINES_MAX)
		return err_set(e, ERR_REMOTE, "it answers with more than %u lines", SCOUT_LINES_MAX);
	if (json_read("answer", buf_text(&a->line), a->line.len, SCOUT_LINE_MAX, &line, NULL) < 0 ||
	    !json_is_object(line))
		return refuse(a, "is no JSON object", e);

	const char *type = json_str(line, "type");

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (!strcmp(type, types[i].type))
			return types[i].take(a, line, e);
	return refuse(a, "has no type that a scout has", e);
}

int answers_take(struct answers *a, const char *bytes, size_t len, struct err *e)
{
	a->bytes += len;
	if (a->bytes > a->bytes_max)
		return err_set(e, ERR_REMOTE, "it answers with more than %llu bytes",
			       (unsigned long long)a->bytes_max);
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;

		if (buf_add(&a->line, bytes, part) < 0) {
			a->lines++;
			return refuse(a, "is longer than a scout's", e);
		}
		if (!end)
			return 0;

		int r = take_line(a, e);

		if (r < 0)
			return r;
		buf_clear(&a->line);
		bytes += part + 1;
		len -= part + 1;
	}
	return 0;
}
