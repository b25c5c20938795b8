#include "base/clock.h"
#include "base/text.h"
#include "model/clues_parts.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct clue_fact clue_facts[CLUE_QUESTIONS] = {
	[CLUE_SOFTWARE] = { "software", "through software?" },
	[CLUE_ACCOUNT] = { "account", "an SSH account?" },
	[CLUE_KEY] = { "key", "Compromised SSH key?" },
	[CLUE_UPSTREAM] = { "upstream", "was it a security issue upstream?" },
	[CLUE_OLD] = { "old", "Were we running old software?" },
	[CLUE_USE] = { "use", "Could it be how we're using it?" },
};

const char *clue_text(const json_t *line, const char *key)
{
	const char *s = json_str(line, key);

	return s ? s : "";
}

bool clue_is(const json_t *line, const char *kind)
{
	return strcmp(clue_text(line, "kind"), kind) == 0;
}

int64_t clue_us(const json_t *line, const char *key)
{
	const int64_t most = (int64_t)253402300799 * 1000000;          /* the end of the year 9999 */
	int64_t at_us = json_int(line, key, 0);

	return at_us > most ? most : at_us < 0 ? 0 : at_us;
}

bool clue_in_window(const struct clues *c, int64_t at_us)
{
	return at_us - c->in->off_us >= c->in->from_us && at_us - c->in->off_us <= c->in->until_us;
}

const char *clue_time(struct clues *c, int64_t at_us)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);
	clock_format(&b, at_us - c->in->off_us > 0 ? at_us - c->in->off_us : 0);
	return arena_dup(c->arena, buf_text(&b));
}

void clue(struct clues *c, enum clue_question q, bool alarm, int64_t at_us, const char *fmt, ...)
{
	char text[1200];
	va_list ap;
	json_t *j;

	c->n[q]++;
	if (json_array_size(c->list) >= CLUES_MAX) {
		c->more++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j = json_object();
	json_put(j, "question", clue_facts[q].id);
	json_object_set_new(j, "alarm", json_boolean(alarm));
	if (at_us > 0)
		json_put_int(j, "at_us", at_us - c->in->off_us);
	json_put(j, "text", text);
	json_array_append_new(c->list, j);
}

void clue_next(struct clues *c, const char *command)
{
	for (size_t k = 0; k < json_array_size(c->next); k++)
		if (strcmp(json_string_value(json_array_get(c->next, k)), command) == 0)
			return;
	if (json_array_size(c->next) < CLUES_NEXT_MAX)
		json_array_append_new(c->next, json_string(command));
}

void clue_not_read(struct clues *c, const char *what, const char *why)
{
	static const struct { const char *begins; bool logins, lists; } kinds[] = {
		{ "/var/log/auth", true, false }, { "/var/log/wtmp", true, false }, { "/var/log/btmp", true, false },
		{ "/var/log/lastlog", true, false }, { "systemd's journal", true, false }, { "logins", true, false },
		{ "/var/log/journal", true, false }, { "/run/log/journal", true, false }, { "failed", true, false },
		{ "/etc/localtime", true, false }, { "/var/lib/apt", false, true }, { "/var/log/dpkg", false, true },
		{ "ssh agent", true, false },
	};
	json_t *j = json_object();
	bool known = false;

	for (size_t k = 0; k < ARRAY_SIZE(kinds) && !known; k++)
		if (text_starts(what, kinds[k].begins)) {
			c->not_read_logins += kinds[k].logins;
			c->not_read_lists += kinds[k].lists;
			known = true;
		}
	c->not_read_files += !known;
	json_put(j, "what", what);
	json_put(j, "why", why);
	if (json_array_size(c->not_read) < CLUES_MAX)
		json_array_append_new(c->not_read, j);
	else
		json_decref(j);
}

static void take_unread(struct clues *c)
{
	for (size_t k = 0; k < json_array_size(c->in->unread); k++) {
		const json_t *l = json_array_get(c->in->unread, k);

		clue_not_read(c, clue_text(l, "what"), clue_text(l, "why"));
	}
	if (!c->in->logins)
		clue_not_read(c, "logins", "the host was not asked, or did not answer");
	if (!c->in->packages)
		clue_not_read(c, "packages", "the host was not asked, or did not answer");
	if (!c->in->drift)
		clue_not_read(c, "baseline", "there is none of this host: what it had on calm days is not known");
}

static void take_drift(struct clues *c)
{
	for (size_t k = 0; k < json_array_size(c->in->drift); k++) {
		const json_t *l = json_array_get(c->in->drift, k);
		bool is_software = strcmp(clue_text(l, "section"), "packages") == 0;

		if (*clue_text(l, "text"))
			clue(c, is_software ? CLUE_SOFTWARE : CLUE_USE, true, 0, "%.1000s", clue_text(l, "text"));
	}
}

static json_t *answers(const struct clues *c)
{
	const bool not_read[CLUE_QUESTIONS] = {
		[CLUE_SOFTWARE] = c->not_read_files, [CLUE_ACCOUNT] = c->not_read_logins,
		[CLUE_KEY] = c->not_read_logins, [CLUE_UPSTREAM] = c->not_read_lists, [CLUE_OLD] = c->not_read_lists,
		[CLUE_USE] = c->not_read_files,
	};
	json_t *j = json_object();

	for (int q = 0; q < CLUE_QUESTIONS; q++)
		json_put(j, clue_facts[q].id, c->n[q] ? "something" : not_read[q] || !c->in->logins ||
			!c->in->packages ?
			 "unknown" : "nothing");
	return j;
}

void clues_add(json_t *body, const struct clue_input *in)
{
	struct clues c = { .in = in, .arena = arena_new(), .list = json_array(), .next = json_array(),
			   .not_read = json_array() };

	take_unread(&c);
	clues_logins(&c);
	clues_tried(&c);
	clues_held(&c);
	clues_packages(&c);
	take_drift(&c);
	json_object_set_new(body, "answers", answers(&c));
	json_object_set_new(body, "clues", c.list);
	if (c.more)
		json_put_int(body, "more", c.more);
	json_object_set_new(body, "next", c.next);
	json_object_set_new(body, "not_read", c.not_read);
	arena_free(c.arena);
}
