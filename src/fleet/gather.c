#include "fleet/gather.h"
#include "base/clock.h"

#define RIGHT_US ((int64_t)5000000)     /* the way back, the end of ssh, a busy machine */

void gather_begin(struct gathered *g, const struct host *host, void *all)
{
	*g = (struct gathered){ .host = host, .found = json_array(), .unread = json_array(),
				.since_us = clock_now_us(), .all = all };
}

void gather_free(struct gathered *g)
{
	json_decref(g->found);
	json_decref(g->unread);
	*g = (struct gathered){ 0 };
}

void gather_line(const struct visit *v, enum wire_type type, const json_t *line, void *arg _unused_)
{
	struct gathered *g = v->arg;

	if (type == WIRE_FOUND)
		json_array_append_new(g->found, json_deep_copy(line));
	else if (type == WIRE_UNREAD)
		json_array_append_new(g->unread, json_deep_copy(line));
}

int64_t gather_clock_off_us(int64_t end_us, int64_t now_us)
{
	int64_t off;

	if (end_us <= 0 || end_us > INT64_MAX / 2)
		return 0;
	off = end_us - now_us;
	return off < RIGHT_US && off > -RIGHT_US ? 0 : off;
}
