#include "cli/progress.h"
#include "base/term.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum term_colour colour_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_PROVEN: return TERM_GREEN;
	case OUTCOME_FAILED: return TERM_RED;
	case OUTCOME_UNREACHABLE: case OUTCOME_UNKNOWN: return TERM_YELLOW;
	default: return TERM_PLAIN;
	}
}

static void clear(struct progress_view *v)
{
	if (v->drawn)
		fputs("\r\033[K", stderr);
	v->drawn = false;
}

static void line(const struct progress_view *v, const struct progress *p)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(8192);

	buf_str(&b, " ");
	term_paint(&b, v->colour, colour_of(p->outcome), outcome_name(p->outcome));
	for (size_t n = strlen(outcome_name(p->outcome)); n < 12; n++)
		buf_char(&b, ' ');
	text_visible(&b, p->step->title, strlen(p->step->title));
	buf_str(&b, "  (");
	text_duration(&b, p->took_us);
	buf_str(&b, ")");
	if (p->outcome != OUTCOME_PROVEN && p->text) {
		buf_str(&b, "\n             ");
		text_visible(&b, p->text, strlen(p->text));
	}
	fprintf(stderr, "%s\n", buf_text(&b));
}

static void draw(struct progress_view *v, const struct progress *p)
{
	unsigned width = term_width(STDERR_FILENO), room = width > 30 ? width - 24 : 6;

	fprintf(stderr, "\r\033[K %u of %u done, %u at work: %.*s", p->done, p->total, p->running, (int)room,
		v->running);
	fflush(stderr);
	v->drawn = true;
}

void progress_tell(const struct progress *p, void *view)
{
	struct progress_view *v = view;

	if (p->kind == PROGRESS_STARTED)
		snprintf(v->running, sizeof(v->running), "%s", p->step->title);
	if (p->kind == PROGRESS_ENDED) {
		clear(v);
		line(v, p);
	}
	if (!v->plain)
		draw(v, p);
}

void progress_end(struct progress_view *v)
{
	clear(v);
}
