/* Logins, network, modules, mounts and logs: mostly the texts themselves. */
#include "base/mem.h"
#include "base/proc.h"
#include "base/text.h"
#include "scout/evidence.h"
#include "scout/lines.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <utmp.h>

#define RECORDS_MAX 400u           /* of the newest, of one file */
#define SESSIONS "/run/systemd/sessions"
#define SESSIONS_MAX 1000u
#define JOURNAL_MS 4000
#define JOURNAL_LINES "400"

static void put_field(json_t *line, const char *key, const char *text, size_t size)
{
	_cleanup_(freep) char *copy = mem_dupn(text, strnlen(text, size));

	json_put(line, key, *copy ? copy : NULL);
}

static void read_records(struct evidence *v, const char *path)
{
	_cleanup_(buf_free) struct buf bytes = BUF_INIT(RECORDS_MAX * sizeof(struct utmp) + 1);
	bool more;

	if (!evidence_read(v, path, RECORDS_MAX * sizeof(struct utmp), true, &bytes, &more)) {
		if (errno != ENOENT)
			evidence_cut(v, "%s could not be read: %s", path, strerror(errno));
		return;
	}
	for (size_t at = 0; at + sizeof(struct utmp) <= bytes.len && !evidence_is_over(v);
	     at += sizeof(struct utmp)) {
		json_t *line = json_object();
		char from[INET6_ADDRSTRLEN] = "";
		struct utmp u;

		memcpy(&u, bytes.data + at, sizeof(u));
		json_put(line, "s", "login");
		json_put(line, "file", path);
		json_put_int(line, "record", u.ut_type);
		json_put_int(line, "pid", u.ut_pid);
		put_field(line, "user", u.ut_user, sizeof(u.ut_user));
		put_field(line, "line", u.ut_line, sizeof(u.ut_line));
		put_field(line, "host", u.ut_host, sizeof(u.ut_host));
		if (u.ut_addr_v6[1] || u.ut_addr_v6[2] || u.ut_addr_v6[3])
			(void)inet_ntop(AF_INET6, u.ut_addr_v6, from, sizeof(from));
		else if (u.ut_addr_v6[0])
			(void)inet_ntop(AF_INET, u.ut_addr_v6, from, sizeof(from));
		json_put(line, "address", *from ? from : NULL);
		json_put_int(line, "at_us", (int64_t)u.ut_tv.tv_sec * 1000000 + u.ut_tv.tv_usec);
		evidence_put(v, line);
	}
}

/* What logind says of who is in: which account, from where, with which processes. */
static void sessions(struct evidence *v)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;

	if (lines_names(v->o, SESSIONS, SESSIONS_MAX, &names, NULL) < 0)
		return;
	for (size_t k = 0; k < names.n && !evidence_is_over(v); k++) {
		_cleanup_(freep) char *path = mem_printf(SESSIONS "/%s", names.s[k]);

		/* beside each lies a pipe, "N.ref" */
		if (!strchr(names.s[k], '.'))
			evidence_text(v, path, 4096, false);
	}
	if (names.n == SESSIONS_MAX)
		evidence_cut(v, "more sessions than %u", SESSIONS_MAX);
}

void evidence_logins(struct evidence *v)
{
	static const char *const files[] = { "/run/utmp", "/var/log/wtmp", "/var/log/btmp" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		read_records(v, files[i]);
	sessions(v);
}

static void texts(struct evidence *v, const char *const *paths, size_t n, bool tail)
{
	for (size_t i = 0; i < n && !evidence_is_over(v); i++)
		evidence_text(v, paths[i], EVIDENCE_TEXT_MAX, tail);
}

void evidence_network(struct evidence *v)
{
	static const char *const files[] = {
		"/proc/net/route", "/proc/net/ipv6_route", "/proc/net/arp", "/proc/net/if_inet6",
		"/proc/net/fib_trie", "/proc/net/dev", "/proc/net/nf_conntrack", "/etc/resolv.conf", "/etc/hosts",
	};

	texts(v, files, ARRAY_SIZE(files), false);
	evidence_neighbours(v);
}

static bool is_listed(const char *modules, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = modules; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, n) && at[n] == ' ')
			return true;
	}
	return false;
}

/* A loaded module has a state in /sys; what is built in has not. */
static void compare_modules(struct evidence *v)
{
	_cleanup_(buf_free) struct buf modules = BUF_INIT((size_t)1 << 20), state = BUF_INIT(64);
	_cleanup_(freep) char *folder = scout_path(v->o, "/sys/module");
	const struct dirent *one;
	char path[400];
	bool more;

	if (!evidence_read(v, "/proc/modules", ((size_t)1 << 20) - 1, false, &modules, &more))
		return;

	DIR *d = opendir(folder);

	if (!d) {
		evidence_cut(v, "/sys/module could not be read: %s", strerror(errno));
		return;
	}
	while ((one = readdir(d))) {
		(void)snprintf(path, sizeof(path), "/sys/module/%s/initstate", one->d_name);
		buf_clear(&state);
		if (one->d_name[0] == '.' || !evidence_read(v, path, 32, false, &state, &more) ||
		    is_listed(buf_text(&modules), one->d_name))
			continue;

		json_t *line = json_object();

		json_put(line, "s", "module");
		json_put(line, "name", one->d_name);
		evidence_mark(v, line, "kernel module '%.100s' is in /sys, but not in the kernel's list of modules",
			      one->d_name);
		evidence_put(v, line);
	}
	closedir(d);
}

void evidence_modules(struct evidence *v)
{
	static const char *const files[] = { "/proc/modules", "/proc/sys/kernel/tainted", "/proc/cmdline",
					     "/proc/loadavg", "/proc/uptime", "/proc/sys/kernel/random/boot_id",
					     "/etc/ld.so.preload" };
	_cleanup_(buf_free) struct buf text = BUF_INIT(64);
	bool more;

	texts(v, files, ARRAY_SIZE(files), false);
	compare_modules(v);
	if (evidence_read(v, "/etc/ld.so.preload", 63, false, &text, &more) && text.len) {
		json_t *line = json_object();

		json_put(line, "s", "preload");
		evidence_mark(v, line, "/etc/ld.so.preload names a library that is loaded into every program");
		evidence_put(v, line);
	}
}

void evidence_mounts(struct evidence *v)
{
	static const char *const files[] = { "/proc/self/mountinfo", "/proc/swaps" };

	texts(v, files, ARRAY_SIZE(files), false);
}

/* The journal's files are read by its own program only: this is one of the host's tools, and the line says so. */
static void read_journal(struct evidence *v)
{
	const struct proc_job job = {
		.argv = (const char *const[]){ "journalctl", "--quiet", "--no-pager", "--output=short-iso-precise",
					       ("--lines=" JOURNAL_LINES), NULL },
		.limit_ms = JOURNAL_MS, .output_max = EVIDENCE_TEXT_MAX, .wipe = true,
	};
	_cleanup_(proc_result_free) struct proc_result r = { 0 };
	struct err e = ERR_INIT;

	if (proc_run(&job, &r, &e) < 0 || r.timed_out || r.status != 0) {
		evidence_cut(v, "the journal could not be read: %.120s",
			     e.text[0] ? e.text : r.timed_out ? "journalctl did not end" : "journalctl failed");
		return;
	}

	json_t *line = json_object();

	json_put(line, "s", "text");
	json_put(line, "file", "journal");
	json_put(line, "trusted", "journalctl of the host");
	json_put(line, "text", buf_text(&r.out));
	evidence_put(v, line);
}

void evidence_logs(struct evidence *v)
{
	static const char *const files[] = {
		"/var/log/auth.log", "/var/log/secure", "/var/log/syslog", "/var/log/messages", "/var/log/kern.log",
		"/root/.bash_history",
	};
	_cleanup_(freep) char *journal = scout_path(v->o, "/run/systemd/journal");
	DIR *d = v->o->root[0] ? NULL : opendir(journal);

	texts(v, files, ARRAY_SIZE(files), true);
	if (!d)
		return;
	closedir(d);
	if (!evidence_is_over(v))
		read_journal(v);
}
