/*
 * "Were we running old software?": what was installed at the time in question, by dpkg's log and what is installed now;
 * and whether the newer one was there by then: an upgraded package brings its date along, and what an archive's list
 * has it had when that list was made. What none of them says is said not to be known.
 */
#include "base/mem.h"
#include "base/text.h"
#include "model/clues_parts.h"
#include <stdlib.h>
#include <string.h>

#define PENDING_TOLD 100u

struct old {
	struct clues *c;
	struct map packages;             /* -> index of first */
	const json_t **first;            /* of each: its first change behind the time in question */
	uint32_t pending, installed;
};

static const json_t *found_at(const struct old *o, size_t k)
{
	const json_t *l = json_array_get(o->c->in->found, k);

	return strcmp(clue_text(l, "of"), "packages") == 0 ? l : NULL;
}

static bool is_later(const struct clues *c, const json_t *l)
{
	return c->in->suspected_us && clue_us(l, "at_us") - c->in->off_us >= c->in->suspected_us;
}

static void note_first(struct old *o, const json_t *l)
{
	const char *package = clue_text(l, "package");
	uint32_t at = map_get(&o->packages, package);

	if (at == MAP_NONE) {
		at = (uint32_t)o->packages.n;
		(void)map_put(&o->packages, package, at);
		o->first[at] = l;
	} else if (clue_us(l, "at_us") < clue_us(o->first[at], "at_us")) {
		o->first[at] = l;
	}
}

/* What it says was before was installed at the time in question. NULL: nothing was changed of this package since. */
static const json_t *first_change(const struct old *o, const char *package)
{
	uint32_t at = map_get(&o->packages, package);

	return at == MAP_NONE ? NULL : o->first[at];
}

/* Does dpkg's log go back to the time in question, without a hole? */
static bool log_is_whole(const struct clues *c)
{
	for (size_t k = 0; k < json_array_size(c->in->unread); k++)
		if (text_starts(clue_text(json_array_get(c->in->unread, k), "what"), "/var/log/dpkg"))
			return false;
	return c->in->suspected_us && c->in->from_us <= c->in->suspected_us;
}

/* A time that is not the host's own: of an archive, of a maintainer. */
static const char *true_time(struct clues *c, int64_t at_us)
{
	return clue_time(c, at_us + c->in->off_us);
}

/* Was the newer one there at the time in question? by: when it was, or when somebody first knew of it. */
static const char *there_by(struct clues *c, int64_t by_us, bool is_made)
{
	const char *when = by_us ? true_time(c, by_us) : "";

	if (by_us && by_us <= c->in->suspected_us)
		return arena_printf(c->arena, "the newer one was there by then (%s)", when);
	if (by_us && is_made)
		return arena_printf(c->arena, "the newer one was made later (%s)", when);
	if (by_us)
		return arena_printf(c->arena, "whether the newer one was there by then is not known here: the "
				    "archive's list is of %s", when);
	return "whether the newer one was there by then is not known here";
}

static const char *pending_then(const struct old *o, const json_t *l)
{
	struct clues *c = o->c;
	const json_t *first = first_change(o, clue_text(l, "package"));

	if (!c->in->suspected_us)
		return "";
	if (first && *clue_text(first, "before"))
		return arena_printf(c->arena, "; at the time in question it was %.60s, and %s",
				    clue_text(first, "before"), there_by(c, clue_us(l, "known_us"), false));
	if (first)
		return "; at the time in question it was not installed";
	if (!log_is_whole(c))
		return "; what was installed at the time in question is not known";
	return arena_printf(c->arena, "; so it was at the time in question, and %s",
			    there_by(c, clue_us(l, "known_us"), false));
}

static void upgraded(struct clues *c, const json_t *l)
{
	int64_t at_us = clue_us(l, "at_us");

	clue(c, CLUE_OLD, true, at_us, "%.60s was %.60s until %s, when %.60s was installed: at the time in question "
	     "the older one ran, and %s", clue_text(l, "package"), clue_text(l, "before"), clue_time(c, at_us),
	     clue_text(l, "after"), there_by(c, clue_us(l, "made_us"), true));
}

static void taken_away(struct clues *c, const json_t *l)
{
	int64_t at_us = clue_us(l, "at_us");

	clue(c, CLUE_SOFTWARE, false, at_us, "%.60s %.60s was taken away at %s: at the time in question it was "
	     "installed", clue_text(l, "package"), clue_text(l, "before"), clue_time(c, at_us));
}

static void change(struct old *o, const json_t *l)
{
	struct clues *c = o->c;
	int64_t at_us = clue_us(l, "at_us");
	const char *action = clue_text(l, "action");
	bool is_first = first_change(o, clue_text(l, "package")) == l;

	if (is_first && strcmp(action, "upgrade") == 0)
		upgraded(c, l);
	else if (is_first && *clue_text(l, "before") && (!strcmp(action, "remove") || !strcmp(action, "purge")))
		taken_away(c, l);
	else if (strcmp(action, "install") == 0 && clue_in_window(c, at_us) && o->installed++ < PENDING_TOLD)
		clue(c, CLUE_SOFTWARE, false, at_us, "%.60s %.60s was installed at %s", clue_text(l, "package"),
		     clue_text(l, "after"), clue_time(c, at_us));
}

static void pending(struct old *o, const json_t *l)
{
	if (o->pending++ < PENDING_TOLD)
		clue(o->c, CLUE_OLD, true, 0, "%.60s %.60s is installed; the security archive has %.60s%s",
		     clue_text(l, "package"), clue_text(l, "installed"), clue_text(l, "candidate"),
		     pending_then(o, l));
}

static void upstream(struct clues *c, uint32_t n_pending)
{
	int64_t asked_us = clue_us(c->in->packages, "asked_us");

	if (!json_int(c->in->packages, "security_lists", 0)) {
		clue_not_read(c, "/var/lib/apt/lists", "apt knows no security archive here");
		return;
	}
	if (asked_us && asked_us - c->in->off_us < c->in->suspected_us)
		clue_not_read(c, "/var/lib/apt/lists", arena_printf(c->arena, "apt last asked at %s, before the time "
			      "in question: what was mended by then is not known here", clue_time(c, asked_us)));
	if (n_pending)
		clue(c, CLUE_UPSTREAM, true, 0,
			"the security archive mends %u packages that this host has unmended: whether one "
		     "of the holes was the way in, its advisories say", n_pending);
	else
		clue(c, CLUE_UPSTREAM, false, 0,
			"by what apt learnt at %s the security archive has nothing newer than what is "
		     "installed: if software let them in, no mended one is there yet, or it is not the distribution's",
		     clue_time(c, asked_us));
}

void clues_old(struct clues *c)
{
	size_t n = json_array_size(c->in->found);
	struct old o = { .c = c, .first = mem_zero(n + 1, sizeof(void *)) };
	const json_t *l;

	for (size_t k = 0; k < n; k++)
		if ((l = found_at(&o, k)) && clue_is(l, "change") && is_later(c, l))
			note_first(&o, l);
	for (size_t k = 0; k < n; k++) {
		l = found_at(&o, k);
		if (l && clue_is(l, "change"))
			change(&o, l);
		else if (l && clue_is(l, "pending"))
			pending(&o, l);
	}
	if (o.pending > PENDING_TOLD)
		clue(c, CLUE_OLD, true, 0, "and %u more packages with mended versions in the security archive",
		     o.pending - PENDING_TOLD);
	if (c->in->packages)
		upstream(c, o.pending);
	map_free(&o.packages);
	free(o.first);
}
