/* Who of us was told at once, when, over what, and who had it: for the inside, it holds names and addresses. */
#include "report/document.h"
#include <string.h>

static uint32_t calls(const struct incident *i, const char *party)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->alerts.n; k++)
		if (!strcmp(i->alerts.list[k].party, party) && i->alerts.list[k].call > n)
			n = i->alerts.list[k].call;
	return n;
}

/* The first that came; the first of all when none did. */
static const struct alerted *first_of(const struct incident *i, const char *party)
{
	const struct alerted *any = NULL;

	for (uint32_t k = 0; k < i->alerts.n; k++) {
		const struct alerted *a = &i->alerts.list[k];

		if (strcmp(a->party, party) != 0)
			continue;
		if (a->outcome == ALERT_SENT)
			return a;
		any = any ? any : a;
	}
	return any;
}

static void row_of(const struct incident *i, const struct alerted *a, struct doc *d)
{
	const struct acknowledged *ack = incident_acknowledged(i, a->party);

	(void)doc_block(d, DOC_ROW, 0);
	doc_cell(d, a->party);
	doc_cell(d, a->channel);
	doc_cell(d, NULL);
	document_time(d, a->started_us);
	doc_cell(d, alert_outcome_words[a->outcome]);
	doc_cell(d, NULL);
	doc_oursf(d, "%u", calls(i, a->party));
	doc_cell(d, NULL);
	if (!ack) {
		doc_ours(d, "no");
		return;
	}
	document_time(d, ack->at_us);
	doc_ours(d, " by ");
	doc_text(d, ack->who);
}

/* Who acknowledged without having been told by us: by telephone, say. */
static void others(const struct incident *i, struct doc *d)
{
	for (uint32_t k = 0; k < i->alerts.n_acks; k++) {
		const struct acknowledged *a = &i->alerts.acks[k];

		if (incident_alerted(i, a->party))
			continue;
		doc_item(d, 0, NULL);
		doc_text(d, a->party);
		doc_ours(d, ": acknowledged at ");
		document_time(d, a->at_us);
		doc_ours(d, " by ");
		doc_text(d, a->who);
		if (a->because) {
			doc_ours(d, ", ");
			doc_text(d, a->because);
		}
	}
}

static bool came_later(const struct incident *i, const struct unreached *u)
{
	const struct alerted *a = first_of(i, u->party);

	return (a && a->outcome == ALERT_SENT) || incident_acknowledged(i, u->party);
}

void document_alerts(const struct incident *i, struct doc *d)
{
	const struct incident_alerts *a = &i->alerts;

	if (!a->n && !a->n_unreached && !a->n_acks)
		return;
	d->reader = FOR_INSIDE;
	doc_heading(d, 2, "Who of us was told at once");
	if (a->n)
		doc_table(d, "who|over|first told|outcome|calls|acknowledged");
	for (uint32_t k = 0; k < a->n; k++)
		if (first_of(i, a->list[k].party) == &a->list[k])
			row_of(i, &a->list[k], d);
	others(i, d);
	for (uint32_t k = 0; k < a->n_unreached; k++) {
		const struct unreached *u = &a->unreached[k];

		if (came_later(i, u))
			continue;
		doc_item(d, 0, NULL);
		doc_text(d, u->party);
		doc_ours(d, ": no channel was left; ");
		doc_text(d, u->text);
	}
	d->reader = FOR_ALL;
}
