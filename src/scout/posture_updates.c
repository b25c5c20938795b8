/* Whether what mends holes is installed, and whether it runs. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/deb_version.h"
#include "scout/packages.h"
#include "scout/posture.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TIMER "apt-daily-upgrade.timer"
#define WANTED "/etc/systemd/system/timers.target.wants/" TIMER
#define PENDING_MAX 500u
#define DELETED_MAX 200u
#define NAMES_MAX 4096u

static json_t *pending(const struct packages *p)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < p->n && json_array_size(list) < PENDING_MAX; k++) {
		json_t *j;

		if (!p->list[k].security)
			continue;
		j = json_object();
		json_put(j, "package", p->list[k].name);
		json_put(j, "installed", p->list[k].version);
		json_put(j, "candidate", p->list[k].security);
		json_array_append_new(list, j);
	}
	return list;
}

struct periodic { bool said, on; };

/* apt.conf(5): `APT::Periodic::Unattended-Upgrade "1";`, the last one counts. */
static int take_periodic(char *line, void *arg)
{
	static const char key[] = "APT::Periodic::Unattended-Upgrade";
	struct periodic *p = arg;
	char *s = line + strspn(line, " \t");

	if (strncasecmp(s, key, sizeof(key) - 1) != 0)
		return 0;
	s += sizeof(key) - 1;
	s += strspn(s, " \t\"");
	p->said = true;
	p->on = *s != '0' && *s != ';' && *s;
	return 0;
}

/* With systemd it is a timer that runs it: one that does not run changes all of what is switched on. */
static const char *timer(const struct scout_out *o)
{
	static const char *const places[] = { "/etc/systemd/system/" TIMER, "/run/systemd/system/" TIMER };
	_cleanup_(freep) char *running = scout_path(o, "/run/systemd/system"), *wanted = scout_path(o, WANTED);
	struct stat st;

	if (!fs_exists(running))
		return "on";
	for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
		_cleanup_(freep) char *path = scout_path(o, places[k]);
		char to[16];
		ssize_t n = readlink(path, to, sizeof(to));

		if (n == 9 && !memcmp(to, "/dev/null", 9))
			return "switched on, and its timer '" TIMER "' is masked";
	}
	return lstat(wanted, &st) == 0 ? "on" : "switched on, and its timer '" TIMER "' is not enabled";
}

static const char *unattended(struct scout_out *o, const struct packages *p)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct periodic on = { 0 };
	bool installed = false;
	struct err e = ERR_INIT;

	for (uint32_t k = 0; k < p->n; k++)
		installed = installed || strcmp(p->list[k].name, "unattended-upgrades") == 0;
	if (!installed)
		return "not installed";
	if (lines_names(o, "/etc/apt/apt.conf.d", NAMES_MAX, &names, &e) < 0)
		return NULL;
	for (size_t k = 0; k < names.n; k++) {
		_cleanup_(freep) char *path = mem_printf("/etc/apt/apt.conf.d/%s", names.s[k]);

		(void)lines_each(o, path, take_periodic, &on, &e);
	}
	(void)lines_each(o, "/etc/apt/apt.conf", take_periodic, &on, &e);
	return on.on ? timer(o) : on.said ? "switched off" : "not switched on";
}

static json_t *kernel(struct scout_out *o)
{
	static const char image[] = "vmlinuz-";
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct utsname u;
	const char *newest = NULL;
	json_t *j = json_object();

	if (uname(&u) < 0)
		return j;
	json_put(j, "running", u.release);
	if (lines_names(o, "/boot", NAMES_MAX, &names, NULL) < 0) {
		json_object_set_new(j, "none", json_true());
		return j;
	}
	for (size_t k = 0; k < names.n; k++)
		if (text_starts(names.s[k], image)) {
			const char *version = names.s[k] + sizeof(image) - 1;

			if (!newest || deb_version_compare(version, newest) > 0)
				newest = version;
		}
	json_put(j, "newest", newest);
	json_object_set_new(j, newest ? "older" : "none",
			    newest ? json_boolean(deb_version_compare(u.release, newest) < 0) : json_true());
	return j;
}

struct deleted { struct scout_out *o; json_t *list; long pid; const char *program; bool found; };

/* "7f.. r-xp 0001 08:01 123   /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)" */
static int take_map(char *line, void *arg)
{
	static const char mark[] = " (deleted)";
	struct deleted *d = arg;
	char *path = strchr(line, '/');
	size_t len = path ? strlen(path) : 0, end = sizeof(mark) - 1;
	char rights[5] = "";

	if (len <= end || strcmp(path + len - end, mark) != 0 || sscanf(line, "%*s %4s", rights) != 1 ||
		rights[2] != 'x')
		return 0;
	path[len - end] = '\0';
	if (!text_starts(path, "/usr/") && !text_starts(path, "/lib") && !text_starts(path, "/bin") &&
	    !text_starts(path, "/sbin") && !text_starts(path, "/opt/"))
		return 0;
	json_t *j = json_object();

	json_put_int(j, "pid", d->pid);
	json_put(j, "program", d->program);
	json_put(j, "path", path);
	json_array_append_new(d->list, j);
	return 1;
}

static int look_at_maps(long pid, const char *program, void *arg)
{
	struct deleted *d = arg;
	char path[64];

	d->pid = pid;
	d->program = program;
	(void)snprintf(path, sizeof(path), "/proc/%ld/maps", pid);
	(void)lines_each(d->o, path, take_map, d, NULL);
	return json_array_size(d->list) >= DELETED_MAX;
}

json_t *posture_updates(struct scout_out *o)
{
	struct deleted d = { .o = o, .list = json_array() };
	json_t *j = json_object();
	struct packages p;
	struct err e = ERR_INIT;

	posture_processes(look_at_maps, &d);
	json_object_set_new(j, "deleted", d.list);
	json_object_set_new(j, "kernel", kernel(o));
	if (packages_read(o, &p, &e) < 0) {
		scout_unread(o, "packages", e.text);
		return j;
	}
	packages_security(o, &p);
	json_put_int(j, "security_lists", p.n_lists);
	json_put_int(j, "lists_us", p.asked_us);
	json_object_set_new(j, "pending", pending(&p));
	json_put(j, "unattended", unattended(o, &p));
	packages_free(&p);
	return j;
}
