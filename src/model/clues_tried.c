/* Who tried: the most stubborn first, and whoever came in from the same address. */
#include "base/mem.h"
#include "model/clues_parts.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 20u

static int by_count(const void *left, const void *right)
{
	const json_t *a = *(const json_t *const *)left, *b = *(const json_t *const *)right;
	int64_t x = json_int(a, "count", 0), y = json_int(b, "count", 0);

	return (x < y) - (x > y);
}

static void one(struct clues *c, const json_t *l, const char *came_in)
{
	clue(c, CLUE_ACCOUNT, came_in, clue_us(l, "at_us"), "%" PRId64 " failed logins as %.60s%s from %.60s, from %s "
	     "to %s%s%.60s", json_int(l, "count", 0), *clue_text(l, "account") ? clue_text(l, "account") : "''",
	     json_is(l, "no_such_account") ? " (no such account)" : "", clue_text(l, "address"),
	     clue_time(c, clue_us(l, "at_us")), clue_time(c, clue_us(l, "last_us")),
	     came_in ? ", and from there somebody came in as " : "", came_in ? came_in : "");
}

void clues_tried(struct clues *c)
{
	size_t n = json_array_size(c->in->found), n_tried = 0;
	_cleanup_(freep) const json_t **tried = mem_zero(n + 1, sizeof(const json_t *));
	int64_t left_out = 0;

	for (size_t k = 0; k < n; k++)
		if (clue_is(json_array_get(c->in->found, k), "tried"))
			tried[n_tried++] = json_array_get(c->in->found, k);
	if (n_tried)
		qsort(tried, n_tried, sizeof(const json_t *), by_count);
	for (size_t k = 0; k < n_tried; k++) {
		const char *came_in = clues_came_in(c, clue_text(tried[k], "address"));

		if (k < TOLD_MAX || came_in)
			one(c, tried[k], came_in);
		else
			left_out += json_int(tried[k], "count", 0) & INT32_MAX;
	}
	if (left_out)
		clue(c, CLUE_ACCOUNT, false, 0, "%" PRId64 " more failed logins, from other addresses or as others",
			left_out);
}
