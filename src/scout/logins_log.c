/* auth.log and what was rotated of it. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/logins.h"
#include <string.h>
#include <unistd.h>

#define HOUR_US ((int64_t)3600000000)
#define HOLE_US (24 * HOUR_US)          /* Debian's cron logs each hour, at least */
#define BACK_US ((int64_t)5 * 60 * 1000000)
#define NAMES_MAX 4096u

struct log {
	struct logins *l;
	const char *file;
	int64_t newest_us;              /* no line of it is younger */
	int64_t before_us;              /* time of the line before */
	int64_t *first_us;              /* of all files */
	uint32_t odd;                   /* lines that are none of syslog */
};

static void pause_between(struct log *g, int64_t at_us)
{
	const struct logins *l = g->l;
	bool back = at_us < g->before_us - BACK_US, hole = at_us > g->before_us + HOLE_US;

	if (!g->before_us || (!back && !hole) || at_us < l->from_us || g->before_us > l->until_us)
		return;
	json_t *j = json_object();

	json_put_int(j, "at_us", g->before_us);
	json_put_int(j, "last_us", at_us);
	logins_say(g->l, back ? "back" : "hole", g->file, j);
}

static int take(char *line, void *arg)
{
	struct log *g = arg;
	struct syslog_line s;
	struct auth_event ev;

	if (!*line)
		return 0;
	if (!syslog_line_read(line, &s)) {
		g->odd++;
		return 0;
	}
	int64_t at_us = syslog_line_us(&s, &g->l->zone, g->newest_us);

	if (!at_us) {
		g->odd++;
		return 0;
	}
	pause_between(g, at_us);
	g->before_us = at_us;
	if (!*g->first_us || at_us < *g->first_us)
		*g->first_us = at_us;
	if (auth_read(s.program, s.message, &ev))
		logins_event(g->l, &ev, at_us, "auth.log", -1);
	return 0;
}

static void one(struct logins *l, const char *name, int64_t *first_us, uint32_t *n_read)
{
	_cleanup_(freep) char *path = mem_printf("/var/log/%s", name);
	struct stat st;
	struct err e = ERR_INIT;
	int fd = lines_open(l->o, path, &st);

	if (fd < 0) {
		scout_unread(l->o, path, "it cannot be opened as a regular file");
		return;
	}
	(void)close(fd);
	int64_t written_us = st.st_mtim.tv_sec * (int64_t)1000000;

	/* nothing of the window can stand in it, unless somebody set its time back: then its change time is younger */
	if (written_us < l->from_us && st.st_ctim.tv_sec * (int64_t)1000000 < l->from_us)
		return;
	struct log g = { .l = l, .file = path, .first_us = first_us,
			 .newest_us = (written_us > l->now_us ? written_us : l->now_us) + 2 * HOUR_US };

	++*n_read;
	if (lines_each(l->o, path, take, &g, &e) < 0)
		scout_unread(l->o, path, e.text);
	if (g.odd) {
		char why[120];

		(void)snprintf(why, sizeof(why), "%u lines have no time that could be read", g.odd);
		scout_unread(l->o, path, why);
	}
}

/* The oldest first: auth.log.10.gz ... auth.log.1, auth.log. */
static int number(const char *name)
{
	const char *dot = name + strlen("auth.log");
	uint32_t n = 0;

	for (dot += *dot == '.'; *dot >= '0' && *dot <= '9' && n < 100000; dot++)
		n = n * 10 + (uint32_t)(*dot - '0');
	return (int)n;
}

/* Debian 12 brings nothing that writes one: the journal is the log then. */
static bool has_writer(const struct logins *l)
{
	static const char *const writers[] = { "/usr/sbin/rsyslogd", "/usr/sbin/syslog-ng", "/sbin/syslogd",
					       "/usr/sbin/syslogd" };
	_cleanup_(freep) char *journal = scout_path(l->o, "/var/log/journal");
	bool has = !fs_exists(journal);

	for (size_t k = 0; !has && k < ARRAY_SIZE(writers); k++) {
		_cleanup_(freep) char *path = scout_path(l->o, writers[k]);

		has = fs_exists(path);
	}
	return has;
}

void logins_logs(struct logins *l)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	int64_t first_us = 0;
	uint32_t n_read = 0;
	bool any = false;
	struct err e = ERR_INIT;

	if (lines_names(l->o, "/var/log", NAMES_MAX, &names, &e) < 0) {
		scout_unread(l->o, "/var/log", e.text);
		return;
	}
	for (size_t k = 0; k < names.n; k++)
		any = any || text_starts(names.s[k], "auth.log");
	if (!any && !has_writer(l)) {
		scout_tried(l->o, "read auth.log", "nothing on it writes one; its log is the journal");
		return;
	}
	for (int want = 1000; want >= 0; want--)
		for (size_t k = 0; k < names.n; k++)
			if (text_starts(names.s[k], "auth.log") && number(names.s[k]) == want)
				one(l, names.s[k], &first_us, &n_read);
	if (!n_read) {
		scout_unread(l->o, "/var/log/auth.log", "no such log has anything of the window");
		return;
	}
	if (first_us && first_us > l->from_us) {
		json_t *j = json_object();

		json_put_int(j, "at_us", l->from_us);
		json_put_int(j, "last_us", first_us);
		logins_say(l, "begins-late", "/var/log/auth.log", j);
	}
}
