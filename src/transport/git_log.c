#include "transport/git_log.h"
#include "base/mem.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define PART ((size_t)64 << 10)
#define PIECE_KEPT ((size_t)64 << 10)   /* of a path, or of what is told of a commit */
#define HEAD_BYTE '\001'

struct taking { const struct git_log *l; struct buf piece; bool path_comes; };

/* ":<mode> <mode> <oid> <oid> M": of a merge one more of each for each parent, and as many colons as it has parents. */
static void take_entry(struct taking *t, const char *piece)
{
	size_t parents = strspn(piece, ":");
	const char *word = piece + parents;
	unsigned mode = 0;

	t->path_comes = true;
	for (size_t i = 0; word && i < 2 * parents + 1; i++) {
		if (i == parents)
			mode = (unsigned)strtoul(word, NULL, 8);
		word = strchr(word, ' ');
		word = word ? word + 1 : NULL;
	}
	t->l->entry(word ? word : "", word ? strcspn(word, " ") : 0, mode, t->l->arg);
}

static void take_piece(struct taking *t, const char *piece)
{
	if (t->path_comes) {
		t->path_comes = false;
		if (t->l->path)
			t->l->path(piece, t->l->arg);
		return;
	}
	piece += strspn(piece, "\n");
	if (*piece == HEAD_BYTE)
		t->l->commit(piece + 1, t->l->arg);
	else if (*piece == ':')
		take_entry(t, piece);
}

static void take(struct taking *t, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\0', len);
		size_t part = end ? (size_t)(end - bytes) : len, room = PIECE_KEPT - t->piece.len;

		(void)buf_add(&t->piece, bytes, part < room ? part : room);
		if (end) {
			take_piece(t, buf_text(&t->piece));
			buf_clear(&t->piece);
		}
		bytes += part + (end ? 1 : 0);
		len -= part + (end ? 1 : 0);
	}
}

int git_log_run(const struct git_repo *r, const struct git_log *l, bool *whole, char why[200], struct err *e)
{
	const char *const args[] = { GIT_LITTLE_MEMORY, "log", "-c", "--raw", "-z", "--no-abbrev", "--no-renames",
		"--root", "--no-ext-diff", "--no-textconv", "--ignore-missing", l->format, "--stdin",
		l->parents_last ? "--topo-order" : NULL, NULL };
	_cleanup_(proc_stream_freep) struct proc_stream *git = NULL;
	_cleanup_(freep) char *room = mem_zero(PART, 1);
	struct taking t = { .l = l, .piece = BUF_INIT(PIECE_KEPT + 1) };
	size_t n = 1;
	int x = git_repo_stream(r, args, &git, e);

	if (x == 0)
		x = l->ask(git, l->arg, e);
	if (x < 0)
		return x;
	proc_stream_last(git);
	while (x == 0 && n > 0) {
		x = proc_stream_read(git, room, PART, &n, e);
		if (x == 0)
			take(&t, room, n);
	}
	buf_free(&t.piece);
	if (x < 0)
		return err_wrap(e, "history of repository '%s'", r->path);
	int status = proc_stream_end(git);

	if (status != 0 || *proc_stream_said(git)) {
		if (*whole)
			(void)git_repo_reason(proc_stream_said(git), status, why);
		*whole = false;
	}
	return 0;
}
