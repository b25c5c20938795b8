#pragma once
/*
 * Places at which the test ends one of our programs. They exist in firebreak-crash and firebreak-worker-crash* only:
 * the same objects as the products, linked with --wrap, so that the products hold no hook. A worker has no environment,
 * so both are steered by files in the folder of their executable:
 *
 *   control        "parent 12" or "worker 3": kill -9 at the 12th (3rd) point of that role; anything else: never
 *   points.ROLE    one record of POINT_RECORD bytes for each point that was reached, its name in it
 *   durable        the last journal row of which the program was told that it is on disk
 *   clock          seconds by which the parent's clock stands behind; not there: none
 */
#include <stdint.h>

#define POINT_RECORD 64

void point(const char *role, const char *name);
void point_worker(const char *when, const char *what, const char *more);       /* points_worker.c */
void point_durable(int64_t seq);
int64_t point_clock_back_us(void);
