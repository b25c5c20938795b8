#include "cli/law.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/places.h"
#include <string.h>

#define RULES_MAX ((size_t)1 << 20)
#define NAME "rules/notification.yaml"

static int add(struct law *l, const char *path, const char *shown, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(RULES_MAX);
	int r = fs_read(path, &text, e);

	return r == 0 ? law_add(l, &(struct source){ shown, buf_text(&text), text.len }, NULL, e) : r;
}

static int add_shipped(struct law *l, struct err *e)
{
	static const char *const places[] = { "../share/firebreak/" NAME, "../../" NAME };
	_cleanup_(freep) char *own = places_own();

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(freep) char *path = fs_join(own, places[i]);

		if (fs_exists(path))
			return add(l, path, path, e);
	}
	return err_set(e, ERR_CONFIG, "the rules of notification are not where they belong: '%s/%s'; install again",
		       own,
		       places[0]);
}

int law_load(struct cli *c, struct law *ret, struct err *e)
{
	const char *folder;
	struct err none = ERR_INIT;
	int r = add_shipped(ret, e);

	if (r == 0 && places_register(c, &folder, &none) == 0) {
		_cleanup_(freep) char *path = fs_join(folder, NAME);

		if (fs_exists(path))
			r = add(ret, path, NAME, e);
	}
	return r == 0 ? law_check(ret, e) : r;
}

enum term_colour law_colour(const struct deadline *d)
{
	static const enum term_colour loud[] = {
		[LOUD_NOT] = TERM_GREEN, [LOUD_1] = TERM_YELLOW, [LOUD_2] = TERM_YELLOW, [LOUD_3] = TERM_RED,
		[LOUD_OVER] = TERM_RED,
	};

	if (d->state == DEADLINE_NONE)
		return TERM_DIM;
	return deadline_needs_reason(d) ? TERM_RED : d->phased ? TERM_YELLOW : loud[d->loud];
}

static const char *call_of(const struct deadline *d)
{
	static const char *const calls[] = {
		[LOUD_NOT] = "", [LOUD_1] = "! ", [LOUD_2] = "!! ", [LOUD_3] = "!!! ", [LOUD_OVER] = "!!! ",
	};

	return deadline_needs_reason(d) ? "!!! " : calls[d->loud];
}

static void reasons(const struct law_state *s, const struct deadline *d, struct buf *b)
{
	if (d->state == DEADLINE_NONE) {
		buf_str(b, ": ");
		text_visible(b, d->why, strlen(d->why));
		if (d->who) {
			buf_str(b, " (");
			text_visible(b, d->who, strlen(d->who));
			buf_str(b, ")");
		}
		if (law_state_is_bold(s, d))
			buf_printf(b, "\n! the severity counts as %s: Art. 33(1) excepts only what is unlikely to "
				   "result in "
				   "a risk", severity_band_names[s->severity.band]);
	}
	if (d->told) {
		buf_str(b, "; reference ");
		text_visible(b, d->told->reference ? d->told->reference : "none",
			     strlen(d->told->reference ? d->told->reference : "none"));
	}
}

void law_show_clock(struct cli *c, const struct law_state *s, struct buf *b)
{
	for (uint32_t k = 0; k < s->law->n_authorities; k++) {
		const struct deadline *d = &s->deadlines[k];
		_cleanup_(buf_free) struct buf line = BUF_INIT(4096);

		buf_str(&line, call_of(d));
		deadline_words(d, &line);
		term_paint(b, c->colour, law_colour(d), buf_text(&line));
		reasons(s, d, b);
		buf_char(b, '\n');
	}
}

void law_show_wikis(const struct law_state *s, struct buf *b)
{
	_cleanup_(freep) struct scope_wiki *wikis = mem_zero(s->scope.n_data + 1, sizeof(*wikis));
	uint32_t n = scope_wikis(s->incident, wikis);

	for (uint32_t k = 0; k < n; k++) {
		const char *name = wikis[k].wiki ? wikis[k].wiki : "all wikis";

		buf_str(b, "  ");
		text_visible(b, name, strlen(name));
		buf_str(b, ": ");
		scope_wiki_words(&wikis[k], b);
		buf_char(b, '\n');
	}
}

void law_show_severity(const struct law_state *s, struct buf *b)
{
	buf_str(b, "severity: ");
	severity_words(&s->severity, b);
	buf_str(b, "\n");
	for (int k = 0; k < SEVERITY_INS; k++) {
		_cleanup_(buf_free) struct buf line = BUF_INIT(16384);

		severity_input_words(s, (enum severity_in)k, &line);
		buf_str(b, "  ");
		text_visible(b, buf_text(&line), line.len);
		buf_char(b, '\n');
	}
}

void law_remind(struct cli *c, const struct incident *i, struct buf *b)
{
	_cleanup_(law_free) struct law law = { 0 };
	_cleanup_(law_state_free) struct law_state s = { 0 };
	struct err e = ERR_INIT;

	if (law_load(c, &law, &e) < 0) {
		buf_str(b, "\n!!! The clock of the law cannot be computed, and it may be running: ");
		text_visible(b, e.text, strlen(e.text));
		buf_char(b, '\n');
		return;
	}
	law_state_of(i, &law, clock_now_us(), &s);
	if (law_state_is_settled(&s))
		return;
	buf_str(b, "\nThe clock of the law:\n\n");
	law_show_clock(c, &s, b);
	buf_printf(b, "\nWho is told, and with what text:\n\n  firebreak notice show %lld\n", (long long)i->number);
}

static void decision(const struct rung_answer *a, struct buf *b)
{
	if (!a->decided)
		return;
	buf_str(b, "\n           decided by ");
	text_visible(b, a->decided->who, strlen(a->decided->who));
	buf_str(b, ": ");
	text_visible(b, a->decided->because, strlen(a->decided->because));
}

void law_show_ladder(struct cli *c, const struct law_state *s, struct buf *b)
{
	static const enum term_colour colours[] = {
		[RUNG_NO] = TERM_DIM, [RUNG_YES] = TERM_BOLD, [RUNG_OPEN] = TERM_YELLOW,
	};

	for (uint32_t k = 0; k < s->law->n_rungs; k++) {
		const struct rung_answer *a = &s->rungs[k];
		const char *state = a->told ? "told" : rung_state_name(a->state);

		buf_str(b, "  ");
		term_paint(b, c->colour, a->told ? TERM_GREEN : colours[a->state], state);
		buf_printf(b, "%*s", (int)(9 - strlen(state)), "");
		text_visible(b, a->rung->title, strlen(a->rung->title));
		buf_printf(b, " (%s): %s", a->rung->name, a->why);
		decision(a, b);
		buf_char(b, '\n');
	}
	if (s->objection)
		buf_printf(b, "  !        %s\n", s->objection);
}
