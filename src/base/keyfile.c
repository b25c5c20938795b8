#include "base/keyfile.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *folder = slash ? mem_dupn(path, (size_t)(slash - path) + 1) : mem_dup(".");
	_cleanup_(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int write_synced(const char *path, const void *bytes, size_t len, struct err *e)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, "create '%s'", path);

	int r = fs_write_all(fd, bytes, len);
	if (r < 0) {
		errno = -r;
		return err_errno(e, "write '%s'", path);
	}
	if (fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		return err_errno(e, "write '%s'", path);
	return 0;
}

int keyfile_create(const char *path, const void *bytes, size_t len, struct err *e)
{
	_cleanup_(freep) char *draft = mem_printf("%s.%ld.new", path, (long)getpid());

	/* A draft of our own number can only be what a killed process of that number left behind. */
	if (unlink(draft) < 0 && errno != ENOENT)
		return err_errno(e, "remove '%s'", draft);

	int r = write_synced(draft, bytes, len, e);
	if (r == 0 && link(draft, path) < 0) { /* unlike rename, link does not replace */
		if (errno == EEXIST)
			r = err_set(e, ERR_CONFLICT, "'%s' exists: a key is never overwritten, move it away first",
				    path);
		else
			r = err_errno(e, "create '%s'", path);
	}
	(void)unlink(draft);
	if (r == 0 && sync_folder_of(path) < 0)
		return err_errno(e, "write the folder of '%s' to disk", path);
	return r;
}

int keyfile_read(const char *path, struct buf *b, bool *missing, struct err *e)
{
	struct stat st;
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (missing)
		*missing = fd < 0 && errno == ENOENT;
	if (fd < 0)
		return err_errno(e, "open key file '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(e, "look at key file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "key file '%s' is no regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_CONFIG, "key file '%s' belongs to user %u: it must be ours or root's", path,
			       (unsigned)st.st_uid);
	if (st.st_mode & 077)
		return err_set(e, ERR_CONFIG, "key file '%s' has mode %04o: others may use it, run chmod 600 on it",
			       path, (unsigned)st.st_mode & 07777);

	for (;;) {
		char part[1024];
		ssize_t n = read(fd, part, sizeof(part));

		if (n < 0 && errno == EINTR)
			continue;
		int r = n < 0 ? err_errno(e, "read key file '%s'", path) : buf_add(b, part, (size_t)n);

		explicit_bzero(part, sizeof(part));
		if (n < 0)
			return r;
		if (r < 0)
			return err_set(e, ERR_LIMIT, "key file '%s' is larger than %zu bytes", path, b->max);
		if (n == 0)
			return 0;
	}
}
