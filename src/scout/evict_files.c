/* Files of a host, edited without trusting the folders they lie in. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES_MAX 100000u

struct opened { _Alignas(8) char *path; const char *name; int folder, fd; struct stat st; };

static void opened_end(struct opened *f)
{
	closep(&f->fd);
	closep(&f->folder);
	free(f->path);
}

/* The file behind all links, as sshd finds it; from there on no link is followed: whoever swaps a folder for one while
 * we work gets an error and nothing of ours. 0, or -errno. */
static int open_file(struct evicting *v, const char *path, struct opened *ret)
{
	_cleanup_(freep) char *full = scout_path(v->o, path);
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	char *slash;

	*ret = (struct opened){ .folder = -1, .fd = -1, .path = realpath(full, NULL) };
	if (!ret->path)
		return -errno;
	slash = strrchr(ret->path, '/');
	if (!slash || slash == ret->path)
		return -EISDIR;
	*slash = '\0';
	ret->name = slash + 1;
	ret->folder = (int)syscall(SYS_openat2, AT_FDCWD, ret->path, &how, sizeof(how));
	if (ret->folder < 0)
		return -errno;
	ret->fd = openat(ret->folder, ret->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (ret->fd < 0 || fstat(ret->fd, &ret->st) < 0)
		return -errno;
	return S_ISREG(ret->st.st_mode) ? 0 : -EINVAL;
}

static int read_all(const struct opened *f, struct buf *ret)
{
	char part[16384];
	ssize_t n;

	while ((n = pread(f->fd, part, sizeof(part), (off_t)ret->len)) > 0)
		if (buf_add(ret, part, (size_t)n) < 0)
			return -EFBIG;
	return n < 0 ? -errno : 0;
}

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

bool evict_read(struct evicting *v, const char *path, struct buf *ret)
{
	_cleanup_(opened_end) struct opened f = { .folder = -1, .fd = -1 };
	int r = open_file(v, path, &f);

	if (r == 0)
		r = read_all(&f, ret);
	if (r < 0 && !is_absent(r))
		evict_unread(v, path, strerror(-r));
	return r == 0;
}

/* "chattr +i" keeps even root from a rename. */
static bool loosen(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return false;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static bool loosen_both(const struct opened *f)
{
	int folder = openat(f->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool file = loosen(f->fd), both = folder >= 0 && loosen(folder);

	closep(&folder);
	return file || both;
}

/* No room for a second file: the new text is never longer, so it fits where the old one stands. Blank lines behind it
 * until the end is cut. */
static int write_in_place(const struct opened *f, const struct buf *text)
{
	char self[64];
	_cleanup_(buf_free) struct buf padded = BUF_WIPED(EVICT_FILE_MAX);

	if ((off_t)text->len > f->st.st_size)
		return -ENOSPC;
	(void)buf_add(&padded, text->data, text->len);
	while ((off_t)padded.len < f->st.st_size)
		(void)buf_char(&padded, '\n');
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);

	_cleanup_(closep) int fd = open(self, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, padded.data, padded.len, 0) != (ssize_t)padded.len ||
	    ftruncate(fd, (off_t)text->len) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* *ret_name: of the new file, in the folder. */
static int write_beside(const struct opened *f, const struct buf *text, char ret_name[64])
{
	(void)snprintf(ret_name, 64, ".firebreak-evict-%d", (int)getpid());
	(void)unlinkat(f->folder, ret_name, 0);

	_cleanup_(closep) int fd = openat(f->folder, ret_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					  0600);

	if (fd < 0)
		return -errno;
	int r = fs_write_all(fd, buf_text(text), text->len);

	if (r == 0 && (fchown(fd, f->st.st_uid, f->st.st_gid) < 0 || fchmod(fd, f->st.st_mode & 07777) < 0 ||
		       fsync(fd) < 0))
		r = -errno;
	if (r < 0)
		(void)unlinkat(f->folder, ret_name, 0);
	return r;
}

/* A broken sudoers takes everybody's rights, ours as well. */
static bool visudo_takes(struct evicting *v, const struct opened *f, const char *name)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", f->path, name);
	const char *const argv[] = { "visudo", "-cqf", path, NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 16);
	int status = 0;

	return *v->o->root || evict_run(v, argv, NULL, &out, &status) < 0 || status == 0 || status == 127;
}

static int replace(struct evicting *v, const struct evict_file *what, const struct opened *f, const struct buf *text)
{
	char name[64];
	int r = write_beside(f, text, name);

	if ((r == -EPERM || r == -EACCES) && loosen_both(f))
		r = write_beside(f, text, name);
	if (r == -ENOSPC || r == -EDQUOT)
		return write_in_place(f, text);
	if (r < 0)
		return r;
	if (what->visudo && !visudo_takes(v, f, name))
		r = -EBADMSG;
	else if (renameat(f->folder, name, f->folder, f->name) < 0)
		r = errno == EPERM && loosen_both(f) && renameat(f->folder, name, f->folder, f->name) == 0 ? 0 : -errno;
	if (r < 0)
		(void)unlinkat(f->folder, name, 0);
	return r;
}

void evict_edit_file(struct evicting *v, const struct evict_file *what)
{
	_cleanup_(opened_end) struct opened f = { .folder = -1, .fd = -1 };
	_cleanup_(buf_free) struct buf old = BUF_WIPED(EVICT_FILE_MAX), new = BUF_WIPED(EVICT_FILE_MAX);
	int r = open_file(v, what->path, &f);

	if (r == 0)
		r = read_all(&f, &old);
	if (r < 0) {
		if (!is_absent(r))
			evict_unread(v, what->path, r == -EFBIG ? "it is larger than 8 MiB" : strerror(-r));
		return;
	}
	if (what->edit(&v->who, buf_text(&old), old.len, &new) == 0)
		return;
	if (new.over)
		r = -EFBIG;
	else if (v->change)
		r = replace(v, what, &f, &new);
	if (v->change && r == 0) {
		evict_done(v, what->what, what->path);
		return;
	}
	evict_left(v, what->what, what->path);
	if (v->change)
		evict_unread(v, what->path, r == -EBADMSG ? "visudo refuses what would be left of it" : strerror(-r));
}

static int kept_folder(struct evicting *v)
{
	_cleanup_(freep) char *path = scout_path(v->o, EVICT_KEPT);
	struct err e = ERR_INIT;

	if (fs_mkdirs(path, 0700, &e) < 0)
		return -EIO;
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Over file systems: a copy, and the original goes only when that is whole. */
static int copy_away(const struct opened *f, int kept, const char *name)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(EVICT_FILE_MAX);
	_cleanup_(closep) int fd = openat(kept, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : read_all(f, &text);

	if (r == 0)
		r = fs_write_all(fd, buf_text(&text), text.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(kept, name, 0);
		/* what opens the host goes, even where no copy can be kept */
		if (r != -ENOSPC && r != -EDQUOT)
			return r;
	}
	return unlinkat(f->folder, f->name, 0) < 0 ? -errno : 0;
}

static void flat_name(struct evicting *v, const char *path, char ret[256])
{
	(void)snprintf(ret, 256, "%lld%.200s.%d", (long long)v->incident, path, (int)getpid());
	for (char *c = ret; *c; c++)
		if (*c == '/')
			*c = '-';
}

void evict_take_away(struct evicting *v, const char *path, const char *what)
{
	_cleanup_(opened_end) struct opened f = { .folder = -1, .fd = -1 };
	char name[256];
	int r = open_file(v, path, &f);

	if (is_absent(r))
		return;
	if (r == 0 && v->change) {
		_cleanup_(closep) int kept = kept_folder(v);

		flat_name(v, path, name);
		(void)loosen_both(&f);
		r = kept < 0 ? kept : renameat(f.folder, f.name, kept, name) < 0 ? -errno : 0;
		if (r == -EXDEV || r == -ENOSPC || r == -EDQUOT)
			r = copy_away(&f, kept, name);
	}
	if (r == 0 && v->change) {
		evict_done(v, what, path);
		return;
	}
	evict_left(v, what, path);
	if (r < 0)
		evict_unread(v, path, strerror(-r));
}

void evict_names_in(struct evicting *v, const char *folder, struct strv *ret)
{
	_cleanup_(freep) char *full = scout_path(v->o, folder);
	DIR *d = opendir(full);
	const struct dirent *one;

	if (!d) {
		if (!is_absent(-errno))
			evict_unread(v, folder, strerror(errno));
		return;
	}
	while ((one = readdir(d)))
		if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0) {
			if (ret->n >= NAMES_MAX) {
				evict_unread(v, folder, "more than 100000 files lie there");
				break;
			}
			strv_add(ret, one->d_name);
		}
	(void)closedir(d);
	strv_sort(ret);
}
