#include "small_disk.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

static int say(const char *what)
{
	fprintf(stderr, "small disk: %s: %s\n", what, strerror(errno));
	return -1;
}

static int write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, line, strlen(line));

	if (n < 0)
		say(path);
	if (fd >= 0)
		(void)close(fd);
	return n < 0 ? -1 : 0;
}

/* What cannot be dumped cannot write its own map. */
static int map_ids(uid_t uid, gid_t gid)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), r = -1;
	char uids[40], gids[40];

	(void)snprintf(uids, sizeof(uids), "%u %u 1", uid, uid);
	(void)snprintf(gids, sizeof(gids), "%u %u 1", gid, gid);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (write_line("/proc/self/setgroups", "deny") == 0 && write_line("/proc/self/uid_map", uids) == 0 &&
	    write_line("/proc/self/gid_map", gids) == 0)
		r = 0;
	(void)prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
	return r;
}

int small_disk_make(const char *folder, const char *options)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) < 0)
		return say("namespaces");
	if (uid != 0 && map_ids(uid, gid) < 0)
		return -1;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return say("'/' made private");
	return mount("none", folder, "tmpfs", 0, options) < 0 ? say(folder) : 0;
}
