#pragma once
/* Common to the live tests of Dovecot and Postfix, in mounts and a network of their own: root only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "contract.h"
#include "service_dovecot.h"

#define OPTIONS_OF(...) .options = (const char *const[]){ __VA_ARGS__, NULL }

struct mail_test { struct service service; struct contract c; };

void mail_test_of(struct mail_test *t);                            /* everything but the servers; t stays where it is */
void mail_test_begin(struct mail_test *t, const char *more, bool slow);
void mail_test_end(struct mail_test *t);
void mail_test_must(const struct said *s);
void mail_test_says(const struct said *s, enum accepts wanted);
bool mail_test_accepts(struct mail_test *t, const char *password); /* over both doors, or the test ends */
bool mail_test_found(const struct said *s, const char *what, const char *detail);
int mail_test_run(const char *const *argv);                        /* as root, with no output; the exit code */
#define RUN(...) assert_int_equal(mail_test_run((const char *const[]){ __VA_ARGS__, NULL }), 0)
/* argv[1]: a pattern of tests. */
int mail_test_main(const struct CMUnitTest *tests, size_t n, int argc, char **argv);
