#pragma once
/* Common to the live tests of Bacula: three daemons for each test, the harness of the contract suite to call verbs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "contract.h"
#include "service_bacula.h"

#define MORE_MAX 8u

struct bacula_test { struct service service; struct contract c; struct service_bacula *x; };

/* Starts them; `shared`: all hold t->c.old. Further lines of the files (may be NULL). */
void bacula_test_begin(struct bacula_test *t, bool shared, const char *director, const char *client, const char
		       *storage);
void bacula_test_end(struct bacula_test *t);
/* A verb at one of the three, with further options: "name", "value", ..., NULL (may be NULL). */
struct said bacula_test_call(struct bacula_test *t, enum bacula_part part, enum driver_verb verb, int64_t limit_ms,
			     const char *const *more);
#define MORE(...) (const char *const[]){ __VA_ARGS__, NULL }
void bacula_test_must(const struct said *s);
/* A finding `what` whose words have `text`. */
bool bacula_test_found(const struct said *s, const char *what, const char *text);
/* The words of the director to a command of its boss have `text`. */
bool bacula_test_says(struct bacula_test *t, const char *command, const char *text);
/* Waits for that, half a minute. */
void bacula_test_wait(struct bacula_test *t, const char *command, const char *text);
