#include "base/mem.h"
#include "base/text.h"
#include "transport/git_family.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define LINE_MAX_BYTES 300u

struct listing {
	const struct git_repo *repo;
	struct git_history *h;
	unsigned types;
	struct git_oids tips, reached; /* reached: sorted */
	bool all;
	const char *without;           /* "^<commit>": what that leads to is left out; NULL: nothing is */
	struct family family;          /* the part that is gathered now */
	struct git_oids one;           /* the object that is looked at */
	git_oid_fn *reach;             /* is told what is reached; NULL: it is gathered */
	git_part_fn *fn;
	void *arg;
};

static void listing_free(struct listing *l)
{
	git_oids_free(&l->tips);
	git_oids_free(&l->reached);
	git_oids_free(&l->one);
	family_free(&l->family);
}

static void in_part(struct git_history *h, const char *said, int status)
{
	if (!h->whole)
		return;
	h->whole = false;
	(void)git_repo_reason(said, status, h->why);
}

typedef int line_fn(struct listing *l, char *line, struct err *e);

/* Each line that git says, to its end. What it complains of makes the list one that is not whole. */
static int each_line(struct listing *l, struct proc_stream *git, line_fn *fn, struct err *e)
{
	char room[65536];
	size_t len = 0, n = 1;
	int x;

	while ((x = proc_stream_read(git, room + len, sizeof(room) - len, &n, e)) == 0 && n > 0) {
		char *line = room, *newline;

		len += n;
		while ((newline = memchr(line, '\n', (size_t)(room + len - line)))) {
			*newline = '\0';
			x = fn(l, line, e);
			if (x < 0)
				return x;
			line = newline + 1;
		}
		len = (size_t)(room + len - line);
		if (len > LINE_MAX_BYTES)
			return err_set(e, ERR_IO, "git answered with something that was not understood");
		memmove(room, line, len);
	}
	if (x < 0)
		return x;

	int status = proc_stream_end(git);

	if (status != 0 || *proc_stream_said(git) || len > 0)
		in_part(l->h, proc_stream_said(git), status);
	return 0;
}

static int run(struct listing *l, const char *const *args, const struct buf *input, line_fn *fn, struct err *e)
{
	_cleanup_(proc_stream_freep) struct proc_stream *git = NULL;
	int x = git_repo_stream(l->repo, args, &git, e);

	if (x == 0 && input)
		x = proc_stream_ask(git, buf_text(input), input->len, e);
	if (x < 0)
		return x;
	proc_stream_last(git);
	x = each_line(l, git, fn, e);
	return x < 0 ? err_wrap(e, "repository '%s': listing its objects", l->repo->path) : 0;
}

static int reached(struct listing *l, const char *hex, struct err *e)
{
	return l->reach ? l->reach(hex, l->arg, e) : git_oids_add(&l->reached, hex, e);
}

static int take_reached(struct listing *l, char *line, struct err *e)
{
	return *line == '?' ? git_oids_add(&l->h->missing, line + 1, e) : reached(l, line, e);
}

/* Branches, tags and everything else with a name; and HEAD, which may have none. */
static int find_tips(struct listing *l, struct err *e)
{
	static const char *const refs[] = { "for-each-ref", "--format=%(objectname)", NULL };
	static const char *const head[] = { "rev-parse", "--verify", "--quiet", "HEAD", NULL };
	const char *const *const asked[] = { refs, head };

	for (size_t i = l->without ? 1 : 0; i < ARRAY_SIZE(asked); i++) {
		_cleanup_(proc_result_free) struct proc_result res = { 0 };
		int x = git_repo_ask(l->repo, asked[i], &res, e);

		if (x < 0)
			return x;
		if (res.err.len > 0 || (res.status != 0 && asked[i] == refs))
			in_part(l->h, buf_text(&res.err), res.status);
		for (char *rest = res.out.data, *line; rest && (line = strsep(&rest, "\n")) && *line;)
			if ((x = git_oids_add(&l->tips, line, e)) < 0)
				return x;
	}
	return 0;
}

static int take_tip(struct listing *l, char *line, struct err *e)
{
	char *space = strchr(line, ' ');

	if (!space || strcmp(space, " missing") != 0)
		return 0;
	*space = '\0';
	return git_oids_add(&l->h->missing, line, e);
}

#define EVERYTHING GIT_LITTLE_MEMORY, "rev-list", "--objects", "--no-object-names", "--missing=print", \
	"--ignore-missing", "--stdin"

static int find_reached(struct listing *l, struct err *e)
{
	const char *const everything[] = { EVERYTHING, l->without, NULL };
	const char *const blobs[] = { "rev-list", "--objects", "--no-object-names", "--missing=print",
		"--ignore-missing", "--filter=object:type=blob", "--stdin", l->without, NULL };
	_cleanup_(buf_free) struct buf tips = BUF_INIT(PROC_ASK_MAX);
	int x = find_tips(l, e);

	if (x < 0 || l->tips.n == 0)
		return x;
	for (size_t i = 0; i < l->tips.n; i++) {
		char hex[65];

		(void)buf_printf(&tips, "%s\n", git_oids_hex(&l->tips, i, hex));
	}
	if (tips.over)
		return err_set(e, ERR_LIMIT, "repository '%s' has too many names", l->repo->path);
	x = run(l, (const char *const[]){ "cat-file", "--batch-check", "--buffer", NULL }, &tips, take_tip, e);
	if (x == 0)
		x = run(l, l->types == 1u << GIT_BLOB ? blobs : everything, &tips, take_reached, e);
	if (x < 0)
		return x;
	for (size_t i = 0; i < l->tips.n && !l->without; i++) {
		char hex[65];

		if ((x = reached(l, git_oids_hex(&l->tips, i, hex), e)) < 0)
			return x;
	}
	git_oids_sort(&l->reached);
	return 0;
}

static bool is_wanted(const struct listing *l, const char *type)
{
	enum git_type t;

	/* One that git cannot open has no type: the reader will tell that it is damaged. */
	if (l->types != 0 && *type && (!git_type_parse(type, &t) || !(l->types >> t & 1)))
		return false;
	return l->all || git_oids_have(&l->reached, &l->one, 0);
}

static int tell_part(struct listing *l, struct err *e)
{
	_cleanup_(git_history_free) struct git_history part = { .whole = true };
	int x = family_tell(&l->family, &part, e);

	return x < 0 ? x : l->fn(&part, l->arg, e);
}

static bool number(const char *s, uint64_t *ret)
{
	size_t len = strspn(s, "0123456789");

	*ret = strtoull(s, NULL, 10);
	return len > 0 && len < 20 && !s[len];
}

/* "<oid> <type> <size> <oid of what it is a difference to>", or "<oid> missing" for one that is there and damaged. */
static int take_object(struct listing *l, char *line, struct err *e)
{
	const char *oid = strsep(&line, " "), *type = strsep(&line, " "), *size = strsep(&line, " ");
	const char *base = line ? line : "";
	uint64_t bytes = 0;
	int x;

	if (type && !strcmp(type, "missing"))
		type = "";
	else if (!size || !number(size, &bytes))
		return err_set(e, ERR_IO, "git answered with something that was not understood");
	l->one.n = 0;
	x = git_oids_add(&l->one, oid, e);
	if (x < 0 || !is_wanted(l, type))
		return x;
	x = family_add(&l->family, oid, base, bytes, e);
	return x == 0 && l->family.oids.n == GIT_HISTORY_PART ? tell_part(l, e) : x;
}

static int list_all(struct listing *l, struct err *e)
{
	int x = 0;

	*l->h = (struct git_history){ .whole = true };
	if (!l->all)
		x = find_reached(l, e);
	if (x == 0)
		x = run(l, (const char *const[]){ "cat-file", "--batch-all-objects", "--unordered",
			"--batch-check=%(objectname) %(objecttype) %(objectsize) %(deltabase)", NULL }, NULL,
			take_object, e);
	return x == 0 && l->family.oids.n ? tell_part(l, e) : x;
}

/* Behind what is there already. */
static int append(struct git_history *part, void *arg, struct err *e)
{
	struct git_history *h = arg;
	char hex[65];
	int x = 0;

	for (size_t i = 0; x == 0 && i < part->oids.n; i++)
		x = git_oids_add(&h->oids, git_oids_hex(&part->oids, i, hex), e);
	for (size_t i = 0; i < part->n_bytes; i++) {
		if (!GROW(h->bytes, h->n_bytes, h->cap_bytes, GIT_OIDS_MAX))
			return -ERR_LIMIT;
		h->bytes[h->n_bytes++] = h->total + part->bytes[i];
	}
	h->total += part->total;
	return x;
}

int git_history_parts(const struct git_repo *r, unsigned types, git_part_fn *fn, void *arg, struct git_history *told,
		      struct err *e)
{
	_cleanup_(listing_free) struct listing l = { .repo = r, .h = told, .types = types, .all = true, .fn = fn,
		.arg = arg };

	return list_all(&l, e);
}

int git_history_list(const struct git_repo *r, unsigned types, bool unreachable, struct git_history *ret, struct err *e)
{
	_cleanup_(listing_free) struct listing l = { .repo = r, .h = ret, .types = types, .all = unreachable,
		.fn = append, .arg = ret };

	return list_all(&l, e);
}

int git_history_reached(const struct git_repo *r, git_oid_fn *fn, void *arg, struct git_history *told, struct err *e)
{
	_cleanup_(listing_free) struct listing l = { .repo = r, .h = told, .reach = fn, .arg = arg };

	*told = (struct git_history){ .whole = true };
	return find_reached(&l, e);
}

int git_history_named(const struct git_repo *r, const struct buf *lines, git_oid_fn *fn, void *arg,
		      struct git_history *told, struct err *e)
{
	_cleanup_(listing_free) struct listing l = { .repo = r, .h = told, .reach = fn, .arg = arg };

	*told = (struct git_history){ .whole = true };
	return run(&l, (const char *const[]){ EVERYTHING, NULL }, lines, take_reached, e);
}

int git_history_since(const struct git_repo *r, unsigned types, const char *since, struct git_history *ret,
		      struct err *e)
{
	_cleanup_(listing_free) struct listing l = { .repo = r, .h = ret, .types = types, .fn = append,
		.arg = ret };
	char commit[65], without[67];
	int x = git_repo_commit(r, since, commit, e);

	*ret = (struct git_history){ .whole = true };
	if (x < 0)
		return x;
	(void)snprintf(without, sizeof(without), "^%s", commit);
	l.without = without;
	return list_all(&l, e);
}

/* The first object behind which `bytes` are left. */
static size_t at_bytes(const struct git_history *h, uint64_t bytes)
{
	size_t step = 0;

	while (step < h->n_bytes && h->bytes[step] < bytes)
		step++;
	return step * GIT_HISTORY_STEP < h->oids.n ? step * GIT_HISTORY_STEP : h->oids.n;
}

void git_history_part(const struct git_history *h, size_t k, size_t n, size_t *ret_from, size_t *ret_to)
{
	*ret_from = k == 0 ? 0 : at_bytes(h, h->total / n * k);
	*ret_to = k + 1 >= n ? h->oids.n : at_bytes(h, h->total / n * (k + 1));
}

void git_history_free(struct git_history *h)
{
	git_oids_free(&h->oids);
	git_oids_free(&h->missing);
	free(h->bytes);
	*h = (struct git_history){ 0 };
}
