#pragma once
/*
 * What every driver keeps, whatever its service: one suite, run against each entry of drivers.def on its real server.
 * It starts the server once; each case runs in a process of its own with a deadline and begins with an
 * account that holds exactly `old`. A case ends its process: CHECK says why and exits with 1.
 */
#include "driver/driver.h"
#include "service.h"
#include <stdbool.h>
#include <stdint.h>

#define CHECK(condition, ...) \
	do { if (!(condition)) contract_fail(__FILE__, __LINE__, #condition, __VA_ARGS__); } while (0)

#define CONTRACT_VALUE_MAX 4096        /* a private key is a value too */

struct contract {
	const struct driver *driver;
	const struct driver_facts *facts;
	struct service *service;
	char old[CONTRACT_VALUE_MAX], new[CONTRACT_VALUE_MAX];
	char other[CONTRACT_VALUE_MAX];  /* somebody else's */
};

/* What a verb is given beside the usual: zero means "as always". */
struct with {
	const char *user;                /* another account */
	const char *admin_password;      /* a wrong one */
	const char *new;                 /* another new value */
	const char *old;                 /* another old value */
	bool itself;                     /* no admin: the account changes itself */
	uint16_t port;
	const char *unix_path;           /* instead of host and port */
	int64_t limit_ms;
	const char *const *users;        /* several accounts, NULL-terminated */
	const char *const *options;      /* "name", "value", ..., NULL */
	bool replica;
	const struct way *way;           /* to the service's host, and where the connection comes from */
	bool host_away;                  /* the service's host does not answer */
	int64_t since_us;
};

struct said {
	int r;
	struct err e;
	struct driver_answer a;
	bool changing;
	unsigned int tries;
	int64_t took_ms;
	char *all;                       /* every word that came out: tries, text, error, findings */
};

void contract_fail(const char *file, int line, const char *what, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 4, 5)));
/* Runs a verb and checks what holds for each: no clear text in any word, in argv or environment; a sentence for each
 * failure; effect and "changing" agree; the deadline is kept. */
struct said contract_call(struct contract *c, enum driver_verb verb, struct with with);
/* A public half that an issuer makes takes the place of the one before: there is no moment of two. */
bool contract_half_is_one(const struct contract *c);
/* What the verb is for an account by a public half: a way round the driver, the worker's own (contract_half.c). */
int contract_half(struct contract *c, enum driver_verb verb, const struct driver_job *job, struct driver_answer *ret,
		  struct err *e);
bool contract_login(struct contract *c, const char *password);

typedef void contract_case(struct contract *c);
#define CASE(name) contract_case case_##name;
#include "cases.def"
#undef CASE
