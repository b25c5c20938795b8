/* Who added each leaf: comments only, to know whom to ask. */
#include "draft/draft_parts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "check/check_who.h"
#include "transport/git_added.h"
#include <string.h>

static void say(struct draft *d, uint32_t leaf, const struct git_added *a)
{
	_cleanup_(buf_free) struct buf when = BUF_INIT(64);

	if (!a->who)
		return;
	clock_format(&when, a->at_s * 1000000);
	d->parts->added[leaf] = arena_printf(d->arena, "%s, %.10s", a->who, buf_text(&when));
}

static int of_repository(struct draft *d, const struct git_repo *r, const char *commit, const char *name, struct err *e)
{
	size_t n = 0, all = d->s->leaves.n;
	_cleanup_(freep) struct git_added *asks = mem_zero(all + 1, sizeof(*asks));
	_cleanup_(freep) uint32_t *which = mem_zero(all + 1, sizeof(*which));
	int x;

	for (uint32_t i = 0; i < all && n < GIT_ADDED_MAX; i++) {
		const struct leaf *l = draft_leaf(d, i);

		if (strcmp(l->repository, name) != 0)
			continue;
		which[n] = i;
		asks[n++] = (struct git_added){ .file = l->file, .key = l->key ? check_line_key(d->arena, l->key)
					       : NULL };
	}
	x = n ? git_repo_added(r, commit, asks, n, d->arena, e) : 0;
	for (size_t i = 0; i < n; i++)
		say(d, which[i], &asks[i]);
	return x;
}

void draft_who(struct draft *d)
{
	d->parts->added = mem_zero(d->s->leaves.n + 1, sizeof(*d->parts->added));
	for (uint32_t i = 0; i < d->s->reg->n_repositories; i++) {
		const struct repository *def = &d->s->reg->repositories[i];
		_cleanup_(git_repo_freep) struct git_repo *r = NULL;
		struct err e = ERR_INIT;
		char commit[65];

		if ((def->kind != REPOSITORY_PRIVATE && def->kind != REPOSITORY_SSL_KEYS) ||
		    !d->s->repository_read[i] ||
		    !survey_has_history(d->s, i))
			continue;
		if (survey_open(d->s, i, &r, commit, &e) < 0 || of_repository(d, r, commit, def->name, &e) < 0)
			gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_DAMAGED, .repository = def->name },
				 "who added what is kept: %s", e.text);
	}
}
