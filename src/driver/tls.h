#pragma once
/* Between the files of driver tls. */
#include "base/keypair.h"
#include "driver/link.h"
#include "driver/tls_served.h"

/* What the addresses of a name serve now, of all kinds of key together. */
struct tls_look {
	bool old, new;                 /* one of them is of this key */
	bool other;                    /* one is of neither, or has nothing for the name */
	bool refused;                  /* one said that it has nothing for the name that was asked for */
	bool wants_client;             /* one asks its clients for a certificate */
	char old_at[80];               /* the first address that shows the old one; "" when none does */
	uint32_t places;
};
struct tls_keys { struct public_key old, new; bool has_old, has_new; };

int tls_keys_of(const struct driver_job *job, struct tls_keys *ret, struct err *e);
/* -ERR_NET when one address did not answer, or showed no certificate at all, and no other shows the old key: that one
 * does is known then, whatever the rest would say. Each question is told as a try, and each certificate given to
 * `shown` (may be NULL). */
typedef void tls_shown_fn(const char *place, enum tls_kind kind, const struct tls_served *s, void *arg);
int tls_look(const struct driver_job *job, const struct tls_keys *keys, tls_shown_fn *shown, void *arg,
	     struct tls_look *ret, struct err *e);
/* tls_served.c: one connection in its parts, so that several can be open at once. End it with tls_ask_end() in each
 * case; only what had its answer says goodbye. */
struct tls_handshake;
struct tls_ask { struct job_link *link; struct tls_starttls words; struct tls_handshake *shake; };
int tls_ask_open(const struct driver_job *job, struct tls_ask *ret, struct err *e);
/* `none` in ret: an alert; *ret_hung_up: it ended without a word, which may mean the same. */
int tls_ask_look(const struct driver_job *job, struct tls_ask *a, enum tls_kind kind, int64_t limit_ms,
		 struct tls_served *ret, bool *ret_hung_up, struct err *e);
void tls_ask_end(struct tls_ask *a);

/* tls_several.c: TLS_AT_ONCE connections that are open at the same time, of all kinds in turn: who answers one is one
 * worker of several, and behind a reload some may still have the old key. `take` gets each certificate that is shown.
 * Who cannot have so many at once is asked one by one. -ERR_NET: one that takes any kind had no answer. */
#define TLS_AT_ONCE 6u
typedef void tls_took_fn(enum tls_kind kind, const struct tls_served *s, void *arg);
int tls_several(const struct driver_job *job, tls_took_fn *take, void *arg, struct err *e);
int tls_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e);
int tls_words(const char *address, const char *const *users, const json_t *options, struct err *e);
/* Errors say where. */
int tls_where(const struct driver_job *job, struct err *e);
