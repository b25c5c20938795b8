#pragma once
/*
 * The domains that a key serves, and the wikis there. Pure. A key serves the domains of the data sets that it opens
 * itself (register: `opens`, and `domains` of a data set), and only when an issuer made a public half for it: a
 * password that opens the same data serves nothing.
 */
#include "base/buf.h"
#include "model/incident.h"
#include "model/register.h"

/* The next data set of which the secret serves the domains, from *at on, which begins at 0. False: there is none. */
bool domains_next(const struct firebreak_register *r, const struct secret_def *s, uint32_t *at, uint32_t *ret_data);
/* What happened to the domains of the keys in the incident's reach, in words for everybody: names of domains and times,
 * nothing of secrets, hosts or people. Nothing is written when none of them is known. */
void domains_tell(const struct firebreak_register *r, const struct incident *i, struct buf *b);
