#include "fleet/investigate_drift.h"
#include "base/clock.h"
#include <string.h>

#define TOLD_MAX 300u

void drifting_begin(const struct engine *en, const struct fleet_baseline_keys *keys, const char *host,
		    struct drifting *ret)
{
	*ret = (struct drifting){ .e = ERR_INIT };
	if (fleet_baseline_kept(en, keys, host, &ret->before, &ret->e) < 0)
		(void)snprintf(ret->why, sizeof(ret->why), "%s", ret->e.text);
	if (ret->before)
		ret->now = baseline_new(host, clock_now_us());
}

bool drifting_line(struct drifting *d, const struct fleet_baseline_keys *keys, const json_t *line)
{
	const char *of = json_str(line, "of");

	if (!of || strcmp(of, "baseline") != 0)
		return false;
	if (d->now && d->wrong == 0)
		d->wrong = fleet_baseline_line(d->now, keys, line, &d->e);
	return true;
}

static void not_compared(json_t *unread, const char *section, const char *why)
{
	json_t *line = json_object();

	json_put(line, "what", "baseline");
	json_put(line, "why", why);
	json_put(line, "section", section);
	json_array_append_new(unread, line);
}

static void tell(json_t *list, const struct drift *d)
{
	json_t *line = json_object();

	json_put(line, "section", d->section);
	json_put(line, "text", d->text);
	json_array_append_new(list, line);
}

json_t *drifting_end(struct drifting *d, bool done, json_t *unread)
{
	struct drifts drifts = { 0 };
	json_t *list;
	uint32_t told = 0;

	if (!d->now && !*d->why)
		return NULL;
	list = json_array();
	if (*d->why)
		not_compared(unread, NULL, d->why);
	if (!d->now)
		return list;
	if (d->wrong == 0)
		d->wrong = baseline_settle(d->now, &d->e);
	if (!done || d->wrong < 0) {
		not_compared(unread, NULL, done ? d->e.text : "the host did not answer to the end");
		return list;
	}
	drift_of(d->before, d->now, &drifts);
	for (uint32_t k = 0; k < drifts.n; k++) {
		if (drifts.d[k].kind == DRIFT_UNKNOWN)
			not_compared(unread, drifts.d[k].section, drifts.d[k].text);
		else if (told++ < TOLD_MAX)
			tell(list, &drifts.d[k]);
	}
	if (told > TOLD_MAX)
		not_compared(unread, NULL, "more differs than is told here: `firebreak baseline` tells all of it");
	drifts_free(&drifts);
	return list;
}

void drifting_free(struct drifting *d)
{
	baseline_free(d->before);
	baseline_free(d->now);
	*d = (struct drifting){ 0 };
}
