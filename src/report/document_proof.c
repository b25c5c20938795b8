/* What the report says about services: what they answered, what is not proven, what stays behind, what was found. */
#include "report/document.h"

static void proof_rows(const struct step_state *s, const struct deed *deed, struct doc *d)
{
	for (size_t k = 0; k < json_array_size(deed->tries); k++) {
		const json_t *try = json_array_get(deed->tries, k);

		(void)doc_block(d, DOC_ROW, 0);
		doc_cell(d, NULL);
		document_time(d, json_int(try, "at_us", 0));
		doc_cell(d, s->secret);
		doc_cell(d, s->account);
		doc_cell(d, s->host);
		doc_cell(d, json_str(try, "what"));
		doc_cell(d, json_str(try, "answer"));
		doc_cell(d, outcome_name(deed->outcome));
	}
}

static void sentence(struct doc *d, const char *ours)
{
	(void)doc_block(d, DOC_PARAGRAPH, 0);
	doc_ours(d, ours);
}

void document_proofs(const struct incident *i, struct doc *d)
{
	size_t n = 0;

	for (uint32_t k = 0; k < i->n_steps; k++)
		for (uint32_t deed = 0; deed < i->steps[k].n_deeds; deed++)
			n += json_array_size(i->steps[k].deeds[deed].tries);
	doc_heading(d, 3, "Proofs");
	if (!n) {
		sentence(d, "No service was asked yet.");
		return;
	}
	d->reader = FOR_PUBLIC;
	(void)doc_block(d, DOC_PARAGRAPH, 0);
	doc_oursf(d, "The journal keeps %zu answer%s of the services.", n, n == 1 ? "" : "s");
	d->reader = FOR_INSIDE;
	sentence(d, "Every answer, in the service's own words.");
	doc_table(d, "when|secret|account|from host|tried|answer|came of it");
	for (uint32_t k = 0; k < i->n_steps; k++)
		for (uint32_t deed = 0; deed < i->steps[k].n_deeds; deed++)
			proof_rows(&i->steps[k], &i->steps[k].deeds[deed], d);
	d->reader = FOR_ALL;
}

bool step_needs_a_person(const struct step_state *s)
{
	return (s->person && !outcome_is_settled(s->outcome)) || s->outcome == OUTCOME_FAILED;
}

void document_not_proven(const struct incident *i, struct doc *d)
{
	uint32_t n = 0;

	doc_heading(d, 3, "What is not proven");
	d->reader = FOR_INSIDE;
	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (s->outcome == OUTCOME_PROVEN)
			continue;
		n++;
		doc_item(d, 0, NULL);
		doc_oursf(d, "%s: ", outcome_name(s->outcome));
		doc_text(d, s->title);
		if (s->text && *s->text) {
			doc_ours(d, ": ");
			doc_text(d, s->text);
		}
	}
	d->reader = n ? FOR_PUBLIC : FOR_ALL;
	if (!n) {
		sentence(d, i->n_steps ? "Nothing: every step of the plan is proven." : "There is no plan yet.");
	} else {
		(void)doc_block(d, DOC_PARAGRAPH, 0);
		doc_oursf(d, "%u step%s of the plan.", n, n == 1 ? "" : "s");
	}
	d->reader = FOR_ALL;
}

static uint32_t residue_of(const struct step_state *s, struct doc *d)
{
	const json_t *result = s->n_deeds ? s->deeds[s->n_deeds - 1].result : NULL;
	const json_t *found = json_object_get(result, "found");

	for (size_t k = 0; k < json_array_size(found); k++) {
		const json_t *one = json_array_get(found, k);

		doc_item(d, 0, NULL);
		if (s->secret) {
			doc_ours(d, "the old value of ");
			doc_text(d, s->secret);
			doc_ours(d, " on ");
		}
		doc_text(d, s->host);
		doc_ours(d, ": ");
		doc_text(d, json_str(one, "path"));
		doc_oursf(d, " (%lld times)", (long long)json_int(one, "count", 0));
	}
	if (json_is(result, "more")) {
		doc_item(d, 0, NULL);
		doc_ours(d, "and more files on the same host that are not listed");
	}
	return (uint32_t)json_array_size(found);
}

/* What `firebreak trace` found of old values: it looks further than the steps do. */
static uint32_t traced_of(const json_t *body, struct doc *d)
{
	const json_t *found = json_object_get(body, "found"), *gaps = json_object_get(body, "not_read"), *one;
	uint32_t n = 0;
	size_t k;

	json_array_foreach(found, k, one) {
		const char *value = json_str(one, "value");

		if (!value || strcmp(value, "old") != 0)
			continue;
		n++;
		doc_item(d, 0, NULL);
		doc_ours(d, "the old value of ");
		doc_text(d, json_str(body, "secret"));
		doc_ours(d, " stands in ");
		doc_text(d, json_str(one, "place"));
		doc_ours(d, " (");
		doc_text(d, json_str(one, "form"));
		doc_ours(d, "): ");
		doc_text(d, json_str(one, "state"));
	}
	json_array_foreach(gaps, k, one) {
		doc_item(d, 0, NULL);
		doc_ours(d, "not looked at for ");
		doc_text(d, json_str(body, "secret"));
		doc_ours(d, ": ");
		doc_text(d, json_string_value(one));
	}
	if (json_is(body, "more")) {
		doc_item(d, 0, NULL);
		doc_ours(d, "and more that is not listed");
	}
	return n;
}

static void not_looked_at(const struct step_state *s, struct doc *d)
{
	const json_t *result = s->n_deeds ? s->deeds[s->n_deeds - 1].result : NULL, *one;
	size_t k;

	json_array_foreach(json_object_get(result, "not_read"), k, one) {
		doc_item(d, 0, NULL);
		doc_ours(d, "not looked at: ");
		doc_text(d, s->host);
		doc_ours(d, ": ");
		doc_text(d, json_str(one, "path"));
		doc_ours(d, ": ");
		doc_text(d, json_str(one, "why"));
	}
}

static void in_history(const struct step_state *s, struct doc *d)
{
	doc_item(d, 0, NULL);
	doc_ours(d, "the history of the private git still holds the old value");
	if (s->secret) {
		doc_ours(d, " of ");
		doc_text(d, s->secret);
	}
}

/* A public half that was withdrawn lives on in caches that nobody of us can empty, for as long as it said itself. */
static void in_caches(const struct step_state *s, struct doc *d)
{
	const struct deed *deed = s->n_deeds ? &s->deeds[s->n_deeds - 1] : NULL;
	int64_t ttl_s = deed ? json_int(deed->result, "ttl_s", 0) : 0;

	if (ttl_s <= 0)
		return;
	doc_item(d, 0, NULL);
	doc_ours(d, "caches of others may keep the old public half of ");
	doc_text(d, s->secret);
	doc_oursf(d, " for %lld s after its servers have the withdrawal, which was pushed ", (long long)ttl_s);
	document_time(d, deed->ended_us);
}

/* Where old values can still be found is nothing for readers outside. */
void document_residue(const struct incident *i, struct doc *d)
{
	uint32_t n = 0, looked = 0;

	d->reader = FOR_INSIDE;
	doc_heading(d, 3, "What stays behind");
	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (strcmp(s->what, "residue") == 0) {
			n += residue_of(s, d);
			not_looked_at(s, d);
			looked += s->outcome == OUTCOME_PROVEN;
		}
		if (strcmp(s->what, "withdraw") == 0)
			in_caches(s, d);
		if (strcmp(s->what, "commit") == 0 && s->outcome == OUTCOME_PROVEN)
			in_history(s, d);
	}
	for (uint32_t k = 0; k < i->n_traced; k++) {
		n += traced_of(i->traced[k], d);
		looked++;
	}
	if (!n) {
		doc_item(d, 0, NULL);
		doc_ours(d, looked ? "no file of the hosts that were looked at holds an old value"
				   : "no host was looked at yet");
	}
	doc_item(d, 0, NULL);
	doc_ours(d, "backups hold it for as long as they are kept");
	d->reader = FOR_ALL;
}

void document_findings(const struct incident *i, struct doc *d)
{
	bool any = false;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];
		const json_t *result = s->n_deeds ? s->deeds[s->n_deeds - 1].result : NULL;
		const json_t *findings = json_object_get(result, "findings");

		for (size_t f = 0; f < json_array_size(findings); f++) {
			const json_t *one = json_array_get(findings, f);

			if (!any) {
				doc_heading(d, 3, "What was found");
				doc_table(d, "how serious|what|account|detail");
			}
			any = true;
			(void)doc_block(d, DOC_ROW, 0);
			doc_cell(d, json_str(one, "severity"));
			doc_cell(d, json_str(one, "what"));
			doc_cell(d, s->account);
			doc_cell(d, json_str(one, "detail"));
		}
	}
}
