#include "base/mem.h"
#include "report/escape.h"
#include "report/law.h"
#include "report/markdown.h"

static void clocks(const struct law_state *s, struct buf *b)
{
	buf_str(b, "\n### The clock\n\n- **Suspected**: ");
	markdown_time(b, s->incident->suspected_us);
	buf_str(b, "\n- **Aware**: ");
	markdown_time(b, s->incident->aware_us);
	if (s->incident->law.aware_because) {
		buf_str(b, ", corrected by ");
		escape_markdown(b, s->incident->law.aware_who);
		buf_str(b, ": ");
		escape_markdown(b, s->incident->law.aware_because);
	}
	buf_str(b, "\n- **As of**: ");
	markdown_time(b, s->now_us);
	buf_str(b, ", the newest row of the journal\n\n| authority | deadline | how it stands |\n|---|---|---|\n");
	for (uint32_t k = 0; k < s->law->n_authorities; k++) {
		const struct deadline *d = &s->deadlines[k];
		_cleanup_(buf_free) struct buf words = BUF_INIT(4096);

		deadline_words(d, &words);
		buf_str(b, "| ");
		escape_markdown(b, d->authority->title);
		buf_str(b, " | ");
		markdown_time(b, d->deadline_us);
		buf_str(b, " | ");
		escape_markdown(b, buf_text(&words));
		if (d->state == DEADLINE_NONE) {
			buf_str(b, ": ");
			escape_markdown(b, d->why);
			buf_str(b, d->who ? ", decided by " : "");
			escape_markdown(b, d->who);
			if (law_state_is_bold(s, d))
				buf_printf(b, "; **the severity counts as %s**",
					   severity_band_names[s->severity.band]);
		}
		if (d->late && (d->state == DEADLINE_OVER || d->state == DEADLINE_TOLD_LATE)) {
			buf_str(b, ": ");
			escape_markdown(b, d->late);
		}
		buf_str(b, " |\n");
	}
}

static void wikis(const struct law_state *s, struct buf *b)
{
	_cleanup_(freep) struct scope_wiki *list = mem_zero(s->scope.n_data + 1, sizeof(*list));
	uint32_t n = scope_wikis(s->incident, list);

	for (uint32_t k = 0; k < n; k++) {
		_cleanup_(buf_free) struct buf words = BUF_INIT(1000);

		scope_wiki_words(&list[k], &words);
		buf_str(b, "  - ");
		escape_markdown(b, list[k].wiki ? list[k].wiki : "all wikis");
		buf_str(b, ": ");
		escape_markdown(b, buf_text(&words));
		buf_char(b, '\n');
	}
}

static void severity(const struct law_state *s, struct buf *b)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(4096);

	buf_str(b, "\n### Severity\n\n- **In reach**: ");
	scope_words(&s->scope, &words);
	escape_markdown(b, buf_text(&words));
	buf_char(b, '\n');
	if (!s->scope.n_data)
		return;
	wikis(s, b);
	buf_clear(&words);
	severity_words(&s->severity, &words);
	buf_str(b, "- **By ENISA's method (SE = DPC x EI + CB)**: ");
	escape_markdown(b, buf_text(&words));
	buf_char(b, '\n');
	for (int k = 0; k < SEVERITY_INS; k++) {
		_cleanup_(buf_free) struct buf line = BUF_INIT(16384);

		severity_input_words(s, (enum severity_in)k, &line);
		buf_str(b, "  - ");
		escape_markdown(b, buf_text(&line));
		buf_char(b, '\n');
	}
}

static void ladder(const struct law_state *s, struct buf *b)
{
	buf_str(b, "\n### Who is told\n\n| what | by the rule | decided | because | told |\n|---|---|---|---|---|\n");
	for (uint32_t k = 0; k < s->law->n_rungs; k++) {
		const struct rung_answer *a = &s->rungs[k];

		buf_str(b, "| ");
		escape_markdown(b, a->rung->title);
		buf_printf(b, " | %s: ", rung_state_name(a->by_rule));
		escape_markdown(b, a->why);
		buf_printf(b, " | %s | ", a->decided ? rung_state_name(a->state) : "");
		if (a->decided) {
			escape_markdown(b, a->decided->because);
			buf_str(b, " (");
			escape_markdown(b, a->decided->who);
			buf_str(b, ")");
		}
		buf_str(b, " | ");
		if (a->told)
			markdown_time(b, a->told->at_us);
		buf_str(b, " |\n");
	}
	if (s->objection) {
		buf_str(b, "\n- **Open**: ");
		escape_markdown(b, s->objection);
		buf_char(b, '\n');
	}
}

static void notices(const struct law_state *s, struct buf *b)
{
	const struct incident_law *l = &s->incident->law;

	if (!l->n_told)
		return;
	buf_str(b, "\n| told | when | reference | part | by whom |\n|---|---|---|---|---|\n");
	for (uint32_t k = 0; k < l->n_told; k++) {
		buf_str(b, "| ");
		escape_markdown(b, l->told[k].to);
		buf_str(b, " | ");
		markdown_time(b, l->told[k].at_us);
		buf_str(b, " | ");
		escape_markdown(b, l->told[k].reference);
		buf_str(b, l->told[k].phased ? " | in parts | " : " | whole | ");
		escape_markdown(b, l->told[k].who);
		buf_str(b, " |\n");
	}
}

static void words(const struct law_state *s, struct buf *b)
{
	const struct worded *w = s->incident->law.words;

	for (int k = 0; k < WORDINGS; k++) {
		if (!w[k].text)
			continue;
		buf_printf(b, "- **Words for the notices, %s**: ", wordings[k].name);
		escape_markdown(b, w[k].text);
		buf_str(b, " (");
		escape_markdown(b, w[k].who);
		buf_str(b, ")\n");
	}
}

void law_markdown_open(const struct law_state *s, struct buf *b)
{
	for (uint32_t k = 0; k < s->law->n_authorities; k++) {
		const struct deadline *d = &s->deadlines[k];
		_cleanup_(buf_free) struct buf line = BUF_INIT(4096);

		if (deadline_is_settled(d))
			continue;
		deadline_words(d, &line);
		buf_str(b, "- [ ] tell ");
		escape_markdown(b, d->authority->title);
		buf_str(b, " (");
		escape_markdown(b, buf_text(&line));
		buf_str(b, ")\n");
	}
	for (uint32_t k = 0; k < s->law->n_rungs; k++)
		if (s->rungs[k].state != RUNG_NO && !s->rungs[k].told) {
			buf_str(b, s->rungs[k].state == RUNG_OPEN ? "- [ ] decide: " : "- [ ] do: ");
			escape_markdown(b, s->rungs[k].rung->title);
			buf_char(b, '\n');
		}
}

void law_markdown(const struct law_state *s, struct buf *b)
{
	buf_str(b, "\n## Law and notices\n");
	clocks(s, b);
	severity(s, b);
	ladder(s, b);
	notices(s, b);
	buf_char(b, '\n');
	words(s, b);
}
