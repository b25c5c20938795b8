/*
 * What lies here in agents and caches, by name: keys that ssh agents hold (their public halves say which), and files of
 * which Puppet keeps contents. No private half and no content leaves the host.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/held.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_MAX ((size_t)16 << 20)
#define AGENTS_MAX 1000u
#define LISTENS 0x10000u       /* of a socket's flags: __SO_ACCEPTCON */

struct named { uint64_t inode; uint32_t pid; };
struct all_named { struct named *s; size_t n, cap; };

static void put_named(struct all_named *all, uint32_t pid, const char *to)
{
	uint64_t inode = text_starts(to, "socket:[") ? strtoull(to + strlen("socket:["), NULL, 10) : 0;

	if (inode && GROW(all->s, all->n, all->cap, AGENTS_MAX))
		all->s[all->n++] = (struct named){ inode, pid };
}

/* Sockets of a process that calls itself an agent, wherever they lie. */
static void sockets_of(struct scout_out *o, uint32_t pid, struct all_named *ret)
{
	_cleanup_(freep) char *folder = mem_printf("/proc/%u/fd", pid), *full = scout_path(o, folder);
	_cleanup_(strv_free) struct strv fds = STRV_INIT;
	char to[200];

	if (lines_names(o, folder, AGENTS_MAX, &fds, NULL) < 0)
		return;
	for (size_t i = 0; i < fds.n; i++) {
		_cleanup_(freep) char *path = mem_printf("%s/%s", full, fds.s[i]);
		ssize_t n = readlink(path, to, sizeof(to) - 1);

		to[n > 0 ? n : 0] = '\0';
		put_named(ret, pid, to);
	}
}

static void name_of(struct scout_out *o, uint32_t pid, char ret[32])
{
	_cleanup_(freep) char *path = mem_printf("/proc/%u/comm", pid), *full = scout_path(o, path);
	_cleanup_(buf_free) struct buf text = BUF_INIT(32);

	ret[0] = '\0';
	if (fs_read(full, &text, NULL) == 0)
		(void)snprintf(ret, 32, "%.*s", (int)strcspn(buf_text(&text), "\n"), buf_text(&text));
}

static void agents_by_name(struct scout_out *o, struct all_named *ret)
{
	_cleanup_(strv_free) struct strv pids = STRV_INIT;
	uint32_t pid;
	char name[32];

	if (lines_names(o, "/proc", 200000, &pids, NULL) < 0)
		return;
	for (size_t i = 0; i < pids.n && !lines_late(o); i++) {
		if (text_u32(pids.s[i], 1, INT32_MAX, &pid) < 0)
			continue;
		name_of(o, pid, name);
		if (!strcmp(name, "ssh-agent"))
			sockets_of(o, pid, ret);
	}
}

/* OpenSSH's own and forwarded ones, GnuPG's, those of desktops and of systemd. Others are not spoken to. */
static bool is_agent_path(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(path);

	return text_starts(base, "agent.") || !strcmp(base, "S.gpg-agent.ssh") || strstr(base, "ssh-agent") ||
	       strstr(base, "ssh_agent") || (n > 12 && !strcmp(path + n - 12, "/keyring/ssh"));
}

/* Who holds it now, of those that call themselves so; 0: none of them. */
static uint32_t held_by(const struct all_named *all, uint64_t inode)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->s[i].inode == inode)
			return all->s[i].pid;
	return 0;
}

void held_say(struct scout_out *o, const char *kind, const char *path, json_t *more)
{
	json_t *line = json_object();

	json_put(line, "of", "held");
	json_put(line, "kind", kind);
	json_put(line, "file", path);
	(void)json_object_update(line, more);
	json_decref(more);
	if (scout_found(o, line) < 0)
		scout_unread(o, HELD_AGENT, "more was there than may be sent");
}

static void one_agent(struct scout_out *o, const char *path, uint32_t pid)
{
	struct held_agent a = { 0 };
	struct err e = ERR_INIT;
	int r = held_ask(o, path, &a, &e);
	char name[32];

	/* the kernel names who began to listen: an agent has left that process by then */
	pid = pid ? pid : a.pid;
	name_of(o, pid, name);
	if (r < 0) {
		_cleanup_(freep) char *why = mem_printf("%.200s: what it holds is not known: %.200s", path, e.text);

		scout_unread(o, HELD_AGENT, why);
	}
	for (size_t i = 0; i < a.prints.n; i++) {
		json_t *line = json_object();

		json_put(line, "key", a.prints.s[i]);
		json_put(line, "name", name);
		json_put_int(line, "uid", a.uid);
		json_put_int(line, "pid", pid);
		held_say(o, "agent-key", path, line);
	}
	strv_free(&a.prints);
}

/* "Num RefCount Protocol Flags Type St Inode Path" */
static void agents(struct scout_out *o)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(TABLE_MAX);
	_cleanup_(freep) char *full = scout_path(o, "/proc/net/unix");
	_cleanup_(strv_free) struct strv seen = STRV_INIT;
	struct all_named named = { 0 };
	struct err e = ERR_INIT;

	if (fs_read(full, &text, &e) < 0) {
		scout_unread(o, HELD_AGENT, e.text);
		return;
	}
	agents_by_name(o, &named);
	for (char *rest = text.data, *line = strsep(&rest, "\n"); line && *line && !lines_late(o);
	     line = strsep(&rest, "\n")) {
		unsigned flags;
		unsigned long long inode;
		int at = 0;

		if (sscanf(line, "%*s %*s %*s %x %*s %*s %llu %n", &flags, &inode, &at) < 2 || !at ||
		    !(flags & LISTENS) || line[at] != '/' || strv_has(&seen, line + at) ||
		    !(held_by(&named, inode) || is_agent_path(line + at)))
			continue;
		if (seen.n == AGENTS_MAX) {
			scout_unread(o, HELD_AGENT, "more agents than are asked");
			break;
		}
		strv_add(&seen, line + at);
		one_agent(o, line + at, held_by(&named, inode));
	}
	free(named.s);
	json_put_int(o->result, "agents", (int64_t)seen.n);
}

int scout_held(const json_t *request _unused_, struct scout_out *o, struct err *e _unused_)
{
	agents(o);
	if (lines_late(o))
		scout_unread(o, HELD_AGENT, "no time was left to ask all of them");
	held_puppet(o);
	(void)snprintf(o->text, sizeof(o->text), "what lies here in agents and caches");
	return 0;
}
