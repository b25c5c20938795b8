#include "base/clock.h"
#include "base/text.h"
#include "report/law.h"
#include <string.h>

static void visible(struct buf *b, const char *s)
{
	text_visible(b, s ? s : "", s ? strlen(s) : 0);
}

static const char *part_of(const struct notice *n)
{
	if (n->kind == NOTICE_PEOPLE)
		return NULL;
	if (n->follow_up)
		return n->phased ? "a further part; the rest follows" : "the last part: with it the notice is whole";
	return n->phased ? "the first part; the rest follows (Art. 33(4))" : "whole";
}

static void head(const struct notice *n, const struct incident *i, struct buf *b)
{
	if (n->kind == NOTICE_PEOPLE) {
		buf_printf(b, "Your personal data: what happened\n\nFrom: ");
		visible(b, n->from);
		buf_str(b, "\n\n");
		return;
	}
	buf_str(b, "Notice of a personal data breach, ");
	visible(b, n->deadline->authority->regime->title);
	buf_str(b, "\n\nTo: ");
	visible(b, n->deadline->authority->title);
	buf_str(b, "\nFrom: ");
	visible(b, n->from);
	buf_printf(b, "\nOur number: incident %lld\nThis is: %s\nDeadline: ", (long long)i->number, part_of(n));
	clock_format(b, n->deadline->deadline_us);
	buf_str(b, "\n");
	if (n->deadline->told && n->deadline->told->reference) {
		buf_str(b, "Your reference: ");
		visible(b, n->deadline->told->reference);
		buf_str(b, "\n");
	}
	buf_str(b, "\n");
}

void notice_text(const struct notice *n, const struct incident *i, struct buf *b)
{
	head(n, i, b);
	for (uint32_t k = 0; k < n->n; k++) {
		const struct notice_item *item = &n->item[k];

		visible(b, item->title);
		if (item->article && n->kind == NOTICE_AUTHORITY)
			buf_printf(b, " (%s)", item->article);
		buf_str(b, "\n  ");
		visible(b, item->state == ITEM_SAID ? item->text : "Not known yet: it follows.");
		buf_str(b, "\n\n");
	}
}

/* The command of an item: {N} becomes the number. */
static void type_of(const struct notice_item *item, const struct incident *i, struct buf *b)
{
	const char *at = strstr(item->type, "{N}");

	if (!at) {
		buf_str(b, item->type);
		return;
	}
	buf_add(b, item->type, (size_t)(at - item->type));
	buf_printf(b, "%lld%s", (long long)i->number, at + 3);
}

void notice_missing(const struct notice *n, const struct incident *i, struct buf *b)
{
	for (uint32_t k = 0; k < n->n; k++) {
		if (n->item[k].state == ITEM_SAID)
			continue;
		buf_printf(b, "  %s%s%s%s%s\n    ", n->item[k].title, n->item[k].article ? " (" : "",
			   n->item[k].article ? n->item[k].article : "", n->item[k].article ? ")" : "",
			   n->item[k].state == ITEM_GAP ? ": may follow" : "");
		type_of(&n->item[k], i, b);
		buf_char(b, '\n');
	}
}

static json_t *item_json(const struct notice_item *item, const struct incident *i)
{
	static const char *const states[] = { [ITEM_SAID] = "said", [ITEM_GAP] = "follows",
					     [ITEM_MISSING] = "missing" };
	_cleanup_(buf_free) struct buf type = BUF_INIT(1000);
	json_t *o = json_object();

	json_put(o, "item", item->name);
	json_put(o, "title", item->title);
	json_put(o, "article", item->article);
	json_put(o, "state", states[item->state]);
	json_put(o, "text", item->text);
	json_put(o, "source", item->source);
	if (item->state != ITEM_SAID) {
		type_of(item, i, &type);
		json_put(o, "type", buf_text(&type));
	}
	return o;
}

json_t *notice_json(const struct notice *n, const struct incident *i)
{
	json_t *o = json_object(), *items = json_array();

	json_put_int(o, "incident", i->number);
	json_put(o, "notice", n->kind == NOTICE_AUTHORITY ? "authority" : "people");
	json_put(o, "from", n->from);
	if (n->deadline) {
		json_put(o, "to", n->deadline->authority->name);
		json_put(o, "title", n->deadline->authority->title);
		json_put(o, "part", part_of(n));
		json_object_set_new(o, "clock", law_clock_json(n->deadline));
	}
	json_object_set_new(o, "phased", json_boolean(n->phased));
	json_object_set_new(o, "whole", json_boolean(!n->n_gaps && !n->n_missing));
	for (uint32_t k = 0; k < n->n; k++)
		json_array_append_new(items, item_json(&n->item[k], i));
	json_object_set_new(o, "items", items);
	return o;
}
