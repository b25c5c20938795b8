#pragma once
/* The lines of many hosts, each kept by the host that said them. */
#include "base/json.h"
#include "fleet/visit.h"

struct gathered {
	const struct host *host;
	json_t *found, *unread;        /* arrays */
	int64_t since_us;              /* our clock, when the visits began */
	void *all;                     /* the caller's own */
};

void gather_begin(struct gathered *g, const struct host *host, void *all);
void gather_free(struct gathered *g);
/* For struct visits: v->arg is a struct gathered. */
void gather_line(const struct visit *v, enum wire_type type, const json_t *line, void *arg);
/* How far the host's clock is ahead of ours, from what it says at the end of its visit; 0 within what a visit's end may
 * take. end_us 0: it said nothing. */
int64_t gather_clock_off_us(int64_t end_us, int64_t now_us);
