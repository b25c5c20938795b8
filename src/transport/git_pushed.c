#include "transport/git_pushed.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define ANSWER_MAX ((size_t)512 << 20)
#define NAMES_MAX ((size_t)64 << 20)
#define HEAD "\001" /* begins the line of a commit; that of a file begins with a colon */
#define FORMAT "--format=%x01%H%x01%P%x01%(trailers:key=Firebreak-Journal,valueonly)"

struct pushed {
	const struct git_repo *repo;
	struct git_pushed *ret;
	struct map seen;               /* "path\noid" */
	struct map new;                /* names of the new commits */
	struct strv parents;           /* all of them, new or not */
};

static void pushed_clear(struct pushed *p)
{
	map_free(&p->seen);
	map_free(&p->new);
	strv_free(&p->parents);
}

/* Tips, and behind a '^' each name that the repository has: what it leads to is not new. */
static int list_names(const struct git_repo *r, const struct git_oids *tips, struct buf *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char reason[200], hex[65];
	int x = git_repo_ask(r, (const char *const[]){ "for-each-ref", "--format=^%(objectname)", NULL }, &res, e);

	if (x < 0)
		return x;
	if (res.status != 0)
		return err_set(e, ERR_IO, "the branches of repository '%s' could not be listed: git says: %s", r->path,
			       git_reason(&res, reason));
	for (size_t i = 0; i < tips->n; i++)
		(void)buf_printf(ret, "%s\n", git_oids_hex(tips, i, hex));
	(void)buf_add(ret, buf_text(&res.out), res.out.len);
	if (ret->over)
		return err_set(e, ERR_LIMIT, "repository '%s' has too many branches and tags", r->path);
	return 0;
}

/* "\1<oid>\1<parents>\1<trailer>" */
static int new_commit(struct pushed *p, char *piece, struct err *e)
{
	struct git_pushed *to = p->ret;
	char *oid = piece + 1, *parents = strchr(oid, HEAD[0]);
	char *trailer = parents ? strchr(parents + 1, HEAD[0]) : NULL;

	if (!trailer || (size_t)(parents - oid) != p->repo->oid_len)
		return err_set(e, ERR_IO, "git answered with something that was not understood");
	*parents++ = *trailer++ = '\0';
	if (!GROW(to->commits, to->n_commits, to->cap_commits, PUSHED_COMMITS_MAX))
		return err_set(e, ERR_LIMIT, "the push brings more than %u new commits: push them in parts, "
			       "`git push REMOTE COMMIT:BRANCH` with an older commit first", PUSHED_COMMITS_MAX);
	(void)map_put(&p->new, arena_dup(to->files.arena, oid), 1);
	(void)snprintf(to->commits[to->n_commits].oid, sizeof(to->commits->oid), "%s", oid);
	to->commits[to->n_commits++].rotation = trailer[strspn(trailer, " \n")] != '\0';
	for (char *one; (one = strsep(&parents, " "));)
		if (*one)
			strv_add(&p->parents, one);
	return 0;
}

/* ":<mode> <mode> <oid> <oid> M", of a merge with a colon, a mode and an oid more for each further parent; the last
 * mode and oid are what the commit has. */
static bool read_entry(const struct pushed *p, const char *piece, struct git_file *ret)
{
	size_t parents = strspn(piece, ":");
	const char *at = piece + parents;

	for (size_t i = 0; at && i < parents; i++)
		at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	if (!at || sscanf(at, "%7o ", &ret->mode) != 1)
		return false;
	for (size_t i = 0; at && i <= parents; i++)
		at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	if (!at || strspn(at, "0123456789abcdef") != p->repo->oid_len)
		return false;
	(void)snprintf(ret->oid, sizeof(ret->oid), "%.*s", (int)p->repo->oid_len, at);
	return true;
}

static int new_file(struct pushed *p, const struct git_file *entry, const char *path, struct err *e)
{
	struct git_files *to = &p->ret->files;
	char *name;

	if (entry->mode == 0)
		return 0;
	name = arena_printf(to->arena, "%s\n%s", path, entry->oid);
	if (!map_put(&p->seen, name, 1))
		return 0;
	if (!GROW(to->list, to->n, to->cap, PUSHED_FILES_MAX) ||
	    !GROW(p->ret->commit, to->n, p->ret->cap_commit, PUSHED_FILES_MAX))
		return err_set(e, ERR_LIMIT, "the push brings more than %u new files and versions of files: push its "
			       "commits in parts, `git push REMOTE COMMIT:BRANCH` with an older commit first",
			       PUSHED_FILES_MAX);
	to->list[to->n] = *entry;
	to->list[to->n].path = arena_dup(to->arena, path);
	p->ret->commit[to->n++] = (uint32_t)p->ret->n_commits - 1;
	return 0;
}

static int read_pieces(struct pushed *p, char *text, size_t len, struct err *e)
{
	struct git_file entry = { 0 };
	bool is_path = false;
	int x = 0;

	for (char *piece = text, *end = text + len, *next; x == 0 && piece < end; piece = next) {
		next = piece + strlen(piece) + 1;
		if (is_path) {
			x = new_file(p, &entry, piece, e);
			is_path = false;
			continue;
		}
		piece += strspn(piece, "\n");
		is_path = piece[0] == ':';
		if (is_path ? !p->ret->n_commits || !read_entry(p, piece, &entry) : *piece && piece[0] != HEAD[0])
			return err_set(e, ERR_IO, "git answered with something that was not understood");
		if (piece[0] == HEAD[0])
			x = new_commit(p, piece, e);
	}
	return x;
}

static int find_bases(struct pushed *p, struct err *e)
{
	_cleanup_(map_free) struct map once = MAP_INIT;
	int x = 0;

	for (size_t i = 0; x == 0 && i < p->parents.n; i++) {
		if (map_get(&p->new, p->parents.s[i]) != MAP_NONE || !map_put(&once, p->parents.s[i], 1))
			continue;
		if (p->ret->bases.n == PUSHED_BASES_MAX)
			return err_set(e, ERR_LIMIT, "the push is built upon more than %u commits of the repository: "
				       "push one branch after the other", PUSHED_BASES_MAX);
		x = git_oids_add(&p->ret->bases, p->parents.s[i], e);
	}
	return x;
}

int git_pushed_read(const struct git_repo *r, const struct git_oids *tips, struct git_pushed *ret, struct err *e)
{
	_cleanup_(pushed_clear) struct pushed p = { .repo = r, .ret = ret };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(buf_free) struct buf names = BUF_INIT(NAMES_MAX);
	static const char *const log[] = { "log", "--stdin", "--ignore-missing", "--reverse", "--topo-order",
		"--no-renames", "--no-ext-diff", "--no-textconv", "--raw", "-z", "-c", "--no-abbrev", FORMAT, NULL };

	*ret = (struct git_pushed){ .files = { .arena = arena_new(), .whole = true } };
	int x = list_names(r, tips, &names, e);
	if (x < 0)
		return x;
	const struct git_call call = { .args = log, .input = names.data, .input_len = names.len,
				       .output_max = ANSWER_MAX };
	x = git_repo_must(r, &call, "looking through the push", &res, e);
	if (x == 0)
		x = read_pieces(&p, res.out.data, res.out.len, e);
	return x < 0 ? x : find_bases(&p, e);
}

void git_pushed_free(struct git_pushed *p)
{
	git_files_free(&p->files);
	git_oids_free(&p->bases);
	free(p->commit);
	free(p->commits);
	*p = (struct git_pushed){ 0 };
}
