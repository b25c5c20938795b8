#include "cli/bar.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/term.h"
#include "base/text.h"
#include <stdio.h>
#include <unistd.h>

#define BEFORE_US 300000           /* short work draws nothing */
#define BLOCKS 20u

struct bar bar_begin(const char *what)
{
	return (struct bar){ .what = what, .began_us = clock_mono_us(), .silent = !term_is_terminal(STDERR_FILENO) };
}

static void megabytes(struct buf *b, uint64_t bytes)
{
	(void)buf_printf(b, "%llu MB", (unsigned long long)(bytes / 1000000));
}

void bar_tell(struct bar *b, uint64_t done, uint64_t total)
{
	_cleanup_(buf_free) struct buf line = BUF_INIT(400);
	int64_t took = clock_mono_us() - b->began_us;
	unsigned part;

	if (b->silent || took < BEFORE_US)
		return;
	(void)buf_str(&line, " ");
	text_duration(&line, took);
	(void)buf_printf(&line, ", %s ", b->what);
	megabytes(&line, done);
	if (total) {
		part = (unsigned)(done >= total ? BLOCKS : done * BLOCKS / total);
		(void)buf_str(&line, " of ");
		megabytes(&line, total);
		if (term_width(STDERR_FILENO) > line.len + BLOCKS + 4) {
			(void)buf_str(&line, "  [");
			for (unsigned i = 0; i < BLOCKS; i++)
				(void)buf_char(&line, i < part ? '#' : '.');
			(void)buf_char(&line, ']');
		}
	}
	fprintf(stderr, "\r\033[K%s", buf_text(&line));
	fflush(stderr);
	b->drawn = true;
}

void bar_end(struct bar *b)
{
	if (b->drawn)
		fputs("\r\033[K", stderr);
	b->drawn = false;
}
