/* A folder as it lies. Each step is taken from the open folder above: what is swapped meanwhile leads nowhere. */
#include "base/fs.h"
#include "base/mem.h"
#include "scan/tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 4000000u

struct entry {
	char *name;
	struct stat st;
};

struct entries {
	struct entry *list;
	size_t n, cap;
};

struct walk {
	const struct tree_at *at;
	tree_fn *fn;
	void *arg;
	struct gaps *gaps;
	size_t max, files;
	char *room;                /* of one file */
	size_t cap;
	struct err *e;
};

static void entries_free(struct entries *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].name);
	free(s->list);
}

static void walk_end(struct walk *w)
{
	free(w->room);
}

_printf_(4, 5)
static void gap_at(const struct walk *w, enum unread kind, const char *path, const char *fmt, ...)
{
	const struct gap gap = { .kind = kind, .repository = w->at->name, .file = *path ? path : NULL };
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	gaps_add(w->gaps, &gap, "%s", why);
}

/* What is told of a folder is told by one of several readers. */
static bool is_first(const struct walk *w)
{
	return w->at->part == 0;
}

/* FNV-1a: the part of a path must not depend on what else is there. */
static bool is_ours(const struct walk *w, const char *path)
{
	uint32_t h = 2166136261u;

	if (w->at->parts < 2)
		return true;
	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 16777619u;
	return (h ^ h >> 16) % w->at->parts == w->at->part;
}

static void cannot(const struct walk *w, const char *path)
{
	gap_at(w, errno == EACCES || errno == EPERM ? UNREAD_DENIED : UNREAD_DAMAGED, path, "cannot be read: %s",
	       strerror(errno));
}

static void special(const struct walk *w, const char *path)
{
	gap_at(w, UNREAD_SPECIAL, path, "neither a file, a folder nor a link");
}

/* As git orders them: a folder as if its name ended in '/'. */
static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t i = 0;

	while (x->name[i] && x->name[i] == y->name[i])
		i++;

	unsigned char cx = (unsigned char)x->name[i], cy = (unsigned char)y->name[i];

	if (!cx && S_ISDIR(x->st.st_mode))
		cx = '/';
	if (!cy && S_ISDIR(y->st.st_mode))
		cy = '/';
	return cx < cy ? -1 : cx > cy;
}

static void list(struct walk *w, int fd, const char *path, struct entries *ret)
{
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!d) {
		if (is_first(w))
			cannot(w, path);
		closep(&again);
		return;
	}
	while (errno = 0, (entry = readdir(d))) {
		struct entry one = { 0 };

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, ".git") == 0)
			continue;
		one.name = mem_dup(entry->d_name);
		if (!GROW(ret->list, ret->n, ret->cap, ENTRIES_MAX)) {
			if (is_first(w))
				gap_at(w, UNREAD_LARGE, path, "a folder with more than %u entries: the rest is not "
				       "read", ENTRIES_MAX);
			free(one.name);
			break;
		}
		if (fstatat(fd, one.name, &one.st, AT_SYMLINK_NOFOLLOW) < 0)
			one.st.st_mode = 0; /* gone meanwhile, or not ours to see: opening it will tell */
		ret->list[ret->n++] = one;
	}
	if (errno && is_first(w))
		cannot(w, path);
	closedir(d);
	if (ret->n > 0)
		qsort(ret->list, ret->n, sizeof(*ret->list), by_name);
}

static void make_room(struct walk *w, size_t need)
{
	if (w->cap >= need)
		return;
	free(w->room);
	w->cap = need > ((size_t)1 << 20) ? need : (size_t)1 << 20;
	w->room = mem_zero(w->cap, 1);
}

/* 1 and the file's bytes in w->room, or 0 when it is a gap. */
static int load(struct walk *w, int fd, const char *path, struct stat *st, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n = 1;

	if (fstat(fd, st) < 0) {
		cannot(w, path);
		return 0;
	}
	if (!S_ISREG(st->st_mode)) {
		special(w, path);
		return 0;
	}
	if ((uint64_t)st->st_size <= w->max)
		make_room(w, (size_t)st->st_size + 1);
	while ((uint64_t)st->st_size <= w->max && n != 0 && len < w->cap) {
		n = read(fd, w->room + len, w->cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			cannot(w, path);
			explicit_bzero(w->room, len);
			return 0;
		}
		len += (size_t)n;
	}
	if ((uint64_t)st->st_size > w->max || len > w->max || n != 0) {
		if (len)
			explicit_bzero(w->room, len);
		gap_at(w, UNREAD_LARGE, path, "%lld bytes: files of at most %zu are read", (long long)st->st_size,
		       w->max);
		return 0;
	}
	*ret_len = len;
	return 1;
}

static int give(struct walk *w, const struct tree_file *f)
{
	if (++w->files > TREE_FILES_MAX)
		return err_set(w->e, ERR_LIMIT, "'%s' has more than %u files", w->at->name, TREE_FILES_MAX);
	return w->fn(f, w->arg);
}

/* One that does not fit: piece by piece, and an empty one behind the last. */
static int give_pieces(struct walk *w, int fd, struct tree_file *f, const struct stat *st)
{
	ssize_t n = 1;
	int x = 0;

	make_room(w, w->max);
	f->mode = st->st_mode;
	f->uid = st->st_uid;
	f->gid = st->st_gid;
	f->bytes = w->room;
	f->more = true;
	while (x == 0 && n != 0) {
		n = read(fd, w->room, w->max);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			cannot(w, f->path);
		if (n <= 0)
			break;
		f->len = (size_t)n;
		x = w->fn(f, w->arg);
		f->offset += f->len;
		explicit_bzero(w->room, f->len);
	}
	f->len = 0;
	f->more = false;
	return x ? x : give(w, f);
}

static int read_file(struct walk *w, int above, const char *name, const char *path)
{
	/* O_NONBLOCK: a pipe in the file's place must not hold us up */
	_cleanup_(closep) int fd = openat(above, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t len = 0;

	if (fd < 0) {
		cannot(w, path);
		return 0;
	}
	if (w->at->pieces && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > w->max)
		return give_pieces(w, fd, &(struct tree_file){ .path = path }, &st);
	if (load(w, fd, path, &st, &len) == 0)
		return 0;

	const struct tree_file f = { .path = path, .mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid,
				     .bytes = w->room, .len = len };
	int x = give(w, &f);

	explicit_bzero(w->room, len);
	return x;
}

static int read_link(struct walk *w, int above, const struct entry *entry, const char *path)
{
	char target[TREE_PATH_MAX];
	ssize_t len = readlinkat(above, entry->name, target, sizeof(target));

	if (len < 0) {
		cannot(w, path);
		return 0;
	}

	const struct tree_file f = { .path = path, .link = true, .outside = tree_leads_outside(path, target,
		(size_t)len),
				     .mode = entry->st.st_mode, .uid = entry->st.st_uid, .gid = entry->st.st_gid,
				     .bytes = target, .len = (size_t)len };

	if (f.outside)
		gap_at(w, UNREAD_LINK, path, "a symbolic link that leads out of the repository: what it "
		       "leads to is not read");
	return give(w, &f);
}

static int walk(struct walk *w, int fd, const char *prefix, unsigned depth);

static int enter(struct walk *w, int above, const char *name, const char *path, unsigned depth)
{
	_cleanup_(closep) int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		if (is_first(w))
			cannot(w, path);
		return 0;
	}
	if (fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (is_first(w))
			gap_at(w, UNREAD_REPOSITORY, path, "a repository of its own: name it to have it read");
		return 0;
	}
	if (depth >= TREE_DEPTH) {
		if (is_first(w))
			gap_at(w, UNREAD_DEEP, path, "folders are nested more than %u deep: what is below is not read",
			       TREE_DEPTH);
		return 0;
	}
	return walk(w, fd, path, depth + 1);
}

static int walk(struct walk *w, int fd, const char *prefix, unsigned depth)
{
	_cleanup_(entries_free) struct entries entries = { 0 };
	int x = 0;

	list(w, fd, prefix, &entries);
	for (size_t i = 0; i < entries.n && x == 0; i++) {
		const struct entry *entry = &entries.list[i];
		_cleanup_(freep) char *path = *prefix ? mem_printf("%s/%s", prefix, entry->name) : mem_dup(entry->name);

		if (strlen(path) >= TREE_PATH_MAX) {
			if (is_first(w))
				gap_at(w, UNREAD_DEEP, prefix, "holds a path of more than %u bytes", TREE_PATH_MAX - 1);
			continue;
		}
		if (S_ISDIR(entry->st.st_mode))
			x = enter(w, fd, entry->name, path, depth);
		else if (!is_ours(w, path) || (w->at->want && !w->at->want(path, w->arg)))
			continue;
		else if (S_ISLNK(entry->st.st_mode))
			x = read_link(w, fd, entry, path);
		else if (entry->st.st_mode != 0 && !S_ISREG(entry->st.st_mode))
			special(w, path);
		else
			x = read_file(w, fd, entry->name, path);
	}
	return x;
}

int tree_read_folder(const struct tree_at *at, const char *folder, tree_fn *fn, void *arg, struct gaps *gaps,
		     struct err *e)
{
	_cleanup_(walk_end) struct walk w = { .at = at, .fn = fn, .arg = arg, .gaps = gaps, .e = e,
					      .max = at->file_max ? at->file_max : TREE_FILE_MAX };
	_cleanup_(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	struct stat st;

	if (fd < 0 && errno == ENOTDIR)
		return is_first(&w) ? read_file(&w, AT_FDCWD, folder, folder) : 0;
	if (fd < 0)
		return err_errno(e, "read folder '%s'", folder);
	if (!at->repo && !at->lies && is_first(&w) && fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0)
		gap_at(&w, UNREAD_REPOSITORY, "", "a git repository that is read as a plain folder: its "
		       "history is not read");
	return walk(&w, fd, "", 1);
}
