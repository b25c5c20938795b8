/* A repository's object store: every blob, and the texts of commits and tags, each object once. */
#include "scanner/scanner.h"
#include "base/mem.h"
#include "transport/git_objects.h"
#include <string.h>

#define GIT_LIMIT_MS 600000
#define MODE_SUBMODULE 0160000u
#define NOT_HERE "git does not have it here (a partial clone has only what was asked for): read a whole clone"
#define TYPES (1u << GIT_BLOB | 1u << GIT_COMMIT | 1u << GIT_TAG)
#define CACHE_ALL ((size_t)96 << 20) /* of all git programs together */
#define CHUNKS 8u                    /* for each thread: who is done early takes one more */

struct history {
	struct scanner *s;
	struct git_repo *repo;
	struct git_history list, told;   /* told: of what was walked to */
	struct git_oids reached;
	int listed, walked;
	struct err why, why_walk;
	size_t next;                 /* chunk that nobody has taken; under s->lock */
};

/* One thread's. */
struct reading { struct history *h; struct matcher *m; struct text text; char oid[65]; };

static void history_end(struct history *h)
{
	git_history_free(&h->list);
	git_history_free(&h->told);
	git_oids_free(&h->reached);
	git_repo_free(h->repo);
}

static void *list(void *arg)
{
	struct history *h = arg;
	const char *since = json_str(h->s->job->body, "since");

	h->listed = since ? git_history_since(h->repo, TYPES, since, &h->list, &h->why)
			  : git_history_list(h->repo, TYPES, true, &h->list, &h->why);
	return NULL;
}

static void *walk(void *arg)
{
	struct history *h = arg;

	h->walked = git_history_reached(h->repo, &h->reached, &h->told, &h->why_walk);
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

static int see(const struct git_object *o, void *arg)
{
	static const char *const names[] = { [GIT_BLOB] = "blob", [GIT_TREE] = "tree", [GIT_COMMIT] = "commit",
					     [GIT_TAG] = "tag" };
	struct reading *r = arg;
	struct err e = ERR_INIT;
	bool last = o->state != GIT_PIECE || o->offset + o->len == o->size;

	if (o->state == GIT_OTHER)
		return 0;
	(void)git_oids_hex(&r->h->list.oids, o->index, r->oid);
	r->text.is = names[o->type];
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

/* The chunks lie one behind the other in the pack, so that git finds the base of a delta in its cache. */
static bool take(struct history *h, size_t *ret_from, size_t *ret_to)
{
	size_t n = h->s->n * CHUNKS, k;

	pthread_mutex_lock(&h->s->lock);
	k = h->next++;
	pthread_mutex_unlock(&h->s->lock);
	if (k >= n)
		return false;
	git_history_part(&h->list, k, n, ret_from, ret_to);
	return true;
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
	while (x == 0 && take(r.h, &from, &to))
		x = git_reader_read(reader, &r.h->list.oids, from, to, see, &r, e);
	return x;
}

static void tell_gaps(struct history *h, const struct git_history *l)
{
	char hex[65];

	if (!l->whole)
		tell_unread(h->s, UNREAD_DAMAGED, NULL, NULL, l->why);
	for (size_t i = 0; i < l->missing.n; i++)
		tell_unread(h->s, UNREAD_MISSING, git_oids_hex(&l->missing, i, hex), NULL, NOT_HERE);
}

/* What could not be walked to may be what does not count; then all of it does. */
static bool counts(const char *object, void *arg)
{
	const struct history *h = arg;
	_cleanup_(git_oids_free) struct git_oids one = { 0 };

	return !h->told.whole || git_oids_add(&one, object, NULL) < 0 || git_oids_have(&h->reached, &one, 0);
}

/* Git lists while we compile; and everything is looked through while git finds out what of it its names lead to. */
static int scan(struct history *h, struct err *e)
{
	pthread_t lister;
	int r;

	if (pthread_create(&lister, NULL, list, h) != 0)
		return err_set(e, ERR_IO, "no thread can be started");
	r = scanner_prepare(h->s, e);
	(void)pthread_join(lister, NULL);
	if (r == 0 && h->listed < 0)
		r = err_set(e, h->why.code, "%s", h->why.text);
	if (r < 0)
		return r;
	h->s->total = h->list.total;
	tell_gaps(h, &h->list);
	return scanner_threads(h->s, read_part, h, e);
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
	tell_held(h->s, counts, h);
	if (r == 0)
		tell_gaps(h, &h->told);
	return r;
}

/* What another repository keeps is in no object of this one. Of those that HEAD has; a HEAD that cannot be read was
 * told while everything was. */
static void tell_submodules(struct history *h)
{
	_cleanup_(git_files_free) struct git_files files = { 0 };
	char commit[65];

	if (git_repo_commit(h->repo, "HEAD", commit, NULL) < 0 ||
	    git_repo_files(h->repo, commit, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++)
		if (files.list[i].mode == MODE_SUBMODULE)
			tell_unread(h->s, UNREAD_REPOSITORY, NULL, files.list[i].path,
				    "a submodule: name its repository to have it read");
}

int scanner_history(struct scanner *s, struct err *e)
{
	_cleanup_(history_end) struct history h = { .s = s, .why = ERR_INIT, .why_walk = ERR_INIT };
	const char *path = json_str(s->job->body, "repository");
	bool since = json_str(s->job->body, "since") != NULL;
	int r;

	if (!path)
		return err_set(e, ERR_CONFIG, "job: \"repository\" is missing");
	/* The automaton of values is built in a child of ours, so before there are threads. */
	r = json_object_get(s->job->body, "rules") ? 0 : scanner_prepare(s, e);
	if (r == 0)
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
