#pragma once
/* What the tests of the journal share: a folder of their own, rows, and a hand on the file
 * behind the journal's back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/err.h"
#include "store/sqlite.h"

int help_folder(void **state);         /* setup: *state is the folder's name */
int help_folder_gone(void **state);    /* teardown */
char *help_path(const char *folder, const char *name);
/* Opens or fails the test with the error's text. */
struct journal *help_open(const char *folder, enum journal_mode mode);
struct row help_row(enum row_kind kind, int64_t incident, const char *body);
/* Adds n rows to incidents 1 and 2 in turn. */
void help_fill(const char *folder, unsigned n);
/* Runs SQL on the file as an intruder would: triggers off, then put back so that nothing shows. */
void help_edit(const char *folder, const char *sql);
void help_sql(const char *folder, const char *sql);
int64_t help_number(const char *folder, const char *sql);
/* Opens for reading and verifies: the result, with the text in e. */
int help_verify(const char *folder, const struct journal_head *anchor, int64_t *ret_rows, struct err *e);
