#pragma once
/*
 * What the journal says about alerts in one incident: part of the fold (incident.h). An alert is one message to one of
 * ours who has to know at once. Whom, over what and when: alert.h. Strings are borrowed from the incident.
 */
#include "base/err.h"
#include "base/json.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* STARTED: an intent without an outcome. It may have reached the person; who runs the next `alert` says UNKNOWN. */
enum alert_outcome { ALERT_STARTED, ALERT_SENT, ALERT_FAILED, ALERT_UNKNOWN, ALERT_OUTCOMES };

struct alerted {                         /* one sending */
	const char *party;               /* a person's name, an address, a channel that is a log */
	const char *channel, *to, *why, *id, *text, *who;   /* id: of the message; text: what came of it */
	int64_t seq, started_us, ended_us;
	uint32_t call;                   /* from 1: how often this party was told, this one included */
	enum alert_outcome outcome;
	const json_t *instead_of;        /* [{"channel", "why"}]: those that were not used */
};

struct unreached { const char *party, *text; int64_t at_us; };          /* no channel was left for it */
struct acknowledged { const char *party, *who, *because; int64_t at_us; };

struct incident_alerts {
	struct alerted *list; uint32_t n; size_t cap;
	struct unreached *unreached; uint32_t n_unreached; size_t cap_unreached;
	struct acknowledged *acks; uint32_t n_acks; size_t cap_acks;
};

#define LIMIT_ALERTS 20000u              /* rows of one incident */

extern const char *const alert_outcome_words[ALERT_OUTCOMES];           /* "started", "sent", "failed", "unknown" */
struct incident;
struct row;
/* The rows alerting, alerted, acknowledged; e as in incident_add. */
int incident_alert_take(struct incident *i, const struct row *row, const json_t *body, struct err *e);
void incident_alerts_free(struct incident_alerts *a);
/* The first acknowledgement of the party; party NULL: of anybody. NULL: none. */
const struct acknowledged *incident_acknowledged(const struct incident *i, const char *party);
/* The newest sending to the party, or NULL. */
const struct alerted *incident_alerted(const struct incident *i, const char *party);
