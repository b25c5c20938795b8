/* What came of one host: what the schedule knows of its visits, and what the host said in them. */
#include "base/mem.h"
#include "base/text.h"
#include "fleet/contain_parts.h"
#include <string.h>

#define SAID 120             /* bytes that are shown of what a host calls a connection */

/* The host's own last word on what holds it: the confirmation's over the block's. */
static const char *state_of(const json_t *result)
{
	const char *confirmed = json_str(json_object_get(result, "confirm"), "state");

	return confirmed ? confirmed : json_str(json_object_get(result, "contain"), "state");
}

static bool is(const char *state, const char *word)
{
	return state && !strcmp(state, word);
}

/* Rules that took the place of confirmed ones: when nobody confirms them, those come back. */
static bool falls_back(const struct contain_told *t)
{
	return is(state_of(t->result), CONTAIN_WAITING) &&
	       json_is(json_object_get(t->result, "contain"), "falls_back");
}

/* What nobody confirmed, the host undoes; what was confirmed stays, whatever the proof says. A release that failed
 * without having taken the rules away, or that never got there, has left what stood. */
static bool still_stands(const struct contain_told *t)
{
	if (t->action == CONTAIN_OFF)
		return (t->outcome == CONTAIN_FAILED || t->outcome == CONTAIN_UNREACHABLE) &&
		       !is(json_str(json_object_get(t->result, "release"), "state"), CONTAIN_UNDONE);
	if (!t->blocked || t->level == LEVEL_SESSIONS)
		return false;
	return !contain_levels[t->level].rules || t->crowd || is(state_of(t->result), CONTAIN_CONFIRMED) ||
	       falls_back(t);
}

/* Of others' sessions and connections that did not end. */
static void say_left(const struct contain_told *t, struct buf *b)
{
	static const char *const words[CONTAIN_LEVELS] = {
		[LEVEL_ISOLATE] = "the rules only freeze them, and they go on when it is released: restart it before "
				  "that, then run this again",
		[LEVEL_PORT22] = "the rules only freeze what goes over ssh, and it goes on when it is released: "
				 "restart it before that, then run this again",
		[LEVEL_SSH] = "they go on: run this again, and if that does not end them switch it off (--level "
			      "shutdown)",
		[LEVEL_SESSIONS] = "they go on: run this again, and if that does not end them restart it or switch "
				   "it off (--level shutdown)",
	};
	int64_t left = json_int(json_object_get(t->result, "contain"), "left", 0);

	if (left != 0 && words[t->level])
		buf_printf(b, "%s%lld of others' sessions and connections could not be ended: %s", b->len ? "; " : "",
			   (long long)left, words[t->level]);
}

/* Another name for the same way shows nothing that the first one did not show. */
static void say_same_path(const struct contain_told *t, struct buf *b)
{
	const char *first = json_str(json_object_get(t->result, "contain"), "connection");
	const char *second = json_str(json_object_get(t->result, "confirm"), "connection");

	if (!t->confirmed || !contain_same_path(first, second))
		return;
	buf_printf(b, "%sits second path is its first one: the host saw both as ", b->len ? "; " : "");
	text_visible(b, second, strnlen(second, SAID));
	buf_str(b, " (from, to): 'second' in 'containment' must come from another address, by a jump host, or go to "
		"another one of the host's; then run this again");
}

/* What keeps a host from being contained although it was refused at each port. */
static void say_trouble(const struct contain_told *t, struct buf *b)
{
	if (*t->kept)
		buf_printf(b, "it is cut off now, and not after its next start: %s", t->kept);
	say_left(t, b);
	say_same_path(t, b);
}

/* Before the reason, which is in the text already. */
static const char *what_it_means(const struct contain_told *t, bool stands)
{
	bool unconfirmed = t->blocked && !t->confirmed && contain_levels[t->level].rules && !t->crowd;

	if (t->outcome == CONTAIN_UNREACHABLE && !t->blocked)
		return "nothing was done there; if it runs, go to its console or switch it off";
	if (t->outcome == CONTAIN_UNKNOWN && !t->blocked)
		return "it was told, and its answer was lost: run this again, it then says what holds it; else go to "
		       "its console";
	if (!unconfirmed)
		return NULL;
	if (falls_back(t) && t->outcome == CONTAIN_UNKNOWN)
		return "it was asked over the second path to keep these rules, and its answer was lost: it keeps them, "
		       "or goes back by itself to those that were confirmed before; run this again";
	if (falls_back(t))
		return "the second path did not confirm it, so the host goes back by itself to the rules that were "
		       "confirmed before";
	if (stands)
		return "what was confirmed before stands; the second path did not confirm it now";
	if (t->outcome == CONTAIN_UNKNOWN)
		return "it was asked over the second path to keep the block, and its answer was lost: it keeps it, or "
		       "lifts it by itself; run this again, it then says what holds it";
	if (is(state_of(t->result), CONTAIN_UNDONE))
		return NULL;
	return "the second path did not confirm it, so the host lifts it by itself";
}

enum contain_outcome contain_verdict(const struct contain_told *t, bool *ret_stands, char text[600])
{
	_cleanup_(buf_free) struct buf trouble = BUF_INIT(2000);
	bool stands = still_stands(t);
	const char *words;

	*ret_stands = stands;
	if (t->action == CONTAIN_OFF)
		return t->outcome;
	if (t->outcome == CONTAIN_PROVEN) {
		say_trouble(t, &trouble);
		if (trouble.len)
			(void)snprintf(text, 600, "%s", buf_text(&trouble));
		else if (!*text)
			(void)snprintf(text, 600, "%s", contain_levels[t->level].does);
		return trouble.len ? CONTAIN_FAILED : CONTAIN_PROVEN;
	}
	words = what_it_means(t, stands);
	if (words) {
		_cleanup_(freep) char *why = mem_dup(text);

		(void)snprintf(text, 600, "%s: %.400s", words, why);
	}
	return t->outcome;
}
