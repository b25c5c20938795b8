/* A draft that a person has had in an editor: what stands between the marks, or where a mark is damaged. */
#include "report/hand.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define MARK "firebreak:"

enum mark { MARK_NONE, MARK_BEGIN, MARK_END, MARK_HEAD, MARK_DAMAGED };

struct reading {
	const char *name;
	struct hands *h;
	uint32_t line, began;           /* began: the line of the mark that is open */
	int open;                       /* its section; -1: none */
	bool seen[HANDS];
	struct buf text;
};

static int damaged(const struct reading *r, struct err *e, const char *what)
{
	return err_set(e, ERR_CONFIG, "%s:%u:1: %s. Mend the mark, so that nobody's words are lost: a section is "
		       "'<!-- firebreak:begin NAME -->', the words, '<!-- firebreak:end NAME -->', each mark on a "
		       "line of its own; `firebreak report N` shows all of them", r->name, r->line, what);
}

static int section_of(const char *name, size_t len)
{
	for (int k = 0; k < HANDS; k++)
		if (strlen(hand_defs[k].name) == len && memcmp(hand_defs[k].name, name, len) == 0)
			return k;
	return -1;
}

static enum mark mark_of(const char *s, size_t len, int *ret_section)
{
	static const struct { const char *head; enum mark mark; } heads[] = {
		{ "<!-- " MARK "begin ", MARK_BEGIN }, { "<!-- " MARK "end ", MARK_END },
	};
	static const char tail[] = " -->";
	_cleanup_(freep) char *line = mem_dupn(s, len);

	if (!strstr(line, MARK "begin") && !strstr(line, MARK "end") && !strstr(line, MARK "draft"))
		return MARK_NONE;
	if (text_starts(line, "<!-- " MARK "draft "))
		return MARK_HEAD;
	for (size_t k = 0; k < ARRAY_SIZE(heads); k++) {
		size_t from = strlen(heads[k].head);

		if (!text_starts(line, heads[k].head) || len < from + strlen(tail) ||
		    strcmp(line + len - strlen(tail), tail) != 0)
			continue;
		*ret_section = section_of(line + from, len - from - strlen(tail));
		return *ret_section < 0 ? MARK_DAMAGED : heads[k].mark;
	}
	return MARK_DAMAGED;
}

static int take_mark(struct reading *r, enum mark mark, int section, struct err *e)
{
	char what[200];

	if (mark == MARK_DAMAGED)
		return damaged(r, e, "this mark is damaged, or names a section that there is not");
	if (mark == MARK_HEAD)
		return r->line == 1 ? 0 : damaged(r, e, "the first line of a draft stands here again");
	if (mark == MARK_BEGIN && r->open >= 0) {
		(void)snprintf(what, sizeof(what), "section '%s' begins here, but '%s' of line %u has no end",
			       hand_defs[section].name, hand_defs[r->open].name, r->began);
		return damaged(r, e, what);
	}
	if (mark == MARK_END && r->open != section) {
		(void)snprintf(what, sizeof(what), "section '%s' ends here, but %s%s%s", hand_defs[section].name,
			       r->open < 0 ? "it was not begun" : "'", r->open < 0 ? "" : hand_defs[r->open].name,
			       r->open < 0 ? "" : "' is the one that was begun");
		return damaged(r, e, what);
	}
	if (mark == MARK_END) {
		r->h->text[section] = buf_take(&r->text);
		r->open = -1;
		return 0;
	}
	if (r->seen[section]) {
		(void)snprintf(what, sizeof(what), "section '%s' stands here a second time", hand_defs[section].name);
		return damaged(r, e, what);
	}
	r->seen[section] = true;
	r->open = section;
	r->began = r->line;
	return 0;
}

static int take_head(const char *name, const char *text, struct hands *ret, struct err *e)
{
	long long incident = 0, row = 0;
	int n = 0;

	if (sscanf(text, "<!-- " MARK "draft incident=%18lld row=%18lld head=%64[0-9a-f] -->%n", &incident, &row,
		   ret->head, &n) != 3 || !n || (text[n] != '\n' && text[n] != '\r'))
		return err_set(e, ERR_CONFIG, "%s:1:1: this is no draft of a report: the first line of one is '<!-- "
			       "firebreak:draft incident=... row=... head=... -->'. Nothing was written over it", name);
	ret->incident = incident;
	ret->row = row;
	return 0;
}

static int all_there(struct reading *r, struct err *e)
{
	char what[200];

	if (r->open >= 0) {
		(void)snprintf(what, sizeof(what), "the file ends, and section '%s' of line %u has no end",
			       hand_defs[r->open].name, r->began);
		return damaged(r, e, what);
	}
	for (int k = 0; k < HANDS; k++) {
		if (r->seen[k])
			continue;
		(void)snprintf(what, sizeof(what), "the file ends, and section '%s' is not there any more",
			       hand_defs[k].name);
		return damaged(r, e, what);
	}
	return 0;
}

static int read_lines(struct reading *r, const char *text, size_t len, struct err *e)
{
	for (const char *at = text, *end = text + len; at < end;) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		size_t n = nl ? (size_t)(nl - at) : (size_t)(end - at), bare = n;
		int section = -1;

		r->line++;
		while (bare && strchr(" \t\r", at[bare - 1]))
			bare--;

		enum mark mark = mark_of(at, bare, &section);

		if (mark != MARK_NONE) {
			int code = take_mark(r, mark, section, e);

			if (code < 0)
				return code;
		} else if (r->open >= 0) {
			buf_add(&r->text, at, n - (n && at[n - 1] == '\r'));
			buf_char(&r->text, '\n');
			if (r->text.over)
				return err_set(e, ERR_LIMIT, "%s:%u:1: section '%s' has more than %u KiB: shorten it",
					       r->name, r->began, hand_defs[r->open].name, HAND_MAX >> 10);
		}
		r->h->crlf |= n && at[n - 1] == '\r';
		at += n + (nl != NULL);
	}
	return all_there(r, e);
}

int hands_read(const char *name, const char *text, size_t len, struct hands *ret, struct err *e)
{
	_cleanup_(hands_free) struct hands h = { 0 };
	struct reading r = { .name = name, .h = &h, .open = -1, .text = BUF_INIT(HAND_MAX) };
	int code;

	if (!text_is_utf8(text, len))
		return err_set(e, ERR_CONFIG, "%s: it is no UTF-8 text: save it as UTF-8", name);
	code = take_head(name, text, &h, e);
	if (code == 0)
		code = read_lines(&r, text, len, e);
	buf_free(&r.text);
	if (code < 0)
		return code;
	*ret = h;
	h = (struct hands){ 0 };
	return 0;
}
