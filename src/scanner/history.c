/* A repository's object store: every blob, and the texts of commits and tags, each object once. */
#include "scanner/scanner.h"
#include "base/mem.h"
#include "transport/git_walk.h"
#include <string.h>

#define GIT_LIMIT_MS 600000
#define MODE_SUBMODULE 0160000u
#define NOT_HERE "git does not have it here (a partial clone has only what was asked for): read a whole clone"
#define TYPES (1u << GIT_BLOB | 1u << GIT_COMMIT | 1u << GIT_TAG)
#define CACHE_ALL ((size_t)32 << 20) /* of all git programs that read, together */
#define CHUNKS 16u                   /* for each thread: who is done early takes one more */

/* Objects that are handed out, a chunk at a time; who reads one uses it. Gone when nobody does. */
struct part { struct git_history list; size_t next, users; };

struct history {
	struct scanner *s;
	struct git_repo *repo;
	struct git_history listed, told; /* what was not told while listing; the same of what was walked to */
	struct git_walk walk;
	struct git_oids asked;       /* sorted: what is told of waits for whether it counts */
	bool *counted;
	int result, walked;
	struct err why, why_walk;
	/* under s->lock */
	struct part *part;
	bool no_more, stop;          /* nothing comes behind this part; somebody failed, and nobody waits any more */
	uint64_t bytes;
	pthread_cond_t given, taken;
};

/* One thread's. */
struct reading { struct history *h; struct part *part; struct matcher *m; struct text text; char oid[65]; };

/* Under the lock. */
static void leave(struct part *p)
{
	if (!p || --p->users > 0)
		return;
	git_history_free(&p->list);
	free(p);
}

static void history_end(struct history *h)
{
	leave(h->part);
	git_history_free(&h->listed);
	git_history_free(&h->told);
	git_walk_free(&h->walk);
	git_oids_free(&h->asked);
	free(h->counted);
	git_repo_free(h->repo);
	(void)pthread_cond_destroy(&h->given);
	(void)pthread_cond_destroy(&h->taken);
}

static void tell_gaps(struct history *h, const struct git_history *l)
{
	char hex[65];

	if (!l->whole)
		tell_unread(h->s, UNREAD_DAMAGED, NULL, NULL, l->why);
	for (size_t i = 0; i < l->missing.n; i++)
		tell_unread(h->s, UNREAD_MISSING, git_oids_hex(&l->missing, i, hex), NULL, NOT_HERE);
}

static size_t chunks(const struct history *h)
{
	return h->s->n * CHUNKS;
}

/* The next part takes the place of one of which every chunk was taken; git waits for us meanwhile. */
static int give(struct git_history *list, void *arg, struct err *e)
{
	struct history *h = arg;
	struct part *p = mem_zero(1, sizeof(*p));
	bool stop;

	p->list = *list;
	p->users = 1;
	*list = (struct git_history){ 0 };
	pthread_mutex_lock(&h->s->lock);
	while (!h->stop && h->part && h->part->next < chunks(h))
		pthread_cond_wait(&h->taken, &h->s->lock);
	leave(h->part);
	h->part = p;
	h->bytes += p->list.total;
	stop = h->stop;
	pthread_cond_broadcast(&h->given);
	pthread_mutex_unlock(&h->s->lock);
	return stop ? err_set(e, ERR_IO, "the reading ended before its time") : 0;
}

/* What there is together is known when the last part is. */
static void *list(void *arg)
{
	struct history *h = arg;
	const char *since = json_str(h->s->job->body, "since");
	_cleanup_(git_history_free) struct git_history all = { 0 };

	if (since) {
		h->result = git_history_since(h->repo, TYPES, since, &all, &h->why);
		tell_gaps(h, &all);
		if (h->result == 0)
			h->result = give(&all, h, &h->why);
	} else {
		h->result = git_history_parts(h->repo, TYPES, give, h, &h->listed, &h->why);
		tell_gaps(h, &h->listed);
	}
	pthread_mutex_lock(&h->s->lock);
	h->no_more = true;
	h->s->total = h->bytes;
	pthread_cond_broadcast(&h->given);
	pthread_mutex_unlock(&h->s->lock);
	return NULL;
}

static void stop(struct history *h)
{
	pthread_mutex_lock(&h->s->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->given);
	pthread_cond_broadcast(&h->taken);
	pthread_mutex_unlock(&h->s->lock);
}

static void *walk(void *arg)
{
	struct history *h = arg;

	h->walked = git_walk_run(h->repo, &h->walk, &h->told, &h->why_walk);
	return NULL;
}

static void unread(struct reading *r, const struct git_object *o)
{
	static const struct { enum git_state state; enum unread kind; const char *why; } whys[] = {
		{ GIT_MISSING, UNREAD_MISSING, NOT_HERE },
		{ GIT_DAMAGED, UNREAD_DAMAGED, "git cannot unpack it: `git fsck` tells more" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(whys); i++)
		if (o->state == whys[i].state)
			tell_unread(r->h->s, whys[i].kind, r->oid, NULL, whys[i].why);
}

static void conclude(struct reading *r, int result, const struct err *e)
{
	if (result < 0)
		tell_unread(r->h->s, UNREAD_LARGE, r->oid, NULL, e->text);
}

/* A known value may stand in there all the same. What only looks like a secret is not looked for in archives at all. */
static void tell_packed(struct reading *r, const struct git_object *o)
{
	bool begins = o->state == GIT_READ || (o->state == GIT_PIECE && o->offset == 0);
	const char *is = begins && o->type == GIT_BLOB && !r->h->s->rules.n ? gap_packed(o->bytes, o->len) : NULL;
	char why[100];

	if (!is)
		return;
	(void)snprintf(why, sizeof(why), "a file of %s: only looked at as it is", is);
	tell_unread(r->h->s, UNREAD_SPECIAL, r->oid, NULL, why);
}

static int see(const struct git_object *o, void *arg)
{
	static const char *const names[] = { [GIT_BLOB] = "blob", [GIT_TREE] = "tree", [GIT_COMMIT] = "commit",
					     [GIT_TAG] = "tag" };
	struct reading *r = arg;
	struct err e = ERR_INIT;
	bool last = o->state != GIT_PIECE || o->offset + o->len == o->size;

	if (o->state == GIT_OTHER)
		return 0;
	(void)git_oids_hex(&r->part->list.oids, o->index, r->oid);
	r->text.is = names[o->type];
	tell_packed(r, o);
	if (o->state == GIT_READ) {
		conclude(r, matcher_scan(r->m, o->bytes, o->len, tell_match, &r->text, &e), &e);
	} else if (o->state == GIT_PIECE) {
		if (o->offset == 0)
			matcher_begin(r->m);
		matcher_feed(r->m, o->bytes, o->len);
		if (last)
			conclude(r, matcher_end(r->m, tell_match, &r->text, &e), &e);
	} else {
		unread(r, o);
	}
	tell_bytes(r->h->s, o->len);
	if (last)
		tell_text(&r->text);
	return 0;
}

/* The chunks lie one behind the other in git's order, so that most of what is a difference comes behind its base. */
static bool take(struct reading *r, size_t *ret_from, size_t *ret_to)
{
	struct history *h = r->h;
	bool some;
	size_t k = 0;

	pthread_mutex_lock(&h->s->lock);
	leave(r->part);
	r->part = NULL;
	while (!h->stop && !h->no_more && (!h->part || h->part->next == chunks(h)))
		pthread_cond_wait(&h->given, &h->s->lock);
	some = !h->stop && h->part && h->part->next < chunks(h);
	if (some) {
		r->part = h->part;
		r->part->users++;
		k = r->part->next++;
		if (r->part->next == chunks(h))
			pthread_cond_signal(&h->taken);
	}
	pthread_mutex_unlock(&h->s->lock);
	if (some)
		git_history_part(&r->part->list, k, chunks(h), ret_from, ret_to);
	return some;
}

static int read_part(struct scanner *s, size_t k, void *arg, struct err *e)
{
	const struct git_reader_options options = { .max = SCANNER_PIECE, .pieces = true, .types = TYPES,
		.cache = CACHE_ALL / s->n };
	_cleanup_(git_reader_freep) struct git_reader *reader = NULL;
	struct reading r = { .h = arg, .m = s->matchers[k], .text = { .s = s } };
	size_t from, to;
	int x = git_reader_open(r.h->repo, &options, &reader, e);

	r.text.object = r.oid;
	while (x == 0 && take(&r, &from, &to))
		x = git_reader_read(reader, &r.part->list.oids, from, to, see, &r, e);
	if (x < 0)
		stop(r.h);
	pthread_mutex_lock(&s->lock);
	leave(r.part);
	pthread_mutex_unlock(&s->lock);
	return x;
}

/* What could not be walked to may be what does not count; then all of it does. */
static bool counts(const char *object, void *arg)
{
	const struct history *h = arg;
	_cleanup_(git_oids_free) struct git_oids one = { 0 };
	size_t at = GIT_OIDS_NONE;

	if (h->told.whole && h->counted && git_oids_add(&one, object, NULL) == 0)
		at = git_oids_find(&h->asked, one.bytes);
	return at == GIT_OIDS_NONE || h->counted[at];
}

static int find_counted(struct history *h, struct err *e)
{
	int r = tell_asked(h->s, &h->asked, e);

	git_oids_once(&h->asked);
	h->counted = mem_zero(h->asked.n + 1, sizeof(*h->counted));
	return r < 0 ? r : git_walk_mark(&h->walk, &h->asked, h->counted, e);
}

/* Git lists while we compile; and everything is looked through while git finds out what of it its names lead to. */
static int scan(struct history *h, struct err *e)
{
	pthread_t lister;
	int r;

	if (pthread_create(&lister, NULL, list, h) != 0)
		return err_set(e, ERR_IO, "no thread can be started");
	r = scanner_prepare(h->s, e);
	if (r == 0)
		r = scanner_threads(h->s, read_part, h, e);
	if (r < 0)
		stop(h);
	(void)pthread_join(lister, NULL);
	if (r == 0 && h->result < 0)
		r = err_set(e, h->why.code, "%s", h->why.text);
	return r;
}

static int scan_reached(struct history *h, struct err *e)
{
	pthread_t walker;
	int r;

	tell_hold(h->s);
	if (pthread_create(&walker, NULL, walk, h) != 0)
		return err_set(e, ERR_IO, "no thread can be started");
	r = scan(h, e);
	(void)pthread_join(walker, NULL);
	if (r == 0 && h->walked < 0)
		r = err_set(e, h->why_walk.code, "%s", h->why_walk.text);
	if (r == 0)
		r = find_counted(h, e);
	tell_held(h->s, counts, h);
	if (r == 0)
		tell_gaps(h, &h->told);
	return r;
}

static int see_file(const struct git_file *f, void *arg, struct err *e _unused_)
{
	if (f->mode == MODE_SUBMODULE)
		tell_unread(arg, UNREAD_REPOSITORY, NULL, f->path, "a submodule: name its repository to have it read");
	return 0;
}

/* What another repository keeps is in no object of this one. Of those that HEAD has; a HEAD that cannot be read was
 * told while everything was. */
static void tell_submodules(struct history *h)
{
	char commit[65], why[200];
	bool whole;

	if (git_repo_commit(h->repo, "HEAD", commit, NULL) == 0)
		(void)git_repo_each_file(h->repo, commit, see_file, h->s, &whole, why, NULL);
}

int scanner_history(struct scanner *s, struct err *e)
{
	_cleanup_(history_end) struct history h = { .s = s, .walk = GIT_WALK_INIT, .why = ERR_INIT,
		.why_walk = ERR_INIT,
		.given = PTHREAD_COND_INITIALIZER, .taken = PTHREAD_COND_INITIALIZER };
	const char *path = json_str(s->job->body, "repository");
	bool since = json_str(s->job->body, "since") != NULL;
	int r;

	if (!path)
		return err_set(e, ERR_CONFIG, "job: \"repository\" is missing");
	/* The automaton of values is built in a child of ours, so before there are threads. */
	r = json_object_get(s->job->body, "rules") ? 0 : scanner_prepare(s, e);
	if (r < 0)
		return r;
	r = git_repo_open(path, GIT_LIMIT_MS, &h.repo, e);
	if (r < 0)
		return r;
	if (h.repo->shallow && !since)
		tell_unread(s, UNREAD_MISSING, NULL, NULL, "a shallow clone: the history before its oldest commits is "
			    "not here; `git fetch --unshallow` brings it");
	r = since || json_is(s->job->body, "unreachable") ? scan(&h, e) : scan_reached(&h, e);
	if (r == 0 && !since)
		tell_submodules(&h);
	return r;
}
