#pragma once
/*
 * DKIM's acceptor: NSD, which serves a zone out of a git repository that reloads it when something is pushed, as teams
 * do. `half` is what a job of the worker needs to publish and withdraw there. Values are private keys in PEM.
 */
#include "service.h"

int service_dkim_value(char *ret, size_t size);             /* a new RSA key */
/* The zone's text as it is pushed: these keys live, those withdrawn, each NULL-terminated; serial and TTL by itself. */
int service_dkim_push(struct service *s, const char *const *live, const char *const *withdrawn);
/* One question to the server, by kdig: the TXT records of a name below the zone, as dig +short shows them. */
int service_dkim_ask(const struct service *s, uint16_t port, const char *name, char *ret, size_t size);
