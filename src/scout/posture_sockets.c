/* What listens, and whose each socket is by the descriptors of the processes. */
#include "base/mem.h"
#include "base/text.h"
#include "model/firewall.h"
#include "scout/posture.h"
#include "scout/sockets.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS_MAX 5000u
#define OWNERS_MAX 200000u

struct owner { unsigned long inode; char program[20]; };
struct owners { struct owner *list; size_t n, cap; };

static int of_process(long pid, const char *program, void *arg)
{
	struct owners *w = arg;
	char folder[64];

	(void)snprintf(folder, sizeof(folder), "/proc/%ld/fd", pid);
	DIR *d = opendir(folder);

	for (struct dirent *one; d && (one = readdir(d)); ) {
		char link[64], path[400];
		unsigned long inode;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, one->d_name);
		ssize_t n = readlink(path, link, sizeof(link) - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%lu]", &inode) != 1 || !GROW(w->list, w->n, w->cap, OWNERS_MAX))
			continue;
		w->list[w->n].inode = inode;
		(void)snprintf(w->list[w->n++].program, sizeof(w->list->program), "%.19s", program);
	}
	if (d)
		(void)closedir(d);
	return 0;
}

/* Of several the one that was asked for: systemd keeps what it opened for another. */
static const char *owner(const struct owners *w, unsigned long inode, const char *wanted)
{
	const char *found = NULL;

	for (size_t k = 0; k < w->n; k++) {
		if (w->list[k].inode != inode)
			continue;
		if (!wanted || strcmp(w->list[k].program, wanted) == 0)
			return w->list[k].program;
		found = w->list[k].program;
	}
	return found;
}

struct wanted { struct scout_out *o; json_t *list; struct owners owners; const char *program; };

static int take(const struct socket_seen *s, void *arg)
{
	struct wanted *w = arg;

	if (!s->listening || text_starts(s->kind, "raw"))
		return 0;
	const char *program = owner(&w->owners, (unsigned long)s->inode, w->program);

	if ((w->program && (!program || strcmp(program, w->program) != 0)) ||
	    (!w->program && text_is_loopback(s->local)))
		return 0;
	if (json_array_size(w->list) >= SOCKETS_MAX) {
		scout_unread(w->o, "sockets", "more sockets than are looked at");
		return 1;
	}
	json_t *j = json_object();

	json_put(j, "protocol", s->udp ? "udp" : "tcp");
	json_put_int(j, "family", s->six ? 6 : 4);
	json_put(j, "address", s->local);
	json_put_int(j, "port", s->local_port);
	json_put(j, "program", program);
	json_array_append_new(w->list, j);
	return 0;
}

static void unread(const char *path, const char *why, void *arg)
{
	const struct wanted *w = arg;

	scout_unread(w->o, path, why);
}

json_t *posture_sockets(struct scout_out *o, const char *program)
{
	struct wanted w = { .o = o, .list = json_array(), .program = program };

	posture_processes(of_process, &w.owners);
	sockets_list(o, &(struct sockets_asker){ .each = take, .unread = unread, .arg = &w });
	free(w.owners.list);
	return w.list;
}
