#include "scout/baseline.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX 20000u
#define TEXT_MAX 4000u         /* as the asker takes them */

/* What stands in files, where a person or a program leaves something that is run later, or that opens the host. ~ is
 * each home. Folders are read to their depth. */
static const struct { const char *section, *path; unsigned depth; } files[] = {
	{ "sudo", "/etc/sudoers", 0 }, { "sudo", "/etc/sudoers.d", 1 }, { "sudo", "/etc/doas.conf", 0 },
	{ "sudo", "/etc/polkit-1", 3 }, { "sudo", "/usr/share/polkit-1/rules.d", 1 },
	{ "sshd", "/etc/ssh/sshd_config", 0 }, { "sshd", "/etc/ssh/sshd_config.d", 1 },
	{ "sshd", "/etc/ssh/ssh_config", 0 }, { "sshd", "/etc/ssh/ssh_config.d", 1 }, { "sshd", "/etc/ssh/sshrc", 0 },
	{ "sshd", "/etc/ssh/revoked_keys", 0 }, { "sshd", "/etc/ssh/ssh_host_ed25519_key.pub", 0 },
	{ "sshd", "/etc/ssh/ssh_host_rsa_key.pub", 0 }, { "sshd", "/etc/ssh/ssh_host_ecdsa_key.pub", 0 },
	{ "sshd", "/etc/ssh/ca.pub", 0 }, { "sshd", "/etc/ssh/trusted_user_ca_keys", 0 },
	{ "sshd", "/etc/hosts.allow", 0 }, { "sshd", "/etc/hosts.deny", 0 },
	{ "pam", "/etc/pam.d", 1 }, { "pam", "/etc/pam.conf", 0 }, { "pam", "/etc/security", 2 },
	{ "pam", "/etc/nsswitch.conf", 0 }, { "pam", "/usr/lib/x86_64-linux-gnu/security", 1 },
	{ "pam", "/usr/lib/aarch64-linux-gnu/security", 1 }, { "pam", "/usr/lib/security", 1 },
	{ "preload", "/etc/ld.so.preload", 0 }, { "preload", "/etc/ld.so.conf", 0 },
	{ "preload", "/etc/ld.so.conf.d", 1 }, { "preload", "/etc/environment", 0 },
	{ "preload", "/etc/environment.d", 1 },
	{ "units", "/etc/systemd", 4 }, { "units", "/run/systemd/system", 3 }, { "units", "/run/systemd/transient", 1 },
	{ "units", "/usr/local/lib/systemd", 4 }, { "units", "/usr/lib/systemd/system", 3 },
	{ "units", "/usr/lib/systemd/user", 3 }, { "units", "/usr/lib/systemd/system-generators", 1 },
	{ "units", "~/.config/systemd/user", 3 }, { "units", "~/.local/share/systemd/user", 3 },
	{ "cron", "/etc/crontab", 0 }, { "cron", "/etc/cron.d", 1 }, { "cron", "/etc/cron.hourly", 1 },
	{ "cron", "/etc/cron.daily", 1 }, { "cron", "/etc/cron.weekly", 1 }, { "cron", "/etc/cron.monthly", 1 },
	{ "cron", "/etc/anacrontab", 0 }, { "cron", "/var/spool/cron", 3 },
	{ "startup", "/etc/profile", 0 }, { "startup", "/etc/profile.d", 1 }, { "startup", "/etc/bash.bashrc", 0 },
	{ "startup", "/etc/zsh", 1 }, { "startup", "/etc/rc.local", 0 }, { "startup", "/etc/init.d", 1 },
	{ "startup", "/etc/inittab", 0 }, { "startup", "/etc/update-motd.d", 1 },
	{ "startup", "/etc/modules-load.d", 1 }, { "startup", "/etc/modprobe.d", 1 }, { "startup", "/etc/modules", 0 },
	{ "startup", "/etc/udev/rules.d", 1 }, { "startup", "/etc/apt/apt.conf.d", 1 },
	{ "startup", "/etc/network", 3 }, { "startup", "/etc/NetworkManager/dispatcher.d", 2 },
	{ "startup", "~/.bashrc", 0 }, { "startup", "~/.profile", 0 }, { "startup", "~/.bash_profile", 0 },
	{ "startup", "~/.bash_login", 0 }, { "startup", "~/.bash_logout", 0 }, { "startup", "~/.zshrc", 0 },
	{ "startup", "~/.ssh/rc", 0 }, { "startup", "~/.ssh/environment", 0 }, { "startup", "~/.ssh/config", 0 },
	{ "startup", "~/.config/autostart", 1 },
};

static const struct { const char *section; baseline_look *look; } looks[] = {
	{ "accounts", baseline_accounts }, { "groups", baseline_groups }, { "keys", baseline_keys },
	{ "modules", baseline_modules }, { "listen", baseline_listen },
	{ "sudo", NULL }, { "sshd", NULL }, { "pam", NULL }, { "preload", NULL }, { "units", NULL }, { "cron", NULL },
	{ "startup", NULL },
	{ "packages", baseline_packages },
	{ "puppet-files", baseline_puppet },      /* and "catalogue", "catalogue-files": the catalogue is read once */
	{ "setuid", baseline_walk },        /* and "capabilities": one walk; the longest, so it is the last */
};

void baseline_cut(struct baselining *b, const char *fmt, ...)
{
	va_list ap;

	if (b->why[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(b->why, sizeof(b->why), fmt, ap);
	va_end(ap);
}

bool baseline_late(struct baselining *b)
{
	if (b->o->gone)
		return true;
	if (clock_mono_us() < b->until_us)
		return false;
	baseline_cut(b, "its time was over");
	return true;
}

static void put_visible(json_t *line, const char *key, const char *text)
{
	_cleanup_(buf_free) struct buf shown = BUF_INIT(TEXT_MAX);

	text_visible(&shown, text, strlen(text));
	json_put(line, key, buf_text(&shown));
}

void baseline_item(struct baselining *b, const char *key, const char *sha256, const char *fmt, ...)
{
	char is[TEXT_MAX];
	json_t *line = json_object();
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(is, sizeof(is), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(is) || strlen(key) > TEXT_MAX / 4)
		baseline_cut(b, "a text is longer than %u bytes: '%.80s'", TEXT_MAX / 4, key);
	json_put(line, "section", b->section);
	put_visible(line, "key", key);
	put_visible(line, "is", is);
	json_put(line, "sha256", sha256);
	if (scout_found(b->o, line) < 0)
		baseline_cut(b, "more was there than may be sent");
}

bool baseline_sum(int fd, char ret[65])
{
	char part[65536];
	uint64_t all = 0;
	struct hash h;
	ssize_t n;

	hash_begin(&h);
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (all += (uint64_t)n) > BASELINE_SUM_MAX)
			return false;
		hash_add(&h, part, (size_t)n);
	}
	hash_end(&h, ret);
	return true;
}

void baseline_text_sum(const char *text, size_t len, char ret[65])
{
	struct hash h;

	hash_begin(&h);
	hash_add(&h, text, len);
	hash_end(&h, ret);
}

static void regular(struct baselining *b, const char *path, const struct stat *st)
{
	struct stat now;
	_cleanup_(closep) int fd = lines_open(b->o, path, &now);
	char sum[65];

	if (fd < 0 || !baseline_sum(fd, sum)) {
		baseline_cut(b, "%.100s could not be read: %s", path, strerror(errno));
		return;
	}
	baseline_item(b, path, sum, "file %04o, of %u:%u", st->st_mode & 07777, st->st_uid, st->st_gid);
}

void baseline_file(struct baselining *b, const char *path)
{
	_cleanup_(freep) char *full = scout_path(b->o, path);
	char to[2000];
	struct stat st;

	if (lstat(full, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			baseline_cut(b, "%.100s could not be read: %s", path, strerror(errno));
		return;
	}
	if (S_ISREG(st.st_mode)) {
		regular(b, path, &st);
	} else if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(full, to, sizeof(to) - 1);

		to[n > 0 ? n : 0] = '\0';
		baseline_item(b, path, NULL, "link to %s", to);
	} else if (!S_ISDIR(st.st_mode)) {
		baseline_item(b, path, NULL, "no file: kind %o", (st.st_mode & S_IFMT) >> 12);
	}
}

/* Starts nothing: it holds what somebody else started, such as each login, ours included. */
static bool is_scope(const char *path)
{
	size_t n = strlen(path);

	return text_starts(path, "/run/systemd/transient/") && n > 6 && !strcmp(path + n - 6, ".scope");
}

void baseline_folder(struct baselining *b, const char *path, unsigned depth)
{
	_cleanup_(freep) char *full = scout_path(b->o, path);
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;
	struct stat st;

	/* a link to a folder is an item, and what it leads to is read where it stands */
	if (lstat(full, &st) < 0 || !S_ISDIR(st.st_mode)) {
		baseline_file(b, path);
		return;
	}
	if (lines_names(b->o, path, NAMES_MAX, &names, &e) < 0) {
		baseline_cut(b, "%s", e.text);
		return;
	}
	if (names.n >= NAMES_MAX)
		baseline_cut(b, "%.100s has more than %u entries", path, NAMES_MAX);
	for (size_t i = 0; i < names.n && !baseline_late(b); i++) {
		_cleanup_(freep) char *one = mem_printf("%s/%s", path, names.s[i]);
		_cleanup_(freep) char *there = scout_path(b->o, one);

		if (lstat(there, &st) == 0 && S_ISDIR(st.st_mode)) {
			if (depth > 1)
				baseline_folder(b, one, depth - 1);
			else
				baseline_item(b, one, NULL, "folder, not looked into");
		} else if (!is_scope(one)) {
			baseline_file(b, one);
		}
	}
}

static void look_at(struct baselining *b, const char *path, unsigned depth)
{
	if (depth)
		baseline_folder(b, path, depth);
	else
		baseline_file(b, path);
}

/* Two accounts may share a home: it is read once. */
static bool is_first_home(const struct baselining *b, size_t account)
{
	const char *home = b->accounts[account].home;

	if (home[0] != '/' || !home[1])
		return false;
	for (size_t i = 0; i < account; i++)
		if (!strcmp(b->accounts[i].home, home))
			return false;
	return true;
}

static void read_files(struct baselining *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (strcmp(files[i].section, b->section) != 0 || baseline_late(b))
			continue;
		if (files[i].path[0] != '~') {
			look_at(b, files[i].path, files[i].depth);
			continue;
		}
		for (size_t k = 0; k < b->n_accounts && !baseline_late(b); k++) {
			_cleanup_(freep) char *path = mem_printf("%s%s", b->accounts[k].home, files[i].path + 1);

			if (is_first_home(b, k))
				look_at(b, path, files[i].depth);
		}
	}
}

static void end_section(struct baselining *b, const char *section)
{
	json_t *line = json_object();

	json_put(line, "section", section);
	json_object_set_new(line, "end", json_true());
	if (b->why[0])
		put_visible(line, "cut", b->why);
	/* without this line the section counts as not read */
	(void)scout_found(b->o, line);
}

int scout_baseline(const json_t *request, struct scout_out *o, struct err *e _unused_)
{
	int64_t seconds = json_int(request, "seconds", BASELINE_SECONDS), end;
	struct baselining b = { .o = o, .request = request, .section = "accounts" };

	end = clock_mono_us() + (seconds < 1 ? 1 : seconds) * 1000000;
	b.until_us = end < o->deadline_us ? end : o->deadline_us;
	baseline_read_accounts(&b);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		b.section = looks[i].section;
		if (i)
			b.why[0] = '\0';
		if (!baseline_late(&b)) {
			if (looks[i].look)
				looks[i].look(&b);
			else
				read_files(&b);
		}
		end_section(&b, looks[i].section);
		if (looks[i].look == baseline_walk)
			end_section(&b, "capabilities");
		if (looks[i].look == baseline_puppet) {
			end_section(&b, "catalogue");
			end_section(&b, "catalogue-files");
		}
	}
	(void)snprintf(o->text, sizeof(o->text), "%u lines of what stands here", o->lines);
	for (size_t i = 0; i < b.n_accounts; i++) {
		freep(&b.accounts[i].name);
		freep(&b.accounts[i].home);
	}
	free(b.accounts);
	return 0;
}
