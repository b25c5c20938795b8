/* The objects that the scanner found something in become files, commits and people: one walk through the history for
 * 10,000 of them. */
#include "search/search.h"
#include "base/map.h"
#include "base/mem.h"
#include "transport/git_places.h"
#include <string.h>

#define GIT_LIMIT_MS 600000

struct placing {
	const struct search_options *o;
	struct git_repo *repo;
	struct hits *from;
	struct hits to;                    /* shares the arena */
	struct git_sought *sought;
	struct map objects;                /* name -> index in sought */
	struct map known;                  /* rule, value and path -> index in to */
	struct gaps *gaps;
};

static void placing_end(struct placing *p)
{
	git_repo_free(p->repo);
	free(p->to.list);
	free(p->sought);
	map_free(&p->objects);
	map_free(&p->known);
}

/* One value at one path is one finding: a version that still stands shows the line, the oldest one who brought it. */
static void join(struct placing *p, const struct hit *one)
{
	struct hits *l = &p->to;
	char *key = arena_printf(p->from->arena, "%u %s %s", one->rule, one->tag, one->where);
	uint32_t at = map_get(&p->known, key);

	if (at == MAP_NONE) {
		(void)map_put(&p->known, key, (uint32_t)l->n);
		hits_add_found(l, one);
		return;
	}
	struct hit *have = &l->list[at];

	have->versions += strcmp(have->object, one->object) != 0;
	have->reached = have->reached || one->reached;
	if (one->now && !have->now) {
		have->line = one->line;
		have->col = one->col;
		have->object = one->object;
		have->now = one->now;
	}
	if (one->age > have->age) {
		have->age = one->age;
		have->at_s = one->at_s;
		have->who = one->who;
		have->commit = one->commit;
	}
}

/* In no file: the text of a commit or tag, or what nothing leads to. */
static void place_itself(struct placing *p, const struct git_sought *s, struct hit one)
{
	const bool named = s->name && strcmp(one.is, "commit") != 0;

	one.where = named ? arena_printf(p->from->arena, "%s %s", one.is, s->name)
			  : arena_printf(p->from->arena, "%s %.12s", one.is, one.object);
	one.reached = s->reached;
	join(p, &one);
}

static void place(struct placing *p, const struct hit *hit)
{
	const struct git_sought *s = &p->sought[map_get(&p->objects, hit->object)];
	struct hit one = *hit;

	if (!s->stood)
		place_itself(p, s, one);
	for (const struct git_stood *at = s->stood; at; at = at->next) {
		one.who = at->who;
		one.at_s = at->at_s;
		one.age = at->age;
		one.commit = arena_dup(p->from->arena, at->commit);
		one.now = at->now;
		one.reached = at->reached;
		if (!at->path) {
			place_itself(p, s, one);
			continue;
		}
		one.where = at->path;
		one.in_file = true;
		join(p, &one);
	}
}

/* Who asks for more than one walk can answer waits for several. */
static int find(struct placing *p, size_t n, struct err *e)
{
	bool whole = true;
	char why[200] = "";
	int r = 0;

	for (size_t from = 0; r == 0 && from < n; from += GIT_SOUGHT_MAX) {
		size_t part = n - from < GIT_SOUGHT_MAX ? n - from : GIT_SOUGHT_MAX;

		r = git_places_find(p->repo, p->sought + from, part, p->o->unreachable, p->from->arena, &whole, why, e);
		if (r == 0 && !whole)
			gaps_add(p->gaps, &(struct gap){ .kind = UNREAD_DAMAGED },
				 "not every commit could be walked, so that some findings have no file or no author: "
				 "git says: %s", why);
	}
	return r;
}

int search_places(const struct search_options *o, struct hits *h, struct gaps *gaps, struct err *e)
{
	_cleanup_(placing_end) struct placing p = { .o = o, .from = h, .gaps = gaps };
	size_t n = 0;

	p.sought = mem_zero(h->n, sizeof(*p.sought));
	for (size_t i = 0; i < h->n; i++)
		if (map_put(&p.objects, h->list[i].object, (uint32_t)n))
			(void)snprintf(p.sought[n++].oid, sizeof(p.sought->oid), "%s", h->list[i].object);
	int r = git_repo_open(o->path, GIT_LIMIT_MS, &p.repo, e);
	if (r == 0)
		r = find(&p, n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < h->n; i++)
		place(&p, &h->list[i]);
	free(h->list);
	h->list = TAKE(p.to.list);
	h->n = p.to.n;
	h->cap = p.to.cap;
	return 0;
}
