#pragma once
/* Common to the live tests of MariaDB: one server for each test program, the harness of the
 * contract suite for verbs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "contract.h"
#include "service_mariadb.h"

#define OPTIONS_OF(...) .options = (const char *const[]){ __VA_ARGS__, NULL }
#define USERS_OF(...) .users = (const char *const[]){ __VA_ARGS__, NULL }

extern struct service kit_server;
extern struct contract kit;

/* Group set-up and end; the server has kit_extra (set it before) in its my.cnf. */
extern const char *kit_extra;
int kit_begin(void **state);
int kit_end(void **state);
/* Before each test: `app` takes kit.old only, new values are drawn, all other accounts but the admin's are gone. */
int kit_fresh(void **state);
void kit_do(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* First column of the first row; the text lives until the next call. */
const char *kit_ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Makes user@host with the hash of the password; `more` stands behind (REQUIRE SSL, ...). */
void kit_account(const char *name, const char *password, const char *more);
struct said kit_must(enum driver_verb verb, struct with with);
struct said kit_fails(enum driver_verb verb, struct with with, enum err_code code, enum effect effect,
		      const char *says);
enum accepts kit_accepts(struct with with);
bool kit_found(const struct said *s, const char *severity, const char *words);
unsigned kit_login(const char *user, const char *password);
