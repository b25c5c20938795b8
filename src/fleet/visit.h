#pragma once
/*
 * Many hosts side by side: firebreak-warden takes the scout to each of them, has it do one request there, and brings
 * its answers (docs/formats/scout.md). One ssh session for a visit, nothing stays on the host. This is the parent's
 * side; intents and outcomes in the journal are the caller's.
 *
 * What a host says is a hostile host's word: lines are JSON of limited size and number, texts in them are not made
 * visible yet, and "nothing found" is what it says.
 */
#include "base/err.h"
#include "base/json.h"
#include "model/register.h"
#include "worker/wire.h"
#include <stdbool.h>
#include <stdint.h>

enum visit_outcome {
	VISIT_DONE,            /* each command of the request was done, by the host's own word */
	VISIT_FAILED,          /* it was reached, and one command was not done; text says why */
	VISIT_UNREACHABLE,     /* it did not answer; nothing was changed */
	VISIT_UNKNOWN,         /* the request may have changed something and nothing is known of it: look first */
};

/* Where the evidence of one host goes: sealed as it comes, never in clear on a disk. */
struct visit_evidence {
	const char *file;              /* made here; must not exist */
	const char *context;           /* what it is bound to: "incident 7, host db11" */
};

struct visit {                         /* one host; borrowed by the call */
	const struct host *host;
	json_t *request;               /* {COMMAND:{...},...}: done in their order, up to the first that fails */
	const struct visit_evidence *evidence;         /* NULL: a host that sends some is refused */
	const char *kept;              /* where an earlier visit says that it left the scout; NULL: it is sent */
	void *arg;                     /* the caller's own */
};

struct visited {                       /* lent to `end` */
	enum visit_outcome outcome;
	enum err_code code;
	enum effect effect;
	char text[600];                /* of all but VISIT_DONE: one sentence, visible */
	const json_t *answer;          /* the scout's result line: an object for each command, by name; may be NULL */
	const json_t *evidence;        /* {"file", "bytes", "sha256", "lines", "whole"} of what was sealed; or NULL */
	const json_t *tries;           /* "tried" lines, an array */
	int64_t took_us;
};

struct visits {
	const char *warden, *scout;    /* the programs */
	const char *ssh_config;        /* NULL: as the responder has it */
	bool timed;                    /* and ConnectTimeout is set there (fleet/hurry.h) */
	const struct seal_public *to;  /* the responders, for evidence */
	size_t n_to;
	bool changes;                  /* requests change something: a visit that breaks off is VISIT_UNKNOWN */
	bool fresh;                    /* a login of its own, also where the team keeps connections open */
	uint32_t at_once;              /* 1..64 */
	int64_t limit_ms;              /* of one visit, from its start to its end */
	uint64_t bytes_max;            /* of one host's answers; 0: SCOUT_BYTES_MAX */
	/* found, unread and progress lines as they come; may be NULL (then they are refused) */
	void (*line)(const struct visit *v, enum wire_type type, const json_t *line, void *arg);
	/* once for each host, in the order in which they end */
	void (*end)(const struct visit *v, const struct visited *r, void *arg);
	void (*progress)(uint32_t done, uint32_t running, uint32_t total, void *arg);    /* may be NULL */
	void *arg;
};

/* Returns when all have ended. Errors are of this machine; what hosts did wrong is in `end`. */
int fleet_visit(const struct visits *how, const struct visit *list, uint32_t n, struct err *e);
/* One visit as a job, for who has several kinds of them side by side (crew_run_source): how and v are borrowed until
 * `end` was called. at_once and progress of how have no meaning then. */
struct crew_job;
void visit_job(const struct visits *how, const struct visit *v, struct crew_job *ret);
const char *visit_outcome_name(enum visit_outcome o);      /* "done", "failed", "unreachable", "unknown" */
