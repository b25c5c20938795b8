#include "scan/gap.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>

#define WHY_MAX 400

void gaps_add(struct gaps *g, const struct gap *where, const char *fmt, ...)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT((size_t)8 * WHY_MAX);
	struct gap gap = *where;
	char why[WHY_MAX];
	va_list ap;

	if (!GROW(g->list, g->n, g->cap, GAPS_MAX)) {
		g->more++;
		return;
	}
	if (!g->arena)
		g->arena = arena_new();
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_visible(&seen, why, strlen(why));
	gap.why = arena_dup(g->arena, buf_text(&seen));
	gap.repository = arena_dup(g->arena, gap.repository);
	gap.file = arena_dup(g->arena, gap.file);
	g->list[g->n++] = gap;
}

void gap_say(const struct gap *g, struct buf *ret)
{
	if (g->repository) {
		text_visible(ret, g->repository, strlen(g->repository));
		(void)buf_str(ret, g->file ? ":" : ": ");
	}
	if (g->file) {
		text_visible(ret, g->file, strlen(g->file));
		if (g->line > 0)
			(void)buf_printf(ret, ":%u:%u", g->line, g->col);
		(void)buf_str(ret, ": ");
	}
	(void)buf_str(ret, g->why);
}

const char *unread_name(enum unread kind)
{
	static const char *const names[UNREAD_KINDS] = {
		[UNREAD_DAMAGED] = "damaged", [UNREAD_MISSING] = "missing", [UNREAD_LARGE] = "large",
		[UNREAD_DENIED] = "denied", [UNREAD_SPECIAL] = "special", [UNREAD_LINK] = "link",
		[UNREAD_REPOSITORY] = "repository", [UNREAD_DEEP] = "deep", [UNREAD_YAML] = "yaml",
		[UNREAD_KEY] = "key",
		[UNREAD_EYAML] = "eyaml", [UNREAD_PEM] = "pem", [UNREAD_MANIFEST] = "manifest",
		[UNREAD_ELSEWHERE] = "elsewhere",
	};

	return names[kind];
}

void gaps_free(struct gaps *g)
{
	arena_free(g->arena);
	free(g->list);
	*g = (struct gaps)GAPS_INIT;
}
