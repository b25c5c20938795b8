/* Who came in: one sentence for each account, address and key, however often; and what the sources say against one
 * another. */
#include "base/mem.h"
#include "base/text.h"
#include "model/clues_parts.h"
#include <inttypes.h>
#include <string.h>

#define SAME_US ((int64_t)5000000)      /* one login in two logs */
#define GROUPS_MAX 20000u

struct event { int64_t at_us; const char *source; uint32_t group; };
struct group { const json_t *first; int64_t first_us, last_us; uint32_t n; const char *sources; };

struct logins {
	struct clues *c;
	struct event *events; uint32_t n_events; size_t cap_events;
	struct group *groups; uint32_t n_groups; size_t cap_groups;
	struct map last_event, group_of;
};

static uint32_t group_of(struct logins *w, const json_t *l, const char *key)
{
	uint32_t at = map_get(&w->group_of, key);

	if (at != MAP_NONE)
		return at;
	if (!GROW(w->groups, w->n_groups, w->cap_groups, GROUPS_MAX))
		return MAP_NONE;
	w->groups[w->n_groups] = (struct group){ .first = l, .first_us = INT64_MAX, .sources = "" };
	(void)map_put(&w->group_of, key, w->n_groups);
	return w->n_groups++;
}

static void note_source(struct logins *w, struct group *g, const char *source)
{
	if (!strstr(g->sources, source))
		g->sources = arena_printf(w->c->arena, "%s%s%.40s", g->sources, *g->sources ? ", " : "", source);
}

/* A line that names sshd and was not written by root is somebody else's. */
static bool is_forged(struct logins *w, const json_t *l)
{
	int64_t uid = json_int(l, "uid", 0);

	if (uid == 0)
		return false;
	clue(w->c, CLUE_ACCOUNT, true, clue_us(l, "at_us"), "a line in the journal says that %.60s came in from %.60s "
	     "at %s; user id %" PRId64 " wrote it, not sshd", clue_text(l, "account"), clue_text(l, "address"),
	     clue_time(w->c, clue_us(l, "at_us")), uid);
	return true;
}

static void add(struct logins *w, const json_t *l)
{
	struct arena *a = w->c->arena;
	int64_t at_us = clue_us(l, "at_us");
	const char *source = clue_text(l, "source");
	const char *one = arena_printf(a, "%s|%s|%s|%" PRId64, clue_text(l, "account"), clue_text(l, "address"),
				       clue_text(l, "method"), json_int(l, "port", 0));
	const char *group = arena_printf(a, "%s|%s|%s|%s|%s|%s", clue_text(l, "kind"), clue_text(l, "account"),
					 clue_text(l, "address"), clue_text(l, "method"), clue_text(l, "key"),
					 clue_text(l, "by"));
	uint32_t g = group_of(w, l, group), before = map_get(&w->last_event, one);

	if (g == MAP_NONE || !w->groups)
		return;
	note_source(w, &w->groups[g], source);
	/* the other log's word for the same one */
	for (uint32_t k = before; k != MAP_NONE && k < w->n_events; k++) {
		const struct event *ev = &w->events[k];

		if (ev->group == g && strcmp(ev->source, source) != 0 && ev->at_us > at_us - SAME_US &&
		    ev->at_us < at_us + SAME_US)
			return;
	}
	if (!GROW(w->events, w->n_events, w->cap_events, 1000000))
		return;
	if (before == MAP_NONE)
		(void)map_put(&w->last_event, one, w->n_events);
	w->events[w->n_events++] = (struct event){ at_us, source, g };
	w->groups[g].n++;
	w->groups[g].first_us = at_us < w->groups[g].first_us ? at_us : w->groups[g].first_us;
	w->groups[g].last_us = at_us > w->groups[g].last_us ? at_us : w->groups[g].last_us;
}

static const char *when(struct clues *c, const struct group *g)
{
	if (g->n <= 1)
		return arena_printf(c->arena, "at %s", clue_time(c, g->first_us));
	return arena_printf(c->arena, "%u times, from %s to %s", g->n, clue_time(c, g->first_us),
			    clue_time(c, g->last_us));
}

/* Only what can be a name: the command is typed as it stands. */
static bool is_plain(const char *s)
{
	if (!*s || *s == '-')
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
		      strchr("._-:+/=", *s)))
			return false;
	return true;
}

static void lead_on(struct clues *c, const char *what, const char *name, const char *began)
{
	_cleanup_(freep) char *command = NULL;

	if (!is_plain(name))
		return;
	command = mem_printf("firebreak declare %s/%s --because 'came in on %s'", what, name, began);
	clue_next(c, command);
}

static void say_login(struct clues *c, const struct group *g)
{
	const json_t *l = g->first;
	const char *key = clue_text(l, "key"), *account = clue_text(l, "account"), *found = clue_text(l, "found_in");
	const char *certificate = clue_text(l, "certificate"), *address = clue_text(l, "address");

	if (*key) {
		const char *by = *certificate ? arena_printf(c->arena,
			"the certificate '%.80s' of %.80s for the key %.80s",
							     certificate, clue_text(l, "authority"), key)
					      : arena_printf(c->arena, "the key %.80s (%.20s)", key,
							     clue_text(l, "key_type"));

		clue(c, CLUE_KEY, false, g->first_us, "%.60s came in from %.60s with %s, %s%s%.200s (by %s)",
			account, address,
		     by, when(c, g), *found ? "; sshd found the key in " : "", found, g->sources);
		lead_on(c, "ssh-key", key, clue_time(c, g->first_us));
	} else {
		clue(c, CLUE_ACCOUNT, false, g->first_us, "%.60s came in from %.60s by %.60s, %s (by %s)", account,
		     *address ? address : "the console", clue_text(l, "method"), when(c, g), g->sources);
	}
	if (strcmp(account, "root") != 0)
		lead_on(c, "user", account, clue_time(c, g->first_us));
}

static void say(struct clues *c, const struct group *g)
{
	const json_t *l = g->first;

	if (clue_is(l, "login"))
		say_login(c, g);
	else if (clue_is(l, "became"))
		clue(c, CLUE_ACCOUNT, false, g->first_us, "%.60s acted as %.60s by %.10s, %s%s%.200s (by %s)",
		     clue_text(l, "by"), clue_text(l, "account"), clue_text(l, "method"), when(c, g),
		     *clue_text(l, "what") ? ", first " : "", clue_text(l, "what"), g->sources);
	else if (clue_is(l, "account"))
		clue(c, CLUE_ACCOUNT, true, g->first_us, "an account was changed at %s: %.300s (by %s)",
		     clue_time(c, g->first_us), clue_text(l, "what"), g->sources);
	else
		clue(c, CLUE_ACCOUNT, false, g->first_us, "%.60s was refused as %.60s by %.10s, %s (by %s)",
		     clue_text(l, "by"), clue_text(l, "account"), clue_text(l, "method"), when(c, g), g->sources);
}

/* wtmp and lastlog hold what a log does not: then somebody took it out of the log. */
static bool is_known(const struct clues *c, const json_t *record, bool sessions)
{
	int64_t at_us = clue_us(record, "at_us");

	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);
		int64_t there_us = clue_us(l, "at_us");

		if ((clue_is(l, "login") || (sessions && clue_is(l, "session"))) &&
		    strcmp(clue_text(l, "account"), clue_text(record, "account")) == 0 && there_us > at_us - SOON_US &&
		    there_us < at_us + SOON_US)
			return true;
	}
	return false;
}

static void records(struct clues *c)
{
	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);
		bool session = clue_is(l, "session");

		if ((!session && !clue_is(l, "last")) || is_known(c, l, !session))
			continue;
		clue(c, CLUE_ACCOUNT, true, clue_us(l, "at_us"),
			"%s has a login of %.60s from %.60s at %s that no %s has",
		     session ? "wtmp" : "lastlog", clue_text(l, "account"),
		     *clue_text(l, "address") ? clue_text(l, "address") : "the console",
		     clue_time(c, clue_us(l, "at_us")), session ? "log" : "log and no wtmp");
		lead_on(c, "user", clue_text(l, "account"), clue_time(c, clue_us(l, "at_us")));
	}
}

/* Logs with holes are logs that were not read. */
static void holes(struct clues *c)
{
	static const struct { const char *kind, *before, *between, *behind; } kinds[] = {
		{ "hole", "nothing stands there from ", " to ", ": taken out, or never written" },
		{ "back", "times step back from ", " to ", ": written anew, or the clock was set" },
		{ "begins-late", "nothing of ", " was kept; it begins at ", "" },
	};

	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);
		const char *file = *clue_text(l, "file") ? clue_text(l, "file") : "logins";
		char why[200] = "";

		for (size_t x = 0; x < ARRAY_SIZE(kinds); x++)
			if (clue_is(l, kinds[x].kind))
				(void)snprintf(why, sizeof(why), "%s%s%s%s%s", kinds[x].before,
					       clue_time(c, clue_us(l, "at_us")), kinds[x].between,
					       clue_time(c, clue_us(l, "last_us")), kinds[x].behind);
		if (clue_is(l, "wiped") || clue_is(l, "odd"))
			(void)snprintf(why, sizeof(why), "%" PRId64 " records are %s", json_int(l, "count", 0),
				       clue_is(l, "wiped") ? "zeros: a login that was wiped looks like that" :
					"of no known "
				       "type");
		if (*why)
			clue_not_read(c, file, why);
	}
}

const char *clues_came_in(const struct clues *c, const char *address)
{
	for (size_t k = 0; *address && k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);

		if (clue_is(l, "login") && strcmp(clue_text(l, "address"), address) == 0)
			return clue_text(l, "account");
	}
	return NULL;
}

void clues_logins(struct clues *c)
{
	static const char *const kinds[] = { "login", "became", "account", "failed" };
	struct logins w = { .c = c };

	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);

		for (size_t x = 0; x < ARRAY_SIZE(kinds); x++)
			if (clue_is(l, kinds[x]) && !is_forged(&w, l))
				add(&w, l);
	}
	for (uint32_t k = 0; k < w.n_groups; k++)
		say(c, &w.groups[k]);
	records(c);
	holes(c);
	map_free(&w.last_event);
	map_free(&w.group_of);
	free(w.events);
	free(w.groups);
}
