/* Processes, out of /proc: what they are, where they came from, what they have open and mapped. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/evidence.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIDS_MAX 100000u
#define ARGV_MAX ((size_t)8 << 10)
#define ENVIRON_MAX ((size_t)8 << 10)
#define MAPS_MAX ((size_t)512 << 10)
#define LIST_MAX 256u              /* open files and mapped files that are told of one process */
#define SOCKETS_MAX 200000u
#define FILES_EACH 1024u           /* open files between two looks at the clock */
#define PROBE_BEHIND 2000          /* numbers behind the last one that was given out */
#define PROBE_EACH 4096            /* between two looks at the clock */

struct pids { pid_t *p; size_t n, cap; };

static void pids_free(struct pids *l)
{
	free(l->p);
}

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool pids_has(const struct pids *l, pid_t pid)
{
	return l->n && bsearch(&pid, l->p, l->n, sizeof(*l->p), by_number);
}

/* As /proc lists them. */
static void list(struct evidence *v, struct pids *ret)
{
	_cleanup_(freep) char *path = scout_path(v->o, "/proc");
	DIR *d = opendir(path);
	const struct dirent *one;
	uint32_t pid;

	if (!d) {
		evidence_cut(v, "/proc could not be read: %s", strerror(errno));
		return;
	}
	while ((one = readdir(d)))
		if (text_u32(one->d_name, 1, INT32_MAX, &pid) == 0) {
			if (!GROW(ret->p, ret->n, ret->cap, PIDS_MAX)) {
				evidence_cut(v, "more than %u processes", PIDS_MAX);
				break;
			}
			ret->p[ret->n++] = (pid_t)pid;
		}
	closedir(d);
	if (ret->n)
		qsort(ret->p, ret->n, sizeof(*ret->p), by_number);
}

static bool read_of(const struct evidence *v, pid_t pid, const char *name, size_t most, struct buf *ret)
{
	char path[80];
	bool more;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return evidence_read(v, path, most, false, ret, &more);
}

static bool link_of(const struct evidence *v, pid_t pid, const char *name, char *ret, size_t size)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	_cleanup_(freep) char *full = scout_path(v->o, path);
	ssize_t n = readlink(full, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Words that end with NUL, as a list. An environment that a program wrote its title over is mostly empty words. */
static void put_words(json_t *line, const char *key, const struct buf *b, bool empty_too)
{
	json_t *words = json_array(), *room = json_object();

	for (size_t at = 0; at < b->len; at += strlen(b->data + at) + 1) {
		if (!empty_too && !b->data[at])
			continue;
		json_put(room, "x", b->data + at);
		json_array_append(words, json_object_get(room, "x"));
	}
	json_decref(room);
	json_object_set_new(line, key, words);
}

/* "Uid:	0	0	0	0": the text behind the word. */
static void put_status(json_t *line, const char *status, const char *word, const char *key)
{
	const char *at = strstr(status, word);
	char text[80];

	if (!at)
		return;
	at += strlen(word);
	at += strspn(at, " \t");
	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "\n"), at);
	for (char *c = text; *c; c++)
		if (*c == '\t')
			*c = ' ';
	json_put(line, key, text);
}

static void put_link(const struct evidence *v, json_t *line, pid_t pid, const char *name)
{
	char to[4096];

	if (link_of(v, pid, name, to, sizeof(to)))
		json_put(line, name, to);
}

static void keep_socket(struct evidence *v, pid_t pid, const char *to)
{
	int64_t inode;
	char number[32];

	(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(to + 8, "]"), to + 8);
	if (text_i64(number, &inode) < 0 || !GROW(v->sockets, v->n_sockets, v->cap_sockets, SOCKETS_MAX))
		return;
	v->sockets[v->n_sockets++] = (struct evidence_socket){ (ino_t)inode, pid };
}

/* Open files; with line NULL only its sockets are kept. */
static void put_files(struct evidence *v, json_t *line, pid_t pid)
{
	char path[80], to[4096], text[4200];
	uint32_t n = 0, seen = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	_cleanup_(freep) char *full = scout_path(v->o, path);
	DIR *d = opendir(full);
	const struct dirent *one;

	if (!d) {
		v->hidden_fds += errno == EACCES || errno == EPERM;
		return;
	}

	json_t *files = json_array(), *room = json_object();

	/* one may have a million, and would take the time of all others */
	while ((++seen % FILES_EACH || !evidence_is_over(v)) && (one = readdir(d))) {
		ssize_t len = readlinkat(dirfd(d), one->d_name, to, sizeof(to) - 1);

		if (len <= 0)
			continue;
		to[len] = '\0';
		if (text_starts(to, "socket:["))
			keep_socket(v, pid, to);
		if (!line || n++ >= LIST_MAX)
			continue;
		(void)snprintf(text, sizeof(text), "%.10s %s", one->d_name, to);
		json_put(room, "x", text);
		json_array_append(files, json_object_get(room, "x"));
	}
	closedir(d);
	json_decref(room);
	if (line)
		json_object_set(line, "files", files);
	if (line && n > LIST_MAX)
		json_put_int(line, "more_files", n - LIST_MAX);
	json_decref(files);
}

/* "7f..-7f.. r-xp 00000000 fe:00 1234   /lib/x.so": each file once. Anonymous memory with code in it is counted. */
static void put_maps(struct evidence *v, json_t *line, pid_t pid)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(MAPS_MAX + 1);
	json_t *maps = json_array(), *room = json_object();
	char last[4096] = "";
	uint32_t code = 0;

	if (!read_of(v, pid, "maps", MAPS_MAX, &text)) {
		json_decref(maps);
		json_decref(room);
		return;
	}
	for (const char *at = buf_text(&text), *end; (end = strchr(at, '\n')); at = end + 1) {
		const char *mode = memchr(at, ' ', (size_t)(end - at)), *path = memchr(at, '/', (size_t)(end - at));

		if (mode && !path && mode[3] == 'x' && !memchr(at, '[', (size_t)(end - at)))
			code++;
		if (!path || json_array_size(maps) >= LIST_MAX)
			continue;
		char now[4096];

		(void)snprintf(now, sizeof(now), "%.*s", (int)(end - path), path);
		if (!strcmp(now, last))
			continue;
		memcpy(last, now, sizeof(last));
		json_put(room, "x", now);
		json_array_append(maps, json_object_get(room, "x"));
	}
	json_decref(room);
	json_object_set_new(line, "maps", maps);
	if (code)
		json_put_int(line, "anonymous_code", code);
}

/* Field 22 of stat, in ticks since the host started; the name in it may hold anything, also brackets. */
static void put_start(json_t *line, const struct buf *stat)
{
	const char *at = strrchr(buf_text(stat), ')');
	int64_t ticks;
	char number[32];

	for (int i = 0; at && i < 20; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return;
	(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(at, " "), at);
	if (text_i64(number, &ticks) == 0)
		json_put_int(line, "start_ms", ticks * 1000 / sysconf(_SC_CLK_TCK));
}

static const char *name_of(json_t *line)
{
	const char *name = json_str(line, "name");

	return name ? name : "";
}

static void look_closer(struct evidence *v, json_t *line, pid_t pid, const struct buf *env)
{
	const char *exe = json_str(line, "exe");
	size_t len = exe ? strlen(exe) : 0;

	if (exe && text_starts(exe, "/memfd:"))
		evidence_mark(v, line, "process %d '%.40s' runs a program that never was in a file (%.150s)", (int)pid,
			      name_of(line), exe);
	else if (len > 10 && !strcmp(exe + len - 10, " (deleted)"))
		evidence_mark(v, line, "process %d '%.40s' runs a program whose file was deleted or replaced (%.150s)",
			      (int)pid, name_of(line), exe);
	for (size_t at = 0; at < env->len; at += strlen(env->data + at) + 1)
		if (text_starts(env->data + at, "LD_PRELOAD=") || text_starts(env->data + at, "LD_AUDIT="))
			evidence_mark(v, line, "process %d '%.40s' was started with a library in front of all others "
				      "(%.150s)", (int)pid, name_of(line), env->data + at);
}

/* A thread answers to kill under its own number, too, and is in no list: it is not the first of its group. Asked of the
 * kernel, not of /proc, where something may lie over it. */
static bool is_process(pid_t pid)
{
	return syscall(SYS_tgkill, pid, pid, 0) == 0 || errno == EPERM;
}

static void tell(struct evidence *v, pid_t pid, bool hidden)
{
	_cleanup_(buf_free) struct buf status = BUF_INIT(16 << 10), stat = BUF_INIT(8 << 10),
				       argv = BUF_WIPED(ARGV_MAX + 1), env = BUF_WIPED(ENVIRON_MAX + 1),
				       text = BUF_INIT(8 << 10);
	json_t *line;

	bool seen = read_of(v, pid, "status", (16 << 10) - 1, &status);

	/* it ended since it was listed */
	if (!seen && !hidden && (v->o->root[0] || !is_process(pid)))
		return;
	line = json_object();
	json_put(line, "s", "process");
	json_put_int(line, "pid", pid);
	put_status(line, buf_text(&status), "Name:", "name");
	put_status(line, buf_text(&status), "PPid:", "parent");
	put_status(line, buf_text(&status), "Uid:", "uids");
	put_status(line, buf_text(&status), "Gid:", "gids");
	put_status(line, buf_text(&status), "CapEff:", "capabilities");
	put_status(line, buf_text(&status), "TracerPid:", "tracer");
	if (read_of(v, pid, "stat", (8 << 10) - 1, &stat))
		put_start(line, &stat);
	if (read_of(v, pid, "cmdline", ARGV_MAX, &argv))
		put_words(line, "argv", &argv, true);
	if (read_of(v, pid, "environ", ENVIRON_MAX, &env))
		put_words(line, "environ", &env, false);
	if (read_of(v, pid, "loginuid", 32, &text))
		json_put(line, "login", buf_text(&text));
	buf_clear(&text);
	if (read_of(v, pid, "cgroup", 4096, &text))
		json_put(line, "cgroup", buf_text(&text));
	put_link(v, line, pid, "exe");
	put_link(v, line, pid, "cwd");
	put_link(v, line, pid, "root");
	put_files(v, line, pid);
	put_maps(v, line, pid);
	if (pid == getpid())
		json_object_set_new(line, "scout", json_true());
	if (!seen && !hidden)
		evidence_mark(v, line, "process %d runs, but /proc shows nothing of it: something lies over it",
			      (int)pid);
	if (hidden)
		evidence_mark(v, line, "process %d '%.40s' is not in the list of /proc, but it runs", (int)pid,
			      name_of(line));
	if (pid != getpid())
		look_closer(v, line, pid, &env);
	evidence_put(v, line);
}

static pid_t number_in(const struct evidence *v, const char *path, pid_t otherwise)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(256);
	int64_t n;
	bool more;

	if (!evidence_read(v, path, 200, false, &text, &more))
		return otherwise;

	/* the last word: of loadavg, too, that is the last number that was given out */
	char *end = text.data + text.len;

	while (end > text.data && (end[-1] == '\n' || end[-1] == ' '))
		*--end = '\0';
	char *word = strrchr(text.data, ' ');

	return text_i64(word ? word + 1 : text.data, &n) == 0 && n > 0 && n < INT32_MAX ? (pid_t)n : otherwise;
}

/* Asks for every number up to the last that was given out whether somebody answers to it; a list that was filtered on
 * its way to us does not help who hides there. */
static void probe(struct evidence *v, const struct pids *listed)
{
	pid_t max = number_in(v, "/proc/sys/kernel/pid_max", 32768), last = number_in(v, "/proc/loadavg", max);
	_cleanup_(pids_free) struct pids found = { 0 }, again = { 0 };

	if (listed->n && listed->p[listed->n - 1] > last)
		last = listed->p[listed->n - 1];
	last = v->thorough || last > max - PROBE_BEHIND ? max : last + PROBE_BEHIND;
	for (pid_t pid = 1; pid <= last; pid++) {
		if (pid % PROBE_EACH == 0 && evidence_is_over(v)) {
			evidence_cut(v, "process numbers above %d were not tried", (int)pid);
			return;
		}
		if (pids_has(listed, pid) || !is_process(pid))
			continue;
		if (!GROW(found.p, found.n, found.cap, 1000))
			break;
		found.p[found.n++] = pid;
	}
	if (!found.n)
		return;
	/* one that began in between is listed by now */
	list(v, &again);
	for (size_t i = 0; i < found.n; i++)
		if (!pids_has(&again, found.p[i]) && is_process(found.p[i]))
			tell(v, found.p[i], true);
}

static int by_inode(const void *a, const void *b)
{
	const struct evidence_socket *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static void sort_sockets(struct evidence *v)
{
	if (v->n_sockets)
		qsort(v->sockets, v->n_sockets, sizeof(*v->sockets), by_inode);
}

void evidence_sockets_again(struct evidence *v)
{
	_cleanup_(pids_free) struct pids listed = { 0 };

	v->n_sockets = 0;
	v->hidden_fds = 0;
	list(v, &listed);
	for (size_t i = 0; i < listed.n && !evidence_is_over(v); i++)
		put_files(v, NULL, listed.p[i]);
	sort_sockets(v);
}

void evidence_processes(struct evidence *v)
{
	_cleanup_(pids_free) struct pids listed = { 0 };

	list(v, &listed);
	for (size_t i = 0; i < listed.n && !evidence_is_over(v); i++)
		tell(v, listed.p[i], false);
	/* a folder that stands for "/" has no processes to ask, unless a test wants it to */
	if (!v->o->root[0] || v->thorough)
		probe(v, &listed);
	if (v->hidden_fds)
		evidence_cut(v, "the open files of %u processes may not be seen by who we are there", v->hidden_fds);
	sort_sockets(v);
}
