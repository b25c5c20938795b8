#include "transport/git_added.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define PART ((size_t)64 << 10)
#define LINE_KEPT 4500u            /* of a line: a path, or a key and what stands before it */
#define HEAD "\001"                /* begins the line of a commit; in a patch each line begins with another byte */
#define FORMAT "--format=%x01%H%x01%at%x01%an <%ae>"

/* One git program that is read: of a patch line by line, of names piece by piece (NUL). */
struct history {
	struct arena *arena;
	struct git_added *asks;
	struct map wanted;             /* key or file -> ask */
	uint8_t *seen;                 /* of each ask, in the commit in hand: 1 taken out, 2 put in */
	bool *there;
	uint32_t *touched;             /* asks with `seen` */
	size_t n_touched;
	char commit[65];
	const char *who;
	int64_t at_s;
	bool in_hunk, names;
	char status;                   /* names: of the path that comes */
	struct buf line;
};

static void history_clear(struct history *h)
{
	map_free(&h->wanted);
	free(h->seen);
	free(h->there);
	free(h->touched);
	buf_free(&h->line);
}

/* What one commit did to what is asked for: it is known when all of its lines are. */
static void end_of_commit(struct history *h)
{
	for (size_t i = 0; i < h->n_touched; i++) {
		uint32_t k = h->touched[i];
		struct git_added *ask = &h->asks[k];

		if (h->seen[k] & 2 && !h->there[k]) {
			(void)snprintf(ask->commit, sizeof(ask->commit), "%s", h->commit);
			ask->who = h->who;
			ask->at_s = h->at_s;
		}
		h->there[k] = (h->seen[k] & 2) || (h->there[k] && !(h->seen[k] & 1));
		h->seen[k] = 0;
	}
	h->n_touched = 0;
}

static void touch(struct history *h, uint32_t ask, uint8_t how)
{
	if (ask == MAP_NONE)
		return;
	if (!h->seen[ask])
		h->touched[h->n_touched++] = ask;
	h->seen[ask] |= how;
}

/* "\1<oid>\1<seconds>\1Name <mail>" */
static void new_commit(struct history *h, const char *line)
{
	const char *oid = line + 1, *at = strchr(oid, HEAD[0]), *who = at ? strchr(at + 1, HEAD[0]) : NULL;

	end_of_commit(h);
	h->in_hunk = false;
	h->commit[0] = '\0';
	h->who = NULL;
	if (!who || (size_t)(at - oid) >= sizeof(h->commit))
		return;
	(void)snprintf(h->commit, sizeof(h->commit), "%.*s", (int)(at - oid), oid);
	h->at_s = strtoll(at + 1, NULL, 10);
	h->who = arena_dup(h->arena, who + 1);
}

/* The key of a line of YAML: `  - "a::b": x` gives a::b. */
static size_t key_of(const char *line, const char **ret)
{
	const char *p = line + strspn(line, " "), *end;

	while (p[0] == '-' && p[1] == ' ')
		p += 1 + strspn(p + 1, " ");
	if (*p == '"' || *p == '\'') {
		*ret = p + 1;
		end = strchr(p + 1, *p);
		return end && end[1 + strspn(end + 1, " ")] == ':' ? (size_t)(end - p - 1) : 0;
	}
	*ret = p;
	for (end = p; (end = strchr(end, ':')); end++)
		if (end[1] == ' ' || end[1] == '\0' || end[1] == '\t')
			break;
	while (end && end > p && end[-1] == ' ')
		end--;
	return end ? (size_t)(end - p) : 0;
}

static void patch_line(struct history *h, const char *line)
{
	const char *key;
	size_t len;

	if (line[0] == HEAD[0])
		new_commit(h, line);
	else if (line[0] == '@')
		h->in_hunk = true;
	else if (h->in_hunk && (line[0] == '+' || line[0] == '-') && (len = key_of(line + 1, &key)))
		touch(h, map_getn(&h->wanted, key, len), line[0] == '+' ? 2 : 1);
}

/* ":100644 100644 <oid> <oid> M", then the path. */
static void name_piece(struct history *h, const char *piece)
{
	if (h->status) {
		touch(h, map_get(&h->wanted, piece), h->status == 'D' ? 1 : 2);
		h->status = '\0';
		return;
	}
	piece += strspn(piece, "\n");
	if (piece[0] == HEAD[0])
		new_commit(h, piece);
	else if (piece[0] == ':' && strrchr(piece, ' '))
		h->status = strrchr(piece, ' ')[1];
}

static void take(struct history *h, const char *bytes, size_t len)
{
	const char stop = h->names ? '\0' : '\n';

	while (len) {
		const char *end = memchr(bytes, stop, len);
		size_t part = end ? (size_t)(end - bytes) : len, room = LINE_KEPT - h->line.len;

		(void)buf_add(&h->line, bytes, part < room ? part : room);
		if (end) {
			if (h->names)
				name_piece(h, buf_text(&h->line));
			else
				patch_line(h, buf_text(&h->line));
			buf_clear(&h->line);
		}
		bytes += part + (end ? 1 : 0);
		len -= part + (end ? 1 : 0);
	}
}

static int read_all(const struct git_repo *r, const char *const *args, struct history *h, struct err *e)
{
	_cleanup_(proc_stream_freep) struct proc_stream *s = NULL;
	_cleanup_(buf_free) struct buf room = BUF_WIPED(PART);
	char reason[200];
	size_t n = 1;
	int x = git_repo_stream(r, args, &s, e);

	if (x < 0)
		return x;
	proc_stream_last(s);
	while (room.len < PART)
		(void)buf_char(&room, '\0');
	while (n > 0) {
		x = proc_stream_read(s, room.data, PART, &n, e);
		if (x < 0)
			return err_wrap(e, "history of repository '%s'", r->path);
		take(h, room.data, n);
	}
	end_of_commit(h);
	int status = proc_stream_end(s);
	if (status == 0)
		return 0;
	return err_set(e, ERR_IO, "the history of repository '%s' could not be read to its end: git says: %s", r->path,
		       git_repo_reason(proc_stream_said(s), status, reason));
}

/* The keys of one file when `file` is given, otherwise the files themselves. */
static int ask_one(const struct git_repo *r, const char *commit, const char *file, struct git_added *asks, size_t n,
		   struct arena *a, struct err *e)
{
	_cleanup_(history_clear) struct history h = { .arena = a, .asks = asks, .names = !file,
						      .line = BUF_WIPED(LINE_KEPT) };
	const char *const keys[] = { "log", "--reverse", "--topo-order", "--no-renames", "--no-ext-diff",
		"--no-textconv", "--text", "--no-color", "-p", "-U0", FORMAT, commit, "--", file, NULL };
	const char *const files[] = { "log", "--reverse", "--topo-order", "--no-renames", "--raw", "-z", "--no-abbrev",
		FORMAT, commit, "--", NULL };

	h.seen = mem_zero(n, sizeof(*h.seen));
	h.there = mem_zero(n, sizeof(*h.there));
	h.touched = mem_zero(n, sizeof(*h.touched));
	for (size_t i = 0; i < n; i++) {
		if (file ? asks[i].key && strcmp(asks[i].file, file) == 0 : !asks[i].key)
			(void)map_put(&h.wanted, file ? asks[i].key : asks[i].file, (uint32_t)i);
	}
	return read_all(r, file ? keys : files, &h, e);
}

int git_repo_added(const struct git_repo *r, const char *commit, struct git_added *asks, size_t n, struct arena *a,
		   struct err *e)
{
	_cleanup_(map_free) struct map done = MAP_INIT;
	bool files = false;
	int x = 0;

	if (n > GIT_ADDED_MAX)
		return err_set(e, ERR_LIMIT, "who added %zu things to repository '%s' is too much to ask at once: at "
			       "most %u", n, r->path, GIT_ADDED_MAX);
	for (size_t i = 0; i < n; i++) {
		asks[i].commit[0] = '\0';
		asks[i].who = NULL;
		asks[i].at_s = 0;
		files = files || !asks[i].key;
	}
	for (size_t i = 0; x == 0 && i < n; i++)
		if (asks[i].key && map_put(&done, asks[i].file, 1))
			x = ask_one(r, commit, asks[i].file, asks, n, a, e);
	return x == 0 && files ? ask_one(r, commit, NULL, asks, n, a, e) : x;
}
