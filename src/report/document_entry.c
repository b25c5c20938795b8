/* How access may have been gained, by what hosts say of it, under the page's own questions. For the inside: it holds
 * names, addresses and paths. */
#include "model/clues.h"
#include "report/document.h"
#include <string.h>

static void host_item(struct doc *d, const json_t *body)
{
	doc_item(d, 0, NULL);
	doc_text(d, json_str(body, "host"));
	doc_ours(d, ": ");
}

static uint32_t clues_of_question(const json_t *body, const char *id, struct doc *d)
{
	const json_t *list = json_object_get(body, "clues");
	uint32_t n = 0;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);

		if (!json_str(one, "question") || strcmp(json_str(one, "question"), id) != 0)
			continue;
		n++;
		host_item(d, body);
		if (json_is(one, "alarm"))
			doc_span(d, SPAN_STRONG, "should not be so: ");
		doc_text(d, json_str(one, "text"));
	}
	return n;
}

static void question(const struct incident *i, const struct clue_fact *q, struct doc *d)
{
	doc_heading(d, 3, q->words);
	for (uint32_t k = 0; k < i->looks.n; k++) {
		const json_t *body = i->looks.list[k];
		const char *answer = json_str(json_object_get(body, "answers"), q->id);

		if (clues_of_question(body, q->id, d))
			continue;
		host_item(d, body);
		doc_ours(d, answer && strcmp(answer, "nothing") == 0 ? "nothing there says so" :
			 "not known: not everything could be read there");
	}
}

static void not_read(const struct incident *i, struct doc *d)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->looks.n; k++) {
		const json_t *body = i->looks.list[k], *list = json_object_get(body, "not_read");

		if (json_str(body, "text") && !n++)
			doc_heading(d, 3, "What was not read, or has holes");
		if (json_str(body, "text")) {
			host_item(d, body);
			doc_text(d, json_str(body, "text"));
		}
		for (size_t x = 0; x < json_array_size(list); x++) {
			if (!n++)
				doc_heading(d, 3, "What was not read, or has holes");
			host_item(d, body);
			doc_text(d, json_str(json_array_get(list, x), "what"));
			doc_ours(d, ": ");
			doc_text(d, json_str(json_array_get(list, x), "why"));
		}
	}
}

static void looked_at(const struct incident *i, struct doc *d)
{
	for (uint32_t k = 0; k < i->looks.n; k++) {
		const json_t *body = i->looks.list[k];
		int64_t off = json_int(body, "clock_off_us", 0);
		_cleanup_(buf_free) struct buf b = BUF_INIT(64);

		host_item(d, body);
		doc_ours(d, "looked at from ");
		document_time(d, json_int(body, "from_us", 0));
		doc_ours(d, " to ");
		document_time(d, json_int(body, "until_us", 0));
		if (!off)
			continue;
		text_duration(&b, off < 0 ? -off : off);
		doc_oursf(d, "; its clock was %s %s, and its times are corrected by that", buf_text(&b),
			  off < 0 ? "behind" : "ahead");
	}
}

void document_entry(const struct incident *i, struct doc *d)
{
	if (!i->looks.n)
		return;
	d->reader = FOR_INSIDE;
	doc_heading(d, 2, "How access may have been gained");
	looked_at(i, d);
	for (int q = 0; q < CLUE_QUESTIONS; q++)
		question(i, &clue_facts[q], d);
	not_read(i, d);
	d->reader = FOR_ALL;
}
