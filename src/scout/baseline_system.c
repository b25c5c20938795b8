/* Modules, listening sockets, packages. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/baseline.h"
#include "scout/lines.h"
#include "scout/packages.h"
#include "scout/sockets.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HOLDERS_MAX 200000u

static int take_module(char *line, void *arg)
{
	line[strcspn(line, " ")] = '\0';
	if (*line)
		baseline_item(arg, line, NULL, "loaded");
	return 0;
}

void baseline_modules(struct baselining *b)
{
	struct err e = ERR_INIT;

	/* a kernel without modules has no list of them */
	if (lines_each(b->o, "/proc/modules", take_module, b, &e) < 0) {
		_cleanup_(freep) char *full = scout_path(b->o, "/proc/modules");

		if (access(full, F_OK) == 0)
			baseline_cut(b, "%s", e.text);
		else
			baseline_item(b, "(none)", NULL, "this kernel has no modules");
	}
}

/* --- who listens --- */

struct holder { ino_t inode; char name[40]; };

struct listening {
	struct baselining *b;
	struct holder *h; size_t n, cap;
	struct strv seen;
};

static void hold(struct listening *l, const char *pid, const char *to)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%s/exe", l->b->o->root, pid);
	char number[32], exe[500];
	int64_t inode;
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = '\0';
	const char *name = strrchr(exe, '/');

	(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(to + 8, "]"), to + 8);
	if (text_i64(number, &inode) < 0 || !GROW(l->h, l->n, l->cap, HOLDERS_MAX))
		return;
	l->h[l->n].inode = (ino_t)inode;
	(void)snprintf(l->h[l->n++].name, sizeof(l->h[0].name), "%.39s", name ? name + 1 : "?");
}

static void read_process(struct listening *l, const char *pid)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%s/fd", l->b->o->root, pid);
	DIR *d = opendir(path);
	const struct dirent *one;
	char to[300];

	if (!d)
		return;
	while ((one = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), one->d_name, to, sizeof(to) - 1);

		to[n > 0 ? n : 0] = '\0';
		if (text_starts(to, "socket:["))
			hold(l, pid, to);
	}
	closedir(d);
}

static void read_holders(struct listening *l)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;
	uint32_t pid;

	if (lines_names(l->b->o, "/proc", HOLDERS_MAX, &names, &e) < 0)
		baseline_cut(l->b, "%s", e.text);
	for (size_t i = 0; i < names.n && !baseline_late(l->b); i++)
		if (text_u32(names.s[i], 1, INT32_MAX, &pid) == 0)
			read_process(l, names.s[i]);
}

static int take_socket(const struct socket_seen *s, void *arg)
{
	struct listening *l = arg;
	char at[64];

	if (!s->listening)
		return 0;
	socket_address(s, false, at);
	_cleanup_(freep) char *key = mem_printf("%s %s", s->kind, at);
	const char *name = "nobody who is seen";

	for (size_t i = 0; i < l->n; i++)
		if (l->h[i].inode == (ino_t)s->inode)
			name = l->h[i].name;
	if (strv_has(&l->seen, key))
		return 0;
	strv_add(&l->seen, key);
	baseline_item(l->b, key, NULL, "held by %s, uid %u", name, s->uid);
	return 0;
}

static void unread_sockets(const char *path _unused_, const char *why, void *arg)
{
	const struct listening *l = arg;

	baseline_cut(l->b, "%s", why);
}

void baseline_listen(struct baselining *b)
{
	struct listening l = { .b = b };

	read_holders(&l);
	sockets_list(b->o, &(struct sockets_asker){ .each = take_socket, .unread = unread_sockets, .arg = &l });
	strv_free(&l.seen);
	free(l.h);
}

/* --- packages: which, of what version, and what their lists of sums say --- */

void baseline_packages(struct baselining *b)
{
	struct packages p;
	struct err e = ERR_INIT;

	if (packages_read(b->o, &p, &e) < 0) {
		baseline_cut(b, "%s", e.text);
		return;
	}
	for (uint32_t i = 0; i < p.n && !baseline_late(b); i++) {
		_cleanup_(freep) char *list = NULL;
		_cleanup_(closep) int fd = packages_sums(b->o, &p.list[i], &list);
		char sum[65] = "";

		if (fd >= 0 && !baseline_sum(fd, sum))
			baseline_cut(b, "%.100s could not be read", list);
		baseline_item(b, p.list[i].key, sum[0] ? sum : NULL, "version %s%s", p.list[i].version,
			      sum[0] ? "" : ", without a list of sums");
	}
	packages_free(&p);
}
