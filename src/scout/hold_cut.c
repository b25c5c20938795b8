/* What others have open: sessions are ended with what they started, connections are closed. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/hold.h"
#include "scout/sockets.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS_MAX 200000u
#define PROCESSES_MAX 200000u
#define GONE_MS 3000
#define PORTS_TOLD 64u
#define CONNECTIONS_TOLD 512u

struct process { long pid, parent; bool doomed, listens, serves_ssh; };

struct looking {
	const struct scout_out *o;
	const struct contain_rules *c;
	const char *mine;
	bool all;
	struct socket_seen *sockets; uint32_t n_sockets; size_t cap_sockets;
	struct process *processes; uint32_t n_processes; size_t cap_processes;
};

static void looking_end(struct looking *l)
{
	free(l->sockets);
	free(l->processes);
}

static bool is_loopback(const char *address)
{
	struct contain_net net;
	static const uint8_t six[16] = { [15] = 1 };

	return contain_net_parse(address, &net) == 0 &&
	       (net.six ? !memcmp(net.bytes, six, sizeof(six)) : net.bytes[0] == 127);
}

static bool is_ssh_port(const struct contain_rules *c, uint16_t port)
{
	for (uint32_t k = 0; k < c->n_ports; k++)
		if (c->ports[k] == port)
			return true;
	return false;
}

/* "address port" of the far end; of an address that is written as the other family in its own form. */
static void far_end(const char *address, uint16_t port, char ret[64])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64);
	struct contain_net net;

	if (contain_net_parse(address, &net) == 0)
		contain_net_write(&b, &net);
	(void)snprintf(ret, 64, "%s %u", buf_text(&b), port);
}

static bool is_mine(const char *mine, const char *end)
{
	char own[64], address[64];
	unsigned port;

	if (!mine || sscanf(mine, "%63s %u", address, &port) != 2)
		return false;
	far_end(address, (uint16_t)port, own);
	return !strcmp(own, end);
}

static bool is_foreign(const struct looking *l, const char *address, uint16_t port)
{
	char end[64];

	far_end(address, port, end);
	return !is_loopback(address) && !contain_lets_in(l->c, address) && !is_mine(l->mine, end);
}

static int keep_socket(const struct socket_seen *s, void *arg)
{
	struct looking *l = arg;

	if (GROW(l->sockets, l->n_sockets, l->cap_sockets, SOCKETS_MAX))
		l->sockets[l->n_sockets++] = *s;
	return 0;
}

static bool is_ssh_of_others(const struct looking *l, const struct socket_seen *s)
{
	return !s->listening && !s->udp && is_ssh_port(l->c, s->local_port) &&
	       is_foreign(l, s->remote, s->remote_port);
}

/* Does its environment say that it was started from an ssh session of somebody else? */
static bool is_left_by_others(const struct looking *l, long pid)
{
	static const char name[] = "SSH_CONNECTION=";
	_cleanup_(freep) char *path = mem_printf("%s/proc/%ld/environ", l->o->root, pid);
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);

	if (fs_read(path, &text, NULL) < 0)
		return false;
	for (const char *p = buf_text(&text), *end = p + text.len; p < end; p += strlen(p) + 1) {
		char address[64];
		unsigned port;

		if (!strncmp(p, name, sizeof(name) - 1) && sscanf(p + sizeof(name) - 1, "%63s %u", address, &port) == 2)
			return is_foreign(l, address, (uint16_t)port);
	}
	return false;
}

static void look_at_descriptors(const struct looking *l, struct process *p)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%ld/fd", l->o->root, p->pid);
	DIR *d = opendir(path);

	for (const struct dirent *f; d && (f = readdir(d));) {
		_cleanup_(freep) char *name = mem_printf("%s/%s", path, f->d_name);
		char to[64];
		ssize_t n = readlink(name, to, sizeof(to) - 1);
		unsigned inode;

		if (n <= 0)
			continue;
		to[n] = 0;
		if (sscanf(to, "socket:[%u]", &inode) != 1)
			continue;
		for (uint32_t k = 0; k < l->n_sockets; k++) {
			const struct socket_seen *s = &l->sockets[k];

			if (s->inode != inode)
				continue;
			p->listens |= s->listening;
			p->serves_ssh |= s->listening && is_ssh_port(l->c, s->local_port);
			p->doomed |= is_ssh_of_others(l, s);
		}
	}
	if (d)
		closedir(d);
}

static long parent_of(const struct looking *l, long pid)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%ld/stat", l->o->root, pid);
	_cleanup_(buf_free) struct buf text = BUF_INIT(8192);
	const char *behind;

	if (fs_read(path, &text, NULL) < 0 || !(behind = strrchr(buf_text(&text), ')')) || strlen(behind) < 5)
		return 0;
	/* a zombie is gone */
	return behind[2] == 'Z' ? -1 : strtol(behind + 4, NULL, 10);
}

static void look_at_processes(struct looking *l)
{
	_cleanup_(freep) char *path = scout_path(l->o, "/proc");
	DIR *d = opendir(path);

	for (const struct dirent *f; d && (f = readdir(d));) {
		uint32_t pid;

		if (text_u32(f->d_name, 2, UINT32_MAX / 2, &pid) < 0 ||
		    !GROW(l->processes, l->n_processes, l->cap_processes, PROCESSES_MAX))
			continue;

		struct process *p = &l->processes[l->n_processes];

		*p = (struct process){ .pid = (long)pid, .parent = parent_of(l, (long)pid) };
		if (p->parent < 0)
			continue;
		l->n_processes++;
		look_at_descriptors(l, p);
		/* a service that was started from somebody's session goes on where the host does */
		if (!p->doomed && is_left_by_others(l, p->pid))
			p->doomed = l->all || !p->listens;
	}
	if (d)
		closedir(d);
}

static struct process *find(struct looking *l, long pid)
{
	for (uint32_t k = 0; k < l->n_processes; k++)
		if (l->processes[k].pid == pid)
			return &l->processes[k];
	return NULL;
}

/* What a doomed process started goes with it. */
static void doom_children(struct looking *l)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t k = 0; k < l->n_processes; k++) {
			struct process *p = &l->processes[k];
			const struct process *parent = p->doomed || p->parent <= 1 ? NULL : find(l, p->parent);

			if (parent && parent->doomed)
				more = p->doomed = true;
		}
	}
}

/* sshd itself may have been started from a session: who listens for ssh is never ended, nor the first process, nor
 * we. */
static void spare(struct looking *l)
{
	struct process *p;

	for (uint32_t k = 0; k < l->n_processes; k++)
		if (l->processes[k].serves_ssh || l->processes[k].pid == 1)
			l->processes[k].doomed = false;
	for (long pid = (long)getpid(); pid > 1 && (p = find(l, pid)); pid = p->parent)
		p->doomed = false;
}

static uint32_t still_there(const struct looking *l)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n_processes; k++)
		n += l->processes[k].doomed && parent_of(l, l->processes[k].pid) > 0;
	return n;
}

static void end_processes(struct looking *l, struct hold_cut *ret)
{
	int64_t until = clock_mono_us() + (int64_t)GONE_MS * 1000;

	spare(l);
	doom_children(l);
	spare(l);
	for (uint32_t k = 0; k < l->n_processes; k++)
		if (l->processes[k].doomed && kill((pid_t)l->processes[k].pid, SIGKILL) == 0)
			ret->processes++;
	while (still_there(l) && clock_mono_us() < until)
		clock_sleep_ms(10);
	ret->left += still_there(l);
}

static bool is_to_close(const struct looking *l, const struct socket_seen *s)
{
	return !s->listening && is_foreign(l, s->remote, s->remote_port) &&
	       (l->all || (!s->udp && is_ssh_port(l->c, s->local_port)));
}

/* A kernel may refuse to close what is ending by itself in this moment: what is still listed then was not closed. */
static int count_left(const struct scout_out *o, const struct looking *refused, uint32_t n, struct hold_cut *ret,
		      struct err *e)
{
	_cleanup_(looking_end) struct looking again = { .o = o };
	int r = n ? sockets_each(o, keep_socket, &again, e) : 0;

	for (uint32_t k = 0; r == 0 && k < n; k++) {
		const struct socket_seen *s = &refused->sockets[k];
		bool found = false;

		for (uint32_t i = 0; i < again.n_sockets && !found; i++)
			found = !strcmp(s->kind, again.sockets[i].kind) && !again.sockets[i].listening &&
				!memcmp(s->id, again.sockets[i].id, sizeof(s->id));
		ret->left += found;
	}
	return r;
}

static int close_flows(const struct scout_out *o, const struct looking *like, struct hold_cut *ret, struct err *e)
{
	_cleanup_(looking_end) struct looking l = { .o = o, .c = like->c, .mine = like->mine, .all = like->all };
	int r = sockets_each(o, keep_socket, &l, e);
	uint32_t refused = 0;

	for (uint32_t k = 0; r == 0 && k < l.n_sockets; k++) {
		if (!is_to_close(&l, &l.sockets[k]))
			continue;
		if (sockets_close(&l.sockets[k], NULL) == 0)
			ret->flows++;
		else
			l.sockets[refused++] = l.sockets[k];
	}
	return r < 0 ? r : count_left(o, &l, refused, ret, e);
}

int hold_cut(const struct scout_out *o, const struct contain_rules *c, const char *mine, bool all, struct hold_cut *ret,
	     struct err *e)
{
	_cleanup_(looking_end) struct looking l = { .o = o, .c = c, .mine = mine, .all = all };
	int r;

	*ret = (struct hold_cut){ 0 };
	if (*o->root)
		return 0;
	r = sockets_each(o, keep_socket, &l, e);
	if (r < 0)
		return r;
	look_at_processes(&l);
	end_processes(&l, ret);
	return close_flows(o, &l, ret, e);
}

int hold_end_listeners(const struct scout_out *o, const struct contain_rules *c, uint32_t *ret_left, struct err *e)
{
	_cleanup_(looking_end) struct looking l = { .o = o, .c = c };
	int r = sockets_each(o, keep_socket, &l, e);

	*ret_left = 0;
	if (r < 0)
		return r;
	look_at_processes(&l);
	for (uint32_t k = 0; k < l.n_sockets; k++)
		*ret_left += l.sockets[k].listening && is_ssh_port(c, l.sockets[k].local_port);
	for (uint32_t k = 0; k < l.n_processes; k++)
		if (l.processes[k].serves_ssh && l.processes[k].pid > 1)
			(void)kill((pid_t)l.processes[k].pid, SIGTERM);
	return 0;
}

struct telling { const struct contain_rules *c; json_t *ports, *connections; };

static int tell_socket(const struct socket_seen *s, void *arg)
{
	const struct telling *t = arg;
	bool is_told = false;
	char end[64];

	if (s->udp)
		return 0;
	if (!s->listening) {
		far_end(s->remote, s->remote_port, end);
		if (is_ssh_port(t->c, s->local_port) && json_array_size(t->connections) < CONNECTIONS_TOLD)
			json_array_append_new(t->connections, json_string(end));
		return 0;
	}
	for (size_t k = 0; k < json_array_size(t->ports); k++)
		is_told |= json_integer_value(json_array_get(t->ports, k)) == s->local_port;
	if (!is_told && !is_loopback(s->local) && json_array_size(t->ports) < PORTS_TOLD)
		json_array_append_new(t->ports, json_integer(s->local_port));
	return 0;
}

int hold_look(const struct scout_out *o, const struct contain_rules *c, json_t *ret_ports, json_t *ret_connections,
	      struct err *e)
{
	struct telling t = { c, ret_ports, ret_connections };

	return *o->root ? 0 : sockets_each(o, tell_socket, &t, e);
}
