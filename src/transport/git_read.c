#include "base/mem.h"
#include "base/text.h"
#include "transport/git_run.h"

/*
 * `git cat-file --batch` answers a line with an object: of the commit, and for each file of its folder (which has the
 * mode: a link's text must not pass for a file) and of itself.
 */
#define ANSWER_MAX ((size_t)64 << 20)       /* of many files at once; one alone may have GIT_FILE_MAX */
#define HEAD_TRIES 5

struct answer {
	char oid[GIT_OID], type[16];        /* type "": there is no such object */
	const char *bytes;
	size_t len;
};

/* What was asked, and how far the answers are read. */
struct talk {
	struct buf asked;
	struct proc_result res;
	size_t question, at;
};

static void talk_clear(struct talk *t)
{
	buf_free(&t->asked);
	proc_result_free(&t->res);
}

/* The question again and a word; newer versions of git have one of its own for a submodule. */
static bool is_absent(const char *question, size_t asked, const char *line, size_t len)
{
	static const char *const words[] = { " missing", " submodule" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (len == asked + strlen(words[i]) && strncmp(line, question, asked) == 0 &&
		    strncmp(line + asked, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static int next(struct talk *t, struct answer *ret, struct err *e)
{
	const char *question = buf_text(&t->asked) + t->question, *line = buf_text(&t->res.out) + t->at;
	size_t asked = strcspn(question, "\n"), len = strcspn(line, "\n"), left = t->res.out.len - t->at;
	char words[128];
	int behind = 0;

	*ret = (struct answer){ 0 };
	t->question += asked + 1;
	t->at += len + 1;
	if (is_absent(question, asked, line, len))
		return 0;
	(void)snprintf(words, sizeof(words), "%.*s", len < sizeof(words) ? (int)len : 0, line);
	if (sscanf(words, "%64[0-9a-f] %15[a-z] %zu%n", ret->oid, ret->type, &ret->len, &behind) != 3 ||
	    (size_t)behind != len || left < len + 1 || left - len - 1 <= ret->len)
		return err_set(e, ERR_IO, "git answered with something that is no object");
	ret->bytes = line + len + 1;
	t->at += ret->len + 1;
	return 0;
}

/* A tree's entries: mode, space, name, NUL, and the object's name in bytes. */
static bool find_mode(const struct answer *tree, const char *name, char ret[8])
{
	size_t oid = strlen(tree->oid) / 2;
	const char *p = tree->bytes, *end = p + tree->len;

	while (p < end) {
		const char *space = memchr(p, ' ', (size_t)(end - p)), *nul = memchr(p, '\0', (size_t)(end - p));
		if (!space || !nul || space > nul || (size_t)(end - nul) <= oid || space - p > 6)
			return false;
		if (strcmp(space + 1, name) == 0) {
			(void)snprintf(ret, 8, "%.*s", (int)(space - p), p);
			return true;
		}
		p = nul + 1 + oid;
	}
	return false;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void ask(struct buf *b, const char *commit, const char *path)
{
	const char *name = name_of(path);

	if (name == path)
		(void)buf_printf(b, "%s^{tree}\n", commit);
	else
		(void)buf_printf(b, "%s:%.*s\n", commit, (int)(name - path - 1), path);
	(void)buf_printf(b, "%s:%s\n", commit, path);
}

static int take_file(const struct git *g, struct git_text *f, const struct answer *folder, const struct answer *itself,
		     struct err *e)
{
	char mode[8];

	/* A folder that is a link is "blob"; one that is not there takes its files along. */
	f->absent = !*folder->type || (!strcmp(folder->type, "tree") && !find_mode(folder, name_of(f->path), mode));
	if (f->absent || strcmp(folder->type, "tree") != 0)
		return err_set(e, ERR_CONFIG, "file '%s' is not in branch '%s' (links on the way are not followed): "
			       "name the file where it really lies", f->path, g->branch);
	if (strcmp(mode, "100644") != 0 && strcmp(mode, "100755") != 0)
		return err_set(e, ERR_CONFIG, "'%s' in branch '%s' is %s: a regular file is expected", f->path,
			       g->branch,
			       strcmp(mode, "120000") == 0 ? "a symbolic link" :
			       strcmp(mode, "160000") == 0 ? "a submodule" :
			       strcmp(mode, "40000") == 0 ? "a folder" : "no regular file");
	if (strcmp(itself->type, "blob") != 0)
		return err_set(e, ERR_IO, "file '%s' in branch '%s' is not whole in the clone", f->path, g->branch);
	if (buf_add(&f->text, itself->bytes, itself->len) < 0)
		return err_set(e, ERR_LIMIT, "file '%s' has %zu bytes: at most %zu are taken", f->path, itself->len,
			       GIT_FILE_MAX);
	(void)snprintf(f->mode, sizeof(f->mode), "%s", mode);
	return 0;
}

static int take_commit(struct talk *t, char ret[GIT_OID], struct err *e)
{
	struct answer commit;
	int r = next(t, &commit, e);

	if (r < 0)
		return r;
	if (strcmp(commit.type, "commit") != 0)
		return err_set(e, ERR_IO, "the clone does not have the commit that was asked for");
	(void)snprintf(ret, GIT_OID, "%s", commit.oid);
	return 0;
}

static int take_files(const struct git *g, struct talk *t, struct git_text *files, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct git_text *f = &files[i];
		struct answer folder, itself;
		int r;

		if (f->r < 0)
			continue;
		if ((r = next(t, &folder, e)) < 0 || (r = next(t, &itself, e)) < 0)
			return r;
		f->r = take_file(g, f, &folder, &itself, &f->why);
		if (f->r == -ERR_IO)
			return err_set(e, ERR_IO, "%s", f->why.text);
	}
	return 0;
}

/* One conversation. *ret_moved: another worker fetched in the midst of it, so that not all is of one commit. */
static int read_once(const struct git *g, char head[GIT_OID], struct git_text *files, size_t n, bool *ret_moved,
		     struct err *e)
{
	_cleanup_(talk_clear) struct talk t = { .asked = BUF_INIT((size_t)16 << 20) };
	const char *commit = *head ? head : GIT_HEAD_REF;
	struct git_call call = { .args = (const char *const[]){ "cat-file", "--batch", NULL },
		.output_max = n > 1 ? ANSWER_MAX : GIT_FILE_MAX + ((size_t)8 << 20) };
	char first[GIT_OID], last[GIT_OID];

	(void)buf_printf(&t.asked, "%s^{commit}\n", commit);
	for (size_t i = 0; i < n; i++)
		if (files[i].r == 0)
			ask(&t.asked, commit, files[i].path);
	(void)buf_printf(&t.asked, "%s^{commit}\n", commit);
	if (t.asked.over)
		return err_set(e, ERR_LIMIT, "too many files of one repository for one job");
	call.input = t.asked.data;
	call.input_len = t.asked.len;
	int r = git_must(g, &call, "reading the clone", &t.res, e);
	if (r < 0 || (r = take_commit(&t, first, e)) < 0 || (r = take_files(g, &t, files, n, e)) < 0 ||
	    (r = take_commit(&t, last, e)) < 0)
		return r;
	*ret_moved = strcmp(first, last) != 0;
	(void)snprintf(head, GIT_OID, "%s", first);
	return 0;
}

void git_text_clear(struct git_text *f)
{
	buf_free(&f->text);
	*f = (struct git_text){ .path = f->path, .text = BUF_WIPED(GIT_FILE_MAX), .why = ERR_INIT };
}

static void begin(struct git_text *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		git_text_clear(&files[i]);
		files[i].r = git_check_file(files[i].path, &files[i].why);
	}
}

/* Together they are more than is kept in memory: each by itself, so that the one that is too long is known. */
static int read_singly(const struct git *g, const char *head, struct git_text *files, size_t n, struct err *e)
{
	begin(files, n);
	for (size_t i = 0; i < n; i++) {
		char commit[GIT_OID];
		bool moved;
		int r;

		if (files[i].r < 0)
			continue;
		(void)snprintf(commit, sizeof(commit), "%s", head);
		r = read_once(g, commit, &files[i], 1, &moved, e);
		if (r == -ERR_LIMIT)
			files[i].r = err_set(&files[i].why, ERR_LIMIT, "file '%s': at most %zu bytes are taken",
					     files[i].path, GIT_FILE_MAX);
		else if (r < 0)
			return r;
	}
	return 0;
}

int git_read(const struct git *g, char head[GIT_OID], struct git_text *files, size_t n, struct err *e)
{
	char commit[GIT_OID];
	bool moved = true;
	int r = 0;

	for (unsigned i = 0; moved && i < HEAD_TRIES; i++) {
		(void)snprintf(commit, sizeof(commit), "%s", head);
		begin(files, n);
		r = read_once(g, commit, files, n, &moved, e);
		if (r == -ERR_LIMIT && n > 0) {
			(void)snprintf(commit, sizeof(commit), "%s", head);
			r = read_once(g, commit, NULL, 0, &moved, e);
			if (r == 0)
				r = read_singly(g, commit, files, n, e);
			moved = false;
		}
		if (r < 0)
			return r;
	}
	if (moved)
		return err_set(e, ERR_CONFLICT, "the clone of '%s' is being fetched by others all the time", g->url);
	(void)snprintf(head, GIT_OID, "%s", commit);
	return 0;
}
