#pragma once
/*
 * Which host is next when many are contained or released side by side: tries, pauses, deadlines. Pure: events come in
 * with a time, orders come out; whoever drives it has the clock and the processes, and tests have neither.
 *
 * A host goes block -> confirm (over the second path, before its dead-man's time) -> probe (from outside, many hosts
 * in one job) -> settled. Blocks come before confirmations, also those that run (what they share is this machine's
 * time), until a dead-man's time is half over. A try that takes
 * longer than `patience_ms` gives its slot to others and goes on beside them, so that hosts which hang hold nobody
 * back; at most four times `at_once` run in all.
 */
#include "model/incident_contain.h"

struct sched_limits {
	uint32_t at_once;              /* visits side by side */
	uint32_t tries;                /* of a block, and of a probe that says nothing */
	int64_t block_ms, confirm_ms, probe_ms;         /* one try */
	int64_t patience_ms, pause_ms; /* pause: before the second try; doubled each time, to SCHED_PAUSE_MAX_MS */
	int64_t margin_ms;             /* a confirmation must begin this long before the dead-man's time */
	int64_t gather_ms;             /* a probe waits this long for more hosts */
	int64_t yield_ms;              /* a confirmation waits for blocks that have run less than this */
};
#define SCHED_PAUSE_MAX_MS 30000
extern const struct sched_limits sched_usual;

struct sched_host {
	bool confirm, probe;           /* which stages it has behind the block */
	uint32_t group;                /* hosts of one group are probed together; below the number of hosts */
};

enum sched_what { SCHED_BLOCK, SCHED_CONFIRM, SCHED_PROBE, SCHED_SETTLED, SCHED_WAIT, SCHED_OVER };
struct sched_order {
	enum sched_what what;
	uint32_t host;                 /* of block, confirm, settled */
	uint32_t attempt;              /* from 1 */
	const uint32_t *hosts; uint32_t n;      /* of probe; until the next call */
	int64_t limit_ms;              /* of the job */
	enum contain_outcome outcome;  /* of settled */
	bool blocked, confirmed;       /* of settled: the host said that it is cut off; that the second path keeps it */
	int64_t wake_ms;               /* of wait: ask again then, or at an event; -1: at an event only */
};

/* What came of a try. UNREACHABLE: nothing has changed there; UNKNOWN: that is not known. */
enum sched_answer { SCHED_DONE, SCHED_FAILED, SCHED_UNREACHABLE, SCHED_UNKNOWN };

struct contain_schedule;
struct contain_schedule *sched_new(const struct sched_limits *l, const struct sched_host *hosts, uint32_t n);
struct contain_schedule *sched_free(struct contain_schedule *s);
void sched_freep(struct contain_schedule **s);
/* Call until it says wait or over. Every order but these two is given once and stands as begun. */
void sched_next(struct contain_schedule *s, int64_t now_ms, struct sched_order *ret);
/* A block or confirm ended; of a probe one call for each of its hosts. left_ms: of the dead-man, as the host told it
 * (block only). false: no such try is running, nothing was done. */
bool sched_ended(struct contain_schedule *s, int64_t now_ms, enum sched_what what, uint32_t host,
		 enum sched_answer answer, int64_t left_ms);
