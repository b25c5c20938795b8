#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_run.h"

#define COMMIT_MAX ((size_t)256 << 20)

/* "Name <mail@example.org>" as a line of a commit. What would end the name or the line early is left out. */
static int add_author(struct buf *b, const char *author, struct err *e)
{
	const char *open = strrchr(author, '<'), *close = open ? strchr(open, '>') : NULL;
	size_t name = open ? (size_t)(open - author) : 0, before = 0;

	while (name > 0 && author[name - 1] == ' ')
		name--;
	if (!text_is_utf8(author, strlen(author)) || strpbrk(author, "\n\r") || !close || close[1] || close == open + 1)
		name = 0;
	(void)buf_str(b, "committer ");
	before = b->len;
	for (size_t i = 0; i < name; i++)
		if (author[i] != '<' && author[i] != '>')
			(void)buf_char(b, author[i]);
	if (b->len == before)
		return err_set(e, ERR_CONFIG, "author '%.80s' of a commit: expected Name <mail@example.org>", author);
	(void)buf_printf(b, " %s now\n", open);
	return 0;
}

static void add_data(struct buf *b, const void *bytes, size_t len)
{
	(void)buf_printf(b, "data %zu\n", len);
	(void)buf_add(b, bytes, len);
	(void)buf_char(b, '\n');
}

static void add_path(struct buf *b, const char *path)
{
	(void)buf_char(b, '"');
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			(void)buf_char(b, '\\');
		(void)buf_char(b, *path);
	}
	(void)buf_str(b, "\"\n");
}

static int add_changes(struct buf *b, const struct git_change *changes, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int r = git_check_file(changes[i].file, e);

		if (r < 0)
			return r;
		if (!changes[i].bytes) {
			(void)buf_str(b, "D ");
			add_path(b, changes[i].file);
			continue;
		}
		if (strcmp(changes[i].mode, "100644") != 0 && strcmp(changes[i].mode, "100755") != 0)
			return err_set(e, ERR_BUG, "file '%s' was to be written with mode '%s'", changes[i].file,
				       changes[i].mode);
		(void)buf_printf(b, "M %s :%zu ", changes[i].mode, i + 1);
		add_path(b, changes[i].file);
	}
	return 0;
}

/* Files and commit as `git fast-import` reads them: one program for all, no index and no work tree, so nothing of the
 * repository is ever unpacked. The name that it makes the commit under is taken back at the end; the commit stays. */
static int add_stream(struct buf *b, const char *parent, const struct git_change *changes, size_t n,
		      const char *message, const char *author, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (!changes[i].bytes)
			continue;
		(void)buf_printf(b, "blob\nmark :%zu\n", i + 1);
		add_data(b, changes[i].bytes, changes[i].len);
	}
	(void)buf_printf(b, "commit " GIT_MAKING_REF "\nmark :%zu\n", n + 1);
	int r = add_author(b, author, e);
	if (r < 0)
		return r;
	add_data(b, message, strlen(message));
	(void)buf_printf(b, "from %s\n", parent);
	r = add_changes(b, changes, n, e);
	if (r < 0)
		return r;
	(void)buf_printf(b, "get-mark :%zu\nreset " GIT_MAKING_REF "\nfrom %0*d\ndone\n", n + 1,
			 (int)strlen(parent), 0);
	return b->over ? err_set(e, ERR_LIMIT, "too much for one commit: %zu bytes at most", b->max) : 0;
}

static int make_commit(const struct git *g, const struct buf *stream, char ret[GIT_OID], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(closep) int lock = -1;
	struct git_call call = { .args = (const char *const[]){ "fast-import", "--quiet", "--done", "--date-format=now",
		NULL }, .input = stream->data, .input_len = stream->len };
	int r = git_lock(g, &lock, e);

	if (r < 0)
		return r;
	git_sweep(g);
	r = git_must(g, &call, "making the commit", &res, e);
	return r < 0 ? r : git_oid(&res, ret, e);
}

int git_commit_push(struct git *g, const char *parent, const struct git_change *changes, size_t n, const char *message,
		    const char *author, char ret_commit[GIT_OID], struct err *e)
{
	_cleanup_(buf_free) struct buf stream = BUF_WIPED(COMMIT_MAX);
	char commit[GIT_OID];

	if (n == 0)
		return err_set(e, ERR_BUG, "a commit without a change was asked for");
	int r = add_stream(&stream, parent, changes, n, message, author, e);
	if (r < 0 || (r = make_commit(g, &stream, commit, e)) < 0 || (r = git_push(g, parent, commit, e)) < 0)
		return r;
	(void)snprintf(ret_commit, GIT_OID, "%s", commit);
	return 0;
}
