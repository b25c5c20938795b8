#pragma once
/*
 * A strict reader of CSV (RFC 4180): a header row, fields in double quotes where they hold commas, quotes or line
 * breaks, lines that end in LF or CRLF, UTF-8, the same number of fields in each row. What is wrong is told with
 * file:line:column and never with the text itself: it is data of people.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_FILE_MAX ((size_t)1 << 30)
#define CSV_FIELDS_MAX 100u
#define CSV_FIELD_BYTES 4096u

struct csv_field { const char *s; size_t len; uint32_t line, col; };   /* col in bytes, from 1; NUL behind s[len] */

struct csv {
	const char *name, *at, *end;
	const char *line_start;
	uint32_t line;
	size_t n;                        /* fields of each row; 0: the header was not read yet */
	struct buf room;                 /* the fields of one row */
	struct csv_field field[CSV_FIELDS_MAX];
};

void csv_open(struct csv *c, const char *name, const char *text, size_t len);
/* 1: a row is in c->field[0..n), valid until the next call; 0: the end; -ERR_CONFIG. Empty lines are skipped. */
int csv_row(struct csv *c, struct err *e);
void csv_close(struct csv *c);
