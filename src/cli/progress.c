#include "cli/progress.h"
#include "base/clock.h"
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

static void began(struct progress_view *v, const struct step *s)
{
	if (v->n_running < PROGRESS_RUNNING) {
		v->running[v->n_running].step = s;
		v->running[v->n_running++].since_us = clock_mono_us();
	}
}

static void ended(struct progress_view *v, const struct step *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_running; i++)
		if (v->running[i].step != s)
			v->running[n++] = v->running[i];
	v->n_running = n;
}

/* Cut to so many columns: a line that wraps could not be drawn over. A character has at
 * least a byte for each column. */
static void fit(char *s, size_t columns)
{
	size_t n = strlen(s), wide = term_columns(s);

	while (wide > columns && n > 0) {
		n -= wide - columns < n ? wide - columns : n;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		s[n] = '\0';
		wide = term_columns(s);
	}
}

static void draw(struct progress_view *v, const struct progress *p)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
	unsigned width = term_width(STDERR_FILENO);
	int64_t now = clock_mono_us();

	if (!v->began_us)
		v->began_us = now;
	buf_str(&b, " ");
	text_duration(&b, now - v->began_us);
	buf_printf(&b, ", %u of %u done, %u wait", p->done, p->total, p->waiting);
	if (v->n_running) {
		buf_printf(&b, ", %u at work: ", v->n_running);
		text_visible(&b, v->running[0].step->title, strlen(v->running[0].step->title));
		buf_str(&b, " (");
		text_duration(&b, now - v->running[0].since_us);
		buf_str(&b, ")");
	}
	fit(b.data, width > 1 ? width - 1 : 1);
	fprintf(stderr, "\r\033[K%s", buf_text(&b));
	fflush(stderr);
	v->drawn = true;
}

void progress_tell(const struct progress *p, void *view)
{
	struct progress_view *v = view;

	if (p->kind == PROGRESS_STARTED)
		began(v, p->step);
	if (p->kind == PROGRESS_ENDED) {
		ended(v, p->step);
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
