/* What the kernel says of its processes. A title and an environment are a process's own words; numbers are not. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "model/auth_line.h"
#include "scout/evict_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROCESSES_MAX 4000000u
#define ENVIRONMENT_MAX ((size_t)1 << 20)

/* Reads what there is of /proc/PID/NAME; a process that has ended has nothing. */
static bool read_of(const struct evicting *v, pid_t pid, const char *name, struct buf *ret)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%d/%s", v->o->root, (int)pid, name);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, part, sizeof(part))) > 0)
		if (buf_add(ret, part, (size_t)n) < 0)
			break;
	return ret->len > 0;
}

static uint32_t number_of(const struct evicting *v, pid_t pid, const char *name)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64);

	return read_of(v, pid, name, &text) ? (uint32_t)strtoul(text.data, NULL, 10) : UINT32_MAX;
}

/* "PID (NAME) S PPID PGRP SESSION ...": the name may hold anything, also ") ". The 22nd is when it was started. */
bool process_read(const struct evicting *v, struct process *p)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);
	int parent = 0, session = 0;
	unsigned long long start = 0;
	char *open, *close, state = 'Z';

	if (!read_of(v, p->pid, "stat", &text))
		return false;
	open = strchr(text.data, '(');
	close = strrchr(text.data, ')');
	if (!open || !close || close < open ||
	    sscanf(close + 1, " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
		   &parent, &session, &start) != 4)
		return false;
	(void)snprintf(p->name, sizeof(p->name), "%.*s", (int)(close - open - 1), open + 1);
	p->parent = parent;
	p->session = session;
	p->start = start;
	return state != 'Z' && state != 'X';
}

static void read_uids(const struct evicting *v, struct process *p)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(16384);
	const char *line = read_of(v, p->pid, "status", &text) ? strstr(text.data, "\nUid:") : NULL;

	for (unsigned i = 0; i < 4; i++)
		p->uids[i] = UINT32_MAX;
	if (line)
		(void)sscanf(line + 5, "%u %u %u %u", &p->uids[0], &p->uids[1], &p->uids[2], &p->uids[3]);
}

static void read_environment(const struct evicting *v, struct process *p)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(ENVIRONMENT_MAX);

	if (!read_of(v, p->pid, "environ", &text))
		return;
	for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1) {
		const char *one = text.data + at;

		if (text_starts(one, "SSH_CONNECTION="))
			(void)sscanf(one + 15, "%63s %7s", p->from.address, p->from.port);
		else if (text_starts(one, "SSH_USER_AUTH=") && strlen(one + 14) < sizeof(p->auth))
			memcpy(p->auth, one + 14, strlen(one + 14) + 1);
	}
}

static void read_title(const struct evicting *v, struct process *p)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);

	if (!read_of(v, p->pid, "cmdline", &text))
		return;
	for (size_t i = 0; i + 1 < text.len; i++)
		if (!text.data[i])
			text.data[i] = ' ';
	(void)snprintf(p->title, sizeof(p->title), "%s", text.data);
	/* a process that wrote itself another title leaves blanks behind it */
	for (size_t n = strlen(p->title); n && p->title[n - 1] == ' '; n--)
		p->title[n - 1] = '\0';
}

const char *process_session(const struct process *p)
{
	size_t n = strlen(p->name);

	return auth_is_ssh(p->name) && !strncmp(p->title, p->name, n) && text_starts(p->title + n, ": ") ?
	       p->title + n + 2 : NULL;
}

void processes_read(struct evicting *v, struct processes *ret)
{
	_cleanup_(freep) char *path = scout_path(v->o, "/proc");
	DIR *d = opendir(path);
	const struct dirent *one;

	ret->n = 0;
	process_peers_forget(v);
	if (!d) {
		evict_unread(v, "/proc", strerror(errno));
		return;
	}
	while ((one = readdir(d))) {
		struct process p = { 0 };
		uint32_t pid;

		if (text_u32(one->d_name, 1, INT32_MAX, &pid) < 0)
			continue;
		p.pid = (pid_t)pid;
		if (!process_read(v, &p))
			continue;
		read_uids(v, &p);
		read_title(v, &p);
		read_environment(v, &p);
		p.login = number_of(v, p.pid, "loginuid");
		p.audit = number_of(v, p.pid, "sessionid");
		if (!GROW(ret->p, ret->n, ret->cap, PROCESSES_MAX)) {
			evict_unread(v, "/proc", "more processes than we can look at");
			break;
		}
		ret->p[ret->n++] = p;
	}
	(void)closedir(d);
}

void processes_free(struct processes *all)
{
	free(all->p);
}

/* sshd and a log name the interface of a link's own address ("fe80::1%eth0"), the kernel's list does not. */
bool connection_same(const struct connection *a, const struct connection *b)
{
	size_t n = strcspn(a->address, "%");

	return *a->port && !strcmp(a->port, b->port) && n == strcspn(b->address, "%") &&
	       !strncmp(a->address, b->address, n);
}

void connections_free(struct connections *list)
{
	free(list->c);
}

struct process *processes_find(const struct processes *all, pid_t pid)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->p[i].pid == pid)
			return &all->p[i];
	return NULL;
}

/* sshd makes it as "/tmp/sshauth.XXXX", the account's own: no link, no device. */
static bool read_auth(const struct evicting *v, const char *file, struct buf *ret)
{
	_cleanup_(freep) char *path = scout_path(v->o, file);
	_cleanup_(closep) int fd = -1;
	struct stat st;
	char part[4096];
	ssize_t n;

	if (!text_starts(file, "/tmp/sshauth.") || strchr(file + 13, '/'))
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	while ((n = read(fd, part, sizeof(part))) > 0 && buf_add(ret, part, (size_t)n) == 0)
		;
	return ret->len > 0;
}

bool session_key(const struct evicting *v, const char *file, char *ret, size_t size)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64 << 10);

	if (!read_auth(v, file, &text))
		return false;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct sshkey_line key;
		const char *rest = text_starts(line, "publickey ") ? line + 10 : NULL;

		if (rest && strlen(rest) < size && sshkey_of_line(rest, strlen(rest), &key)) {
			memcpy(ret, rest, strlen(rest) + 1);
			return true;
		}
	}
	return false;
}

bool session_is_told(const struct evicting *v, const char *file)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64 << 10);

	/* the bytes of a certificate are not those of the key in it */
	return read_auth(v, file, &text) && !strstr(buf_text(&text), "-cert-v01@");
}
