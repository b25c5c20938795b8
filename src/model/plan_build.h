#pragma once
/* Between the files that build a plan: expansion of playbook steps (plan_expand*.c), their links (plan_link.c). */
#include "model/plan.h"

struct building {
	const struct plan_input *in;
	struct plan *p;
	const struct playbook **of_secret;     /* playbook of each secret that is rotated; NULL: not rotated */
	struct refs secrets;                   /* what is rotated, in order */
	struct indices keepers;                /* secrets that the register knows to stand in a table (stored) */
	const struct playbook *general;        /* "incident": what every incident needs; may be NULL */
	struct err *e;
};

bool building_pulls(const struct building *b, uint32_t secret);
/* A text with {host} and {incident} in it, of the plan's arena. */
const char *building_host_text(const struct building *b, const char *text, const char *host);
const struct driver_view *building_driver(const struct building *b, const char *name);
/* All steps of one secret's playbook but those of what was found stored, or only those; NOTHING: the general ones. */
int plan_expand(struct building *b, uint32_t secret, bool stored);
/* plan_stored.c: words for what an inspection found. */
const char *stored_id(struct arena *a, const char *table);       /* fit for an id that people type in quotes */
const char *stored_about(const struct building *b, const struct stored_find *f);
/* Each host on which configuration runs for a secret, those of its public halves too; one may come several times. */
void plan_each_host(const struct secret_def *s, void (*take)(uint32_t host, void *arg), void *arg);
int plan_evict(struct building *b);              /* plan_evict.c: what `firebreak evict` does */
int plan_link(struct building *b);
