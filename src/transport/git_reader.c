/*
 * Questions go in batches: while git unpacks one, the sizes of the next are asked for with it, and what is too large or
 * of another type is never unpacked. git dies of a damaged object: then the one that it stopped at is told, and a new
 * git goes on behind it.
 */
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <inttypes.h>

#define BATCH 256u
#define ROOM_FIRST ((size_t)1 << 20)
#define HEADER_MAX 200u  /* "<oid> <type> <size>\n" */
#define RESTARTS_MAX 1000u
#define PIECE_MIN 4096u

struct git_reader {
	const struct git_repo *repo;
	struct git_reader_options o;
	struct proc_stream *git;
	char *room;                /* what git said and was not looked at: begin..end */
	size_t begin, end, cap;
	unsigned restarts;
};

struct answer { enum git_state state; enum git_type type; uint64_t size; };

/* One call of git_reader_read. */
struct reading {
	struct git_reader *g;
	const struct git_oids *oids;
	size_t from, to;           /* what is to be told by this git */
	git_object_fn *fn;
	void *arg;
	struct answer info[BATCH]; /* of from.. */
};

static void wipe(struct git_reader *g)
{
	if (g->room)
		explicit_bzero(g->room, g->end);
	g->begin = g->end = 0;
}

struct git_reader *git_reader_free(struct git_reader *g)
{
	if (!g)
		return NULL;
	proc_stream_free(g->git);
	if (g->room)
		explicit_bzero(g->room, g->cap);
	free(g->room);
	free(g);
	return NULL;
}

void git_reader_freep(struct git_reader **g)
{
	*g = git_reader_free(*g);
}

static void limit_memory(struct strv *words, size_t cache)
{
	strv_add(words, "-c");
	strv_addf(words, "core.deltaBaseCacheLimit=%zu", cache);
	strv_add(words, "-c");
	strv_addf(words, "core.packedGitLimit=%zu", 2 * cache);
	strv_add(words, "-c");
	strv_add(words, "core.packedGitWindowSize=1m");
}

static int start(struct git_reader *g, struct err *e)
{
	_cleanup_(strv_free) struct strv words = STRV_INIT;

	g->git = proc_stream_free(g->git);
	wipe(g);
	strv_add(&words, "-c");
	strv_add(&words, "core.bigFileThreshold=64m");
	if (g->o.cache)
		limit_memory(&words, g->o.cache);
	strv_add(&words, "cat-file");
	strv_add(&words, "--batch-command=%(objectname) %(objecttype) %(objectsize)");
	strv_add(&words, "--buffer");
	return git_repo_stream(g->repo, (const char *const *)words.s, &g->git, e);
}

int git_reader_open(const struct git_repo *r, const struct git_reader_options *o, struct git_reader **ret,
	struct err *e)
{
	_cleanup_(git_reader_freep) struct git_reader *g = mem_zero(1, sizeof(*g));

	g->repo = r;
	g->o = *o;
	if (g->o.max < PIECE_MIN)
		g->o.max = PIECE_MIN;
	int x = start(g, e);
	if (x < 0)
		return x;
	*ret = TAKE(g);
	return 0;
}

/* Room for `need` bytes from begin on. What was told is overwritten or wiped, never left. */
static void make_room(struct git_reader *g, size_t need)
{
	size_t cap = g->cap ? g->cap : ROOM_FIRST, left = g->end - g->begin;

	if (g->cap - g->begin >= need)
		return;
	while (cap < need)
		cap *= 2;
	if (cap == g->cap) {
		memmove(g->room, g->room + g->begin, left);
		explicit_bzero(g->room + left, g->end - left);
	} else {
		char *more = mem_zero(cap, 1);
		if (left)
			memcpy(more, g->room + g->begin, left);
		if (g->room)
			explicit_bzero(g->room, g->cap);
		free(g->room);
		g->room = more;
		g->cap = cap;
	}
	g->begin = 0;
	g->end = left;
}

static int not_understood(const struct git_reader *g, struct err *e)
{
	return err_set(e, ERR_IO, "repository '%s': git answered with something that "
		       "was not understood", g->repo->path);
}

/* 1: `need` bytes are there. 0: git went away before. */
static int fill(struct git_reader *g, size_t need, struct err *e)
{
	while (g->end - g->begin < need) {
		size_t n;

		make_room(g, need);
		int x = proc_stream_read(g->git, g->room + g->end, g->cap - g->end, &n, e);
		if (x < 0)
			return err_wrap(e, "repository '%s'", g->repo->path);
		if (n == 0)
			return 0;
		g->end += n;
	}
	return 1;
}

/* 1: a line without its newline, in ret. 0: git went away before. */
static int read_line(struct git_reader *g, char ret[HEADER_MAX], struct err *e)
{
	const char *newline = NULL;

	for (size_t seen = 0; !newline && seen < HEADER_MAX;) {
		int x = fill(g, seen + 1, e);
		if (x <= 0)
			return x;
		newline = memchr(g->room + g->begin + seen, '\n', g->end - g->begin - seen);
		seen = g->end - g->begin;
	}

	size_t len = newline ? (size_t)(newline - g->room) - g->begin : HEADER_MAX;

	if (len >= HEADER_MAX)
		return not_understood(g, e);
	memcpy(ret, g->room + g->begin, len);
	ret[len] = '\0';
	g->begin += len + 1;
	return 1;
}

static int ask(struct reading *r, const char *what, size_t i, struct err *e)
{
	char hex[65], line[100];
	int len = snprintf(line, sizeof(line), "%s %s\n", what, git_oids_hex(r->oids, i, hex));

	return proc_stream_ask(r->g->git, line, (size_t)len, e);
}

static int ask_infos(struct reading *r, size_t from, size_t to, struct err *e)
{
	int x = 0;

	for (size_t i = from; i < to && x == 0; i++)
		x = ask(r, "info", i, e);
	return x;
}

static int flush(struct reading *r, struct err *e)
{
	return proc_stream_ask(r->g->git, "flush\n", strlen("flush\n"), e);
}

/* "<oid> blob 12" or "<oid> missing". 1, or 0 when git went away. */
static int read_header(struct reading *r, size_t i, struct answer *ret, struct err *e)
{
	char line[HEADER_MAX], hex[65], type[16];
	size_t len = 2 * r->oids->len;
	int x = read_line(r->g, line, e), behind = 0;

	if (x <= 0)
		return x;
	if (strncmp(line, git_oids_hex(r->oids, i, hex), len) == 0 && line[len] == ' ') {
		if (strcmp(line + len, " missing") == 0) {
			*ret = (struct answer){ .state = GIT_MISSING };
			return 1;
		}
		if (sscanf(line + len, " %15[a-z] %" SCNu64 "%n", type, &ret->size,
			&behind) == 2 && !line[len + (size_t)behind] &&
		    git_type_parse(type, &ret->type)) {
			ret->state = GIT_READ;
			return 1;
		}
	}
	return not_understood(r->g, e);
}

static int tell(struct reading *r, size_t i, const struct answer *a, enum git_state state, uint64_t offset, size_t len)
{
	struct git_reader *g = r->g;
	bool has_bytes = state == GIT_READ || state == GIT_PIECE;
	const struct git_object o = {
		.index = i, .state = state, .type = a->type, .size = a->size, .offset = offset,
		.bytes = has_bytes ? (len ? g->room + g->begin : "") : NULL, .len = len,
	};
	int x = r->fn(&o, r->arg);

	if (has_bytes && len) {
		explicit_bzero(g->room + g->begin, len);
		g->begin += len;
	}
	return x;
}

/* 1: told. 0: git went away in the midst, so the object is damaged. `ret_stop`: what the callback wants. */
static int read_content(struct reading *r, size_t i, const struct answer *a, int *ret_stop, struct err *e)
{
	struct git_reader *g = r->g;
	bool in_pieces = a->size > g->o.max;
	uint64_t done = 0;
	int x;

	do {
		size_t len = a->size - done < g->o.max ? (size_t)(a->size - done) : g->o.max;

		x = fill(g, len + (done + len == a->size), e);
		if (x <= 0)
			return x;
		*ret_stop = tell(r, i, a, in_pieces ? GIT_PIECE : GIT_READ, done, len);
		done += len;
	} while (*ret_stop == 0 && done < a->size);
	if (*ret_stop == 0 && g->room[g->begin++] != '\n')
		return not_understood(g, e);
	return 1;
}

static bool is_wanted(const struct git_reader *g, const struct answer *a)
{
	return a->state == GIT_READ && (g->o.types == 0 || (g->o.types >> a->type & 1)) &&
	       (a->size <= g->o.max || g->o.pieces);
}

/* One that is not to be unpacked. */
static int pass(struct reading *r, size_t i, const struct answer *a)
{
	enum git_state state = a->state != GIT_READ ? a->state :
			       r->g->o.types != 0 && !(r->g->o.types >> a->type & 1) ? GIT_OTHER : GIT_TOO_LARGE;

	return tell(r, i, a, state, 0, 0);
}

/* All of from..to by the git that runs now. 1: done, or the callback wants to end (*ret_stop). 0: git went away at
 * r->from. */
static int run(struct reading *r, int *ret_stop, struct err *e)
{
	size_t known = r->from,
		next = r->to - r->from < BATCH ? r->to : r->from + BATCH; /* infos that were asked for */
	int x = ask_infos(r, r->from, next, e);

	if (x < 0 || (x = flush(r, e)) < 0)
		return x;
	while (r->from < r->to) {
		struct answer *info = r->info;
		size_t batch = next;

		for (; known < batch; known++) {
			x = read_header(r, known, &info[known - r->from], e);
			if (x <= 0)
				return x;
			if (is_wanted(r->g, &info[known - r->from]) && (x = ask(r, "contents", known, e)) < 0)
				return x;
		}
		next = r->to - batch < BATCH ? r->to : batch + BATCH;
		if ((x = ask_infos(r, batch, next, e)) < 0 || (x = flush(r, e)) < 0)
			return x;
		for (size_t first = r->from; r->from < batch; r->from++) {
			struct answer *a = &info[r->from - first], again;

			if (!is_wanted(r->g, a)) {
				*ret_stop = pass(r, r->from, a);
			} else {
				x = read_header(r, r->from, &again, e);
				if (x <= 0)
					return x;
				if (again.state == GIT_MISSING) {
					a->state = GIT_DAMAGED;
					*ret_stop = pass(r, r->from, a);
				} else {
					x = read_content(r, r->from, &again, ret_stop, e);
					if (x <= 0)
						return x;
				}
			}
			if (*ret_stop)
				return 1;
		}
	}
	return 1;
}

static int go_on(struct git_reader *g, struct err *e)
{
	char reason[200];
	int status = proc_stream_end(g->git);

	(void)git_repo_reason(proc_stream_said(g->git), status, reason);
	if (++g->restarts > RESTARTS_MAX)
		return err_set(e, ERR_IO, "repository '%s': git ended before its time %u times, the last time with: %s",
			       g->repo->path, RESTARTS_MAX, reason);
	return start(g, e);
}

/* What git was at when it went away is tried again alone: answers to what stood before it may have gone with it. */
int git_reader_read(struct git_reader *g, const struct git_oids *oids, size_t from, size_t to, git_object_fn *fn,
		    void *arg, struct err *e)
{
	_cleanup_(freep) struct reading *r = mem_zero(1, sizeof(*r));
	bool alone = false;
	int stop = 0;

	*r = (struct reading){ .g = g, .oids = oids, .from = from, .fn = fn, .arg = arg };
	while (r->from < to) {
		r->to = alone ? r->from + 1 : to;
		int x = run(r, &stop, e);
		if (x < 0)
			return x;
		/* What is left of the answers belongs to nobody: the next reading needs a new git. */
		if (stop)
			return (x = start(g, e)) < 0 ? x : stop;
		if (x == 0 && (x = go_on(g, e)) < 0)
			return x;
		if (r->from < r->to && alone) {
			stop = tell(r, r->from++, &(const struct answer){ 0 }, GIT_DAMAGED, 0, 0);
			if (stop)
				return stop;
		}
		alone = r->from < r->to && !alone;
	}
	return 0;
}
