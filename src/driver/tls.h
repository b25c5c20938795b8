#pragma once
/* Between the files of driver tls. */
#include "base/keypair.h"
#include "driver/tls_served.h"

/* What the addresses of a name serve now, of all kinds of key together. */
struct tls_look {
	bool old, new;                 /* one of them is of this key */
	bool other;                    /* one is of neither */
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
int tls_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e);
int tls_words(const char *address, const char *const *users, const json_t *options, struct err *e);
/* Errors say where. */
int tls_where(const struct driver_job *job, struct err *e);
