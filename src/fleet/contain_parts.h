#pragma once
/* Between contain.c (rows, and who is next), contain_visit.c (what is asked of a host), contain_probe.c (what the probe
 * saw), contain_verdict.c (what came of it all) and contain_beside.c (what may undo it). */
#include "base/seal.h"
#include "engine/crew.h"
#include "fleet/contain.h"
#include "fleet/evidence.h"
#include "fleet/visit.h"
#include "model/contain_schedule.h"

#define CONTAIN_EVIDENCE_S 5             /* to read what is fleeting, before it is cut off */
#define CONTAIN_TRIES 200u               /* kept of one host */
#define CONTAIN_TOLD 16u                 /* addresses that a host says it has, of each kind */
#define CONTAIN_PROBED 16u               /* ports of one address */
#define CONTAIN_PROBED_ASIDE 4u          /* of one that need not refuse */
#define CONTAIN_TARGETS 15000u           /* of one job, those that need not refuse included */

struct containing;

struct held {                            /* one host */
	struct containing *run;
	uint32_t host;
	struct contain_host words;
	struct host second;                  /* the same host by its second path */
	int64_t seq, began_us;
	json_t *tries, *result;
	char text[600], kept[300];           /* kept: why it is not kept over a restart; "" when it is */
	struct visits how;                   /* of the visit that runs */
	struct visit visit;
	struct fleet_evidence evidence;      /* of the try that runs */
	bool without_evidence;               /* a try of this run has taken it, or failed over it */
	enum contain_outcome outcome;        /* settled, from here on */
	bool stands;
};

struct containing {
	const struct engine *en;
	const struct contain_options *o;
	int64_t number;
	struct held *held; uint32_t n;
	struct contain_schedule *schedule;
	struct contain_counts *counts;
	struct sched_order order;            /* the newest */
	uint32_t *settled, n_settled;        /* hosts of the rows that are written together */
	struct seal_public to[SEAL_RECIPIENTS]; size_t n_to;
	char *first_config, *second_config;      /* for ssh -F, in a hurry; second: instead of second_of */
	const char *second_of;
	struct err e;                        /* of this machine: the run ends */
	int failed;
};

struct probing {                         /* one job of the probe host */
	struct containing *run;
	struct host here;
	uint32_t *hosts; uint32_t n;
	struct visits how;
	struct visit visit;
};

int64_t contain_now_ms(void);
/* contain_visit.c. The job stands for one order of the schedule; its end tells the schedule. */
void contain_visit(struct containing *c, const struct sched_order *order, struct crew_job *ret);
void contain_try(struct held *d, const char *what, const char *answer);
json_t *contain_request(const struct containing *c, const struct held *d);
/* contain_beside.c: adds to its text what the host itself says against it. */
void contain_beside(struct held *d);
/* contain_probe.c */
/* false: there is nothing to try, and the schedule knows. */
bool contain_probe(struct containing *c, const struct sched_order *order, struct crew_job *ret);
/* Of one host: the first `needed` have to refuse, of the others none may let in. */
struct contain_addresses { const char *list[CONTAIN_ADDRESSES + 3 * CONTAIN_TOLD]; size_t n, needed; };
/* What the answers say of one host: pure. answers: array of [address, port, word, why]. */
enum sched_answer contain_judge(enum contain_action action, enum contain_level level,
				const struct contain_addresses *a, const json_t *answers, char text[600]);
/* contain_verdict.c: pure. What came of one host, of the words in `text` what they mean, and whether a block stands
 * there by the host's own word. result: of each command its own object; text: of the last trouble, or of the probe. */
struct contain_told {
	enum contain_action action;
	enum contain_level level;
	bool crowd;
	enum contain_outcome outcome;        /* the schedule's */
	bool blocked, confirmed;
	const json_t *result;
	const char *kept;
};
enum contain_outcome contain_verdict(const struct contain_told *t, bool *ret_stands, char text[600]);
