#pragma once
/* Common to the live tests of Redis: one server for each test, the harness of the contract suite to call verbs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "contract.h"
#include "service_redis.h"

#define OPTIONS_OF(...) .options = (const char *const[]){ __VA_ARGS__, NULL }
#define USERS_OF(...) .users = (const char *const[]){ __VA_ARGS__, NULL }

struct redis_test { struct service service; struct contract c; char conf[300]; };

/* Starts a server whose `default` has t->c.old, with further lines of redis.conf. */
void redis_test_begin(struct redis_test *t, const char *extra);
void redis_test_end(struct redis_test *t);
bool redis_test_login(struct redis_test *t, const char *user, const char *password);
/* True when a command of the admin says `wanted` somewhere in its answer. */
bool redis_test_says(struct redis_test *t, const char *wanted, const char *const *words);
#define SAYS(t, wanted, ...) redis_test_says(t, wanted, (const char *const[]){ __VA_ARGS__, NULL })
void redis_test_must(const struct said *s);
bool redis_test_found(const struct said *s, const char *what);
/* Ends and starts the server with the file as it is. */
void redis_test_restart(struct redis_test *t);
