#pragma once
/* One step of a playbook becomes steps of the plan. Between the files plan_expand*.c; memory is of the plan's arena.
 * Functions with an int give 0, or -1 and the error of the building. */
#include "model/plan_build.h"

struct expansion {
	struct building *b;
	const struct playbook *pb;
	const struct playbook_step *ps;
	const struct secret_def *s;      /* NULL: the general playbook */
	uint32_t secret;
};

/* The step of this id, made when it is new; NULL: there would be too many, which expand_full says. */
struct step *expand_add(struct expansion *x, const char *id);
int expand_full(struct expansion *x);
/* Of at most 4,095 bytes; the rest is cut off. */
const char *expand_say(struct expansion *x, const char *fmt, ...) _printf_(2, 3);

int expand_once(struct expansion *x);          /* a step for the secret, or for the incident */
/* plan_expand_accounts.c: what a driver does or proves, for each account that the secret opens. */
int expand_account(struct expansion *x);
int expand_prove(struct expansion *x);         /* and for each host from which it is tried */
const char *expand_account_words(struct expansion *x, const struct account *a);
/* plan_expand_halves.c: what is published, withdrawn, issued, revoked, and the robots that renew it. */
int expand_halves(struct expansion *x);
/* plan_expand_hosts.c: where the secret is used, where it is served, where its old value may stand still. */
int expand_consumers(struct expansion *x);
/* plan_expand_person.c: once, or for each account, party, public half, host, stored copy, or the owners of domains. */
int expand_person(struct expansion *x);
