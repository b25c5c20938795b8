/* Files that give more than their caller has: one walk over the host's own file systems. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/baseline.h"
#include "scout/lines.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define PATH_ROOM 8192
#define DEVICES_MAX 256u
#define SHUT_MAX 20u

/* File systems that are no place for programs, or somebody else's disk. */
static const long foreign[] = {
	0x9fa0 /* proc */, 0x62656572 /* sysfs */, 0x27e0eb /* cgroup */, 0x63677270 /* cgroup2 */,
	0x1cd1 /* devpts */, 0x64626720 /* debugfs */, 0x74726163 /* tracefs */, 0x73636673 /* securityfs */,
	0xcafe4a11 /* bpf */, 0x6969 /* nfs */, 0xff534d42 /* cifs */, 0xfe534d42 /* smb2 */, 0x65735546 /* fuse */,
	0x00c36400 /* ceph */, 0x6e736673 /* nsfs */, 0xabba1974 /* xenfs */, 0x19800202 /* mqueue */,
};

struct walk {
	struct baselining *b;
	dev_t seen[DEVICES_MAX]; size_t n_seen;       /* devices that were asked what they are */
	bool ours[DEVICES_MAX];
	uint64_t files;
	uint32_t shut;
	char path[PATH_ROOM];
};

static bool is_ours(struct walk *w, int folder, dev_t device)
{
	struct statfs fs;
	bool ours = true;

	for (size_t i = 0; i < w->n_seen; i++)
		if (w->seen[i] == device)
			return w->ours[i];
	if (fstatfs(folder, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		ours = ours && (unsigned long)fs.f_type != (unsigned long)foreign[i];
	if (w->n_seen < DEVICES_MAX) {
		w->seen[w->n_seen] = device;
		w->ours[w->n_seen++] = ours;
	}
	return ours;
}

static void tell(struct walk *w, const char *section, const struct stat *st, const char *more)
{
	const char *kept = w->b->section;
	_cleanup_(closep) int fd = lines_open(w->b->o, w->path, NULL);
	char sum[65] = "";

	if (fd < 0 || !baseline_sum(fd, sum))
		sum[0] = '\0';
	w->b->section = section;
	baseline_item(w->b, w->path, sum[0] ? sum : NULL, "%04o, of %u:%u%s%s", st->st_mode & 07777, st->st_uid,
		      st->st_gid, more, sum[0] ? "" : ", contents not read");
	w->b->section = kept;
}

static void look_at(struct walk *w, const struct stat *st)
{
	_cleanup_(freep) char *full = scout_path(w->b->o, w->path);
	uint8_t set[64];
	char more[180] = ", ";
	ssize_t n;

	w->files++;
	if (st->st_mode & (S_ISUID | S_ISGID))
		tell(w, "setuid", st, "");
	/* what nobody may execute gains nothing from them */
	if (!(st->st_mode & 0111) || (n = lgetxattr(full, "security.capability", set, sizeof(set))) <= 0)
		return;
	for (ssize_t i = 0; i < n; i++)
		(void)snprintf(more + 2 + 2 * i, sizeof(more) - 2 - (size_t)(2 * i), "%02x", set[i]);
	tell(w, "capabilities", st, more);
}

static void enter(struct walk *w, int folder, const char *name, unsigned depth)
{
	_cleanup_(closep) int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = strlen(w->path);
	const struct dirent *one;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		if (errno != ENOENT && w->shut++ < SHUT_MAX)
			baseline_cut(w->b, "%.100s could not be read: %s", w->path, strerror(errno));
		return;
	}
	if (!is_ours(w, fd, st.st_dev))
		return;

	DIR *d = fdopendir(TAKE_FD(fd));

	while (d && !baseline_late(w->b) && (one = readdir(d))) {
		if (!strcmp(one->d_name, ".") || !strcmp(one->d_name, ".."))
			continue;
		if (len + strlen(one->d_name) + 2 > sizeof(w->path)) {
			baseline_cut(w->b, "a path below %.100s is too long", w->path);
			continue;
		}
		(void)snprintf(w->path + len, sizeof(w->path) - len, "/%s", one->d_name);
		if (one->d_type == DT_DIR && depth < DEPTH_MAX)
			enter(w, dirfd(d), one->d_name, depth + 1);
		else if (one->d_type == DT_DIR)
			baseline_cut(w->b, "folders more than %d deep were not entered", DEPTH_MAX);
		else if ((one->d_type == DT_REG || one->d_type == DT_UNKNOWN) &&
			 fstatat(dirfd(d), one->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			look_at(w, &st);
		w->path[len] = '\0';
	}
	if (d)
		closedir(d);
}

void baseline_walk(struct baselining *b)
{
	const json_t *list = json_object_get(b->request, "folders");
	_cleanup_(buf_free) struct buf where = BUF_INIT(2000);
	struct walk w = { .b = b };

	for (size_t i = 0; i < (json_array_size(list) ? json_array_size(list) : 1); i++) {
		const char *folder = json_array_size(list) ? json_string_value(json_array_get(list, i)) : "/";
		_cleanup_(freep) char *full = folder ? scout_path(b->o, folder) : NULL;

		if (!folder || folder[0] != '/' || strlen(folder) > 1000) {
			baseline_cut(b, "a folder to look in is named by its whole path");
			continue;
		}
		(void)buf_printf(&where, "%s%s", i ? " " : "", folder);
		(void)snprintf(w.path, sizeof(w.path), "%s", strcmp(folder, "/") ? folder : "");
		enter(&w, AT_FDCWD, full, 1);
	}
	/* two looks at different places are no comparison, and are told as a difference */
	baseline_item(b, "(looked in)", NULL, "%s", buf_text(&where));
}
