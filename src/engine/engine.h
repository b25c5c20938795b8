#pragma once
/*
 * Planner, executor and recovery: the only writer of the journal. What it promises stands in docs/ARCHITECTURE.md;
 * in short: intent before deed, recovery asks the service, done is three proofs, unknown is never success.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/seal.h"
#include "model/incident.h"
#include "model/plan.h"
#include "store/journal.h"
#include <stdbool.h>
#include <stdint.h>

struct engine {                          /* borrowed by every call */
	const struct firebreak_register *reg;
	const struct playbooks *playbooks;
	struct journal *journal;
	const char *state_folder;        /* absolute */
	const char *who;                 /* for the journal */
	const char *worker;              /* the program of the chores; WORKER-NAME: that of a driver of ours */
	const char *drivers_folder;      /* executables firebreak-driver-NAME of the team; may be NULL */
	const char *const *drivers;      /* their names, NULL-terminated; may be NULL */
	const struct trace_list *places; /* the shipped list of where values are left behind; NULL: none */
};

struct declaration {
	const char *const *what;
	size_t n_what;
	const char *because, *confidence;
	int64_t suspected_us, aware_us;  /* 0: not said (aware: now) */
	enum mode mode;
	bool drill;                      /* planned only: of the named secrets alone, nothing has leaked */
};

/* Writes the incident. *ret_others: open incidents that touch the same secrets, an array of {"incident", "secret": the
 * first of them}, oldest first; the caller's. */
int engine_declare(const struct engine *en, const struct declaration *d, int64_t *ret_number, json_t **ret_others,
		   struct err *e);
/* The fold of one incident; -ERR_USAGE when there is no such number. */
int engine_incident(struct journal *j, int64_t number, struct incident **ret, struct err *e);
/* The plan as the register has it now. */
int engine_plan(const struct engine *en, const struct incident *i, struct plan **ret, struct err *e);
/* What it reaches by the register of now, the n_roots that were declared at the front; of a drill these alone. The
 * caller frees. -ERR_USAGE: a name that was declared is none any more. */
int engine_reach(const struct engine *en, const struct incident *i, struct ref **ret, size_t *ret_n, size_t *ret_roots,
		 struct err *e);
/* Writes the steps of the plan that the journal does not have yet; *ret: the incident with them. */
int engine_adopt(const struct engine *en, int64_t number, const struct plan *p, struct incident **ret, struct err *e);
/* A person's word about a step: skipped or done by hand; `because` is kept. */
int engine_decide(const struct engine *en, const struct incident *i, enum row_kind kind, const char *step,
		  const char *because, struct err *e);

/* A person's word that a secret goes out of deployment until its new value can be had whole. -ERR_USAGE: this incident
 * replaces no such secret. -ERR_REFUSED: its playbook has no way for that, its new value is in the git already, or this
 * is a drill. A second time changes nothing. */
int engine_pull(const struct engine *en, const struct incident *i, const char *secret, const char *because,
		struct err *e);
/* May engine_pull be asked of this secret? */
bool engine_can_pull(const struct engine *en, const struct incident *i, const char *secret, struct err *e);

/* Ends an incident. -ERR_REFUSED, naming the first, while a step is neither proven, done by hand nor skipped. */
int engine_close(const struct engine *en, const struct incident *i, const char *because, struct err *e);

enum progress_kind { PROGRESS_STARTED, PROGRESS_ENDED, PROGRESS_TICK };     /* a tick each second, without a step */
struct progress {
	enum progress_kind kind;
	const struct step *step;
	enum outcome outcome;
	const char *text;
	uint32_t done, total, waiting;   /* steps of ours; a person's are not counted. waiting: not begun in this run */
	int64_t took_us;
};

struct respond_options {
	const char *const *only;         /* ids; NULL: all */
	size_t n_only;
	uint32_t at_once;                /* workers, 1..64 */
	const struct seal_key *key;      /* opens what an earlier run sealed; NULL: only when nothing is sealed yet */
	void (*tell)(const struct progress *p, void *arg);
	void *arg;
};

struct respond_result {
	struct counts counts;
	bool interrupted;                /* by SIGINT or SIGTERM: a later respond goes on */
	bool person_waits, not_known, failed;
};

/* Does what can be done now. 0: it ran (the result tells how far); -ERR_CONFLICT: another responder or incident is at
 * it; -ERR_IO: the journal could not be written, nothing was started after that. */
int engine_respond(const struct engine *en, int64_t number, const struct respond_options *o, struct respond_result *ret,
		   struct err *e);
/* The step that sealed the secret's values; -ERR_USAGE, with the nearest name, when this incident has none. */
int engine_sealed(const struct incident *i, const char *secret, const struct step_state **ret, struct err *e);
/* The sealed value of a proven "values" step; `what` is "old" or "new". Journalled before it is given out. */
int engine_recover(const struct engine *en, const struct incident *i, const char *secret, const char *what,
		   const struct seal_key *key, struct secret **ret, struct err *e);
/* The values that the private git has now, each in ret (room for n): or why it could not be read. */
struct engine_value { struct secret *value; char why[600]; };
int engine_read_values(const struct engine *en, const uint32_t *secrets, uint32_t n, struct engine_value *ret,
		       struct err *e);
/* A sealed value for a search, which is journalled by engine_traced; nobody is shown it. */
int engine_open_sealed(const struct incident *i, const char *secret, const char *which, const struct seal_key *key,
		       struct secret **ret, struct err *e);
/* What was found of one secret's values: docs/formats/journal.md, `traced`. */
int engine_traced(const struct engine *en, int64_t incident, const json_t *body, struct err *e);
/* When each secret of the register last went its whole way in an incident, all steps proven or answered; 0: never. ret
 * has room for n_secrets and is zeroed by the caller. */
int engine_last_tested(struct journal *j, const struct firebreak_register *reg, int64_t *ret, struct err *e);
/* "paths" and "leave" of a job that looks for old values on a host: the team's list, what Puppet handled, the host's
 * logs; with `wide` also the rest of the shipped list, the files of consumers and the backups that lie there. */
void engine_residue_places(const struct engine *en, uint32_t host, bool wide, json_t *job);
/* A report was drafted and written to a file: the hash of its exact text, and of each section that a person wrote, by
 * its name. Who changed one of them is an author from now on. */
int engine_reported(struct journal *j, int64_t incident, const char *who, const char *sha256, const json_t *sections,
		    struct err *e);
