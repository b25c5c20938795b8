/*
 * The draft of the incident report, with the headings that the wiki's reports always had. What a person must write is
 * marked, never invented: a machine knows what was done, not why it could happen.
 */
#include "report/markdown.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/escape.h"
#include "report/law.h"

#define MEMBERS_SHOWN 1000u

void markdown_time(struct buf *b, int64_t at_us)
{
	if (at_us)
		clock_format(b, at_us);
	else
		buf_str(b, "not known");
}

static void item(struct buf *b, const char *name)
{
	buf_printf(b, "- **%s**: ", name);
}

static void item_time(struct buf *b, const char *name, int64_t at_us)
{
	item(b, name);
	markdown_time(b, at_us);
	buf_char(b, '\n');
}

static void item_text(struct buf *b, const char *name, const char *text)
{
	item(b, name);
	escape_markdown(b, text && *text ? text : "not said");
	buf_char(b, '\n');
}

static void item_to_write(struct buf *b, const char *name, const char *hint)
{
	item(b, name);
	buf_printf(b, TO_WRITE "%s%s\n", *hint ? " " : "", hint);
}

static void title(const struct incident *i, struct buf *b)
{
	buf_printf(b, "# Incident %lld: ", (long long)i->number);
	for (uint32_t k = 0; k < i->n_what; k++) {
		buf_str(b, k ? ", " : "");
		escape_markdown(b, i->what[k]);
	}
	buf_str(b, "\n\nDraft, written by firebreak from its journal. It is not approved. What a person must write is "
		   "marked " TO_WRITE ".\n\n");
}

static void services(const struct incident *i, struct buf *b)
{
	uint32_t n = 0;

	item(b, "Services affected");
	for (uint32_t k = 0; k < i->n_members; k++)
		if (i->members[k].kind && strcmp(i->members[k].kind, "system") == 0) {
			buf_str(b, n++ ? ", " : "");
			escape_markdown(b, i->members[k].name);
		}
	buf_str(b, n ? "\n" : TO_WRITE " the register names no system for what was leaked\n");
}

static void outage_summary(const struct outage *o, struct buf *b)
{
	item(b, "Visible outage length");
	if (!o->n) {
		buf_str(b, "none by what was done here; " TO_WRITE " add what the intruder caused\n");
		return;
	}
	buf_printf(b, "%lld min visible, %lld min in all (down for ", (long long)o->visible_minutes,
		   (long long)o->total_minutes);
	text_duration(b, o->down_us);
	buf_str(b, " by the clock, by what was done here)");
	buf_str(b, o->over ? "; " : "; **not everything is up again**; ");
	buf_str(b, TO_WRITE " add what the intruder caused\n");
}

static void interrupted(const struct incident *i, struct buf *b)
{
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (i->steps[k].interrupts && i->steps[k].n_deeds) {
			buf_str(b, "  - ");
			escape_markdown(b, i->steps[k].title);
			buf_str(b, ": ");
			escape_markdown(b, i->steps[k].interrupts);
			buf_char(b, '\n');
		}
}

static void summary(const struct incident *i, const struct outage *o, struct buf *b)
{
	buf_str(b, "## Summary\n\n");
	services(i, b);
	outage_summary(o, b);
	interrupted(i, b);
	item_to_write(b, "Cause class", "human, technical or upstream");
	item_to_write(b, "Aggravated?", "yes or no, and by what");
	item_text(b, "State", incident_state_words(incident_state(i)));
	item_text(b, "Mode", i->mode);
	item_text(b, "Because", i->because);
	item_text(b, "Confidence", i->confidence);
	item_time(b, "Suspected", i->suspected_us);
	item_time(b, "Aware", i->aware_us);
	item_time(b, "Declared", i->declared_us);
	item_time(b, "First response", i->first_responded_us);
	item_time(b, "Closed", i->closed_us);
}

static void leaked(const struct incident *i, struct buf *b)
{
	buf_str(b, "\n### What was leaked\n\n");
	for (uint32_t k = 0; k < i->n_what; k++) {
		buf_str(b, "- ");
		escape_markdown(b, i->what[k]);
		buf_char(b, '\n');
	}
	buf_str(b, "\n### What it reaches\n\n");
	if (!i->n_members) {
		buf_str(b, "Nothing else, by the register.\n");
		return;
	}
	buf_str(b, "| kind | name | path |\n|---|---|---|\n");
	for (uint32_t k = 0; k < i->n_members && k < MEMBERS_SHOWN; k++) {
		const struct affected *m = &i->members[k];

		buf_str(b, "| ");
		escape_markdown(b, m->kind);
		buf_str(b, " | ");
		escape_markdown(b, m->name);
		buf_str(b, " | ");
		escape_markdown(b, m->path);
		buf_str(b, " |\n");
	}
	if (i->n_members > MEMBERS_SHOWN)
		buf_printf(b, "\nand %u more: see `firebreak report %lld --json`\n", i->n_members - MEMBERS_SHOWN,
			   (long long)i->number);
}

/* An intent says no more than the outcome that follows it; claims are our own book-keeping. A step that was begun and
 * has no outcome stands under "What is not proven". */
static bool is_for_readers(const struct report_line *l)
{
	return l->kind != ROW_CLAIMED && l->kind != ROW_RELEASED && l->kind != ROW_INTENT;
}

static void timeline(const struct report *r, const struct outage *o, struct buf *b)
{
	buf_str(b, "\n## Timeline (UTC)\n\n");
	for (uint32_t k = 0; k < r->n_lines; k++) {
		if (!is_for_readers(&r->lines[k]))
			continue;
		buf_str(b, "- ");
		clock_format(b, r->lines[k].at_us);
		buf_str(b, " ");
		escape_markdown(b, r->lines[k].who);
		buf_str(b, ": ");
		escape_markdown(b, r->lines[k].words);
		buf_char(b, '\n');
	}
	if (!o->n)
		return;
	buf_str(b, "\n| when | services |\n|---|---|\n");
	for (uint32_t k = 0; k < o->n; k++) {
		buf_str(b, "| ");
		clock_format(b, o->log[k].at_us);
		buf_printf(b, " | %s |\n", service_state_name(o->log[k].state));
	}
}

static void facts(const struct incident *i, struct buf *b)
{
	struct counts c = incident_counts(i);

	buf_str(b, "\n## Quick facts\n\n");
	item_to_write(b, "Known issue?", "was this weakness known before");
	item_to_write(b, "Preventable by us?", "yes or no");
	item_to_write(b, "Similar incidents", "links");
	buf_printf(b, "- **Steps**: %u in the plan, %u proven, %u done by a person's word, %u skipped, %u failed, "
		   "%u unreachable, %u unknown, %u begun without an outcome, %u not tried\n", c.total,
		   c.by[OUTCOME_PROVEN], c.by[OUTCOME_ANSWERED], c.by[OUTCOME_SKIPPED], c.by[OUTCOME_FAILED],
		   c.by[OUTCOME_UNREACHABLE], c.by[OUTCOME_UNKNOWN], c.by[OUTCOME_STARTED], c.by[OUTCOME_NONE]);
}

static void conclusions(const struct incident *i, struct buf *b)
{
	buf_str(b, "\n## Conclusions\n\n");
	item_to_write(b, "How it could have been prevented", "");
	item_to_write(b, "Design of the infrastructure", "what it made worse, what it held back");
	item_to_write(b, "Weaknesses", "");
	item_to_write(b, "Strengths", "");
	markdown_findings(i, b);
}

/* As of the newest row, so that the same journal gives the same text. */
static void law_part(const struct report *r, void (*write)(const struct law_state *s, struct buf *b), struct buf *b)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (!r->law)
		return;
	law_state_of(r->incident, r->law, r->incident->last_us, &s);
	write(&s, b);
}

static void actionables(const struct report *r, struct buf *b)
{
	const struct incident *i = r->incident;

	buf_str(b, "\n## Actionables\n\n");
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (step_needs_a_person(&i->steps[k])) {
			buf_str(b, "- [ ] ");
			escape_markdown(b, i->steps[k].title);
			if (i->steps[k].why) {
				buf_str(b, " (");
				escape_markdown(b, i->steps[k].why);
				buf_char(b, ')');
			}
			buf_char(b, '\n');
		}
	law_part(r, law_markdown_open, b);
	buf_str(b, "- [ ] " TO_WRITE " tasks, with links\n");
}

static void responders(const struct report *r, struct buf *b)
{
	struct map seen = MAP_INIT;
	uint32_t n = 0;

	item(b, "Who responded");
	for (uint32_t k = 0; k < r->n_lines; k++)
		if (map_put(&seen, r->lines[k].who, 0)) {
			buf_str(b, n++ ? ", " : "");
			escape_markdown(b, r->lines[k].who);
		}
	buf_char(b, '\n');
	map_free(&seen);
}

static void meta(const struct report *r, struct buf *b)
{
	const struct incident *i = r->incident;

	buf_str(b, "\n## Meta\n\n");
	responders(r, b);
	item_to_write(b, "Reviewed by", "");
	item_to_write(b, "Approved by", "");
	item_text(b, "Register", i->register_digest);
	buf_printf(b, "- **Journal head**: row %lld, %s\n", (long long)r->head.seq, r->head.mac);
	buf_printf(b, "- **To check the journal against this report**: `firebreak journal verify --anchor %lld:%s`\n",
		   (long long)r->head.seq, r->head.mac);
}

void report_markdown(const struct report *r, struct buf *b)
{
	const struct incident *i = r->incident;
	_cleanup_(outage_free) struct outage o;

	outage_of(i, &o);
	title(i, b);
	summary(i, &o, b);
	leaked(i, b);
	timeline(r, &o, b);
	law_part(r, law_markdown, b);
	facts(i, b);
	markdown_proofs(i, b);
	markdown_not_proven(i, b);
	markdown_residue(i, b);
	conclusions(i, b);
	actionables(r, b);
	meta(r, b);
}
