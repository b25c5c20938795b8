/*
 * The incident report, with the headings that the wiki's reports always had. What a person must write stands in
 * sections of its own (hand.h) and is never invented: a machine knows what was done, not why it could happen. Blocks
 * that name hosts, paths and what services answered are for the inside; the public text has less, not other facts.
 */
#include "report/document.h"
#include "base/clock.h"
#include "model/drilled.h"
#include "report/hand.h"
#include "report/law.h"

#define MEMBERS_SHOWN 1000u

void document_time(struct doc *d, int64_t at_us)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);

	if (at_us)
		clock_format(&b, at_us);
	doc_ours(d, at_us ? buf_text(&b) : "not known");
}

static void item_time(struct doc *d, const char *name, int64_t at_us)
{
	doc_item(d, 0, name);
	document_time(d, at_us);
}

static void item_text(struct doc *d, const char *name, const char *text)
{
	doc_item(d, 0, name);
	doc_text(d, text && *text ? text : "not said");
}

static void to_write(struct doc *d, enum hand_name hand)
{
	doc_block(d, DOC_HAND, 0)->hand = hand;
}

static void title(const struct incident *i, struct doc *d)
{
	(void)doc_block(d, DOC_HEADING, 1);
	doc_oursf(d, "Incident %lld: ", (long long)i->number);
	for (uint32_t k = 0; k < i->n_what; k++) {
		doc_ours(d, k ? ", " : "");
		doc_text(d, i->what[k]);
	}
}

static void services(const struct incident *i, struct doc *d)
{
	uint32_t n = 0;

	doc_item(d, 0, "Services affected");
	for (uint32_t k = 0; k < i->n_members; k++)
		if (i->members[k].kind && strcmp(i->members[k].kind, "system") == 0) {
			doc_ours(d, n++ ? ", " : "");
			doc_text(d, i->members[k].name);
		}
	if (!n)
		doc_ours(d, "the register names no system for what was leaked");
	to_write(d, HAND_SERVICES);
}

static void outage_summary(const struct outage *o, struct doc *d)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);

	doc_item(d, 0, "Visible outage length");
	if (!o->n) {
		doc_ours(d, "none by what was done here");
		return;
	}
	text_duration(&b, o->down_us);
	doc_oursf(d, "%lld min visible, %lld min in all (down for %s by the clock, by what was done here)",
		  (long long)o->visible_minutes, (long long)o->total_minutes, buf_text(&b));
	if (!o->over) {
		doc_ours(d, "; ");
		doc_span(d, SPAN_STRONG, "not everything is up again");
	}
}

static void interrupted(const struct incident *i, struct doc *d)
{
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (i->steps[k].interrupts && i->steps[k].n_deeds) {
			doc_item(d, 1, NULL);
			doc_text(d, i->steps[k].title);
			doc_ours(d, ": ");
			doc_text(d, i->steps[k].interrupts);
		}
}

static void pulled(const struct incident *i, struct doc *d)
{
	for (uint32_t k = 0; k < i->n_pulled; k++) {
		const char *secret = i->pulled[k]->secret;
		int64_t at_us, since = incident_pull_began_us(i, secret);
		enum pull_state state = incident_pull_state(i, secret, &at_us);

		doc_item(d, 0, "Out of deployment");
		doc_text(d, secret);
		if (state == PULL_BEGUN) {
			doc_ours(d, ": decided ");
			document_time(d, at_us);
			doc_ours(d, "; ");
			doc_span(d, SPAN_STRONG, "not shown to be out yet");
			continue;
		}
		doc_ours(d, ": taken out from ");
		document_time(d, since);
		doc_ours(d, state == PULL_OUT ? ", proven " : ", until its new value was in force ");
		document_time(d, at_us);
	}
}

/* A drill is no incident for its readers, and what it measured is what they want. */
static void drill(const struct incident *i, struct doc *d)
{
	if (i->drill)
		item_text(d, "Drill", "nothing has leaked: the path was tried on a calm day, with an intruder beside "
			  "it");
	for (uint32_t k = 0; k < drilled_count(i); k++) {
		_cleanup_(buf_free) struct buf words = BUF_INIT(1000);
		struct drilled at;

		drilled_get(i, k, &at);
		drilled_words(&at, &words);
		doc_item(d, 1, NULL);
		doc_text(d, at.secret);
		doc_ours(d, " at ");
		doc_text(d, at.address);
		doc_ours(d, ": ");
		doc_text(d, buf_text(&words));
	}
}

static void summary(const struct incident *i, const struct outage *o, struct doc *d)
{
	doc_heading(d, 2, "Summary");
	to_write(d, HAND_SUMMARY);
	services(i, d);
	outage_summary(o, d);
	interrupted(i, d);
	pulled(i, d);
	to_write(d, HAND_OUTAGE);
	to_write(d, HAND_CAUSE);
	to_write(d, HAND_AGGRAVATION);
	item_text(d, "State", incident_state_words(incident_state(i)));
	item_text(d, "Mode", i->mode);
	drill(i, d);
	item_text(d, "Because", i->because);
	item_text(d, "Confidence", i->confidence);
	item_time(d, "Suspected", i->suspected_us);
	item_time(d, "Aware", i->aware_us);
	item_time(d, "Declared", i->declared_us);
	item_time(d, "First response", i->first_responded_us);
	item_time(d, "Closed", i->closed_us);
}

/* For readers outside: systems and data, and no way that leads to them. */
static void reached_in_public(const struct incident *i, struct doc *d)
{
	uint32_t n = 0;

	d->reader = FOR_PUBLIC;
	for (uint32_t k = 0; k < i->n_members; k++) {
		const struct affected *m = &i->members[k];

		if (!m->kind || (strcmp(m->kind, "system") != 0 && strcmp(m->kind, "data") != 0))
			continue;
		n++;
		doc_item(d, 0, NULL);
		doc_text(d, m->kind);
		doc_ours(d, ": ");
		doc_text(d, m->name);
	}
	if (!n) {
		(void)doc_block(d, DOC_PARAGRAPH, 0);
		doc_ours(d, "No other system and no data of people, by the register.");
	}
}

static void reached(const struct incident *i, struct doc *d)
{
	if (!i->n_members) {
		(void)doc_block(d, DOC_PARAGRAPH, 0);
		doc_ours(d, "Nothing else, by the register.");
		return;
	}
	d->reader = FOR_INSIDE;
	doc_table(d, "kind|name|path");
	for (uint32_t k = 0; k < i->n_members && k < MEMBERS_SHOWN; k++) {
		(void)doc_block(d, DOC_ROW, 0);
		doc_cell(d, i->members[k].kind);
		doc_cell(d, i->members[k].name);
		doc_cell(d, i->members[k].path);
	}
	if (i->n_members > MEMBERS_SHOWN) {
		(void)doc_block(d, DOC_PARAGRAPH, 0);
		doc_oursf(d, "and %u more: see `firebreak report %lld --json`", i->n_members - MEMBERS_SHOWN,
			  (long long)i->number);
	}
	reached_in_public(i, d);
	d->reader = FOR_ALL;
}

static void leaked(const struct incident *i, struct doc *d)
{
	doc_heading(d, 3, "What was leaked");
	for (uint32_t k = 0; k < i->n_what; k++) {
		doc_item(d, 0, NULL);
		doc_text(d, i->what[k]);
	}
	doc_heading(d, 3, "What it reaches");
	reached(i, d);
}

/* An intent says no more than the outcome that follows it; claims are our own book-keeping. A step that was begun and
 * has no outcome stands under "What is not proven". */
static bool is_for_readers(const struct report_line *l)
{
	return l->kind != ROW_CLAIMED && l->kind != ROW_RELEASED && l->kind != ROW_INTENT &&
	       l->kind != ROW_PUBLISHING && l->kind != ROW_ALERTING;
}

static void timeline_line(struct doc *d, const struct report_line *l, const char *who, const char *words)
{
	doc_item(d, 0, NULL);
	document_time(d, l->at_us);
	doc_ours(d, " ");
	doc_text(d, who);
	doc_ours(d, who ? ": " : "");
	doc_text(d, words);
}

static void timeline(const struct report *r, const struct outage *o, struct doc *d)
{
	doc_heading(d, 2, "Timeline (UTC)");
	for (uint32_t k = 0; k < r->n_lines; k++) {
		const struct report_line *l = &r->lines[k];

		if (!is_for_readers(l))
			continue;
		d->reader = FOR_INSIDE;
		timeline_line(d, l, l->who, l->words);
		d->reader = FOR_PUBLIC;
		if (l->in_public)
			timeline_line(d, l, NULL, l->in_public);
	}
	d->reader = FOR_ALL;
	if (!o->n)
		return;
	doc_table(d, "when|services");
	for (uint32_t k = 0; k < o->n; k++) {
		(void)doc_block(d, DOC_ROW, 0);
		doc_cell(d, NULL);
		document_time(d, o->log[k].at_us);
		doc_cell(d, NULL);
		doc_ours(d, service_state_name(o->log[k].state));
	}
}

static void facts(const struct incident *i, struct doc *d)
{
	struct counts c = incident_counts(i);

	doc_heading(d, 2, "Quick facts");
	to_write(d, HAND_KNOWN);
	to_write(d, HAND_PREVENTABLE);
	to_write(d, HAND_SIMILAR);
	doc_item(d, 0, "Steps");
	doc_oursf(d, "%u in the plan, %u proven, %u done by a person's word, %u skipped, %u failed, "
		  "%u unreachable, %u unknown, %u begun without an outcome, %u not tried", c.total,
		  c.by[OUTCOME_PROVEN], c.by[OUTCOME_ANSWERED], c.by[OUTCOME_SKIPPED], c.by[OUTCOME_FAILED],
		  c.by[OUTCOME_UNREACHABLE], c.by[OUTCOME_UNKNOWN], c.by[OUTCOME_STARTED], c.by[OUTCOME_NONE]);
}

static void conclusions(const struct incident *i, struct doc *d)
{
	doc_heading(d, 2, "Conclusions");
	to_write(d, HAND_PREVENTION);
	to_write(d, HAND_DESIGN);
	to_write(d, HAND_WEAKNESSES);
	to_write(d, HAND_STRENGTHS);
	d->reader = FOR_INSIDE;
	document_findings(i, d);
	d->reader = FOR_ALL;
}

/* As of the newest row, so that the same journal gives the same text. */
static void law_part(const struct report *r, void (*write)(const struct law_state *s, struct doc *d), struct doc *d)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (!r->law)
		return;
	law_state_of(r->incident, r->law, r->incident->last_us, &s);
	write(&s, d);
}

static void actionables(const struct report *r, struct doc *d)
{
	const struct incident *i = r->incident;

	doc_heading(d, 2, "Actionables");
	d->reader = FOR_INSIDE;
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (step_needs_a_person(&i->steps[k])) {
			(void)doc_block(d, DOC_TASK, 0);
			doc_text(d, i->steps[k].title);
			if (i->steps[k].why) {
				doc_ours(d, " (");
				doc_text(d, i->steps[k].why);
				doc_ours(d, ")");
			}
		}
	law_part(r, law_document_open, d);
	d->reader = FOR_ALL;
	to_write(d, HAND_TASKS);
}

static void responders(const struct report *r, struct doc *d)
{
	struct map seen = MAP_INIT;
	uint32_t n = 0;

	d->reader = FOR_INSIDE;
	doc_item(d, 0, "Who responded");
	for (uint32_t k = 0; k < r->n_lines; k++)
		if (map_put(&seen, r->lines[k].who, 0)) {
			doc_ours(d, n++ ? ", " : "");
			doc_text(d, r->lines[k].who);
		}
	map_free(&seen);
	d->reader = FOR_PUBLIC;
	doc_item(d, 0, "Who responded");
	doc_oursf(d, "%u %s", n, n == 1 ? "person" : "people");
	d->reader = FOR_ALL;
}

static void meta(const struct report *r, struct doc *d)
{
	const struct incident *i = r->incident;

	doc_heading(d, 2, "Meta");
	responders(r, d);
	to_write(d, HAND_REVIEWED);
	item_text(d, "Register", i->register_digest);
	doc_item(d, 0, "Journal head");
	doc_oursf(d, "row %lld, %s", (long long)r->head.seq, r->head.mac);
	doc_item(d, 0, "To check the journal against this report");
	doc_span(d, SPAN_CODE, arena_printf(d->arena, "firebreak journal verify --anchor %lld:%s",
					    (long long)r->head.seq, r->head.mac));
}

struct doc *report_document(const struct report *r)
{
	const struct incident *i = r->incident;
	_cleanup_(outage_free) struct outage o;
	struct doc *d = doc_new();

	outage_of(i, &o);
	title(i, d);
	summary(i, &o, d);
	leaked(i, d);
	timeline(r, &o, d);
	document_alerts(i, d);
	document_hosts(i, d);
	law_part(r, law_document, d);
	facts(i, d);
	document_entry(i, d);
	document_proofs(i, d);
	document_logins(i, d);
	document_not_proven(i, d);
	document_residue(i, d);
	conclusions(i, d);
	actionables(r, d);
	meta(r, d);
	return d;
}
