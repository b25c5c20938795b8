/* Accounts of a host as its files have them, and what sshd says of its own configuration. */
#include "base/mem.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>
#include <unistd.h>

#define ACCOUNTS_MAX 100000u
#define NUMBERS EVICT_KEPT "/numbers"

static const char *const key_files[] = { ".ssh/authorized_keys", ".ssh/authorized_keys2", "/etc/ssh/userkeys/%u" };

static char *field(char **rest)
{
	char *start = *rest;

	if (start) {
		*rest = strchr(start, ':');
		if (*rest)
			*(*rest)++ = '\0';
	}
	return start;
}

static void take_account(struct evicting *v, char *line)
{
	char *name = field(&line), *number, *home;
	uint32_t uid;

	(void)field(&line);
	number = field(&line);
	(void)field(&line);
	(void)field(&line);
	home = field(&line);
	if (!name || !*name || !home || text_u32(number, 0, UINT32_MAX, &uid) < 0)
		return;
	if (!GROW(v->accounts, v->n_accounts, v->cap_accounts, ACCOUNTS_MAX)) {
		evict_unread(v, "/etc/passwd", "more than 100000 accounts");
		return;
	}
	v->accounts[v->n_accounts++] = (struct account){ mem_dup(name), mem_dup(home), uid };
}

static void each_line(struct evicting *v, struct buf *text, void (*take)(struct evicting *v, char *line))
{
	if (!text->len)
		return;
	for (char *save = NULL, *line = strtok_r(text->data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take(v, line);
}

static struct evicted_user *user_called(struct evicting *v, const char *name)
{
	return (struct evicted_user *)(uintptr_t)evicted_name(&v->who, name, strlen(name));
}

/* "NAME UID", written before an entry was removed: a second run has to know whose processes to look for. */
static void take_number(struct evicting *v, char *line)
{
	char *blank = strchr(line, ' ');
	struct evicted_user *u;
	uint32_t uid;

	if (!blank)
		return;
	*blank = '\0';
	u = user_called(v, line);
	if (u && !u->has_uid && text_u32(blank + 1, 0, UINT32_MAX, &uid) == 0) {
		u->uid = uid;
		u->has_uid = true;
	}
}

static void find_numbers(struct evicting *v)
{
	_cleanup_(buf_free) struct buf kept = BUF_INIT(EVICT_FILE_MAX);

	for (size_t i = 0; i < v->n_accounts; i++) {
		struct evicted_user *u = user_called(v, v->accounts[i].name);

		if (u && !u->has_uid) {
			u->uid = v->accounts[i].uid;
			u->has_uid = true;
		}
	}
	if (evict_read(v, NUMBERS, &kept))
		each_line(v, &kept, take_number);
}

void evict_setting(struct evicting *v, const char *key, char *value)
{
	if (!strcmp(key, "authorizedkeysfile")) {
		for (char *save = NULL, *w = strtok_r(value, " \t\"", &save); w; w = strtok_r(NULL, " \t\"", &save))
			if (strcmp(w, "none") != 0 && !strv_has(&v->key_files, w))
				strv_add(&v->key_files, w);
	} else if (!strcmp(key, "revokedkeys") && strcmp(value, "none") != 0) {
		v->revoked = v->revoked ? v->revoked : mem_dup(value);
	} else if ((!strcmp(key, "authorizedkeyscommand") || !strcmp(key, "trustedusercakeys")) &&
		   strcmp(value, "none") != 0) {
		evict_unread(v, key, "sshd takes keys from there too, which is not looked through");
	}
}

/* What sshd, asked with -T, says in one line: "authorizedkeysfile a b", "revokedkeys PATH". */
static void take_setting(struct evicting *v, char *line)
{
	char *value = strchr(line, ' ');

	if (!value)
		return;
	*value++ = '\0';
	v->no_list = v->no_list || (!strcmp(line, "revokedkeys") && !strcmp(value, "none"));
	evict_setting(v, line, value);
}

void evict_ask_sshd(struct evicting *v, const char *user, const char *host, const char *address)
{
	_cleanup_(freep) char *as = mem_printf("user=%s,host=%s,addr=%s", user, host, address);
	const char *const argv[] = { "sshd", "-T", "-C", as, NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 20);
	int status = 0;

	if (*v->o->root)
		return;
	if (evict_run(v, argv, NULL, &out, &status) < 0 || status != 0)
		evict_unread(v, "sshd -T", status == 127 ? "there is no sshd" : "sshd does not tell its configuration");
	else
		each_line(v, &out, take_setting);
}

/* Accounts that come from a directory are in no file of this host. */
static void look_for_directories(struct evicting *v)
{
	static const char *const far[] = { "ldap", "sss", "nis", "winbind" };
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);

	if (!evict_read(v, "/etc/nsswitch.conf", &text) || !text.len)
		return;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; text_starts(line, "passwd:") && i < ARRAY_SIZE(far); i++)
			if (strstr(line, far[i]))
				evict_unread(v, "/etc/nsswitch.conf", "accounts come from a directory as well: not "
								      "looked through");
}

void evict_host_read(struct evicting *v)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);

	if (evict_read(v, "/etc/passwd", &text))
		each_line(v, &text, take_account);
	else
		evict_unread(v, "/etc/passwd", "there is none");
	find_numbers(v);
	for (size_t i = 0; i < ARRAY_SIZE(key_files); i++)
		strv_add(&v->key_files, key_files[i]);
	evict_ask_sshd(v, "root", "localhost", "127.0.0.1");
	for (size_t i = 0; i < v->who.n_users; i++)
		evict_ask_sshd(v, v->who.users[i].name, "localhost", "127.0.0.1");
	evict_config(v);
	look_for_directories(v);
}

void evict_host_free(struct evicting *v)
{
	for (size_t i = 0; i < v->n_accounts; i++) {
		free(v->accounts[i].name);
		free(v->accounts[i].home);
	}
	free(v->accounts);
	strv_free(&v->key_files);
	free(v->revoked);
	process_peers_forget(v);
}
