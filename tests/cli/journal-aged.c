/* Writes a journal's rows into a new journal, each so many days older: its own chain, with the clock that the store
 * leaves to tests. Usage: journal-aged FROM TO DAYS */
#include "base/text.h"
#include "store/sqlite.h"
#include <stdio.h>

#define DAY_US (INT64_C(86400) * 1000000)

static int64_t row_us;

static int64_t clock_of_row(void)
{
	return row_us;
}

struct aging { struct journal *to; int64_t days; struct err *e; };

static int copy(const struct row *row, void *arg)
{
	const struct aging *a = arg;

	row_us = row->at_us - a->days * DAY_US;
	return journal_append(a->to, row, NULL, a->e);
}

int main(int argc, char **argv)
{
	_cleanup_(journal_closep) struct journal *from = NULL, *to = NULL;
	struct err e = ERR_INIT;
	struct aging a = { .e = &e };

	if (argc != 4 || text_i64(argv[3], &a.days) < 0)
		return 2;
	if (journal_open(argv[1], JOURNAL_READ, &from, &e) < 0 || journal_open(argv[2], JOURNAL_WRITE, &to, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	a.to = to;
	to->now_us = clock_of_row;
	if (journal_each(from, 0, 0, copy, &a, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	return 0;
}
