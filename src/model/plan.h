#pragma once
/*
 * What will be done, as a graph of steps with reasons. Pure and deterministic: the same register, playbooks and
 * incident give the same steps with the same ids, so that a plan is built anew at each `respond` and matched with the
 * journal by id.
 *
 * Every secret in the blast radius is replaced, by the playbook of its kind. A step waits for `after` (must have
 * succeeded) and `behind` (must have ended, however): a stuck server does not hold back the others. Steps that share an
 * account or a host wait only for their own. Configuration runs are shared: one for each host and side.
 * An account whose admin is a secret of the same incident waits until that one is changed.
 * A secret that a person pulls has the steps "when: pulled" besides; the others wait behind them, and bring it back.
 * A user that was declared and each ssh key that is reached are evicted from every host of the register: steps
 * "evict@HOST" that `firebreak evict` does and proves; of a declared host its Puppet certificate ends
 * ("certificate@HOST") and its node is cleaned ("node@HOST"), by it too where the register names the Puppet server, by
 * a person otherwise. Who had such a key makes a new one ("new-key:...", a person's). On a declared host is looked for
 * the old value of each secret, whether it was fed that or not.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "model/graph.h"
#include "model/playbook.h"
#include "model/register.h"

struct step {
	const char *id, *name, *title, *why; /* name: the id of the playbook's step */
	const char *text;                    /* person's step: what to do */
	const char *interrupts, *cannot;     /* in words, or NULL */
	enum step_do what;
	bool person;
	enum side side;
	bool mailed;                         /* done by `firebreak mail send N --domains-of SECRET` only */
	bool old_any;                        /* a proof: the old value may still be accepted */
	bool new_any;                        /* a proof: the new value need not be accepted */
	bool back;                           /* commit, publish: the secret was pulled, so what is missing is made */
	uint32_t secret, host, repository;   /* NOTHING where it has none */
	uint32_t account, consumer, half;    /* of the secret; the same */
	uint32_t *after, *behind;
	uint32_t n_after, n_behind;
	int64_t limit_ms;
};

/* What a plan must know of a driver (driver/driver.h's facts, handed in). */
struct driver_view {
	const char *name, *cannot, *interrupts;
	bool can_stage, has_drain, by_half;
};

/* A table in the reach of a secret's account that may keep passwords of others, as an inspection found it. */
struct stored_find { uint32_t secret; const char *address, *table, *columns; };

struct plan {
	struct arena *arena;
	enum mode mode;
	struct step *steps;
	uint32_t n;
	size_t cap;
	struct map ids;
};

struct plan_input {
	const struct firebreak_register *reg;
	const struct playbooks *playbooks;
	const struct driver_view *drivers;
	size_t n_drivers;
	const struct ref *members;           /* the blast radius; roots first */
	size_t n_members, n_roots;
	int64_t incident;                    /* its number, for the commands in texts; 0: none yet */
	const struct stored_find *stored;    /* of the inspections so far */
	size_t n_stored;
	const uint32_t *pulled;              /* secrets that a person has decided to take out of deployment */
	size_t n_pulled;
	enum mode mode;
	bool drill;                          /* nothing leaked: no person looks for a cause or resets what may be
		known */
};

/* -ERR_CONFIG: a secret's kind has no playbook. -ERR_LIMIT: more than LIMIT_STEPS. */
int plan_build(const struct plan_input *in, struct plan **ret, struct err *e);
struct plan *plan_free(struct plan *p);
void plan_freep(struct plan **p);

json_t *plan_json(const struct plan *p, const struct firebreak_register *r);       /* array: body of a "planned" row */
void plan_dot(const struct plan *p, struct buf *b);
/* OASIS CACAO v2.0 playbook; ids are derived from the step ids (UUIDv5-like), the same at each export. */
json_t *plan_cacao(const struct plan *p, const char *name, int64_t created_us);
