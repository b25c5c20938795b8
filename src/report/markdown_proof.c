/* The part of the draft that rests on answers: what was tried, what is not proven, what
 * stays behind, what was found. */
#include "report/markdown.h"
#include "report/escape.h"

static void cell(struct buf *b, const char *s)
{
	buf_str(b, "| ");
	escape_markdown(b, s);
	buf_char(b, ' ');
}

static void proof_rows(const struct step_state *s, const struct deed *d, struct buf *b)
{
	for (size_t k = 0; k < json_array_size(d->tries); k++) {
		const json_t *try = json_array_get(d->tries, k);

		buf_str(b, "| ");
		markdown_time(b, json_int(try, "at_us", 0));
		buf_char(b, ' ');
		cell(b, s->secret);
		cell(b, s->account);
		cell(b, s->host);
		cell(b, json_str(try, "what"));
		cell(b, json_str(try, "answer"));
		cell(b, outcome_name(d->outcome));
		buf_str(b, "|\n");
	}
}

void markdown_proofs(const struct incident *i, struct buf *b)
{
	size_t n = 0;

	for (uint32_t k = 0; k < i->n_steps; k++)
		for (uint32_t d = 0; d < i->steps[k].n_deeds; d++)
			n += json_array_size(i->steps[k].deeds[d].tries);
	buf_str(b, "\n### Proofs\n\n");
	if (!n) {
		buf_str(b, "No service was asked yet.\n");
		return;
	}
	buf_str(b, "Every answer, in the service's own words.\n\n"
		   "| when | secret | account | from host | tried | answer | came of it |\n"
		   "|---|---|---|---|---|---|---|\n");
	for (uint32_t k = 0; k < i->n_steps; k++)
		for (uint32_t d = 0; d < i->steps[k].n_deeds; d++)
			proof_rows(&i->steps[k], &i->steps[k].deeds[d], b);
}

bool step_needs_a_person(const struct step_state *s)
{
	return (s->person && !outcome_is_settled(s->outcome)) || s->outcome == OUTCOME_FAILED;
}

void markdown_not_proven(const struct incident *i, struct buf *b)
{
	uint32_t n = 0;

	buf_str(b, "\n### What is not proven\n\n");
	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (s->outcome == OUTCOME_PROVEN)
			continue;
		n++;
		buf_printf(b, "- %s: ", outcome_name(s->outcome));
		escape_markdown(b, s->title);
		if (s->text && *s->text) {
			buf_str(b, ": ");
			escape_markdown(b, s->text);
		}
		buf_char(b, '\n');
	}
	if (!n)
		buf_str(b, i->n_steps ? "Nothing: every step of the plan is proven.\n" : "There is no plan yet.\n");
}

static uint32_t residue_of(const struct step_state *s, struct buf *b)
{
	const json_t *result = s->n_deeds ? s->deeds[s->n_deeds - 1].result : NULL;
	const json_t *found = json_object_get(result, "found");

	for (size_t k = 0; k < json_array_size(found); k++) {
		const json_t *one = json_array_get(found, k);

		buf_str(b, "- ");
		escape_markdown(b, s->host);
		buf_str(b, ": ");
		escape_markdown(b, json_str(one, "path"));
		buf_printf(b, " (%lld times)\n", (long long)json_int(one, "count", 0));
	}
	if (json_is(result, "more"))
		buf_str(b, "- and more files on the same host that are not listed\n");
	return (uint32_t)json_array_size(found);
}

/* What `firebreak trace` found of old values: it looks further than the steps do. */
static uint32_t traced_of(const json_t *body, struct buf *b)
{
	const json_t *found = json_object_get(body, "found"), *gaps = json_object_get(body, "not_read"), *one;
	uint32_t n = 0;
	size_t k;

	json_array_foreach(found, k, one) {
		const char *value = json_str(one, "value");

		if (!value || strcmp(value, "old") != 0)
			continue;
		n++;
		buf_str(b, "- the old value of ");
		escape_markdown(b, json_str(body, "secret"));
		buf_str(b, " stands in ");
		escape_markdown(b, json_str(one, "place"));
		buf_str(b, " (");
		escape_markdown(b, json_str(one, "form"));
		buf_str(b, "): ");
		escape_markdown(b, json_str(one, "state"));
		buf_char(b, '\n');
	}
	json_array_foreach(gaps, k, one) {
		buf_str(b, "- not looked at for ");
		escape_markdown(b, json_str(body, "secret"));
		buf_str(b, ": ");
		escape_markdown(b, json_string_value(one));
		buf_char(b, '\n');
	}
	if (json_is(body, "more"))
		buf_str(b, "- and more that is not listed\n");
	return n;
}

static void not_looked_at(const struct step_state *s, struct buf *b)
{
	const json_t *result = s->n_deeds ? s->deeds[s->n_deeds - 1].result : NULL, *one;
	size_t k;

	json_array_foreach(json_object_get(result, "not_read"), k, one) {
		buf_str(b, "- not looked at: ");
		escape_markdown(b, s->host);
		buf_str(b, ": ");
		escape_markdown(b, json_str(one, "path"));
		buf_str(b, ": ");
		escape_markdown(b, json_str(one, "why"));
		buf_char(b, '\n');
	}
}

void markdown_residue(const struct incident *i, struct buf *b)
{
	uint32_t n = 0, looked = 0;

	buf_str(b, "\n### What stays behind\n\n");
	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (strcmp(s->what, "residue") == 0) {
			n += residue_of(s, b);
			not_looked_at(s, b);
			looked += s->outcome == OUTCOME_PROVEN;
		}
		if (strcmp(s->what, "commit") == 0 && s->outcome == OUTCOME_PROVEN) {
			buf_str(b, "- the history of the private git still holds the old value");
			if (s->secret) {
				buf_str(b, " of ");
				escape_markdown(b, s->secret);
			}
			buf_char(b, '\n');
		}
	}
	for (uint32_t k = 0; k < i->n_traced; k++) {
		n += traced_of(i->traced[k], b);
		looked++;
	}
	if (!n)
		buf_str(b, looked ? "- no file of the hosts that were looked at holds an old value\n"
				  : "- no host was looked at yet\n");
	buf_str(b, "- backups hold it for as long as they are kept\n");
}

void markdown_findings(const struct incident *i, struct buf *b)
{
	bool any = false;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];
		const json_t *result = s->n_deeds ? s->deeds[s->n_deeds - 1].result : NULL;
		const json_t *findings = json_object_get(result, "findings");

		for (size_t f = 0; f < json_array_size(findings); f++) {
			const json_t *one = json_array_get(findings, f);

			if (!any)
				buf_str(b, "\n### What was found\n\n| how serious | what | account | detail |\n"
					"|---|---|---|---|\n");
			any = true;
			cell(b, json_str(one, "severity"));
			cell(b, json_str(one, "what"));
			cell(b, s->account);
			cell(b, json_str(one, "detail"));
			buf_str(b, "|\n");
		}
	}
}
