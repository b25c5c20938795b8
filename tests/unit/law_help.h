#pragma once
/* What the tests of clock, severity, ladder and notices share: the shipped rules, and incidents out of rows. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/mem.h"
#include "model/law_state.h"

#define HOUR INT64_C(3600000000)
#define NOON INT64_C(1795521600000000) /* 2026-11-24T12:00:00Z */

struct law *help_law(void);                              /* the shipped rules; fails the test when they are wrong */
void help_law_free(struct law *l);
/* One file of rules; the result of law_add, with the text in e. */
int help_rules(struct law *l, const char *text, struct err *e);
/* Declared at NOON; `more` are further keys of the row's body, "" or beginning with a comma. */
struct incident *help_incident(const char *more);
/* A row an hour after the one before. */
void help_row_law(struct incident *i, enum row_kind kind, const char *body);

/* Members and data for `more`: one set that holds what stands in `keys` (JSON, "" or beginning with a comma). */
char *help_data(const char *keys);
