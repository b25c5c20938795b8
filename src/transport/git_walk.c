#include "transport/git_walk.h"
#include "base/fs.h"
#include "base/mem.h"
#include "transport/git_log.h"
#include "transport/git_repo_parts.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ROOM ((size_t)64 << 10)
#define AT_ONCE 4096u          /* names that git is asked about between two of its answers */
#define FORMAT "--format=" GIT_LOG_HEAD
#define SUBMODULE 0160000u

struct walking {
	const struct git_repo *repo;
	struct git_walk *w;
	struct buf out;                /* names that are not in the file yet */
	/* what git is asked: commits; and what is none, with what commits lead to left out */
	struct buf tips, others;
	bool any_other;
	bool whole;                    /* of the quick walk */
	char why[200];
	struct err trouble;
};

static void walking_clear(struct walking *k)
{
	buf_free(&k->out);
	buf_free(&k->tips);
	buf_free(&k->others);
}

static void flush(struct walking *k)
{
	int x = fs_write_all(k->w->fd, k->out.data, k->out.len);

	if (x < 0 && k->trouble.code == ERR_NONE) {
		errno = -x;
		(void)err_errno(&k->trouble, "write a list of objects to the temporary folder");
	}
	buf_clear(&k->out);
}

static void keep(struct walking *k, const char *hex, size_t hex_len)
{
	unsigned char name[GIT_OID_MAX];
	char text[2 * GIT_OID_MAX + 1] = "";

	if (hex_len < sizeof(text))
		memcpy(text, hex, hex_len);
	if (git_oid_parse(text, name) != k->w->len) {
		if (k->trouble.code == ERR_NONE)
			(void)err_set(&k->trouble, ERR_IO, "git named an object in a way that was not understood");
		return;
	}
	(void)buf_add(&k->out, name, k->w->len);
	k->w->n++;
	if (k->out.len + k->w->len > ROOM)
		flush(k);
}

static void see_commit(const char *text, void *arg)
{
	keep(arg, text, strlen(text));
}

static void see_entry(const char *oid, size_t len, unsigned mode, void *arg)
{
	if (mode != 0 && mode != SUBMODULE)
		keep(arg, oid, len);
}

/* "<oid> <type> <what it leads to> <type of that>", the last two of a tag only. */
static int take_tip(struct walking *k, char *line)
{
	const char *oid = strsep(&line, " "), *type = strsep(&line, " "), *behind = strsep(&line, " ");
	bool is_commit = type && strcmp(type, "commit") == 0;
	const char *commit = is_commit ? oid : line && strcmp(line, "commit") == 0 ? behind : NULL;
	int x = 0;

	if (!type)
		return -ERR_IO;
	if (commit)
		x = buf_printf(&k->tips, "%s\n", commit) < 0 || buf_printf(&k->others, "^%s\n", commit) < 0;
	if (!is_commit) {
		k->any_other = true;
		x = x || buf_printf(&k->others, "%s\n", oid) < 0;
	}
	return x ? -ERR_LIMIT : 0;
}

/* 1 when the quick walk will not do: a name that git cannot read, or more of them than fit. */
static int find_tips(struct walking *k, struct err *e)
{
	static const char *const refs[] = { "for-each-ref",
		"--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype)", NULL };
	static const char *const head[] = { "rev-parse", "--verify", "--quiet", "HEAD", NULL };
	_cleanup_(proc_result_free) struct proc_result named = { 0 }, at_head = { 0 };
	int x = git_repo_ask(k->repo, refs, &named, e);

	if (x == 0)
		x = git_repo_ask(k->repo, head, &at_head, e);
	if (x < 0)
		return x;
	if (named.status != 0 || named.err.len > 0 || at_head.err.len > 0)
		return 1;
	for (char *rest = named.out.data, *line; rest && (line = strsep(&rest, "\n")) && *line;)
		if (take_tip(k, line) < 0)
			return 1;
	return at_head.status == 0 && buf_str(&k->tips, buf_text(&at_head.out)) < 0;
}

static int ask_tips(struct proc_stream *git, void *arg, struct err *e)
{
	const struct walking *k = arg;

	return proc_stream_ask(git, buf_text(&k->tips), k->tips.len, e);
}

static int see_other(const char *hex, void *arg, struct err *e _unused_)
{
	keep(arg, hex, strlen(hex));
	return 0;
}

/* Tags, and what is named and no commit: few. 1 when git could not. */
static int walk_others(struct walking *k, struct err *e)
{
	_cleanup_(git_history_free) struct git_history told = { 0 };
	int x = git_history_named(k->repo, &k->others, see_other, k, &told, e);

	return x < 0 ? x : !told.whole || told.missing.n > 0;
}

/* 1 when git could not walk to all of it. */
static int walk_quickly(struct walking *k, struct err *e)
{
	const struct git_log l = { .format = FORMAT, .ask = ask_tips, .commit = see_commit, .entry = see_entry,
		.arg = k };
	int x = find_tips(k, e);

	if (x == 0 && k->tips.len > 0)
		x = git_log_run(k->repo, &l, &k->whole, k->why, e);
	if (x == 0 && k->whole && k->any_other)
		x = walk_others(k, e);
	return x < 0 ? x : x > 0 || !k->whole;
}

static int walk_slowly(struct walking *k, struct git_history *told, struct err *e)
{
	buf_clear(&k->out);
	k->w->n = 0;
	if (ftruncate(k->w->fd, 0) < 0 || lseek(k->w->fd, 0, SEEK_SET) < 0)
		return err_errno(e, "empty a list of objects in the temporary folder");
	return git_history_reached(k->repo, see_other, k, told, e);
}

/* The names from the k-th on that fit. */
static int read_names(const struct git_walk *w, uint64_t from, unsigned char *room, size_t max, size_t *ret,
		      struct err *e)
{
	size_t want = w->n - from < max ? (size_t)(w->n - from) : max, have = 0;

	while (have < want * w->len) {
		ssize_t n = pread(w->fd, room + have, want * w->len - have, (off_t)(from * w->len + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, "read a list of objects from the temporary folder");
		if (n == 0)
			return err_set(e, ERR_IO, "a list of objects in the temporary folder became shorter");
		have += (size_t)n;
	}
	*ret = want;
	return 0;
}

/* --- is all of it there? --- */

struct looking { struct proc_stream *git; struct git_history *told; char room[ROOM]; size_t len; };

static int take_answer(struct looking *l, char *line, struct err *e)
{
	char *space = strchr(line, ' ');

	if (!space)
		return 0;
	*space = '\0';
	if (l->told->missing.n < GIT_WALK_MISSING_MAX)
		return git_oids_add(&l->told->missing, line, e);
	if (l->told->whole)
		(void)snprintf(l->told->why, sizeof(l->told->why), "more than %u objects are missing",
			       GIT_WALK_MISSING_MAX);
	l->told->whole = false;
	return 0;
}

/* 0 when as many lines were said; 1 when git ended before. */
static int take_answers(struct looking *l, size_t lines, struct err *e)
{
	while (lines > 0) {
		char *line = l->room, *end;
		size_t n;
		int x = proc_stream_read(l->git, l->room + l->len, sizeof(l->room) - l->len, &n, e);

		if (x < 0 || n == 0)
			return x < 0 ? x : 1;
		l->len += n;
		for (; lines > 0 && (end = memchr(line, '\n', (size_t)(l->room + l->len - line))); line = end + 1) {
			lines--;
			*end = '\0';
			if ((x = take_answer(l, line, e)) < 0)
				return x;
		}
		l->len = (size_t)(l->room + l->len - line);
		if (l->len == sizeof(l->room))
			return err_set(e, ERR_IO, "git answered with something that was not understood");
		memmove(l->room, line, l->len);
	}
	return 0;
}

static int ask_about(struct looking *l, const struct git_oids *names, struct err *e)
{
	char hex[65], line[100];
	int x = 0;

	for (size_t i = 0; x == 0 && i < names->n; i++) {
		int len = snprintf(line, sizeof(line), "info %s\n", git_oids_hex(names, i, hex));

		x = proc_stream_ask(l->git, line, (size_t)len, e);
	}
	return x < 0 ? x : proc_stream_ask(l->git, "flush\n", strlen("flush\n"), e);
}

/* git_log says what should be there, and does not open files. */
static int look_for_missing(const struct walking *k, struct git_history *told, struct err *e)
{
	static const char *const args[] = { "cat-file", "--batch-command=%(objectname)", "--buffer", NULL };
	_cleanup_(freep) unsigned char *room = mem_zero(AT_ONCE, GIT_OID_MAX);
	_cleanup_(freep) struct looking *l = mem_zero(1, sizeof(*l));
	_cleanup_(proc_stream_freep) struct proc_stream *git = NULL;
	struct git_oids names = { .bytes = room, .len = k->w->len };
	int x = git_repo_stream(k->repo, args, &git, e);

	l->git = git;
	l->told = told;
	for (uint64_t i = 0; x == 0 && i < k->w->n; i += names.n) {
		x = read_names(k->w, i, room, AT_ONCE, &names.n, e);
		if (x == 0)
			x = ask_about(l, &names, e);
		if (x == 0)
			x = take_answers(l, names.n, e);
	}
	if (x > 0) {
		told->whole = false;
		(void)git_repo_reason(proc_stream_said(git), proc_stream_end(git), told->why);
	}
	git_oids_once(&told->missing);
	return x < 0 ? err_wrap(e, "repository '%s': looking for what is missing", k->repo->path) : 0;
}

int git_walk_run(const struct git_repo *r, struct git_walk *ret, struct git_history *told, struct err *e)
{
	_cleanup_(walking_clear) struct walking k = { .repo = r, .w = ret, .whole = true, .out = BUF_INIT(ROOM),
		.tips = BUF_INIT(PROC_ASK_MAX), .others = BUF_INIT(PROC_ASK_MAX), .trouble = ERR_INIT };
	bool quick;
	int x;

	*ret = (struct git_walk){ .fd = -1, .len = r->oid_len / 2 };
	*told = (struct git_history){ .whole = true };
	x = fs_unnamed(&ret->fd, e);
	if (x == 0)
		x = walk_quickly(&k, e);
	quick = x == 0;
	if (x > 0)
		x = walk_slowly(&k, told, e);
	flush(&k);
	if (x == 0 && k.trouble.code != ERR_NONE)
		x = err_set(e, k.trouble.code, "%s", k.trouble.text);
	return x == 0 && quick ? look_for_missing(&k, told, e) : x;
}

int git_walk_mark(const struct git_walk *w, const struct git_oids *sorted, bool *marks, struct err *e)
{
	_cleanup_(freep) unsigned char *room = mem_zero(AT_ONCE, GIT_OID_MAX);
	size_t n;
	int x = 0;

	for (uint64_t i = 0; x == 0 && sorted->n > 0 && i < w->n; i += n) {
		n = 0;
		x = read_names(w, i, room, AT_ONCE, &n, e);
		for (size_t k = 0; x == 0 && k < n; k++) {
			size_t at = git_oids_find(sorted, room + k * w->len);

			if (at != GIT_OIDS_NONE)
				marks[at] = true;
		}
	}
	return x;
}

void git_walk_free(struct git_walk *w)
{
	closep(&w->fd);
	*w = (struct git_walk)GIT_WALK_INIT;
}
