/* What the names of a repository stand for, and the files of a commit. */
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define NAME_MAX_BYTES 500
#define LINE_ROOM ((size_t)256 << 10)

static bool is_oid(const struct git_repo *r, const char *name)
{
	return strlen(name) == r->oid_len && strspn(name, "0123456789abcdef") == r->oid_len;
}

static int no_such(const struct git_repo *r, const char *name, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct err looking = ERR_INIT;
	int x = git_repo_ask(r, (const char *const[]){ "for-each-ref", "--count=1", "--format=x", NULL }, &res,
		&looking);

	if (x == 0 && res.status == 0 && res.out.len == 0)
		return err_set(e, ERR_CONFIG, "repository '%s' has no branch and no commit yet, "
			       "so there is no '%s'", r->path,
			       name);
	return err_set(e, ERR_CONFIG, "repository '%s' knows no '%s': "
		       "expected a branch, a tag or a commit", r->path, name);
}

/* The name is looked up in its own folder, the object behind it through ours. */
int git_repo_commit(const struct git_repo *r, const char *name, char ret[65], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result named = { 0 }, peeled = { 0 };
	char oid[65];
	int x;

	if (!*name || *name == '-' || strlen(name) > NAME_MAX_BYTES || !text_is_utf8(name, strlen(name)) ||
	    strpbrk(name, "\n\r"))
		return err_set(e, ERR_USAGE, "'%.60s' is no name of a commit: "
			       "expected a branch, a tag or a commit", name);
	if (is_oid(r, name)) {
		(void)snprintf(oid, sizeof(oid), "%s", name);
	} else {
		x = git_repo_ask(r, (const char *const[]){ "rev-parse", "--verify", "--quiet", "--end-of-options", name,
			NULL }, &named, e);
		if (x < 0)
			return x;
		if (named.status != 0 || git_oid(&named, oid, NULL) < 0)
			return no_such(r, name, e);
	}

	_cleanup_(freep) char *spec = mem_printf("%s^{commit}", oid);
	const struct git_call call = { .args = (const char *const[]){ "rev-parse", "--verify", "--quiet", spec,
		NULL } };

	x = git_repo_run(r, &call, &peeled, e);
	if (x < 0)
		return x;
	if (peeled.status != 0 || git_oid(&peeled, ret, NULL) < 0)
		return err_set(e, ERR_CONFIG, "repository '%s': '%s' is no commit that is there", r->path, name);
	return 0;
}

/* "100644 blob <oid>\t<path>" with NUL behind it. */
static bool read_entry(const struct git_repo *r, const char *line, struct git_file *ret)
{
	char type[16];
	int behind = 0;

	if (sscanf(line, "%7o %15[a-z] %64[0-9a-f]%n", &ret->mode, type, ret->oid,
		&behind) != 3 || line[behind] != '\t' ||
	    strlen(ret->oid) != r->oid_len)
		return false;
	ret->path = line + behind + 1;
	return *ret->path != '\0';
}

static int take_line(const struct git_repo *r, const char *line, git_file_fn *fn, void *arg, struct err *e)
{
	struct git_file file = { 0 };

	if (!read_entry(r, line, &file))
		return err_set(e, ERR_IO, "repository '%s': git lists a commit in a way that was not understood",
			       r->path);
	return fn(&file, arg, e);
}

/* The last line of a list that was cut short has no NUL of its own, and is no line. */
static int each_line(const struct git_repo *r, struct proc_stream *git, git_file_fn *fn, void *arg, struct err *e)
{
	_cleanup_(freep) char *room = mem_zero(LINE_ROOM, 1);
	size_t len = 0, n = 1;
	int x;

	while ((x = proc_stream_read(git, room + len, LINE_ROOM - len, &n, e)) == 0 && n > 0) {
		const char *line = room, *end;

		len += n;
		for (; (end = memchr(line, '\0', (size_t)(room + len - line))); line = end + 1)
			if ((x = take_line(r, line, fn, arg, e)) != 0)
				return x;
		len = (size_t)(room + len - line);
		if (len == LINE_ROOM)
			return err_set(e, ERR_LIMIT, "repository '%s': a commit has a path of more than %zu bytes",
				       r->path, LINE_ROOM);
		memmove(room, line, len);
	}
	return x;
}

int git_repo_each_file(const struct git_repo *r, const char *commit, git_file_fn *fn, void *arg, bool *whole,
		       char why[200], struct err *e)
{
	_cleanup_(proc_stream_freep) struct proc_stream *git = NULL;
	const char *const args[] = { GIT_LITTLE_MEMORY, "ls-tree", "-r", "-z", "--full-tree", commit, NULL };

	if (!is_oid(r, commit))
		return err_set(e, ERR_BUG, "a commit's whole name is expected here");
	int x = git_repo_stream(r, args, &git, e);
	if (x == 0) {
		proc_stream_last(git);
		x = each_line(r, git, fn, arg, e);
	}
	if (x < 0)
		return err_wrap(e, "repository '%s': listing a commit", r->path);
	if (x > 0)
		return x;
	int status = proc_stream_end(git);

	if (status != 0 || *proc_stream_said(git)) {
		*whole = false;
		(void)git_repo_reason(proc_stream_said(git), status, why);
	}
	return 0;
}

struct keeping { const struct git_repo *repo; struct git_files *files; };

static int keep(const struct git_file *f, void *arg, struct err *e)
{
	const struct keeping *k = arg;
	struct git_files *to = k->files;

	if (!GROW(to->list, to->n, to->cap, GIT_FILES_MAX))
		return err_set(e, ERR_LIMIT, "repository '%s': a commit has more than %u files", k->repo->path,
			       GIT_FILES_MAX);
	to->list[to->n] = *f;
	to->list[to->n++].path = arena_dup(to->arena, f->path);
	return 0;
}

int git_repo_files(const struct git_repo *r, const char *commit, struct git_files *ret, struct err *e)
{
	struct keeping k = { r, ret };

	*ret = (struct git_files){ .arena = arena_new(), .whole = true };
	return git_repo_each_file(r, commit, keep, &k, &ret->whole, ret->why, e);
}

void git_files_free(struct git_files *f)
{
	arena_free(f->arena);
	free(f->list);
	*f = (struct git_files){ 0 };
}
