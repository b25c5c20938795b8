#include "scan/tree.h"
#include "base/mem.h"
#include "transport/git_objects.h"
#include <string.h>
#include <sys/stat.h>

#define MODE_LINK 0120000u
#define MODE_SUBMODULE 0160000u

struct reading {
	const struct tree_at *at;
	const struct git_files *files;
	size_t *which;             /* object asked for -> file */
	tree_fn *fn;
	void *arg;
	struct gaps *gaps;
	size_t max;
};

static bool is_part(const char *s, size_t len, const char *part)
{
	return len == strlen(part) && strncasecmp(s, part, len) == 0;
}

bool tree_leads_outside(const char *path, const char *target, size_t len)
{
	const char *end = target + len;
	size_t depth = 0;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		depth++;
	if (len == 0 || target[0] == '/')
		return true;
	for (const char *p = target; p < end;) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		size_t n = (size_t)((slash ? slash : end) - p);

		if (is_part(p, n, ".git") || (is_part(p, n, "..") && depth == 0))
			return true;
		if (is_part(p, n, ".."))
			depth--;
		else if (n > 0 && !is_part(p, n, "."))
			depth++;
		p += n + 1;
	}
	return false;
}

static int give(const struct git_object *o, void *arg)
{
	const struct reading *r = arg;
	const struct git_file *file = &r->files->list[r->which[o->index]];
	struct gap gap = { .repository = r->at->name, .file = file->path };
	struct tree_file f = { .path = file->path, .mode = file->mode, .oid = file->oid, .bytes = o->bytes,
		.len = o->len,
			       .link = file->mode == MODE_LINK };

	switch (o->state) {
	case GIT_READ:
	case GIT_PIECE:
		break;
	case GIT_MISSING:
		gap.kind = UNREAD_MISSING;
		gaps_add(r->gaps, &gap, "git does not have it here (a partial clone has only what was asked for): "
			 "read a whole clone");
		return 0;
	case GIT_TOO_LARGE:
		gap.kind = UNREAD_LARGE;
		gaps_add(r->gaps, &gap, "%llu bytes: files of "
			 "at most %zu are read", (unsigned long long)o->size, r->max);
		return 0;
	default:
		gap.kind = UNREAD_DAMAGED;
		gaps_add(r->gaps, &gap, "git cannot unpack it: `git fsck` tells more");
		return 0;
	}
	if (f.link)
		f.outside = tree_leads_outside(f.path, f.bytes, f.len);
	if (f.outside) {
		gap.kind = UNREAD_LINK;
		gaps_add(r->gaps, &gap, "a symbolic link that leads out of the repository: what it "
			 "leads to is not read");
	}
	return r->fn(&f, r->arg);
}

static bool is_wanted(const struct reading *r, const struct git_file *f)
{
	struct gap gap = { .repository = r->at->name, .file = f->path };

	if (r->at->want && !r->at->want(f->path, r->arg))
		return false;
	if (f->mode == MODE_SUBMODULE) {
		gap.kind = UNREAD_REPOSITORY;
		gaps_add(r->gaps, &gap, "a submodule: name its repository to have it read");
		return false;
	}
	if (strlen(f->path) >= TREE_PATH_MAX) {
		gap = (struct gap){ .kind = UNREAD_DEEP, .repository = r->at->name };
		gaps_add(r->gaps, &gap, "a file whose path has %zu bytes: at most %u are taken", strlen(f->path),
			 TREE_PATH_MAX - 1);
		return false;
	}
	return true;
}

static int read_files(struct reading *r, struct err *e)
{
	const struct git_reader_options options = { .max = r->max, .types = 1u << GIT_BLOB };
	_cleanup_(git_reader_freep) struct git_reader *reader = NULL;
	_cleanup_(git_oids_free) struct git_oids oids = { 0 };
	_cleanup_(freep) size_t *which = mem_zero(r->files->n + 1, sizeof(*which));
	int x;

	for (size_t i = 0; i < r->files->n; i++) {
		if (!is_wanted(r, &r->files->list[i]))
			continue;
		which[oids.n] = i;
		x = git_oids_add(&oids, r->files->list[i].oid, e);
		if (x < 0)
			return x;
	}
	if (oids.n == 0)
		return 0;
	r->which = which;
	x = git_reader_open(r->at->repo, &options, &reader, e);
	return x < 0 ? x : git_reader_read(reader, &oids, 0, oids.n, give, r, e);
}

static int read_commit(struct reading *r, struct err *e)
{
	_cleanup_(git_files_free) struct git_files files = { 0 };
	const struct gap all = { .kind = UNREAD_DAMAGED, .repository = r->at->name };
	int x = r->at->files ? 0 : git_repo_files(r->at->repo, r->at->commit, &files, e);

	if (x < 0)
		return x;
	if (!r->at->files && !files.whole)
		gaps_add(r->gaps, &all, "not all folders of commit %.12s could be listed: git says: %s", r->at->commit,
			 files.why);
	r->files = r->at->files ? r->at->files : &files;
	x = read_files(r, e);
	r->files = NULL;
	return x;
}

int tree_read(const struct tree_at *at, tree_fn *fn, void *arg, struct gaps *gaps, struct err *e)
{
	struct reading r = { .at = at, .fn = fn, .arg = arg, .gaps = gaps,
			     .max = at->file_max ? at->file_max : TREE_FILE_MAX };

	if (at->repo && (at->commit || at->files))
		return read_commit(&r, e);
	if (at->repo && !at->repo->work_tree)
		return err_set(e, ERR_CONFIG, "repository '%s' is bare, so it has no working tree: name a commit",
			       at->repo->path);
	return tree_read_folder(at, at->repo ? at->repo->work_tree : at->folder, fn, arg, gaps, e);
}
