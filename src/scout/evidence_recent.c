/* Files that changed lately, in folders where an intruder leaves things. Names and dates, no contents. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/evidence.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 8
#define FILES_MAX 5000u
#define PATH_ROOM 4096

static const char *const folders[] = {
	"/dev/shm", "/tmp", "/var/tmp", "/run/user", "/root", "/home", "/etc", "/usr/local", "/opt", "/var/spool/cron",
	"/var/www", "/srv", "/boot", "/lib/modules", "/usr/lib/systemd/system",
};

struct walk {
	struct evidence *v;
	int64_t since_s;
	dev_t device;              /* other file systems below are not entered */
	uint32_t told, shut;       /* shut: folders that could not be read */
	char path[PATH_ROOM];
};

static void tell(struct walk *w, const struct stat *st)
{
	static const struct { mode_t mode; const char *name; } kinds[] = {
		{ S_IFREG, "file" }, { S_IFDIR, "folder" }, { S_IFLNK, "link" }, { S_IFSOCK, "socket" },
		{ S_IFIFO, "pipe" }, { S_IFCHR, "device" }, { S_IFBLK, "device" },
	};
	const char *kind = "unknown";
	char mode[8];

	(void)snprintf(mode, sizeof(mode), "%04o", st->st_mode & 07777);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((st->st_mode & S_IFMT) == kinds[i].mode)
			kind = kinds[i].name;
	const struct scout_field fields[] = {
		{ "s", "file", 0 }, { "path", w->path, 0 }, { "kind", kind, 0 }, { "mode", mode, 0 },
		{ "uid", NULL, st->st_uid }, { "gid", NULL, st->st_gid }, { "size", NULL, st->st_size },
		{ "mtime", NULL, st->st_mtim.tv_sec }, { "ctime", NULL, st->st_ctim.tv_sec },
	};

	evidence_put_fields(w->v, fields, ARRAY_SIZE(fields));
	w->told++;
}

static void look(struct walk *w, int folder, const char *name, unsigned depth);

static void enter(struct walk *w, int folder, const char *name, unsigned depth)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME);

	if (fd < 0 && errno == EPERM)      /* the time of a look is left alone where we may */
		fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *one;

	if (!d) {
		w->shut++;
		closep(&fd);
		return;
	}
	while (w->told < FILES_MAX && !evidence_is_over(w->v) && (one = readdir(d)))
		if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
			look(w, fd, one->d_name, depth);
	closedir(d);
}

static void look(struct walk *w, int folder, const char *name, unsigned depth)
{
	size_t len = strlen(w->path);
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (len + strlen(name) + 2 > sizeof(w->path)) {
		evidence_cut(w->v, "a path below %.100s is too long", w->path);
		return;
	}
	(void)snprintf(w->path + len, sizeof(w->path) - len, "/%s", name);
	if (st.st_ctim.tv_sec >= w->since_s || st.st_mtim.tv_sec >= w->since_s)
		tell(w, &st);
	if (S_ISDIR(st.st_mode) && st.st_dev == w->device) {
		if (depth < DEPTH_MAX)
			enter(w, folder, name, depth + 1);
		else
			evidence_cut(w->v, "folders more than %d below %.60s were not entered", DEPTH_MAX, w->path);
	}
	w->path[len] = '\0';
}

void evidence_recent(struct evidence *v)
{
	struct walk w = { .v = v, .since_s = clock_now_us() / 1000000 - v->recent_s };

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !evidence_is_over(v); i++) {
		_cleanup_(freep) char *full = scout_path(v->o, folders[i]);
		struct stat st;

		if (lstat(full, &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		w.device = st.st_dev;
		(void)snprintf(w.path, sizeof(w.path), "%s", folders[i]);
		enter(&w, AT_FDCWD, full, 1);
	}
	if (w.told >= FILES_MAX)
		evidence_cut(v, "more than %u files changed lately", FILES_MAX);
	if (w.shut)
		evidence_cut(v, "%u folders could not be read", w.shut);
}
