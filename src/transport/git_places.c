#include "transport/git_places.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_log.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define WHO_KEPT ((size_t)64 << 10)
#define MARK '\001'
#define FORMAT "--format=" GIT_LOG_HEAD "%x01%at%x01%an <%ae>"

struct tip { char oid[65]; const char *name; };
struct tips { struct tip *list; size_t n, cap; };

struct places {
	const struct git_repo *repo;
	struct arena *arena;
	struct git_sought *s;
	size_t n;
	struct map wanted;             /* oid -> sought */
	struct tips tips;              /* HEAD first, then the branch with the newest commit */
	/* the pass that is made now */
	const struct git_oids *commits;
	bool reached;
	uint32_t found;                /* sought whose path comes; MAP_NONE */
	char commit[65];
	int64_t at_s;
	uint32_t age;
	const char *who;               /* in the arena once somebody needs it */
	struct buf who_seen;
	bool *whole;
	char *why;
};

static void places_clear(struct places *p)
{
	map_free(&p->wanted);
	free(p->tips.list);
	buf_free(&p->who_seen);
}

static void in_part(struct places *p, const char *said, int status)
{
	if (*p->whole)
		(void)git_repo_reason(said, status, p->why);
	*p->whole = false;
}

/* The older one wins: commits come before their parents. */
static void stood(struct places *p, uint32_t which, const char *path)
{
	struct git_sought *s = &p->s[which];
	struct git_stood *at = s->stood;

	while (at && (path ? !at->path || strcmp(at->path, path) != 0 : at->path != NULL))
		at = at->next;
	if (!at && s->n == GIT_STOOD_MAX) {
		s->more++;
		return;
	}
	if (!at) {
		at = arena_zero(p->arena, sizeof(*at));
		at->path = arena_dup(p->arena, path);
		at->next = s->stood;
		s->stood = at;
		s->n++;
	}
	if (!p->who)
		p->who = arena_dup(p->arena, buf_text(&p->who_seen));
	(void)snprintf(at->commit, sizeof(at->commit), "%s", p->commit);
	at->who = p->who;
	at->at_s = p->at_s;
	at->age = p->age;
	at->reached = p->reached;
	s->reached = s->reached || p->reached;
}

/* "<oid>\1<seconds>\1Name <mail>" */
static void new_commit(const char *oid, void *arg)
{
	const char *at = strchr(oid, MARK), *who = at ? strchr(at + 1, MARK) : NULL;
	struct places *p = arg;
	uint32_t itself;

	p->commit[0] = '\0';
	p->age++;
	p->who = NULL;
	buf_clear(&p->who_seen);
	if (!who || (size_t)(at - oid) >= sizeof(p->commit))
		return;
	(void)snprintf(p->commit, sizeof(p->commit), "%.*s", (int)(at - oid), oid);
	p->at_s = strtoll(at + 1, NULL, 10);
	(void)buf_str(&p->who_seen, who + 1);
	itself = map_get(&p->wanted, p->commit);
	if (itself != MAP_NONE)
		stood(p, itself, NULL);
}

static void new_entry(const char *oid, size_t len, unsigned mode _unused_, void *arg)
{
	struct places *p = arg;

	p->found = map_getn(&p->wanted, oid, len);
}

static void new_path(const char *path, void *arg)
{
	struct places *p = arg;

	if (p->found != MAP_NONE)
		stood(p, p->found, path);
}

static int ask(struct proc_stream *git, const char *before, const char *oid, struct err *e)
{
	char line[100];
	int len = snprintf(line, sizeof(line), "%s%s\n", before, oid);

	return proc_stream_ask(git, line, (size_t)len, e);
}

/* All commits that the tips lead to; or these commits, and what they lead to and the tips do not. */
static int ask_walk(struct proc_stream *git, void *arg, struct err *e)
{
	const struct places *p = arg;
	char hex[65];
	int x = 0;

	for (size_t i = 0; x == 0 && i < p->tips.n; i++)
		x = ask(git, p->commits ? "^" : "", p->tips.list[i].oid, e);
	for (size_t i = 0; x == 0 && p->commits && i < p->commits->n; i++)
		x = ask(git, "", git_oids_hex(p->commits, i, hex), e);
	return x;
}

static int walk(struct places *p, const struct git_oids *commits, struct err *e)
{
	const struct git_log l = { .format = FORMAT, .parents_last = true, .ask = ask_walk, .commit = new_commit,
		.entry = new_entry, .path = new_path, .arg = p };

	p->commits = commits;
	p->reached = !commits;
	return git_log_run(p->repo, &l, p->whole, p->why, e);
}

static int add_tip(struct places *p, const char *oid, const char *name, struct err *e)
{
	if (!GROW(p->tips.list, p->tips.n, p->tips.cap, GIT_OIDS_MAX))
		return err_set(e, ERR_LIMIT, "repository '%s' has too many names", p->repo->path);
	struct tip *t = &p->tips.list[p->tips.n++];

	(void)snprintf(t->oid, sizeof(t->oid), "%s", oid);
	t->name = arena_dup(p->arena, name);
	return 0;
}

/* "<oid> <what a tag leads to, or nothing> <name>". What a name stands for itself may be what is looked for: a tag's
 * text, a blob that only a tag holds. */
static int take_name(struct places *p, char *line, struct err *e)
{
	const char *oid = strsep(&line, " "), *behind = strsep(&line, " "), *name = line;
	const char *const objects[] = { oid, behind };

	for (size_t i = 0; name && i < ARRAY_SIZE(objects); i++) {
		uint32_t itself = map_get(&p->wanted, objects[i]);

		if (itself == MAP_NONE)
			continue;
		p->s[itself].reached = true;
		p->s[itself].name = arena_dup(p->arena, name);
	}
	return name ? add_tip(p, oid, name, e) : 0;
}

static int find_tips(struct places *p, struct err *e)
{
	static const char *const refs[] = { "for-each-ref", "--sort=-committerdate",
		"--format=%(objectname) %(*objectname) %(refname)", NULL };
	static const char *const head[] = { "rev-parse", "--verify", "--quiet", "HEAD", NULL };
	_cleanup_(proc_result_free) struct proc_result at_head = { 0 }, named = { 0 };
	int x = git_repo_ask(p->repo, head, &at_head, e);

	if (x == 0 && at_head.status == 0 && at_head.out.data) {
		at_head.out.data[strcspn(at_head.out.data, "\n")] = '\0';
		x = add_tip(p, at_head.out.data, "HEAD", e);
	}
	if (x == 0)
		x = git_repo_ask(p->repo, refs, &named, e);
	if (x < 0)
		return x;
	if (named.err.len > 0 || named.status != 0)
		in_part(p, buf_text(&named.err), named.status);
	for (char *rest = named.out.data, *line; x == 0 && rest && (line = strsep(&rest, "\n")) && *line;)
		x = take_name(p, line, e);
	return x;
}

/* Places that stand nowhere yet, by their paths: of one path a chain, for several objects stood there in their time. */
struct open_place { struct git_stood *at; const char *oid; uint32_t next; };
struct settling { struct map paths; struct open_place *list; uint32_t n, left; const char *name; };

static void settling_clear(struct settling *t)
{
	map_free(&t->paths);
	free(t->list);
}

static void gather(const struct places *p, struct settling *t)
{
	uint32_t cap = 0;

	for (size_t i = 0; i < p->n; i++)
		cap += p->s[i].n;
	t->list = mem_zero((size_t)cap + 1, sizeof(*t->list));
	for (size_t i = 0; i < p->n; i++)
		for (struct git_stood *s = p->s[i].stood; s; s = s->next) {
			uint32_t first;

			if (!s->path || !s->reached)
				continue;
			t->list[t->n] = (struct open_place){ s, p->s[i].oid, MAP_NONE };
			first = map_get(&t->paths, s->path);
			if (first == MAP_NONE) {
				(void)map_put(&t->paths, s->path, t->n);
			} else {
				t->list[t->n].next = t->list[first].next;
				t->list[first].next = t->n;
			}
			t->n++;
		}
	t->left = t->n;
}

static int settle(const struct git_file *f, void *arg, struct err *e _unused_)
{
	struct settling *t = arg;

	for (uint32_t i = map_get(&t->paths, f->path); i != MAP_NONE; i = t->list[i].next)
		if (!t->list[i].at->now && strcmp(t->list[i].oid, f->oid) == 0) {
			t->list[i].at->now = t->name;
			t->left--;
		}
	return 0;
}

static bool is_branch(const char *name)
{
	return !strcmp(name, "HEAD") || text_starts(name, "refs/heads/") || text_starts(name, "refs/remotes/");
}

/* A branch that cannot be read holds nothing up: it is only said of less that it still stands. */
static int find_now(struct places *p, struct err *e)
{
	_cleanup_(map_free) struct map seen = MAP_INIT;
	_cleanup_(settling_clear) struct settling t = { .paths = MAP_INIT };

	gather(p, &t);
	for (size_t i = 0, looked = 0; t.left > 0 && i < p->tips.n && looked < GIT_BRANCHES_LOOKED_AT; i++) {
		const struct tip *tip = &p->tips.list[i];
		bool whole = true;
		char why[200];

		if (!is_branch(tip->name) || !map_put(&seen, tip->oid, 1))
			continue;
		looked++;
		t.name = tip->name;
		if (git_repo_each_file(p->repo, tip->oid, settle, &t, &whole, why, e) < 0)
			in_part(p, e->text, 1);
	}
	return 0;
}

/* Every commit of the store: what the tips lead to is left out by the walk. */
static int find_lost(struct places *p, struct err *e)
{
	_cleanup_(git_history_free) struct git_history h = { 0 };
	int x = git_history_list(p->repo, 1u << GIT_COMMIT, true, &h, e);

	return x < 0 || h.oids.n == 0 ? x : walk(p, &h.oids, e);
}

int git_places_find(const struct git_repo *r, struct git_sought *s, size_t n, bool lost, struct arena *a,
		    bool *ret_whole, char ret_why[200], struct err *e)
{
	_cleanup_(places_clear) struct places p = {
		.repo = r, .arena = a, .s = s, .n = n, .who_seen = BUF_INIT(WHO_KEPT + 1),
		.whole = ret_whole, .why = ret_why,
	};
	bool all = true;

	if (n > GIT_SOUGHT_MAX)
		return err_set(e, ERR_LIMIT, "where %zu objects stand is too much to ask at once: at most %u", n,
			       GIT_SOUGHT_MAX);
	*ret_whole = true;
	for (size_t i = 0; i < n; i++) {
		s[i].stood = NULL;
		s[i].n = s[i].more = 0;
		s[i].reached = false;
		s[i].name = NULL;
		(void)map_put(&p.wanted, s[i].oid, (uint32_t)i);
	}
	int x = find_tips(&p, e);
	if (x == 0 && p.tips.n)
		x = walk(&p, NULL, e);
	for (size_t i = 0; i < n; i++)
		all = all && (s[i].n > 0 || s[i].reached);
	if (x == 0 && lost && !all)
		x = find_lost(&p, e);
	return x < 0 ? x : find_now(&p, e);
}
