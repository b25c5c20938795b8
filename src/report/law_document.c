#include "base/mem.h"
#include "report/document.h"
#include "report/law.h"

static void clock_row(const struct law_state *s, const struct deadline *deadline, struct doc *d)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(4096);

	deadline_words(deadline, &words);
	(void)doc_block(d, DOC_ROW, 0);
	doc_cell(d, deadline->authority->title);
	doc_cell(d, NULL);
	document_time(d, deadline->deadline_us);
	doc_cell(d, buf_text(&words));
	if (deadline->state == DEADLINE_NONE) {
		doc_ours(d, ": ");
		doc_text(d, deadline->why);
		doc_ours(d, deadline->who ? ", decided by " : "");
		doc_text(d, deadline->who);
		if (law_state_is_bold(s, deadline)) {
			doc_ours(d, "; ");
			doc_span(d, SPAN_STRONG, arena_printf(d->arena, "the severity counts as %s",
							      severity_band_names[s->severity.band]));
		}
	}
	if (deadline->late && (deadline->state == DEADLINE_OVER || deadline->state == DEADLINE_TOLD_LATE)) {
		doc_ours(d, ": ");
		doc_text(d, deadline->late);
	}
}

static void clocks(const struct law_state *s, struct doc *d)
{
	doc_heading(d, 3, "The clock");
	doc_item(d, 0, "Suspected");
	document_time(d, s->incident->suspected_us);
	doc_item(d, 0, "Aware");
	document_time(d, s->incident->aware_us);
	if (s->incident->law.aware_because) {
		doc_ours(d, ", corrected by ");
		doc_text(d, s->incident->law.aware_who);
		doc_ours(d, ": ");
		doc_text(d, s->incident->law.aware_because);
	}
	doc_item(d, 0, "As of");
	document_time(d, s->now_us);
	doc_ours(d, ", the newest row of the journal");
	doc_table(d, "authority|deadline|how it stands");
	for (uint32_t k = 0; k < s->law->n_authorities; k++)
		clock_row(s, &s->deadlines[k], d);
}

static void wikis(const struct law_state *s, struct doc *d)
{
	_cleanup_(freep) struct scope_wiki *list = mem_zero(s->scope.n_data + 1, sizeof(*list));
	uint32_t n = scope_wikis(s->incident, list);

	for (uint32_t k = 0; k < n; k++) {
		_cleanup_(buf_free) struct buf words = BUF_INIT(1000);

		scope_wiki_words(&list[k], &words);
		doc_item(d, 1, NULL);
		doc_text(d, list[k].wiki ? list[k].wiki : "all wikis");
		doc_ours(d, ": ");
		doc_text(d, buf_text(&words));
	}
}

static void severity(const struct law_state *s, struct doc *d)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(4096);

	doc_heading(d, 3, "Severity");
	d->reader = FOR_ALL;
	doc_item(d, 0, "In reach");
	scope_words(&s->scope, &words);
	doc_text(d, buf_text(&words));
	if (s->scope.n_data)
		wikis(s, d);
	d->reader = FOR_INSIDE;
	if (!s->scope.n_data)
		return;
	buf_clear(&words);
	severity_words(&s->severity, &words);
	doc_item(d, 0, "By ENISA's method (SE = DPC x EI + CB)");
	doc_text(d, buf_text(&words));
	for (int k = 0; k < SEVERITY_INS; k++) {
		_cleanup_(buf_free) struct buf line = BUF_INIT(16384);

		severity_input_words(s, (enum severity_in)k, &line);
		doc_item(d, 1, NULL);
		doc_text(d, buf_text(&line));
	}
}

static void rung(const struct rung_answer *a, struct doc *d)
{
	(void)doc_block(d, DOC_ROW, 0);
	doc_cell(d, a->rung->title);
	doc_cell(d, NULL);
	doc_oursf(d, "%s: ", rung_state_name(a->by_rule));
	doc_text(d, a->why);
	doc_cell(d, a->decided ? rung_state_name(a->state) : NULL);
	doc_cell(d, NULL);
	if (a->decided) {
		doc_text(d, a->decided->because);
		doc_ours(d, " (");
		doc_text(d, a->decided->who);
		doc_ours(d, ")");
	}
	doc_cell(d, NULL);
	if (a->told)
		document_time(d, a->told->at_us);
}

static void ladder(const struct law_state *s, struct doc *d)
{
	doc_heading(d, 3, "Who is told");
	doc_table(d, "what|by the rule|decided|because|told");
	for (uint32_t k = 0; k < s->law->n_rungs; k++)
		rung(&s->rungs[k], d);
	if (s->objection) {
		doc_item(d, 0, "Open");
		doc_text(d, s->objection);
	}
}

static void notices(const struct law_state *s, struct doc *d)
{
	const struct incident_law *l = &s->incident->law;

	if (!l->n_told)
		return;
	doc_table(d, "told|when|reference|part|by whom");
	for (uint32_t k = 0; k < l->n_told; k++) {
		(void)doc_block(d, DOC_ROW, 0);
		doc_cell(d, l->told[k].to);
		doc_cell(d, NULL);
		document_time(d, l->told[k].at_us);
		doc_cell(d, l->told[k].reference);
		doc_cell(d, l->told[k].phased ? "in parts" : "whole");
		doc_cell(d, l->told[k].who);
	}
}

static void words(const struct law_state *s, struct doc *d)
{
	const struct worded *w = s->incident->law.words;

	for (int k = 0; k < WORDINGS; k++) {
		if (!w[k].text)
			continue;
		doc_item(d, 0, arena_printf(d->arena, "Words for the notices, %s", wordings[k].name));
		doc_text(d, w[k].text);
		doc_ours(d, " (");
		doc_text(d, w[k].who);
		doc_ours(d, ")");
	}
}

void law_document_open(const struct law_state *s, struct doc *d)
{
	for (uint32_t k = 0; k < s->law->n_authorities; k++) {
		_cleanup_(buf_free) struct buf line = BUF_INIT(4096);

		if (deadline_is_settled(&s->deadlines[k]))
			continue;
		deadline_words(&s->deadlines[k], &line);
		(void)doc_block(d, DOC_TASK, 0);
		doc_ours(d, "tell ");
		doc_text(d, s->deadlines[k].authority->title);
		doc_ours(d, " (");
		doc_text(d, buf_text(&line));
		doc_ours(d, ")");
	}
	for (uint32_t k = 0; k < s->law->n_rungs; k++)
		if (s->rungs[k].state != RUNG_NO && !s->rungs[k].told) {
			(void)doc_block(d, DOC_TASK, 0);
			doc_ours(d, s->rungs[k].state == RUNG_OPEN ? "decide: " : "do: ");
			doc_text(d, s->rungs[k].rung->title);
		}
}

/* Clock and reasons are between us and the authorities; what was in reach is for everybody. */
void law_document(const struct law_state *s, struct doc *d)
{
	doc_heading(d, 2, "Law and notices");
	d->reader = FOR_INSIDE;
	clocks(s, d);
	severity(s, d);
	ladder(s, d);
	notices(s, d);
	words(s, d);
	d->reader = FOR_ALL;
}
