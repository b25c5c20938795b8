#include "transport/git_places.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define PART ((size_t)64 << 10)
#define PIECE_KEPT ((size_t)64 << 10)   /* of a path, or of what is told of a commit */
#define HEAD_BYTE '\001'
#define FORMAT "--format=%x01%H%x01%at%x01%an <%ae>"

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
	struct buf piece;
	bool reached, path_comes;
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
	buf_free(&p->piece);
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

/* "\1<oid>\1<seconds>\1Name <mail>" */
static void new_commit(struct places *p, const char *piece)
{
	const char *oid = piece + 1, *at = strchr(oid, HEAD_BYTE), *who = at ? strchr(at + 1, HEAD_BYTE) : NULL;
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

/* ":<mode> <mode> <oid> <oid> M": of a merge one more of each for each parent, and as many colons as it has parents. */
static void new_entry(struct places *p, const char *piece)
{
	size_t parents = strspn(piece, ":");
	const char *oid = piece + parents;

	p->path_comes = true;
	p->found = MAP_NONE;
	for (size_t i = 0; oid && i < 2 * parents + 1; i++) {
		oid = strchr(oid, ' ');
		oid = oid ? oid + 1 : NULL;
	}
	if (oid)
		p->found = map_getn(&p->wanted, oid, strcspn(oid, " "));
}

static void take_piece(struct places *p, const char *piece)
{
	if (p->path_comes) {
		p->path_comes = false;
		if (p->found != MAP_NONE)
			stood(p, p->found, piece);
		return;
	}
	piece += strspn(piece, "\n");
	if (*piece == HEAD_BYTE)
		new_commit(p, piece);
	else if (*piece == ':')
		new_entry(p, piece);
}

static void take(struct places *p, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\0', len);
		size_t part = end ? (size_t)(end - bytes) : len, room = PIECE_KEPT - p->piece.len;

		(void)buf_add(&p->piece, bytes, part < room ? part : room);
		if (end) {
			take_piece(p, buf_text(&p->piece));
			buf_clear(&p->piece);
		}
		bytes += part + (end ? 1 : 0);
		len -= part + (end ? 1 : 0);
	}
}

static int ask(struct proc_stream *git, const char *before, const char *oid, struct err *e)
{
	char line[100];
	int len = snprintf(line, sizeof(line), "%s%s\n", before, oid);

	return proc_stream_ask(git, line, (size_t)len, e);
}

/* All commits that the tips lead to; or these commits, and what they lead to and the tips do not. */
static int walk(struct places *p, const struct git_oids *commits, struct err *e)
{
	static const char *const args[] = { "log", "--topo-order", "-c", "--raw", "-z", "--no-abbrev", "--no-renames",
		"--root", "--no-ext-diff", "--no-textconv", "--ignore-missing", FORMAT, "--stdin", NULL };
	_cleanup_(proc_stream_freep) struct proc_stream *git = NULL;
	_cleanup_(freep) char *room = mem_zero(PART, 1);
	char hex[65];
	size_t n = 1;
	int x = git_repo_stream(p->repo, args, &git, e);

	for (size_t i = 0; x == 0 && i < p->tips.n; i++)
		x = ask(git, commits ? "^" : "", p->tips.list[i].oid, e);
	for (size_t i = 0; x == 0 && commits && i < commits->n; i++)
		x = ask(git, "", git_oids_hex(commits, i, hex), e);
	if (x < 0)
		return x;
	proc_stream_last(git);
	p->reached = !commits;
	p->path_comes = false;
	while (n > 0) {
		x = proc_stream_read(git, room, PART, &n, e);
		if (x < 0)
			return err_wrap(e, "history of repository '%s'", p->repo->path);
		take(p, room, n);
	}
	buf_clear(&p->piece);
	int status = proc_stream_end(git);

	if (status != 0 || *proc_stream_said(git))
		in_part(p, proc_stream_said(git), status);
	return 0;
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

static const struct git_file *file_at(const struct git_files *f, const char *path)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(f->list[middle].path, path);

		if (order == 0)
			return &f->list[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* How many places are nowhere yet, when this commit's files were looked at. */
static size_t settle(struct places *p, const struct git_files *files, const char *name)
{
	size_t left = 0;

	for (size_t i = 0; i < p->n; i++)
		for (struct git_stood *s = p->s[i].stood; s; s = s->next) {
			const struct git_file *f = !s->now && s->path && s->reached ? file_at(files, s->path) : NULL;

			if (f && !strcmp(f->oid, p->s[i].oid))
				s->now = name;
			left += s->path && s->reached && !s->now;
		}
	return left;
}

static bool is_branch(const char *name)
{
	return !strcmp(name, "HEAD") || text_starts(name, "refs/heads/") || text_starts(name, "refs/remotes/");
}

/* A branch that cannot be read holds nothing up: it is only said of less that it still stands. */
static int find_now(struct places *p, struct err *e)
{
	_cleanup_(map_free) struct map seen = MAP_INIT;
	const struct git_files none = { 0 };
	size_t left = settle(p, &none, NULL);

	for (size_t i = 0, looked = 0; left > 0 && i < p->tips.n && looked < GIT_BRANCHES_LOOKED_AT; i++) {
		_cleanup_(git_files_free) struct git_files files = { 0 };
		const struct tip *t = &p->tips.list[i];

		if (!is_branch(t->name) || !map_put(&seen, t->oid, 1))
			continue;
		looked++;
		if (git_repo_files(p->repo, t->oid, &files, e) == 0)
			left = settle(p, &files, t->name);
		else
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
		.repo = r, .arena = a, .s = s, .n = n, .piece = BUF_INIT(PIECE_KEPT + 1),
		.who_seen = BUF_INIT(PIECE_KEPT + 1), .whole = ret_whole, .why = ret_why,
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
