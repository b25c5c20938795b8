#include "base/fs.h"
#include "base/env.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static int read_some(int fd, struct buf *b)
{
	char chunk[16384];
	ssize_t n;
	int r = 1;

	do
		n = read(fd, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	if (n == 0)
		r = 0;
	else if (buf_add(b, chunk, (size_t)n) < 0)
		r = -2;
	if (b->wipe)
		explicit_bzero(chunk, sizeof(chunk));
	return r;
}

int fs_read(const char *path, struct buf *b, struct err *e)
{
	/* O_NONBLOCK: a fifo in the file's place must not hold us up */
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(e, "read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "read '%s': it is no regular file", path);
	if (b->len > b->max || (uint64_t)st.st_size > b->max - b->len)
		return err_set(e, ERR_LIMIT, "read '%s': it is larger than %zu bytes, the most that is accepted here",
			       path, b->max);
	do
		r = read_some(fd, b);
	while (r > 0);
	if (r == -1)
		return err_errno(e, "read '%s'", path);
	if (r == -2)
		return err_set(e, ERR_LIMIT, "read '%s': it grew above %zu bytes, the most that is accepted here", path,
			       b->max);
	/* an empty file is a text too */
	buf_add(b, "", 0);
	return 0;
}

int fs_write_all(int fd, const void *bytes, size_t len)
{
	const char *s = bytes;

	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_dup(".");
	return slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
}

static void unlinkp(char **path)
{
	if (*path)
		unlink(*path);
	free(*path);
}

int fs_unnamed(int *ret_fd, struct err *e)
{
	const char *folder = env_get("TMPDIR");
	_cleanup_(unlinkp) char *path = mem_printf("%s/firebreak-XXXXXX", folder ? folder : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0) {
		(void)err_errno(e, "make a file in the temporary folder: '%s'", path);
		freep(&path);
		return -ERR_IO;
	}
	*ret_fd = fd;
	return 0;
}

static int sync_folder(const char *folder)
{
	_cleanup_(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int fs_write_atomic(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, "write '%s': that is no regular file, and a file would take its place: name "
			       "another", path);

	_cleanup_(freep) char *folder = folder_of(path);
	_cleanup_(unlinkp) char *temporary = mem_printf("%s/.firebreak-XXXXXX", folder);
	_cleanup_(closep) int fd = mkostemp(temporary, O_CLOEXEC);
	int r;

	if (fd < 0) {
		freep(&temporary);
		temporary = NULL;
		return err_errno(e, "write '%s': make a temporary file beside it", path);
	}
	r = fs_write_all(fd, bytes, len);
	if (r < 0) {
		errno = -r;
		return err_errno(e, "write '%s'", path);
	}
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_errno(e, "write '%s'", path);
	if (rename(temporary, path) < 0)
		return err_errno(e, "write '%s': put it in place", path);
	freep(&temporary);
	temporary = NULL;
	if (sync_folder(folder) < 0)
		return err_errno(e, "write '%s': it stands there, but its folder could not be synced", path);
	return 0;
}

bool fs_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int fs_lock(const char *path, int *ret_fd, struct err *e)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);

	if (fd < 0)
		return err_errno(e, "lock '%s'", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(e, ERR_CONFLICT, "lock '%s': another process holds it", path);
		if (errno != EINTR)
			return err_errno(e, "lock '%s'", path);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

char *fs_join(const char *folder, const char *name)
{
	size_t len = strlen(folder);

	if (!len)
		return mem_dup(name);
	return mem_printf("%s%s%s", folder, folder[len - 1] == '/' ? "" : "/", name);
}
