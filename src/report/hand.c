#include "report/hand.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct hand_def hand_defs[HANDS] = {
	[HAND_SUMMARY] = { "summary", "In short", "what happened, for people who were not there" },
	[HAND_SERVICES] = { "services", "Services affected besides", "what the register does not name; or none" },
	[HAND_OUTAGE] = { "outage", "Outage by the intruder", "what the minutes above do not count; or none" },
	[HAND_CAUSE] = { "cause", "Cause class", "human, technical or upstream; that word first, then why" },
	[HAND_AGGRAVATION] = { "aggravation", "Aggravated?", "yes or no, and by what" },
	[HAND_KNOWN] = { "known", "Known issue?", "was this weakness known before" },
	[HAND_PREVENTABLE] = { "preventable", "Preventable by us?", "yes or no" },
	[HAND_SIMILAR] = { "similar", "Similar incidents", "links; or none" },
	[HAND_PREVENTION] = { "prevention", "How it could have been prevented", "" },
	[HAND_DESIGN] = { "design", "Design of the infrastructure", "what it made worse, what it held back" },
	[HAND_WEAKNESSES] = { "weaknesses", "Weaknesses", "" },
	[HAND_STRENGTHS] = { "strengths", "Strengths", "" },
	[HAND_TASKS] = { "tasks", "Tasks", "with links, an item each" },
	[HAND_REVIEWED] = { "reviewed", "Reviewed by", "who has read it; or nobody yet" },
};

void hands_put_head(struct buf *b, int64_t incident, const struct journal_head *head)
{
	buf_printf(b, "<!-- firebreak:draft incident=%lld row=%lld head=%s -->\n", (long long)incident,
		   (long long)head->seq, head->mac);
}

void hands_put(struct buf *b, unsigned hand, void *hands)
{
	const struct hands *h = hands;
	const struct hand_def *def = &hand_defs[hand];

	buf_printf(b, "- **%s**%s%s%s:\n<!-- firebreak:begin %s -->\n%s<!-- firebreak:end %s -->\n", def->title,
		   *def->hint ? " (" : "", def->hint, *def->hint ? ")" : "", def->name,
		   h && h->text[hand] ? h->text[hand] : TO_WRITE "\n", def->name);
}

bool hand_is_written(const struct hands *h, unsigned hand)
{
	const char *text = h ? h->text[hand] : NULL;

	return text && text[strspn(text, " \t\r\n")] && !strstr(text, "[TO WRITE]");
}

static void paragraph(struct doc *d, const struct hand_def *def, bool *first, struct buf *b)
{
	if (!b->len)
		return;
	if (*first)
		doc_item(d, 0, def->title);
	else
		doc_item(d, 1, NULL);
	*first = false;
	doc_linked(d, buf_text(b));
	buf_clear(b);
}

void hands_document(struct doc *d, const struct hands *h, unsigned hand)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(HAND_MAX + 1);
	const struct hand_def *def = &hand_defs[hand];
	bool first = true;

	if (!hand_is_written(h, hand)) {
		doc_item(d, 0, def->title);
		doc_ours(d, "not written yet");
		return;
	}
	for (const char *at = h->text[hand]; *at;) {
		size_t n = strcspn(at, "\n"), from = strspn(at, " \t"), end = n;
		bool item = from < n && at[from] == '-' && at[from + 1] == ' ';

		while (end > from && strchr(" \t\r", at[end - 1]))
			end--;
		if (end <= from || item)
			paragraph(d, def, &first, &b);
		if (item && first) {
			doc_item(d, 0, def->title);
			first = false;
		}
		from += item ? 2 : 0;
		if (b.len && end > from)
			buf_char(&b, ' ');
		if (end > from)
			buf_add(&b, at + from, end - from);
		at += n + (at[n] == '\n');
	}
	paragraph(d, def, &first, &b);
}

const char *hands_cause(const struct hands *h)
{
	static const char *const causes[] = { "human", "technical", "upstream" };
	const char *text = hand_is_written(h, HAND_CAUSE) ? h->text[HAND_CAUSE] : "";

	text += strspn(text, " \t\r\n");
	for (size_t k = 0; k < ARRAY_SIZE(causes); k++) {
		size_t n = strlen(causes[k]);

		if (strncmp(text, causes[k], n) == 0 && !isalnum((unsigned char)text[n]))
			return causes[k];
	}
	return NULL;
}

json_t *hands_digests(const struct hands *h)
{
	json_t *o = json_object();

	for (unsigned k = 0; k < HANDS; k++) {
		char sha256[65];

		if (!hand_is_written(h, k))
			continue;
		digest_sha256_hex(h->text[k], strlen(h->text[k]), sha256);
		json_put(o, hand_defs[k].name, sha256);
	}
	return o;
}

void hands_free(struct hands *h)
{
	for (int k = 0; k < HANDS; k++)
		freep(&h->text[k]);
	*h = (struct hands){ 0 };
}
