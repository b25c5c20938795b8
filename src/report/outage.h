#pragma once
/*
 * How long the services were away: a log of up, partial and down, and the minutes that follow from it. The log comes
 * from the steps: down while one runs that interrupts somebody, and partial behind it when it is not proven, until it
 * is; partial from the first change on a server until the last consumer has its new configuration; down while a secret
 * is out of deployment. The worst counts.
 */
#include "model/incident.h"

enum service_state { SERVICE_UP, SERVICE_PARTIAL, SERVICE_DOWN };

struct outage_entry {
	int64_t at_us;
	enum service_state state;
};

struct outage {
	struct outage_entry *log;
	uint32_t n;
	size_t cap;
	int64_t visible_minutes, total_minutes;  /* as the incident report extension counts them, see outage_minutes */
	int64_t down_us, not_up_us;              /* as the clock counts them */
	bool over;                               /* the last state is up; true for an empty log */
};

void outage_of(const struct incident *i, struct outage *ret);
/* In the order of time: the visible minutes grow by each interval that ends or begins with down, the total by each
 * interval that begins with anything but up; rounded to whole minutes. That is how the wiki's extension computes what
 * it shows, and it will do so again from the same log when the report is filed. */
void outage_minutes(struct outage *o);
void outage_free(struct outage *o);
const char *service_state_name(enum service_state s);    /* "up" */
