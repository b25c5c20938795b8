/* Tables: columns as wide as their widest cell, the last one wrapped at spaces. */
#include "base/mem.h"
#include "base/term.h"
#include <string.h>

#define CELLS_MAX ((size_t)4 << 20)
#define COLUMNS_MAX 16
#define GAP 2
#define LAST_MIN 20 /* the last column is never squeezed below this: lines run over instead */

struct term_table {
	char **cells;
	size_t n, cap;
	unsigned columns;
};

struct term_table *term_table_new(unsigned columns)
{
	struct term_table *t = mem_zero(1, sizeof(*t));

	if (columns < 1 || columns > COLUMNS_MAX)
		abort();
	t->columns = columns;
	return t;
}

void term_table_add(struct term_table *t, const char *cell)
{
	if (!GROW(t->cells, t->n, t->cap, CELLS_MAX))
		abort();
	t->cells[t->n++] = mem_dup(cell ? cell : "");
}

static void pad(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(b, ' ');
}

/* Words of s into lines of `width`, those after the first indented; a word that is longer runs over. */
static void wrap(struct buf *b, const char *s, size_t width, size_t indent)
{
	size_t used = 0;

	while (*s) {
		size_t n = strcspn(s, " ");
		_cleanup_(freep) char *word = mem_dupn(s, n);
		size_t columns = term_columns(word);

		if (used && used + 1 + columns > width) {
			buf_char(b, '\n');
			pad(b, indent);
			used = 0;
		} else if (used) {
			buf_char(b, ' ');
			used++;
		}
		buf_str(b, word);
		used += columns;
		s += n;
		s += strspn(s, " ");
	}
}

static void print_row(const struct term_table *t, char *const *cells, const size_t *widths, size_t before_last,
		      size_t last_width, struct buf *b)
{
	size_t waiting = 0;

	for (unsigned c = 0; c + 1 < t->columns; c++) {
		size_t columns = term_columns(cells[c]);

		if (columns) {
			pad(b, waiting);
			waiting = 0;
		}
		buf_str(b, cells[c]);
		waiting += widths[c] - columns + GAP;
	}
	/* no spaces at the ends of lines */
	if (*cells[t->columns - 1])
		pad(b, waiting);
	wrap(b, cells[t->columns - 1], last_width, before_last);
	buf_char(b, '\n');
}

void term_table_print(struct term_table *t, struct buf *b, unsigned width)
{
	size_t widths[COLUMNS_MAX] = { 0 }, before_last = 0, last_width;

	while (t->n % t->columns)
		term_table_add(t, "");
	for (size_t i = 0; i < t->n; i++) {
		size_t columns = term_columns(t->cells[i]);

		if (columns > widths[i % t->columns])
			widths[i % t->columns] = columns;
	}
	for (unsigned c = 0; c + 1 < t->columns; c++)
		before_last += widths[c] + GAP;
	last_width = width > before_last + LAST_MIN ? width - before_last : LAST_MIN;
	for (size_t i = 0; i < t->n; i += t->columns)
		print_row(t, t->cells + i, widths, before_last, last_width, b);
	for (size_t i = 0; i < t->n; i++)
		freep(&t->cells[i]);
	freep(&t->cells);
	freep(&t);
}
