/*
 * sshguard says nothing of itself. It is a line of programs in one process group, sshguard(8): what reads logs, a
 * parser, what decides, and a backend that makes the rules. Without one of them nobody is banned.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "scout/posture_backend.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WORDS_MAX 64u
#define READERS_MAX 16u

struct part { long pid; char name[64]; };
struct parts {
	struct scout_out *o;
	long group;
	bool parser, blocker;
	struct part backend;
	long readers[READERS_MAX];
	uint32_t n_readers;
};

static char *text_of(long pid, const char *file, struct buf *b)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	return fs_read(path, b, NULL) < 0 || !b->len ? NULL : b->data;
}

/* proc(5): the 5th word of "stat", behind a name that may hold anything. */
static long group_of(long pid)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(8192);
	const char *text = text_of(pid, "stat", &b), *behind = text ? strrchr(text, ')') : NULL;
	long group = 0;

	return behind && sscanf(behind + 1, " %*c %*d %ld", &group) == 1 ? group : 0;
}

/* Anybody may call a process of theirs so. */
static bool is_of_root(long pid)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%ld", pid);
	return stat(path, &st) == 0 && st.st_uid == 0;
}

static int find_parser(long pid, const char *program, void *arg)
{
	struct parts *p = arg;

	if (strcmp(program, "sshg-parser") != 0 || !is_of_root(pid))
		return 0;
	p->group = group_of(pid);
	p->parser = p->group > 0;
	return p->parser;
}

/* Words of a command line. */
static void words_of(long pid, struct strv *ret)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);
	const char *text = text_of(pid, "cmdline", &b);

	for (const char *s = text; s && s < text + b.len && ret->n < WORDS_MAX; s += strlen(s) + 1)
		strv_add(ret, s);
}

/* A script's name is the second word, a program's the first; the kernel's own word for it is cut. */
static void name_of(long pid, const char *cut, char *ret, size_t room)
{
	_cleanup_(strv_free) struct strv words = STRV_INIT;

	words_of(pid, &words);
	(void)snprintf(ret, room, "%s", cut);
	for (size_t k = 0; k < words.n && k < 2; k++) {
		const char *slash = strrchr(words.s[k], '/'), *base = slash ? slash + 1 : words.s[k];

		if (text_starts(base, cut))
			(void)snprintf(ret, room, "%s", base);
	}
}

static int find_parts(long pid, const char *program, void *arg)
{
	struct parts *p = arg;

	if (group_of(pid) != p->group)
		return 0;
	if (strcmp(program, "sshg-blocker") == 0) {
		p->blocker = true;
	} else if (text_starts(program, "sshg-fw-")) {
		p->backend.pid = pid;
		name_of(pid, program, p->backend.name, sizeof(p->backend.name));
	} else if ((strcmp(program, "tail") == 0 || strcmp(program, "journalctl") == 0) && p->n_readers < READERS_MAX) {
		p->readers[p->n_readers++] = pid;
	}
	return 0;
}

/* `tail -F -n 0 FILE...`, `journalctl -afb ...` */
static void add_reader(struct scout_out *o, long pid, const struct posture_session *s, json_t *list)
{
	_cleanup_(strv_free) struct strv words = STRV_INIT;
	bool tail;

	words_of(pid, &words);
	if (!words.n)
		return;
	tail = text_starts(strrchr(words.s[0], '/') ? strrchr(words.s[0], '/') + 1 : words.s[0], "tail");
	if (!tail) {
		posture_reads_journal(o, s, (const char *const *)words.s + 1, words.n - 1, list);
		return;
	}
	for (size_t k = 1; k < words.n; k++) {
		if (strcmp(words.s[k], "-n") == 0)
			k++;
		else if (words.s[k][0] == '/')
			posture_reads_file(o, s, words.s[k], list);
	}
}

void posture_sshguard(struct scout_out *o, const struct posture_wall *w, const struct posture_ports *ports,
		      const struct posture_session *s, bool try_ban, json_t *j)
{
	struct parts p = { .o = o };
	const struct posture_backend *b;
	json_t *list;

	json_put(j, "program", "sshguard");
	posture_processes(find_parser, &p);
	if (p.parser)
		posture_processes(find_parts, &p);
	json_put(j, "backend", *p.backend.name ? p.backend.name : NULL);
	json_put(j, "lacks", !p.parser ? "sshg-parser" : !p.blocker ? "sshg-blocker" : !*p.backend.name
			     ? "backend that makes rules" : NULL);
	b = posture_backend_find(p.backend.name);
	json_put(j, "jail", b || json_str(j, "lacks") ? "enabled" : "untold");
	if (!b)
		json_put(j, "text", "its backend is not known here");
	if (b && !b->words)
		json_put(j, "lacks", "backend that does anything");
	list = json_array();
	for (uint32_t k = 0; k < p.n_readers; k++)
		add_reader(o, p.readers[k], s, list);
	json_object_set_new(j, "reads", list);
	if (b && b->words && w->ruleset)
		posture_backend_rules(o, w, b, p.backend.pid, ports, try_ban, j);
}
