/* What sshd wrote about who came in by which key: auth.log and what was rotated of it, the journal, and a file of its
 * own (sshd -E), whose lines have neither a time nor a process. */
#include "base/mem.h"
#include "base/text.h"
#include "model/auth_line.h"
#include "scout/evict_parts.h"
#include "scout/lines.h"
#include <string.h>
#include <unistd.h>

#define LOGINS_MAX 200000u
#define NAMES_MAX 4096u
#define TURNS_MAX 200u
#define LOG_MAX ((size_t)256 << 20)

struct taking { struct evicting *v; struct logins *to; bool over; };

static int keep(struct taking *t, const char *program, const char *message)
{
	struct auth_event ev;
	struct accepted *a;

	if (!auth_is_ssh(program) || !auth_read(program, message, &ev) || ev.kind != AUTH_LOGIN || !ev.port)
		return 0;
	t->over = !GROW(t->to->a, t->to->n, t->to->cap, LOGINS_MAX);
	if (t->over)
		return 1;
	a = &t->to->a[t->to->n++];
	*a = (struct accepted){ 0 };
	(void)snprintf(a->name, sizeof(a->name), "%.63s", ev.account);
	(void)snprintf(a->fingerprint, sizeof(a->fingerprint), "%.63s", ev.key);
	(void)snprintf(a->from.address, sizeof(a->from.address), "%.63s", ev.address);
	(void)snprintf(a->from.port, sizeof(a->from.port), "%u", ev.port % 65536u);
	return 0;
}

static int take_line(char *line, void *arg)
{
	struct syslog_line s;

	return syslog_line_read(line, &s) ? keep(arg, s.program, s.message) : 0;
}

/* What sshd wrote itself has no stamp before it. */
static int take_bare(char *line, void *arg)
{
	line[strcspn(line, "\r")] = '\0';
	return keep(arg, "sshd", line);
}

static void ask_journal(struct taking *t)
{
	static const char *const argv[] = { "journalctl", "-q", "--no-pager", "-o", "cat", "-n", "400000", "_COMM=sshd",
					    "_COMM=sshd-session", "-g", "Accepted ", NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(LOG_MAX);
	struct evicting *v = t->v;
	int status = 0, stop = 0;

	if (*v->o->root || (access("/var/log/journal", F_OK) < 0 && access("/run/log/journal", F_OK) < 0))
		return;
	/* 1: no line fits */
	if (evict_run(v, argv, NULL, &out, &status) < 0 || (status != 0 && status != 1)) {
		evict_unread(v, "journalctl", "the journal could not be asked who came in by which key");
		return;
	}
	for (char *save = NULL, *line = out.len ? strtok_r(out.data, "\n", &save) : NULL; line && !stop;
	     line = strtok_r(NULL, "\n", &save))
		stop = keep(t, "sshd", line);
}

static uint32_t turn_of(const char *name)
{
	uint32_t n = 0;

	for (const char *c = name + strlen("auth.log."); *c >= '0' && *c <= '9' && n < 1000; c++)
		n = n * 10 + (uint32_t)(*c - '0');
	return n;
}

/* The oldest first: auth.log.10.gz ... auth.log.2, and files that are called by their day. What cannot be read leaves
 * a session unknown, which is told. */
static void read_rotated(struct taking *t)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	if (lines_names(t->v->o, "/var/log", NAMES_MAX, &names, &e) < 0)
		return;
	for (uint32_t turn = TURNS_MAX; turn > 0; turn--)
		for (size_t i = 0; i < names.n; i++) {
			_cleanup_(freep) char *path = mem_printf("/var/log/%s", names.s[i]);
			bool numbered = text_starts(names.s[i], "auth.log.") && turn > 1 && turn_of(names.s[i]) == turn;
			bool dated = text_starts(names.s[i], "auth.log-") || text_starts(names.s[i], "secure-");

			if ((numbered || (dated && turn == 1)) && !t->over)
				(void)lines_each(t->v->o, path, take_line, t, &e);
		}
}

/* The one that listens says in its title how it was started. In a container the file is another, or none. */
static void read_own_files(struct taking *t)
{
	_cleanup_(processes_free) struct processes all = { 0 };

	processes_read(t->v, &all);
	for (size_t i = 0; i < all.n; i++) {
		bool is_ssh = all.p[i].uids[0] == 0 && auth_is_ssh(all.p[i].name);
		const char *option = is_ssh ? strstr(all.p[i].title, " -E") : NULL;
		_cleanup_(freep) char *path = NULL;
		struct err e = ERR_INIT;

		if (!option)
			continue;
		option += strlen(" -E");
		option += *option == ' ';
		path = mem_dupn(option, strcspn(option, " "));
		if (*path == '/' && !t->over)
			(void)lines_each(t->v->o, path, take_bare, t, &e);
	}
}

void evict_logins(struct evicting *v, struct logins *ret, bool all)
{
	static const char *const files[] = { "/var/log/auth.log.1", "/var/log/auth.log", "/var/log/secure" };
	struct taking t = { v, ret, false };

	if (all)
		read_rotated(&t);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(freep) char *full = scout_path(v->o, files[i]);
		struct err e = ERR_INIT;

		if (access(full, F_OK) == 0 && lines_each(v->o, files[i], take_line, &t, &e) < 0)
			evict_unread(v, files[i], e.text);
	}
	ask_journal(&t);
	read_own_files(&t);
	if (t.over)
		evict_unread(v, "logs", "more than 200000 logins");
}

void evict_logins_free(struct logins *l)
{
	free(l->a);
}

bool evict_login_is_theirs(const struct evicting *v, const struct accepted *a)
{
	if (evicted_name(&v->who, a->name, strlen(a->name)))
		return true;
	for (size_t i = 0; i < v->who.n_keys; i++)
		if (!strcmp(v->who.keys[i], a->fingerprint))
			return true;
	return false;
}
