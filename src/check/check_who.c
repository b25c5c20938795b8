#include "check/check_who.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_added.h"
#include <stdlib.h>
#include <string.h>

/* A key's line begins with its last part: `c: ...` of a::b.c; an element of a list has no key of its own. */
const char *check_line_key(struct arena *a, const char *key)
{
	const char *dot = strrchr(key, '.'), *from;

	while (dot && strspn(dot + 1, "0123456789") == strlen(dot + 1)) {
		key = arena_dupn(a, key, (size_t)(dot - key));
		dot = strrchr(key, '.');
	}
	from = dot && strstr(key, "::") && dot > strstr(key, "::") ? dot + 1 : key;
	return from;
}

static void tell(struct findings *l, struct finding *f, const struct git_added *a)
{
	_cleanup_(buf_free) struct buf who = BUF_INIT(400), when = BUF_INIT(64);

	if (!a->who)
		return;
	text_visible(&who, a->who, strlen(a->who));
	clock_format(&when, a->at_s * 1000000);
	f->who = arena_dup(l->arena, buf_text(&who));
	f->when = arena_dup(l->arena, buf_text(&when));
	f->commit = arena_dup(l->arena, a->commit);
}

static int of_repository(const struct git_repo *r, const char *commit, const char *name, struct findings *l,
			 struct err *e)
{
	_cleanup_(freep) struct git_added *asks = mem_zero(l->n + 1, sizeof(*asks));
	_cleanup_(freep) uint32_t *which = mem_zero(l->n + 1, sizeof(*which));
	_cleanup_(arena_freep) struct arena *a = arena_new();
	size_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct finding *f = &l->f[i];
		if (f->rule != RULE_UNREGISTERED || !f->subject || !f->file || strcmp(f->repository, name) != 0)
			continue;
		bool whole = strcmp(f->subject, f->file) == 0;
		which[n] = i;
		asks[n++] = (struct git_added){ .file = f->file, .key = whole ? NULL : check_line_key(a, f->subject) };
	}
	int x = n ? git_repo_added(r, commit, asks, n, a, e) : 0;
	for (size_t i = 0; i < n; i++)
		tell(l, &l->f[which[i]], &asks[i]);
	return x;
}

void check_who(struct survey *s, struct findings *l)
{
	for (uint32_t i = 0; i < s->reg->n_repositories; i++) {
		const char *name = s->reg->repositories[i].name;
		_cleanup_(git_repo_freep) struct git_repo *r = NULL;
		struct err e = ERR_INIT;
		char commit[65];

		if (!s->repository_read[i] || !survey_has_history(s, i))
			continue;
		if (survey_open(s, i, &r, commit, &e) < 0 || of_repository(r, commit, name, l, &e) < 0)
			gaps_add(&s->gaps, &(struct gap){ .kind = UNREAD_DAMAGED, .repository = name },
				 "who added what is not known: %s", e.text);
	}
}
