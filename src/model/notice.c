#include "model/notice.h"
#include "base/mem.h"
#include "model/notice_parts.h"
#include <string.h>

struct wanted {
	const char *name, *title, *article;
	item_fn *text;
	const char *type;
	bool may_follow;                           /* Art. 33(4): information may be provided in phases */
	bool (*only_when)(const struct notice_facts *f);
};

#define WORD(option) "firebreak notice word {N} --" option " '...'"
#define COUNT(option) "firebreak severity {N} --" option " N --because 'how it was counted'"

static const struct wanted for_authority[] = {
	{ "nature", "Nature of the breach", "Art. 33(3)(a)", item_nature_authority, WORD("nature"), false, NULL },
	{ "timeline", "Timeline", NULL, item_timeline, NULL, false, NULL },
	{ "subjects", "Categories of people concerned", "Art. 33(3)(a)", item_subjects, WORD("subjects"), true, NULL },
	{ "people", "Approximate number of people concerned", "Art. 33(3)(a)", item_people, COUNT("people"), true,
	  NULL },
	{ "categories", "Categories of records concerned", "Art. 33(3)(a)", item_categories, WORD("categories"), true,
	  NULL },
	{ "records", "Approximate number of records concerned", "Art. 33(3)(a)", item_records, COUNT("records"), true,
	  NULL },
	{ "contact", "Contact point", "Art. 33(3)(b)", item_contact,
	  "contact: 'NAME, MAIL, PHONE' below 'organisation' of the register", false, NULL },
	{ "consequences", "Likely consequences", "Art. 33(3)(c)", item_consequences, WORD("consequences"), true,
	  NULL },
	{ "measures", "Measures taken or proposed", "Art. 33(3)(d)", item_measures_authority, WORD("measures"), true,
	  NULL },
	{ "severity", "Severity", NULL, item_severity, NULL, false, NULL },
	{ "suspicion", "From suspicion to being sure", NULL, item_suspicion,
	  "firebreak notice aware {N} --at TIME --because 'why it took so long to be sure'", false,
	  notice_was_suspected_long },
	{ "late", "Reasons for the delay", "Art. 33(1)", item_late, WORD("late"), false, notice_is_late },
};

static const struct wanted for_people[] = {
	{ "nature", "What happened", "Art. 34(2)", item_nature_people, WORD("nature"), false, NULL },
	{ "domains", "What happened to the domains", NULL, item_domains, NULL, false, NULL },
	{ "contact", "Where to ask", "Art. 34(2), 33(3)(b)", item_contact,
	  "contact: 'NAME, MAIL, PHONE' below 'organisation' of the register", false, NULL },
	{ "consequences", "What it may mean for you", "Art. 34(2), 33(3)(c)", item_consequences, WORD("consequences"),
	  false, NULL },
	{ "measures", "What we have done", "Art. 34(2), 33(3)(d)", item_measures_people, WORD("measures"), false,
	  NULL },
	{ "advice", "What you can do", "Recital 86", item_advice, WORD("advice"), false, NULL },
};

static const struct { const struct wanted *item; size_t n; } wanted[] = {
	[NOTICE_AUTHORITY] = { for_authority, ARRAY_SIZE(for_authority) },
	[NOTICE_PEOPLE] = { for_people, ARRAY_SIZE(for_people) },
};
_Static_assert(ARRAY_SIZE(for_authority) <= NOTICE_ITEMS_MAX, "more room for items");

/* A part that only tells our own facts (no command behind it) is left out when there is nothing to tell. */
static void add(struct notice *n, const struct wanted *w, const struct notice_facts *f)
{
	const char *source = NULL, *text = w->text(n->arena, f, &source);
	struct notice_item *item = &n->item[n->n];

	if (!text && !w->type)
		return;
	*item = (struct notice_item){ .name = w->name, .title = w->title, .article = w->article, .text = text,
				      .source = source, .type = w->type, .state = ITEM_SAID };
	n->n++;
	if (text)
		return;
	item->state = f->phased && w->may_follow ? ITEM_GAP : ITEM_MISSING;
	n->n_gaps += item->state == ITEM_GAP;
	n->n_missing += item->state == ITEM_MISSING;
}

void notice_of(enum notice_kind kind, const struct notice_facts *f, struct notice *ret)
{
	struct notice n = { .arena = arena_new(), .kind = kind, .deadline = f->deadline, .phased = f->phased,
			    .from = f->controller->name, .follow_up = f->deadline && f->deadline->told };

	for (size_t k = 0; k < wanted[kind].n; k++)
		if (!wanted[kind].item[k].only_when || wanted[kind].item[k].only_when(f))
			add(&n, &wanted[kind].item[k], f);
	*ret = n;
}

void notice_free(struct notice *n)
{
	arena_free(n->arena);
	*n = (struct notice){ 0 };
}

int notice_lint(const struct notice *n, struct err *e)
{
	_cleanup_(buf_free) struct buf names = BUF_INIT(400);

	for (uint32_t k = 0; k < n->n; k++)
		if (n->item[k].state == ITEM_MISSING)
			buf_printf(&names, "%s%s", names.len ? ", " : "", n->item[k].name);
	if (!n->n_missing)
		return 0;
	return err_set(e, ERR_REFUSED, "the notice is not whole, and is not given out: %s %s missing", buf_text(&names),
		       n->n_missing == 1 ? "is" : "are");
}
