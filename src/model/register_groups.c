#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"

#define DEPTH_MAX 32 /* of groups in groups */

enum { NEW, OPEN, CLOSED }; /* of a group while they are walked */

struct hosts { uint32_t *i; size_t n, cap; bool *in; };

static void hosts_free(struct hosts *h)
{
	free(h->i);
	free(h->in);
}

static void add(struct hosts *h, uint32_t host)
{
	if (h->in[host] || !GROW(h->i, h->n, h->cap, LIMIT_HOSTS))
		return;
	h->in[host] = true;
	h->i[h->n++] = host;
}

static bool add_pattern(struct loader *l, struct hosts *h, struct position at, const char *pattern)
{
	const struct table *t = &l->table[TABLE_HOSTS];
	bool any = false;

	for (uint32_t i = 0; i < t->n; i++)
		if (text_matches(pattern, ((const struct host_draft *)t->item[i])->h.name)) {
			add(h, i);
			any = true;
		}
	return any || problem(l, at, "the pattern '%s' fits no host", pattern);
}

static bool resolve_group(struct loader *l, struct group_draft *g, struct position from);

static bool add_word(struct loader *l, struct hosts *h, struct position at, const char *word)
{
	uint32_t host = map_get(&l->table[TABLE_HOSTS].names, word);
	struct group_draft *g;

	if (strpbrk(word, "*?"))
		return add_pattern(l, h, at, word);
	if (host != MAP_NONE) {
		add(h, host);
		return true;
	}
	g = table_find(l, TABLE_GROUPS, word);
	if (!g)
		return problem(l, at, "no host or group is called '%s'%s", word, hint_table(l, word, TABLE_HOSTS));
	if (!resolve_group(l, g, at))
		return false;
	for (uint32_t i = 0; i < g->hosts.n; i++)
		add(h, g->hosts.i[i]);
	return true;
}

static bool collect(struct loader *l, const struct words *w, struct indices *ret)
{
	_cleanup_(hosts_free) struct hosts h = { .in = mem_zero(l->table[TABLE_HOSTS].n + 1, sizeof(bool)) };
	bool ok = true;

	for (uint32_t i = 0; i < w->n && !enough(l); i++)
		ok = add_word(l, &h, (struct position){ w->file, w->w[i].line, w->w[i].col }, w->w[i].s) && ok;
	ret->n = (uint32_t)h.n;
	ret->i = arena_zero(l->keep, h.n * sizeof(*ret->i));
	if (h.n)
		memcpy(ret->i, h.i, h.n * sizeof(*ret->i));
	l->expanded += h.n;
	return ok;
}

static bool resolve_group(struct loader *l, struct group_draft *g, struct position from)
{
	bool ok;

	if (g->state == OPEN)
		return problem(l, from, "group '%s' holds itself: take one of the groups out of the circle", g->name);
	if (g->state == CLOSED)
		return true;
	if (l->group_depth == DEPTH_MAX)
		return problem(l, from, "groups are nested more than %d deep at '%s'", DEPTH_MAX, g->name);
	g->state = OPEN;
	l->group_depth++;
	ok = collect(l, &g->members, &g->hosts);
	l->group_depth--;
	g->state = CLOSED;
	return ok;
}

void resolve_groups(struct loader *l)
{
	const struct table *t = &l->table[TABLE_GROUPS];

	for (size_t i = 0; i < t->n && !enough(l); i++) {
		struct group_draft *g = t->item[i];

		if (table_find(l, TABLE_HOSTS, g->name))
			problem(l, g->at, "'%s' is a host and a group: give one of them another name", g->name);
		else
			resolve_group(l, g, g->at);
	}
}

/* The words in one text, so that "hosts: [mw*]" said a hundred thousand times is one list in memory. */
static char *text_of(struct loader *l, const struct words *w)
{
	size_t len = 1;
	char *text, *end;

	for (uint32_t i = 0; i < w->n; i++)
		len += strlen(w->w[i].s) + 1;
	text = end = arena_zero(l->draft, len);
	for (uint32_t i = 0; i < w->n; i++) {
		end = stpcpy(end, w->w[i].s);
		*end++ = ' ';
	}
	return text;
}

bool hosts_of_words(struct loader *l, const struct words *w, struct indices *ret)
{
	const char *text;
	uint32_t known;
	bool ok;

	for (uint32_t i = 0; i < w->n; i++)
		if (check_host_word(w->w[i].s))
			return problem(l, (struct position){ w->file, w->w[i].line, w->w[i].col },
				       "'%.60s' is wrong: expected %s", w->w[i].s, check_host_word(w->w[i].s));
	text = text_of(l, w);
	known = map_get(&l->host_lists, text);
	if (known != MAP_NONE) {
		*ret = l->lists[known];
		return true;
	}
	ok = collect(l, w, ret);
	if (ok && GROW(l->lists, l->n_lists, l->cap_lists, LIMIT_EDGES)) {
		map_put(&l->host_lists, text, (uint32_t)l->n_lists);
		l->lists[l->n_lists++] = *ret;
	}
	return ok;
}
