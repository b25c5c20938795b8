/* What listens: the kernel's tables /proc/net, and whose each socket is by the descriptors of the processes. */
#include "base/mem.h"
#include "base/text.h"
#include "model/firewall.h"
#include "scout/posture.h"
#include <arpa/inet.h>
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

static const char *owner(const struct owners *w, unsigned long inode)
{
	for (size_t k = 0; k < w->n; k++)
		if (w->list[k].inode == inode)
			return w->list[k].program;
	return NULL;
}

struct table { json_t *list; const struct owners *owners; const char *protocol, *program; bool six, left_out; };

/* The kernel writes an address as words of 32 bits in the machine's own order. */
static void address(const char *hex, bool six, char *ret, size_t size)
{
	uint32_t words[4] = { 0 };

	for (int k = 0; k < (six ? 4 : 1); k++) {
		char one[9];

		memcpy(one, hex + (size_t)k * 8, 8);
		one[8] = '\0';
		words[k] = (uint32_t)strtoul(one, NULL, 16);
	}
	(void)inet_ntop(six ? AF_INET6 : AF_INET, words, ret, (socklen_t)size);
}

static int take(char *line, void *arg)
{
	struct table *t = arg;
	char local[40], remote[48], text[46] = "";
	unsigned port, state;
	unsigned long inode;
	bool tcp = strcmp(t->protocol, "tcp") == 0;

	if (sscanf(line, " %*u: %39[0-9A-F]:%x %47s %x %*s %*s %*s %*s %*s %lu", local, &port, remote, &state,
		   &inode) != 5 || strlen(local) != (t->six ? 32 : 8))
		return 0;
	/* TCP_LISTEN; a UDP socket that is bound and not connected */
	if (state != (tcp ? 10 : 7))
		return 0;
	const char *program = owner(t->owners, inode);

	address(local, t->six, text, sizeof(text));
	if ((t->program && (!program || strcmp(program, t->program) != 0)) || (!t->program && text_is_loopback(text)))
		return 0;
	if (json_array_size(t->list) >= SOCKETS_MAX) {
		t->left_out = true;
		return 1;
	}
	json_t *j = json_object();

	json_put(j, "protocol", t->protocol);
	json_put_int(j, "family", t->six ? 6 : 4);
	json_put(j, "address", text);
	json_put_int(j, "port", port);
	json_put(j, "program", program);
	json_array_append_new(t->list, j);
	return 0;
}

json_t *posture_sockets(struct scout_out *o, const char *program)
{
	static const struct { const char *path, *protocol; bool six; } files[] = {
		{ "/proc/net/tcp", "tcp", false }, { "/proc/net/tcp6", "tcp", true },
		{ "/proc/net/udp", "udp", false }, { "/proc/net/udp6", "udp", true },
	};
	struct owners owners = { 0 };
	json_t *list = json_array();

	posture_processes(of_process, &owners);
	for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
		struct table t = { .list = list, .owners = &owners, .protocol = files[k].protocol,
				   .program = program, .six = files[k].six };
		struct err e = ERR_INIT;

		if (lines_each(o, files[k].path, take, &t, &e) < 0)
			scout_unread(o, files[k].path, e.text);
		if (t.left_out)
			scout_unread(o, files[k].path, "more sockets than are looked at");
	}
	free(owners.list);
	return list;
}
