#pragma once
/* Between the files of the executor: one `respond`. */
#include "engine/engine.h"
#include "engine/values.h"
#include "engine/worker.h"
#include <systemd/sd-event.h>

#define BATCH_MAX 64u                /* steps that one git job serves */
#define APPLY_AT_ONCE 8u             /* configuration runs at a time: a herd of agents chokes its server */
#define TRIES_MAX 3u                 /* attempts of one step in one run, unknown and unreachable ones only */
#define COMMIT_HEX 65                /* a commit's name with its NUL */

/* What this run knows of one step of the plan. */
struct track {
	enum outcome outcome;        /* of the journal, then of this run */
	bool running, ended;         /* ended: not again in this run */
	bool must_probe;             /* an earlier deed of it has an unknown effect */
	bool wanted;                 /* by --only */
	uint32_t attempt, tries;     /* attempts ever; tries in this run */
	json_t *issued;              /* what an issuer gave in this run, or NULL */
	json_t *shown;               /* public halves of the old value that an inspection of this run saw, or NULL */
	int64_t not_before_us;       /* CLOCK_MONOTONIC: a pause before the next try */
};

enum phase { PHASE_PROBE, PHASE_ACT, PHASE_CHANGE };      /* CHANGE: a retire that has to be one */

/* One worker at work for one step, or for a batch of git steps of one repository. */
struct doing {
	struct run *run;
	struct worker *worker;
	enum phase phase;
	uint32_t steps[BATCH_MAX], n;
	uint32_t admins[BATCH_MAX], n_admins;  /* secrets whose values a reading brings along for native steps */
	bool fresh;                        /* its intent is not on disk yet */
	int64_t started_us, deadline_us;   /* CLOCK_MONOTONIC */
	json_t *tries;                     /* of all workers of this deed */
	sd_event_source *again;            /* pause before the next probe of a proof */
	struct doing *next;
};

/* A row that waits for the turn's one write to the journal. */
struct waiting {
	enum row_kind kind;                /* ROW_INTENT or ROW_OUTCOME */
	uint32_t step, attempt;
	char *body, *text;                 /* text: of an outcome, for people */
	int64_t took_us;
};

struct run {
	const struct engine *en;
	const struct respond_options *o;
	int64_t number, since_us;
	struct incident *incident;         /* as it was when the run began */
	struct plan *plan;
	struct track *track;               /* one for each step of the plan */
	struct value *values;
	uint32_t n_values;
	struct doing *deeds;                /* at work */
	uint32_t running, applying;
	struct waiting *rows;              /* at most two of each step */
	uint32_t n_rows;
	bool *repository_busy;
	char (*heads)[COMMIT_HEX];         /* of each repository: the commit that this run saw last; "": none */
	bool stopping, interrupted, broken; /* broken: the journal does not take rows */
	bool in_turn, turn_again;
	bool found;                        /* an inspection found what the plan makes steps of */
	struct err failure;
	struct seal_public to[SEAL_RECIPIENTS];
	size_t n_to;
	struct digest_key tag_key;
	char *clones, *control;
	sd_event *loop;
	sd_event_source *again, *tick;     /* a pause is over; a second is over */
};

/* deed.c: the program of an account's driver; NULL: there is none. The caller's. */
char *engine_driver_program(const struct engine *en, const char *driver);
/* job.c: a probe that only has the old value, outside of any plan. */
void job_of_try(const struct engine *en, const struct account *a, int64_t limit_ms, json_t **ret);

/* respond.c */
void run_broken(struct run *r, const struct err *e);

/* summary.c; found: person's steps that this run's inspections led to. */
void run_sum_up(const struct run *r, uint32_t found, struct respond_result *ret);

/* adopt.c: appends what the journal does not have of the plan; call it alone with the journal. */
int plan_adopt(const struct engine *en, const struct incident *i, const struct plan *p, struct err *e);
/* The person's steps that came of findings since `before` was planned: into the journal, and counted. */
int adopt_found(const struct engine *en, int64_t number, const struct plan *before, uint32_t *ret_n, struct err *e);

/* schedule.c: starts what can be started; ends the loop when nothing runs and nothing can. A turn writes to the journal
 * once: the outcomes that led to it and the intents of what it starts, all on disk before the first of them begins. */
void schedule(struct run *r);
void deed_leaves(struct run *r, const struct doing *d);   /* gives back what it held */

/* rows.c */
void rows_intent(struct run *r, uint32_t step, const char *body);
void rows_outcome(struct run *r, uint32_t step, char *body, const char *text, int64_t took_us);   /* takes the body */
/* Writes what waits, together or not at all, and tells it. It waits no longer in either case. */
int rows_write(struct run *r, struct err *e);
void rows_free(struct run *r);
void rows_tick(struct run *r);                       /* tells how far it is, without a step */

/* places.c: what lies in the private git. A clone is used by one worker at a time; repository NOTHING: all that hold a
 * place of the secret. */
bool step_is_git(const struct step *s);
bool step_is_issuers(const struct step *s);          /* its program asks somebody outside */
void repositories_mark(struct run *r, uint32_t secret, uint32_t repository, bool busy);
bool repositories_free(const struct run *r, uint32_t secret, uint32_t repository);
uint32_t repository_of(const struct run *r, const struct step *s);   /* NOTHING when its places lie in several */
void heads_take(struct run *r, const struct doing *d, const struct worker_result *w);
/* Values of admins: beside the values of a batch where they lie in the same repository, by themselves otherwise. */
void admins_join(struct doing *d);
void admins_take(struct doing *d, const struct worker_result *w);
bool admin_ready(struct run *r, uint32_t step);             /* false: not yet; it is being fetched */

/* deed.c */
void deed_start(struct run *r, const uint32_t *steps, uint32_t n);  /* its intents wait; deed_act comes behind them */
void deed_drop(struct doing *d);                     /* one that never began, or has ended */
void deeds_kill(struct run *r);
void deed_act(struct doing *d);                      /* the worker of the deed's phase */

/* finish.c: what came of it; its outcome waits for the turn, and the deed is freed. */
void deed_finish(struct doing *d, struct worker_result *w);
/* Of a git job: the answer to its entry `at`, which was about `name`; NULL: it says nothing of it. */
const json_t *secret_result(const json_t *result, uint32_t at, const char *name);
enum outcome outcome_of(const struct worker_result *w, enum step_do what);

/* recover.c: what to do after a probe of a stage, change or retire with an unknown effect. */
enum next { NEXT_ACT, NEXT_CHANGE, NEXT_PERSON, NEXT_NOT_REACHED };
enum next recover_next(enum step_do what, const char *accepts);

/* issued.c: what issuers make of a new value, for the steps that write, prove and revoke it. */
const json_t *issued_of(const struct run *r, const struct step *s);       /* NULL: nothing yet; the run's */
void issued_take(struct run *r, uint32_t step, const json_t *result);
void issued_drop(struct track *t);
void issuer_of_step(const struct run *r, const struct step *s, json_t *job);

/* job.c: the job and the secrets of a step. */
json_t *host_json(const struct run *r, uint32_t host);
json_t *names_json(const struct names *n);
int job_of_step(struct run *r, uint32_t step, enum phase phase, json_t **ret, struct wire_secrets *secrets,
		struct err *e);
int job_of_batch(struct run *r, const struct doing *d, json_t **ret, struct wire_secrets *secrets, struct err *e);
/* Values of several secrets at once; their names on the wire are old0, old1, ... */
void job_of_reading(struct run *r, const uint32_t *secrets, uint32_t n, int64_t limit_ms, json_t **ret);
int job_of_fetch(struct run *r, uint32_t secret, json_t **ret, struct err *e);
