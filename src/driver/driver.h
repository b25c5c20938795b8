#pragma once
/*
 * One service = one file = one const struct, listed once in drivers.def. A driver is straight-line, blocking C in a
 * short-lived worker process: it gets its job and the secrets, talks to one server, answers, and the process ends.
 * It knows nothing of incidents, plans, git or Puppet. docs/DRIVERS.md shows how to add one.
 *
 * Honesty: before the first byte that may change the far side, a verb calls job_changing(); every try is told with
 * job_tried() in the service's own words. On failure err.effect says what may have changed. What cannot be told from a
 * failed connection is ACCEPTS_UNREACHABLE, never "refused".
 *
 * Secrets: `old`, `new` and `admin` are lent (secret_with). Clear text never in SQL, argv, environment, log or text;
 * hashes and verifiers are made here. Library copies die with the process.
 *
 * Lock-outs: probe tries each value at most once for each call and ends with a login that works where it can, so that
 * the service's own count of failures starts again.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum driver_verb { VERB_PROBE, VERB_CHANGE, VERB_STAGE, VERB_RETIRE, VERB_CUT, VERB_INSPECT, VERB_DRAIN, VERBS };

enum accepts { ACCEPTS_UNREACHABLE, ACCEPTS_OLD, ACCEPTS_NEW, ACCEPTS_BOTH, ACCEPTS_NEITHER };

/* Where the connection really goes: a path of a Unix socket, or host and port. May be the near end of a forward through
 * a consumer's host; `address` in the job stays what the register says, for texts. */
struct endpoint { const char *unix_path, *host; uint16_t port; };

struct way;      /* how a host is reached: transport/transport.h */
struct job_sink; /* where tries and the "changing" mark go: the worker's answer pipe, or a test's list */

struct driver_job {
	const char *driver, *address;          /* as in the register */
	struct endpoint at;
	const struct way *from;                /* where the connection comes from: for a further address */
	const struct way *host;                /* the service's own machine (driver/host.h); NULL: none is known */
	const char *const *users;              /* NULL-terminated; may be empty */
	const json_t *options;                 /* flat object of strings; only names that the driver declares */
	bool replica;                          /* presents the value to its primary instead of checking it */
	const char *admin_user;                /* NULL: the account changes itself, with `old` (or `new`) */
	const struct secret *old, *new, *admin; /* each may be NULL when unknown or not needed */
	const char *old_tag, *new_tag;         /* keyed digests for texts */
	int64_t since_us;                      /* inspect: look at what happened since then; 0: unknown */
	int64_t limit_ms;                      /* for the whole verb; the worker is killed behind it */
	struct job_sink *sink;
};

struct driver_answer {
	enum accepts accepts;                  /* probe; cut and change leave it alone */
	uint32_t count;                        /* cut: sessions ended; drain: entries left; inspect: findings */
	uint32_t left;                         /* cut: sessions still there at the second look: 0 or it is a failure */
	json_t *findings;                      /* array of what job_finding() made, or NULL; the caller's */
	json_t *shown;                         /* array of what job_shown() was given, or NULL; the caller's */
	char text[300];                        /* one sentence for people */
};

/* A verb returns 0 when it did what it says and the far side confirmed it. */
typedef int driver_fn(const struct driver_job *job, struct driver_answer *ret, struct err *e);

struct driver {
	const char *name;
	driver_fn *verb[VERBS];                /* NULL: cannot; drivers.def says so in words. Of a driver by a public
						  half change, stage, retire and cut are not there */
	int (*words)(const char *address, const char *const *users, const json_t *options, struct err *e);
	                                       /* checks what the register says for this driver; may be NULL */
};

/* What planner and people must know without mapping a protocol client: from drivers.def. */
struct driver_facts {
	const char *name;
	const char *title;                     /* "MariaDB 10.11" */
	const char *const *options;            /* names that may stand under options: in the register */
	bool can_stage;                        /* two values at once */
	bool can_list_sessions;
	bool can_undo;
	bool has_drain;
	bool by_half;                          /* what it accepts is what a public half says: see docs/DRIVERS.md */
	const char *cannot;                    /* in words, for the plan; "" when there is nothing */
	const char *interrupts;                /* who feels a change and for how long, in words */
	const char *salted;                    /* what the service keeps of a value that no comparison finds; or "" */
};

extern const struct driver_facts driver_facts[];
extern const size_t driver_facts_count;
const struct driver_facts *driver_facts_find(const char *name);       /* NULL: none of ours */

const char *driver_verb_name(enum driver_verb v);
int driver_verb_parse(const char *name, enum driver_verb *ret);
const char *accepts_name(enum accepts a);
int accepts_parse(const char *name, enum accepts *ret);

/* --- what a verb calls --- */
/* `what`: "login as 'app' with the old value from db11"; `answer`: the service's words (made visible, cut at 300). */
void job_tried(const struct driver_job *job, const char *what, const char *answer);
void job_changing(const struct driver_job *job);
void job_finding(struct driver_answer *a, const char *severity, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* inspect: a table in the account's reach that may keep passwords of others; the plan gets a person's step of it.
 * `table` is its lasting name ("shop.people"; "*.people" for many alike), `columns` are those that look so. */
void job_stored(struct driver_answer *a, const char *table, const char *columns, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* inspect, by a public half: one of the old key that the service shows, as its issuer wrote it. The plan has each
 * revoked, wherever it came from. The same text counts once; at most JOB_SHOWN_MAX, and behind them a finding. */
void job_shown(struct driver_answer *a, const char *half);
#define JOB_SHOWN_MAX 16u
/* Names of such columns; the same expression for each service that has tables. */
#define STORED_COLUMNS_LIKE \
	"passw|passphrase|pwd|secret|credential|private_?key|api_?key|(^|_)(pass|pw|token|t?otp)($|_)"
const char *job_option(const struct driver_job *job, const char *name);   /* NULL when not given */
/* Milliseconds left until the job's deadline, at least 1. */
int64_t job_left_ms(const struct driver_job *job);
/* Puts old/new acceptance together. */
enum accepts accepts_of(bool old_works, bool new_works);
/* Of several users or doors of one account: what differs is "both", and "neither" once one has neither. */
enum accepts accepts_together(enum accepts one, enum accepts other);
