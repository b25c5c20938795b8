/*
 * Far ends of the connections that a process holds, as the one reader of sockets lists them. A process in a network
 * namespace of its own (a container) has connections that only that one lists: it is entered for the list, and left.
 * It may hold some of ours as well: a server that is given a connection (socket activation) and then shut off from the
 * network (PrivateNetwork=). The numbers of sockets are those of the whole kernel.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include "scout/sockets.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS_MAX 65536u
#define FLOWS_MAX 4000000u
#define SPACES_MAX 256u

struct flow { uint64_t inode; struct connection peer; };
struct space { ino_t net; struct flow *f; size_t n, cap; bool over; };

static int keep(const struct socket_seen *s, void *arg)
{
	struct space *to = arg;
	/* "::ffff:10.0.0.1" is how a v6 socket sees a v4 peer; sshd writes the v4 address */
	bool four = s->six && text_starts(s->remote, "::ffff:") && strchr(s->remote, '.');
	struct flow *f;

	if (s->udp || s->listening || !s->inode)
		return 0;
	to->over = !GROW(to->f, to->n, to->cap, FLOWS_MAX);
	if (to->over)
		return 1;
	f = &to->f[to->n++];
	f->inode = s->inode;
	(void)snprintf(f->peer.address, sizeof(f->peer.address), "%s", s->remote + (four ? strlen("::ffff:") : 0));
	(void)snprintf(f->peer.port, sizeof(f->peer.port), "%u", s->remote_port);
	return 0;
}

static int list(struct evicting *v, struct space *to)
{
	struct err e = ERR_INIT;

	if (sockets_each(v->o, keep, to, &e) == 0 && !to->over)
		return 0;
	evict_unread(v, "connections", to->over ? "there are more than we can look at" : e.text);
	return -1;
}

static int list_in(struct evicting *v, const char *path, struct space *to)
{
	_cleanup_(closep) int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_(closep) int other = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	/* it may have ended meanwhile, and its namespace with it */
	if (other < 0 && (errno == ENOENT || errno == ESRCH))
		return 0;
	if (own < 0 || other < 0 || setns(other, CLONE_NEWNET) < 0) {
		evict_unread(v, path, strerror(errno));
		return -1;
	}
	r = list(v, to);
	if (setns(own, CLONE_NEWNET) < 0)
		evict_unread(v, "connections", "the network namespace of a process could not be left again");
	return r;
}

static const struct space *space_of(struct evicting *v, pid_t pid)
{
	_cleanup_(freep) char *path = mem_printf("/proc/%d/ns/net", (int)pid);
	struct stat st = { 0 }, own = { 0 };
	struct space *s;

	if (!*v->o->root && (stat(path, &st) < 0 || stat("/proc/self/ns/net", &own) < 0)) {
		if (errno != ENOENT && errno != ESRCH)
			evict_unread(v, path, strerror(errno));
		return NULL;
	}
	for (size_t i = 0; i < v->n_spaces; i++)
		if (v->spaces[i].net == st.st_ino)
			return &v->spaces[i];
	if (!GROW(v->spaces, v->n_spaces, v->cap_spaces, SPACES_MAX)) {
		evict_unread(v, "connections", "processes are in more than 256 network namespaces");
		return NULL;
	}
	s = &v->spaces[v->n_spaces++];
	*s = (struct space){ .net = st.st_ino };
	(void)(st.st_ino == own.st_ino ? list(v, s) : list_in(v, path, s));
	return s;
}

void process_peers_forget(struct evicting *v)
{
	for (size_t i = 0; i < v->n_spaces; i++)
		free(v->spaces[i].f);
	free(v->spaces);
	v->spaces = NULL;
	v->n_spaces = v->cap_spaces = 0;
}

static const struct connection *peer_of(const struct evicting *v, uint64_t inode)
{
	for (size_t k = 0; k < v->n_spaces; k++)
		for (size_t i = 0; i < v->spaces[k].n; i++)
			if (v->spaces[k].f[i].inode == inode)
				return &v->spaces[k].f[i].peer;
	return NULL;
}

size_t process_peers(struct evicting *v, pid_t pid, struct connection *ret, size_t n)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%d/fd", v->o->root, (int)pid);
	DIR *d = space_of(v, pid) && space_of(v, getpid()) ? opendir(path) : NULL;
	const struct dirent *one;
	size_t found = 0;

	for (unsigned k = 0; d && found < n && k < FDS_MAX && (one = readdir(d)); k++) {
		char to[64] = "";
		unsigned long long inode;

		if (readlinkat(dirfd(d), one->d_name, to, sizeof(to) - 1) <= 0 ||
		    sscanf(to, "socket:[%llu]", &inode) != 1)
			continue;

		const struct connection *peer = peer_of(v, inode);

		if (peer)
			ret[found++] = *peer;
	}
	if (d)
		(void)closedir(d);
	return found;
}
