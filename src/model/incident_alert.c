#include "base/mem.h"
#include "model/incident.h"
#include <string.h>

const char *const alert_outcome_words[ALERT_OUTCOMES] = {
	[ALERT_STARTED] = "started", [ALERT_SENT] = "sent", [ALERT_FAILED] = "failed", [ALERT_UNKNOWN] = "unknown",
};

static int wrong(const struct row *row, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "journal row %lld (%s): %s", (long long)row->seq, row_kind_name(row->kind), what);
}

static int take_alerting(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_alerts *a = &i->alerts;
	const char *party = json_str(body, "party"), *channel = json_str(body, "channel");

	if (!party || !channel)
		return wrong(row, "\"party\" or \"channel\" is missing", e);
	if (!GROW(a->list, a->n, a->cap, LIMIT_ALERTS))
		return wrong(row, "too many alerts", e);
	a->list[a->n++] = (struct alerted){
		.party = party, .channel = channel, .to = json_str(body, "to"), .why = json_str(body, "why"),
		.id = json_str(body, "id"), .who = arena_dup(i->arena, row->who ? row->who : ""),
		.seq = row->seq, .started_us = row->at_us, .call = row->attempt, .outcome = ALERT_STARTED,
		.instead_of = json_object_get(body, "instead_of"),
	};
	return 0;
}

static int take_unreached(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_alerts *a = &i->alerts;

	if (!GROW(a->unreached, a->n_unreached, a->cap_unreached, LIMIT_ALERTS))
		return wrong(row, "too many alerts", e);
	a->unreached[a->n_unreached++] = (struct unreached){ json_str(body, "party"), json_str(body, "text"),
							     row->at_us };
	return a->unreached[a->n_unreached - 1].party ? 0 : wrong(row, "\"party\" is missing", e);
}

static int take_alerted(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_alerts *a = &i->alerts;
	const char *outcome = json_str(body, "outcome");
	int64_t of = json_int(body, "alerting", 0);

	if (outcome && !strcmp(outcome, "unreached"))
		return take_unreached(i, row, body, e);
	for (uint32_t k = a->n; k-- > 0;) {
		struct alerted *at = &a->list[k];

		if (at->seq != of)
			continue;
		for (int o = 0; outcome && o < ALERT_OUTCOMES; o++)
			if (!strcmp(outcome, alert_outcome_words[o])) {
				at->outcome = (enum alert_outcome)o;
				at->text = json_str(body, "text");
				at->ended_us = row->at_us;
				return 0;
			}
	}
	return wrong(row, "has no known \"outcome\", or no alerting row before it", e);
}

static int take_acknowledged(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_alerts *a = &i->alerts;

	if (!json_str(body, "party"))
		return wrong(row, "\"party\" is missing", e);
	if (!GROW(a->acks, a->n_acks, a->cap_acks, LIMIT_ALERTS))
		return wrong(row, "too many acknowledgements", e);
	a->acks[a->n_acks++] = (struct acknowledged){ json_str(body, "party"),
						      arena_dup(i->arena, row->who ? row->who : ""),
						      json_str(body, "because"), row->at_us };
	return 0;
}

int incident_alert_take(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	return row->kind == ROW_ALERTING ? take_alerting(i, row, body, e)
	     : row->kind == ROW_ALERTED ? take_alerted(i, row, body, e) : take_acknowledged(i, row, body, e);
}

void incident_alerts_free(struct incident_alerts *a)
{
	free(a->list);
	free(a->unreached);
	free(a->acks);
}

const struct acknowledged *incident_acknowledged(const struct incident *i, const char *party)
{
	for (uint32_t k = 0; k < i->alerts.n_acks; k++)
		if (!party || !strcmp(i->alerts.acks[k].party, party))
			return &i->alerts.acks[k];
	return NULL;
}

const struct alerted *incident_alerted(const struct incident *i, const char *party)
{
	for (uint32_t k = i->alerts.n; k-- > 0;)
		if (!strcmp(i->alerts.list[k].party, party))
			return &i->alerts.list[k];
	return NULL;
}
