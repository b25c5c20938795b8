/* Everything in a host's files that lets them in, gives them rights, or starts something of theirs. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBERS EVICT_KEPT "/numbers"
#define LOCK_TRIES 100

static const struct evict_file rights[] = {
	{ "/etc/group", "member of a group", evict_group, false },
	{ "/etc/gshadow", "member of a group", evict_group, false },
	{ "/etc/sudoers", "rule of sudo", evict_sudoers, true },
};
static const struct evict_file starts[] = {
	{ "/etc/crontab", "cron job", evict_crontab, false },
	{ "/etc/cron.allow", "may have cron jobs", evict_names, false },
	{ "/etc/at.allow", "may have at jobs", evict_names, false },
};
static const struct evict_file entries[] = {
	{ "/etc/shadow", "account", evict_shadow, false }, { "/etc/passwd", "account", evict_passwd, false },
};
static const struct { const char *folder, *what; evict_edit *edit; bool visudo; } folders[] = {
	{ "/etc/sudoers.d", "rule of sudo", evict_sudoers, true }, { "/etc/cron.d", "cron job", evict_crontab, false },
};
static const struct { const char *folder, *what; } own_files[] = {
	{ "/var/spool/cron/crontabs", "crontab" }, { "/var/lib/systemd/linger", "user manager that stays" },
	{ "/etc/ssh/userkeys", "file of keys" },
};

/* A pattern of AuthorizedKeysFile for one account. */
static char *expand(const char *pattern, const struct account *a)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	if (*pattern != '/' && !text_starts(pattern, "%h"))
		(void)buf_printf(&b, "%s/", a->home);
	for (const char *c = pattern; *c; c++) {
		if (*c != '%' || !c[1]) {
			(void)buf_char(&b, *c);
			continue;
		}
		c++;
		if (*c == 'h')
			(void)buf_str(&b, a->home);
		else if (*c == 'u')
			(void)buf_str(&b, a->name);
		else if (*c == 'U')
			(void)buf_printf(&b, "%u", a->uid);
		else
			(void)buf_char(&b, *c);
	}
	return b.over ? NULL : buf_take(&b);
}

/* What else stood in the file of an account that is no longer somebody's: perhaps the intruder's next key. */
static void tell_strangers(struct evicting *v, const char *path, const char *account)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
	char fingerprint[SSHKEY_FINGERPRINT];
	struct sshkey_line key;

	if (!evict_read(v, path, &text) || !text.len)
		return;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		bool known = false;

		if (!sshkey_of_line(line, strlen(line), &key) ||
		    !sshkey_fingerprint(key.base64, key.base64_len, fingerprint))
			continue;
		for (size_t i = 0; i < v->who.n_keys; i++)
			known = known || !strcmp(v->who.keys[i], fingerprint);
		if (known || json_array_size(v->strangers) >= 200)
			continue;

		json_t *one = json_object();

		json_put(one, "key", fingerprint);
		json_put(one, "account", account);
		json_put(one, "where", path);
		json_array_append_new(v->strangers, one);
	}
}

/* A certificate of a key stands in no file: where sshd reads no list of revoked keys, it is as good as before. */
static void look_for_authorities(struct evicting *v, const char *path)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);

	if (!v->no_list || !v->who.n_keys || !evict_read(v, path, &text) || !text.len)
		return;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (evict_is_authority(line, strlen(line))) {
			evict_unread(v, path, "it takes certificates of an authority, and this sshd reads no list of "
				     "revoked keys: one of the key would be taken. Give it RevokedKeys, and run this "
				     "again");
			return;
		}
}

static void add_opened(struct evicting *v)
{
	for (size_t i = 0; i < v->n_accounts; i++)
		for (size_t k = 0; k < v->key_files.n; k++) {
			_cleanup_(freep) char *path = expand(v->key_files.s[k], &v->accounts[i]);

			if (path)
				evict_opened_add(v, path, v->accounts[i].name);
		}
}

/* Before the first file is edited: a run that is ended in the middle still knows what to ask sshd for. */
static void what_opens(struct evicting *v)
{
	size_t files;

	evict_opened_read(v);
	add_opened(v);
	files = v->key_files.n;
	evict_config_from(v);
	if (v->key_files.n > files)
		add_opened(v);
	if (v->change)
		evict_opened_keep(v);
}

static void keys_of_accounts(struct evicting *v)
{
	_cleanup_(strv_free) struct strv more = STRV_INIT;

	what_opens(v);
	for (size_t i = 0; i < v->n_accounts; i++)
		for (size_t k = 0; k < v->key_files.n; k++) {
			_cleanup_(freep) char *path = expand(v->key_files.s[k], &v->accounts[i]);
			const char *name = v->accounts[i].name;

			if (!path)
				continue;
			if (evicted_name(&v->who, name, strlen(name)) && !strv_has(&more, path)) {
				tell_strangers(v, path, name);
				strv_add(&more, path);
			}
			evict_edit_file(v, &(struct evict_file){ path, "key", evict_keys, false });
			look_for_authorities(v, path);
		}
	/* accounts that no file of this host names may have theirs there as well */
	strv_free(&more);
	evict_names_in(v, "/etc/ssh/userkeys", &more);
	for (size_t i = 0; i < more.n; i++) {
		_cleanup_(freep) char *path = mem_printf("/etc/ssh/userkeys/%s", more.s[i]);

		evict_edit_file(v, &(struct evict_file){ path, "key", evict_keys, false });
	}
}

static void whole_files(struct evicting *v)
{
	for (size_t u = 0; u < v->who.n_users; u++)
		for (size_t i = 0; i < ARRAY_SIZE(own_files); i++) {
			_cleanup_(freep) char *path = mem_printf("%s/%s", own_files[i].folder, v->who.users[u].name);

			evict_take_away(v, path, own_files[i].what);
		}
}

static void all_in_folders(struct evicting *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;

		evict_names_in(v, folders[i].folder, &names);
		for (size_t k = 0; k < names.n; k++) {
			_cleanup_(freep) char *path = mem_printf("%s/%s", folders[i].folder, names.s[k]);

			evict_edit_file(v, &(struct evict_file){ path, folders[i].what, folders[i].edit,
								 folders[i].visudo });
		}
	}
}

/* A job is its owner's, or says "# atrun uid=N". */
static bool job_is_theirs(const struct evicting *v, const char *text, const struct stat *st)
{
	const char *mark = strstr(text, "# atrun uid=");
	uint32_t uid = mark ? (uint32_t)strtoul(mark + strlen("# atrun uid="), NULL, 10) : st->st_uid;

	for (size_t u = 0; u < v->who.n_users; u++)
		if (v->who.users[u].has_uid && v->who.users[u].uid &&
		    (v->who.users[u].uid == uid || v->who.users[u].uid == st->st_uid))
			return true;
	return false;
}

static void at_jobs(struct evicting *v)
{
	static const char *const spools[] = { "/var/spool/cron/atjobs", "/var/spool/at" };

	for (size_t s = 0; s < ARRAY_SIZE(spools); s++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;

		evict_names_in(v, spools[s], &names);
		for (size_t k = 0; k < names.n; k++) {
			_cleanup_(freep) char *path = mem_printf("%s/%s", spools[s], names.s[k]);
			_cleanup_(freep) char *full = scout_path(v->o, path);
			_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
			struct stat st;

			if (lstat(full, &st) == 0 && S_ISREG(st.st_mode) && evict_read(v, path, &text) &&
			    job_is_theirs(v, buf_text(&text), &st))
				evict_take_away(v, path, "at job");
		}
	}
}

static void keep_numbers(struct evicting *v)
{
	_cleanup_(freep) char *path = scout_path(v->o, NUMBERS), *folder = scout_path(v->o, EVICT_KEPT);
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
	struct err e = ERR_INIT;

	(void)evict_read(v, NUMBERS, &text);
	for (size_t u = 0; u < v->who.n_users; u++) {
		_cleanup_(freep) char *line = mem_printf("%s %u\n", v->who.users[u].name, v->who.users[u].uid);

		if (v->who.users[u].has_uid && !evict_has_line(buf_text(&text), line))
			(void)buf_str(&text, line);
	}
	/* a full disk: the entry is locked then, not removed */
	if (text.len && (fs_mkdirs(folder, 0700, &e) < 0 || fs_write_atomic(path, text.data, text.len, 0600, &e) < 0))
		evict_unread(v, NUMBERS, e.text);
}

/* As lckpwdf(3) does it: nobody else writes passwd and shadow meanwhile. */
static int lock_accounts(struct evicting *v)
{
	_cleanup_(freep) char *path = scout_path(v->o, "/etc/.pwd.lock");
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	for (int i = 0; fd >= 0 && fcntl(fd, F_SETLK, &whole) < 0; i++) {
		if (i == LOCK_TRIES || (errno != EACCES && errno != EAGAIN)) {
			evict_unread(v, "/etc/.pwd.lock", "another program writes accounts: done without its lock");
			break;
		}
		(void)usleep(100000);
	}
	return fd;
}

static void each(struct evicting *v, const struct evict_file *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		evict_edit_file(v, &list[i]);
}

/* sshd without PAM asks the entry in shadow whether an account is over: without one it never is. */
static void look_for_shadow(struct evicting *v)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(EVICT_FILE_MAX);

	if (!evict_read(v, "/etc/shadow", &text))
		return;
	for (size_t i = 0; i < v->n_accounts; i++) {
		const char *name = v->accounts[i].name;
		const struct evicted_user *u = evicted_name(&v->who, name, strlen(name));
		_cleanup_(freep) char *line = mem_printf("\n%s:", name);
		bool known = strstr(buf_text(&text), line) || text_starts(buf_text(&text), line + 1);

		if (u && !u->remove && !known)
			evict_left(v, "account that /etc/shadow does not know, so that it cannot be locked", name);
	}
}

void evict_places(struct evicting *v)
{
	keys_of_accounts(v);
	if (v->who.n_users) {
		_cleanup_(closep) _unused_ int lock = v->change ? lock_accounts(v) : -1;

		if (v->change)
			keep_numbers(v);
		each(v, entries, ARRAY_SIZE(entries));
		look_for_shadow(v);
		each(v, rights, ARRAY_SIZE(rights));
		all_in_folders(v);
		whole_files(v);
		each(v, starts, ARRAY_SIZE(starts));
		at_jobs(v);
		evict_units(v);
	}
}
