#pragma once
/*
 * What a text for everybody must not hold: names and addresses of hosts, addresses of accounts, mail addresses, IP
 * addresses, logins ("app@db11"). Found by what they look like and by what register and incident name; each becomes
 * "[host]" or "[address]". What the register allows under `publish: show:` stays as it is. Pure.
 */
#include "base/buf.h"
#include "model/incident.h"

struct firebreak_register;
struct redactor;
/* Register and incident are borrowed until redactor_free. */
struct redactor *redactor_new(const struct firebreak_register *reg, const struct incident *i);
struct redactor *redactor_free(struct redactor *r);
void redactor_freep(struct redactor **r);
void redact(const struct redactor *r, const char *s, struct buf *b);
