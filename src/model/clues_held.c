/* What lies on the host in agents and caches, and the plan of the incident does not have. */
#include "base/buf.h"
#include "model/clues_parts.h"
#include <inttypes.h>
#include <string.h>

#define SHOWN_MAX 10u          /* paths of one cache in a sentence */

static bool has(const struct clue_plan *p, const char *const *list, uint32_t n, const char *what)
{
	for (uint32_t k = 0; p && k < n; k++)
		if (!strcmp(list[k], what))
			return true;
	return false;
}

static void key(struct clues *c, const json_t *l)
{
	const struct clue_plan *p = c->in->plan;
	const char *print = clue_text(l, "key");

	if (has(p, p->keys, p->n_keys, print))
		return;
	clue(c, CLUE_KEY, true, 0, "%.300s, an agent of user id %" PRId64 " (%.40s), holds the key %.60s, which is not "
	     "in the plan: who is root here can log in with it for as long as the agent runs. If it is so, add to the "
	     "register, at the host %.100s: holds: [ssh-key/%.60s]", clue_text(l, "file"), json_int(l, "uid", -1),
	     *clue_text(l, "name") ? clue_text(l, "name") : "unknown", print, p->host, print);
}

/* All files of one cache in one sentence; `secret`: of those that a catalogue calls so. */
static void cache(struct clues *c, const char *file, bool secret, size_t first)
{
	const struct clue_plan *p = c->in->plan;
	_cleanup_(buf_free) struct buf paths = BUF_INIT(2000);
	uint32_t n = 0;
	int64_t uid = -1;

	for (size_t k = first; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);

		if (!clue_is(l, "cached") || strcmp(clue_text(l, "file"), file) != 0 ||
		    json_is(l, "secret") != secret || has(p, p->files, p->n_files, clue_text(l, "path")))
			continue;
		uid = json_int(l, "uid", -1);
		if (n++ < SHOWN_MAX)
			(void)buf_printf(&paths, "%s%.120s", n > 1 ? ", " : "", clue_text(l, "path"));
	}
	if (!n)
		return;
	if (n > SHOWN_MAX)
		(void)buf_printf(&paths, " and %u more", n - SHOWN_MAX);
	clue(c, CLUE_USE, secret, 0, "%.200s (of user id %" PRId64 ") keeps %s of files into which no secret of the "
	     "plan is fed here: %.600s. Name what it was in the register, at the host %.100s: holds: [SECRET]", file,
	     uid, secret ? "in clear the contents, which a manifest calls Sensitive," : "earlier contents",
	     buf_text(&paths), p->host);
}

static bool is_first(const struct clues *c, size_t at)
{
	const json_t *l = json_array_get(c->in->found, at);

	for (size_t k = 0; k < at; k++) {
		const json_t *before = json_array_get(c->in->found, k);

		if (clue_is(before, "cached") && !strcmp(clue_text(before, "file"), clue_text(l, "file")) &&
		    json_is(before, "secret") == json_is(l, "secret"))
			return false;
	}
	return true;
}

void clues_held(struct clues *c)
{
	if (!c->in->plan)
		return;
	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);

		if (clue_is(l, "agent-key"))
			key(c, l);
		/* what Puppet keeps of old files is everywhere: of a host that is lost it is told */
		else if (clue_is(l, "cached") && (c->in->plan->lost || json_is(l, "secret")) && is_first(c, k))
			cache(c, clue_text(l, "file"), json_is(l, "secret"), k);
	}
}
