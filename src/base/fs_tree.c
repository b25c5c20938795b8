/* Folders: made, removed, listed. */
#include "base/fs.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_DEPTH 8
#define REMOVE_DEPTH 200 /* one descriptor for each */

static void dirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static DIR *open_folder(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d;

	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	if (!d)
		closep(&fd);
	return d;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int make_one(const char *path, mode_t mode, struct err *e)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, "make folder '%s'", path);
	if (stat(path, &st) < 0)
		return err_errno(e, "make folder '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, "make folder '%s': something that is no folder stands there", path);
	return 0;
}

int fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
	_cleanup_(freep) char *part = mem_dup(path);
	size_t len = strlen(part);

	while (len > 1 && part[len - 1] == '/')
		part[--len] = '\0';
	for (char *slash = strchr(part + (len > 0), '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = make_one(part, 0777, e);
		*slash = '/';
		if (r < 0)
			return r;
	}
	return make_one(part, mode, e);
}

static int remove_inside(DIR *d, unsigned depth);

static int remove_one(int at, const char *name, unsigned depth)
{
	_cleanup_(dirp) DIR *d = NULL;

	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	d = open_folder(at, name);
	if (!d || remove_inside(d, depth + 1) < 0)
		return -1;
	return unlinkat(at, name, AT_REMOVEDIR);
}

static int remove_inside(DIR *d, unsigned depth)
{
	struct dirent *entry;

	if (depth > REMOVE_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	while (errno = 0, (entry = readdir(d)))
		if (!is_dots(entry->d_name) && remove_one(dirfd(d), entry->d_name, depth) < 0)
			return -1;
	return errno ? -1 : 0;
}

int fs_remove_tree(const char *path, struct err *e)
{
	if (!*path || path[strspn(path, "/.")] == '\0')
		return err_set(e, ERR_BUG, "remove '%s': that is no folder of ours", path);
	if (remove_one(AT_FDCWD, path, 0) < 0)
		return err_errno(e, "remove '%s'", path);
	return 0;
}

struct listing {
	const char *suffix, *folder;
	size_t limit;
	struct strv found;
};

static bool ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

static int list_folder(struct listing *l, DIR *d, const char *prefix, unsigned depth, struct err *e);

static int list_entry(struct listing *l, DIR *d, const char *name, const char *path, unsigned depth, struct err *e)
{
	_cleanup_(dirp) DIR *inner = NULL;
	struct stat st;

	if (fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(e, "list '%s': '%s'", l->folder, path);
	if (S_ISREG(st.st_mode) && ends(name, l->suffix)) {
		if (l->found.n >= l->limit)
			return err_set(e, ERR_LIMIT, "list '%s': more than %zu files end in '%s'", l->folder, l->limit,
				       l->suffix);
		strv_add(&l->found, path);
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (depth >= LIST_DEPTH)
		return err_set(e, ERR_LIMIT, "list '%s': folder '%s' lies deeper than %d levels", l->folder, path,
			       LIST_DEPTH);
	inner = open_folder(dirfd(d), name);
	if (!inner)
		return err_errno(e, "list '%s': '%s'", l->folder, path);
	return list_folder(l, inner, path, depth + 1, e);
}

static int list_folder(struct listing *l, DIR *d, const char *prefix, unsigned depth, struct err *e)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(d))) {
		_cleanup_(freep) char *path = fs_join(prefix, entry->d_name);
		int r;

		if (entry->d_name[0] == '.')
			continue;
		r = list_entry(l, d, entry->d_name, path, depth, e);
		if (r < 0)
			return r;
	}
	return errno ? err_errno(e, "list '%s'", l->folder) : 0;
}

static void listing_free(struct listing *l)
{
	strv_free(&l->found);
}

int fs_list(const char *folder, const char *suffix, size_t limit, struct strv *ret, struct err *e)
{
	_cleanup_(listing_free) struct listing l = { .suffix = suffix, .folder = folder, .limit = limit };
	_cleanup_(dirp) DIR *d = opendir(folder);
	int r;

	if (!d)
		return err_errno(e, "list '%s'", folder);
	r = list_folder(&l, d, "", 1, e);
	if (r < 0)
		return r;
	strv_sort(&l.found);
	for (size_t i = 0; i < l.found.n; i++)
		strv_add(ret, l.found.s[i]);
	return 0;
}
