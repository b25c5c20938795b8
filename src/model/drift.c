#include "model/drift.h"
#include "base/mem.h"
#include <string.h>

#define DRIFTS_MAX (2 * BASELINE_ITEMS_MAX + 64)
#define SHOWN 200            /* bytes of what was and is, in a sentence */

const struct drift_section drift_sections[] = {
	{ "accounts", "an account", false, false, false },
	{ "groups", "a group", false, false, false },
	{ "keys", "a key that may log in", false, false, false },
	{ "sudo", "a rule of sudo", false, false, false },
	{ "sshd", "a setting of sshd", false, false, false },
	{ "pam", "a file of PAM", false, false, false },
	{ "preload", "a library that is loaded into every program", false, false, false },
	{ "setuid", "a setuid or setgid file", false, false, false },
	{ "capabilities", "a file with capabilities", false, false, false },
	{ "modules", "a kernel module", false, true, false },
	{ "units", "a unit or timer of systemd", false, false, false },
	{ "cron", "a job of cron or at", false, false, false },
	{ "startup", "a file that is run when somebody logs in or the host starts", false, false, false },
	{ "listen", "a listening socket", false, true, false },
	{ "packages", "a package, or the list of its files", false, true, true },
	{ "puppet-files", "a file of Puppet's that is not as the catalogue says", true, false, false },
	{ "catalogue", "a catalogue of Puppet's, which its files are held against,", false, false, false },
	{ "catalogue-files", "a file of Puppet's catalogue", false, true, false },
	{ NULL, NULL, false, false, false },
};

const struct drift_section *drift_section(const char *name)
{
	for (const struct drift_section *s = drift_sections; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

const char *drift_kind_name(enum drift_kind k)
{
	static const char *const names[] = {
		[DRIFT_NEW] = "new", [DRIFT_GONE] = "gone", [DRIFT_CHANGED] = "changed", [DRIFT_WRONG] = "wrong",
		[DRIFT_UNKNOWN] = "unknown",
	};

	return names[k];
}

void drifts_free(struct drifts *d)
{
	free(d->d);
	arena_free(d->arena);
	*d = (struct drifts){ 0 };
}

bool drift_is_clean(const struct drifts *d)
{
	return d->n == 0;
}

static void add(struct drifts *all, enum drift_kind kind, const struct drift_section *s, const char *key,
		const char *was, const char *is, const char *text)
{
	struct arena *a = all->arena;

	if (!GROW(all->d, all->n, all->cap, DRIFTS_MAX))
		abort();
	all->d[all->n++] = (struct drift){
		kind, s->name, arena_dup(a, key), was ? arena_dup(a, was) : NULL, is ? arena_dup(a, is) : NULL, text,
	};
	all->unknown += kind == DRIFT_UNKNOWN;
}

static void unknown(struct drifts *all, const struct drift_section *s, const char *why)
{
	add(all, DRIFT_UNKNOWN, s, "", NULL, why,
	    arena_printf(all->arena, "%s: not known whether anything changed: %s", s->name, why));
}

/* As much of it as a sentence takes. */
static const char *shown(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	if (n <= SHOWN)
		return text;
	for (n = SHOWN; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	return arena_printf(a, "%.*s...", (int)n, text);
}

/* A list of sums that another one took the place of, for the same version: what made it fit, dpkg did not. */
static bool is_rewritten(const struct drift_section *s, const char *was, const char *is)
{
	size_t n = strcspn(was, ",");

	return s->versions && n == strcspn(is, ",") && strncmp(was, is, n) == 0;
}

/* What happens on calm days too. */
static const char *calm(const struct drift_section *s)
{
	return s->calm ? " (this happens on calm days too: ask who did it)" : "";
}

static void appeared(struct drifts *all, const struct drift_section *s, const struct baseline_item *is)
{
	add(all, DRIFT_NEW, s, is->key, NULL, is->is, arena_printf(all->arena, "%s that the baseline does not have: "
	    "'%s' (%s)%s", s->thing, is->key, shown(all->arena, is->is), calm(s)));
}

static void gone(struct drifts *all, const struct drift_section *s, const struct baseline_item *was)
{
	add(all, DRIFT_GONE, s, was->key, was->is, NULL, arena_printf(all->arena, "%s that the baseline has is gone: "
	    "'%s' (%s)%s", s->thing, was->key, shown(all->arena, was->is), calm(s)));
}

static void changed(struct drifts *all, const struct drift_section *s, const struct baseline_item *was,
		    const struct baseline_item *is)
{
	struct arena *a = all->arena;
	const char *so = is_rewritten(s, was->is, is->is) ? ": the list was written anew for the same version, which "
			 "no upgrade does, and files that fit it are not shown to be those that were installed"
							   : calm(s);

	add(all, DRIFT_CHANGED, s, is->key, was->is, is->is, arena_printf(a, "%s is not as in the baseline: '%s' was "
	    "(%s), is (%s)%s", s->thing, is->key, shown(a, was->is), shown(a, is->is), so));
}

/* What is wrong by itself is so with or without a baseline, and when it stood in that one as well. */
static void wrong(struct drifts *all, const struct drift_section *s, const struct baseline_section *now)
{
	for (uint32_t i = 0; i < now->n; i++) {
		const struct baseline_item *it = &now->items[i];

		add(all, DRIFT_WRONG, s, it->key, NULL, it->is, arena_printf(all->arena, "%s: '%s': %s", s->thing,
		    it->key, shown(all->arena, it->is)));
	}
}

static void compare(struct drifts *all, const struct drift_section *s, const struct baseline_section *was,
		    const struct baseline_section *now)
{
	uint32_t i = 0, k = 0;

	while (i < was->n || k < now->n) {
		int order = i == was->n ? 1 : k == now->n ? -1 : strcmp(was->items[i].key, now->items[k].key);

		/* what a look that was cut short did not show may be there */
		if (order < 0 && !now->cut)
			gone(all, s, &was->items[i]);
		if (order > 0 && !was->cut)
			appeared(all, s, &now->items[k]);
		if (order == 0 && strcmp(was->items[i].is, now->items[k].is) != 0)
			changed(all, s, &was->items[i], &now->items[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

static bool is_there(const struct baseline_section *s)
{
	return s && s->read;
}

static void section_drift(struct drifts *all, const struct drift_section *s, const struct baseline *before,
			  const struct baseline *now)
{
	const struct baseline_section *was = before ? baseline_section(before, s->name) : NULL,
				      *is = baseline_section(now, s->name);

	if (!is_there(is)) {
		unknown(all, s, "it was not read on the host");
		return;
	}
	if (is->cut)
		unknown(all, s, is->cut);
	if (s->wrong) {
		wrong(all, s, is);
		return;
	}
	if (!before)
		return;
	if (!is_there(was)) {
		unknown(all, s, "the baseline does not have it");
		return;
	}
	if (was->cut)
		unknown(all, s, arena_printf(all->arena, "the baseline has it in part only: %s", was->cut));
	compare(all, s, was, is);
}

void drift_of(const struct baseline *before, const struct baseline *now, struct drifts *ret)
{
	static const struct drift_section none = { .name = "baseline", .thing = "" };

	*ret = (struct drifts){ .arena = arena_new() };
	if (!before)
		unknown(ret, &none, "there is no baseline of this host from a calm day");
	for (const struct drift_section *s = drift_sections; s->name; s++)
		section_drift(ret, s, before, now);
}
