#pragma once
/*
 * Places at which the test ends one of our programs. They exist in firebreak-crash and firebreak-worker-crash* only:
 * the same objects as the products, linked with --wrap, so that the products hold no hook. A worker has no environment,
 * so all are steered by files in the folder of their executable:
 *
 *   control        lines "parent change 12": kill -9 at the 12th point of that role in that step; "parent change 2
 *                  before message": at the 2nd of that name; nothing else: never
 *   points.ROLE    one record of POINT_RECORD bytes for each point that was reached: its step, then its name
 *   ended          the records at which one was ended
 *   durable        the last journal row of which the program was told that it is on disk
 *   clock          seconds by which the parent's clock stands behind; not there: none
 *
 * The step is what is done ("change", "settle"): the parent knows it of the intent, a worker of its job. "-": no step.
 * A number in a name (a port, how many sessions there were) is "#": it differs from run to run, and the point does not.
 */
#include <stdint.h>
#include <sys/types.h>

#define POINT_STEP 16
#define POINT_NAME 80
#define POINT_RECORD (POINT_STEP + POINT_NAME)

void point(const char *role, const char *step, const char *name);
void point_of(pid_t victim, const char *role, const char *step, const char *name);
/* The step of the newest point of a role; "-" when there is none. */
void point_last_step(const char *role, char ret[POINT_STEP]);
void point_worker(const char *when, const char *what, const char *more);       /* points_worker.c */
void point_durable(int64_t seq);
int64_t point_clock_back_us(void);
