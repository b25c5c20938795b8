/* wtmp, btmp and lastlog. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/login_record.h"
#include "scout/logins.h"
#include <string.h>
#include <unistd.h>

#define USERS_MAX 100000u
#define BACK_US ((int64_t)5 * 60 * 1000000)

struct records { struct logins *l; const char *file; bool failed; uint32_t zeros, odd; int64_t before_us; };

static void session(struct records *g, const struct login_record *r)
{
	json_t *j = json_object();

	json_put_int(j, "at_us", r->at_us);
	json_put(j, "source", "wtmp");
	json_put(j, "account", r->user);
	json_put(j, "address", *r->address ? r->address : r->host);
	json_put(j, "line", r->line);
	json_put_int(j, "pid", r->pid);
	if (g->l->n_told++ < LOGINS_MAX)
		logins_say(g->l, "session", NULL, j);
	else
		json_decref(j);
}

static void failed(struct records *g, const struct login_record *r)
{
	struct auth_event ev = { .kind = AUTH_FAILED };

	memcpy(ev.account, r->user, strlen(r->user) + 1);
	(void)snprintf(ev.address, sizeof(ev.address), "%.90s", *r->address ? r->address : *r->host ? r->host :
		r->line);
	logins_event(g->l, &ev, r->at_us, "btmp", -1);
}

static void clock_set(struct records *g, const struct login_record *r)
{
	json_t *j = json_object();

	json_put_int(j, "at_us", r->at_us);
	json_put(j, "line", r->line);
	logins_say(g->l, "clock", g->file, j);
}

static void one_record(struct records *g, const uint8_t *b)
{
	const struct logins *l = g->l;
	struct login_record r;

	login_record_read(b, &r);
	g->zeros += r.zeros;
	g->odd += r.what == LOGIN_ODD;
	if (r.zeros || r.what == LOGIN_ODD)
		return;
	if (g->before_us && r.at_us < g->before_us - BACK_US && g->before_us >= l->from_us) {
		json_t *j = json_object();

		json_put_int(j, "at_us", g->before_us);
		json_put_int(j, "last_us", r.at_us);
		logins_say(g->l, "back", g->file, j);
	}
	g->before_us = r.at_us;
	if (r.at_us < l->from_us || r.at_us > l->until_us)
		return;
	if (g->failed)
		failed(g, &r);
	else if (r.what == LOGIN_SESSION)
		session(g, &r);
	else if (r.what == LOGIN_CLOCK)
		clock_set(g, &r);
}

static void count(struct records *g, const char *kind, uint32_t n)
{
	json_t *j = json_object();

	json_put_int(j, "count", n);
	logins_say(g->l, kind, g->file, j);
}

static void file(struct logins *l, const char *path, bool failed_ones, bool must)
{
	struct records g = { .l = l, .file = path, .failed = failed_ones };
	_cleanup_(closep) int fd = lines_open(l->o, path, NULL);
	uint8_t b[LOGIN_RECORD_LEN];
	ssize_t n;

	if (fd < 0) {
		if (must)
			scout_unread(l->o, path, "it is not there, or no regular file");
		return;
	}
	while ((n = read(fd, b, sizeof(b))) == (ssize_t)sizeof(b) && !lines_late(l->o))
		one_record(&g, b);
	if (n > 0 && n < (ssize_t)sizeof(b))
		scout_unread(l->o, path, "it ends in the middle of a record: it was cut, or records of another size "
			     "are in it");
	else if (n)
		scout_unread(l->o, path, "it could not be read to its end");
	if (g.zeros)
		count(&g, "wiped", g.zeros);
	if (g.odd)
		count(&g, "odd", g.odd);
}

struct users { struct logins *l; int fd; uint32_t n; };

static int one_user(char *line, void *arg)
{
	struct users *u = arg;
	char *rest = line, *name = strsep(&rest, ":"), *uid;
	uint8_t b[LASTLOG_RECORD_LEN];
	struct login_record r;
	uint32_t id;

	(void)strsep(&rest, ":");
	uid = strsep(&rest, ":");
	if (!uid || text_u32(uid, 0, UINT32_MAX, &id) < 0 || u->n++ > USERS_MAX ||
	    pread(u->fd, b, sizeof(b), (off_t)id * (off_t)sizeof(b)) != (ssize_t)sizeof(b))
		return 0;
	lastlog_record_read(b, &r);
	if (!r.at_us || r.at_us < u->l->from_us || r.at_us > u->l->until_us)
		return 0;
	json_t *j = json_object();

	json_put_int(j, "at_us", r.at_us);
	json_put(j, "source", "lastlog");
	json_put(j, "account", name);
	json_put(j, "address", r.host);
	json_put(j, "line", r.line);
	logins_say(u->l, "last", NULL, j);
	return 0;
}

void logins_records(struct logins *l)
{
	struct users u = { .l = l };
	struct err e = ERR_INIT;

	file(l, "/var/log/wtmp.1", false, false);
	file(l, "/var/log/wtmp", false, true);
	file(l, "/var/log/btmp.1", true, false);
	file(l, "/var/log/btmp", true, false);
	u.fd = lines_open(l->o, "/var/log/lastlog", NULL);
	if (u.fd < 0)
		return;
	if (lines_each(l->o, "/etc/passwd", one_user, &u, &e) < 0)
		scout_unread(l->o, "/var/log/lastlog", e.text);
	(void)close(u.fd);
}
