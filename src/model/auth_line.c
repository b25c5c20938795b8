#include "model/auth_line.h"
#include "base/macro.h"
#include <string.h>

#define COPY(to, from, end) copy((to), sizeof(to), (from), (size_t)((end) - (from)))
#define COPY_ALL(to, from) copy((to), sizeof(to), (from), strlen(from))

const char *const auth_kind_names[AUTH_KINDS] = {
	[AUTH_LOGIN] = "login", [AUTH_FAILED] = "failed", [AUTH_ENDED] = "ended", [AUTH_KEY] = "key",
	[AUTH_BECAME] = "became", [AUTH_ACCOUNT] = "account",
};

static void copy(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

static const char *behind(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s && strncmp(s, prefix, len) == 0 ? s + len : NULL;
}

static const char *last(const char *s, const char *word)
{
	const char *found = NULL;

	for (const char *p = strstr(s, word); p; p = strstr(p + 1, word))
		found = p;
	return found;
}

static const char *number(const char *s, uint32_t *ret)
{
	uint64_t n = 0;
	const char *p = s;

	while (*p >= '0' && *p <= '9' && n < UINT32_MAX)
		n = n * 10 + (uint64_t)(*p++ - '0');
	if (p == s || n > UINT32_MAX)
		return NULL;
	*ret = (uint32_t)n;
	return p;
}

/* " from ADDRESS port N": the rest of the line, or NULL. */
static const char *origin(const char *s, struct auth_event *ev)
{
	const char *address = behind(s, " from "), *end = address ? strstr(address, " port ") : NULL;

	if (!end || memchr(address, ' ', (size_t)(end - address)))
		return NULL;
	const char *rest = number(end + 6, &ev->port);

	if (rest)
		COPY(ev->address, address, end);
	return rest;
}

/* " ssh2: ED25519 SHA256:...", and of a certificate " ID name (serial 1) CA ED25519 SHA256:...". Its identity was
 * chosen by whoever signed it and may hold anything: what stands at the end is sshd's. */
static void key_of(const char *s, struct auth_event *ev)
{
	const char *type = behind(s, " ssh2: "), *print = type ? strchr(type, ' ') : NULL;

	if (!print || (!behind(print + 1, "SHA256:") && !behind(print + 1, "MD5:")))
		return;
	const char *end = print + 1 + strcspn(print + 1, " ,");

	COPY(ev->key_type, type, print);
	COPY(ev->key, print + 1, end);
	const char *id = behind(end, " ID "), *serial = id ? last(id, " (serial ") : NULL;
	const char *ca = serial ? strstr(serial, ") CA ") : NULL, *ca_print = ca ? strchr(ca + 5, ' ') : NULL;

	if (!ca_print)
		return;
	COPY(ev->certificate, id, serial);
	COPY(ev->authority, ca_print + 1, ca_print + 1 + strcspn(ca_print + 1, " ,"));
}

static bool ssh_accepted(const char *s, struct auth_event *ev)
{
	const char *who = strstr(s, " for "), *from = who ? strstr(who + 5, " from ") : NULL;
	const char *rest = from ? origin(from, ev) : NULL;

	if (!rest)
		return false;
	ev->kind = AUTH_LOGIN;
	COPY(ev->method, s, who);
	COPY(ev->account, who + 5, from);
	key_of(rest, ev);
	return true;
}

static bool ssh_failed(const char *s, struct auth_event *ev)
{
	const char *who = strstr(s, " for "), *name = who ? behind(who, " for ") : NULL, *invalid, *from, *rest;

	if (!name)
		return false;
	invalid = behind(name, "invalid user ");
	if (invalid)
		name = invalid;
	from = invalid ? last(name, " from ") : strstr(name, " from ");
	rest = from ? origin(from, ev) : NULL;
	if (!rest)
		return false;
	ev->kind = AUTH_FAILED;
	ev->no_such_account = invalid;
	COPY(ev->method, s, who);
	COPY(ev->account, name, from);
	key_of(rest, ev);
	return true;
}

static bool ssh_invalid(const char *s, struct auth_event *ev)
{
	const char *from = last(s, " from ");

	if (!from || !origin(from, ev))
		return false;
	ev->kind = AUTH_FAILED;
	ev->no_such_account = true;
	COPY(ev->account, s, from);
	return true;
}

/* "NAME ADDRESS port N", without "from". */
static bool ssh_named(const char *s, struct auth_event *ev, enum auth_kind kind)
{
	const char *port = last(s, " port "), *address = port;

	while (address && address > s && address[-1] != ' ')
		address--;
	if (!port || address == s || !number(port + 6, &ev->port))
		return false;
	ev->kind = kind;
	COPY(ev->account, s, address - 1);
	COPY(ev->address, address, port);
	return true;
}

static bool ssh_ended(const char *s, struct auth_event *ev)
{
	return ssh_named(s, ev, AUTH_ENDED);
}

static bool ssh_gave_up(const char *s, struct auth_event *ev)
{
	return ssh_named(s, ev, AUTH_FAILED);
}

static bool ssh_key(const char *s, struct auth_event *ev)
{
	const char *print = strchr(s, ' '), *end = print ? strstr(print + 1, " found at ") : NULL;

	if (!end || !behind(print + 1, "SHA256:"))
		return false;
	ev->kind = AUTH_KEY;
	COPY(ev->key_type, s, print);
	COPY(ev->key, print + 1, end);
	COPY_ALL(ev->text, end + 10);
	return true;
}

static const struct { const char *prefix; bool (*read)(const char *s, struct auth_event *ev); } ssh_lines[] = {
	{ "Accepted key ", ssh_key },
	{ "Accepted certificate ", NULL },
	{ "Accepted ", ssh_accepted },
	{ "Failed none ", NULL },
	{ "Failed ", ssh_failed },
	{ "Invalid user ", ssh_invalid },
	{ "Disconnected from user ", ssh_ended },
	{ "Disconnected from authenticating user ", ssh_gave_up },
	{ "Connection closed by authenticating user ", ssh_gave_up },
	{ "Connection reset by authenticating user ", ssh_gave_up },
};

static bool from_ssh(const char *s, struct auth_event *ev)
{
	for (size_t k = 0; k < ARRAY_SIZE(ssh_lines); k++) {
		const char *rest = behind(s, ssh_lines[k].prefix);

		if (rest)
			return ssh_lines[k].read && ssh_lines[k].read(rest, ev);
	}
	return false;
}

/* "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/cat /x"; a refusal stands before TTY. */
static bool from_sudo(const char *s, struct auth_event *ev)
{
	while (*s == ' ')
		s++;
	const char *colon = strstr(s, " : "), *tty = colon ? strstr(colon, "TTY=") : NULL;
	const char *user = tty ? strstr(tty, " ; USER=") : NULL, *command = user ? strstr(user, " ; COMMAND=") : NULL;

	if (!command)
		return false;
	ev->kind = tty == colon + 3 ? AUTH_BECAME : AUTH_FAILED;
	COPY_ALL(ev->method, "sudo");
	COPY(ev->by, s, colon);
	user += strlen(" ; USER=");
	COPY(ev->account, user, user + strcspn(user, " "));
	command += strlen(" ; COMMAND=");
	COPY(ev->text, command, command + strcspn(command, " "));
	return true;
}

/* "pam_unix(su:session): session opened for user root(uid=0) by alice(uid=1000)" */
static bool session_opened(const char *s, struct auth_event *ev)
{
	const char *user = strstr(s, "session): session opened for user ");

	if (!user)
		return false;
	user += strlen("session): session opened for user ");
	const char *by = strstr(user, " by ");

	COPY(ev->account, user, user + strcspn(user, "( "));
	if (by)
		COPY(ev->by, by + 4, by + 4 + strcspn(by + 4, "( "));
	return true;
}

static bool from_su(const char *s, struct auth_event *ev)
{
	const char *refused = behind(s, "FAILED SU "), *to = behind(refused ? refused : s, "(to ");
	const char *end = to ? strchr(to, ')') : NULL;

	if (!end || end[1] != ' ')
		return false;
	ev->kind = refused ? AUTH_FAILED : AUTH_BECAME;
	COPY_ALL(ev->method, "su");
	COPY(ev->account, to, end);
	COPY(ev->by, end + 2, end + 2 + strcspn(end + 2, " "));
	return true;
}

static bool from_login(const char *s, struct auth_event *ev)
{
	if (!session_opened(s, ev))
		return false;
	ev->kind = AUTH_LOGIN;
	ev->by[0] = '\0';
	COPY_ALL(ev->method, "login");
	return true;
}

static const char *const account_words[] = {
	"new user:", "add '", "added by ", "change user '", "delete user '", "password changed for ", "removed by ",
	"new group:", "lock user '", "unlock user '", "changed user '",
};

static bool from_account(const char *s, struct auth_event *ev)
{
	for (size_t k = 0; k < ARRAY_SIZE(account_words); k++) {
		const char *found = strstr(s, account_words[k]);

		if (!found)
			continue;
		const char *name = strstr(s, "name="), *quote = strchr(s, '\'');

		ev->kind = AUTH_ACCOUNT;
		COPY_ALL(ev->text, s);
		if (name)
			COPY(ev->account, name + 5, name + 5 + strcspn(name + 5, ", "));
		else if (quote)
			COPY(ev->account, quote + 1, quote + 1 + strcspn(quote + 1, "'"));
		else if (behind(found, "password changed for "))
			COPY_ALL(ev->account, found + strlen("password changed for "));
		else if (behind(s, "user "))
			COPY(ev->account, s + 5, s + 5 + strcspn(s + 5, " "));
		return true;
	}
	return false;
}

static const struct { const char *program; bool (*read)(const char *s, struct auth_event *ev); } programs[] = {
	{ "sshd", from_ssh }, { "sshd-session", from_ssh }, { "sshd-auth", from_ssh },
	{ "sudo", from_sudo }, { "su", from_su }, { "login", from_login },
	{ "useradd", from_account }, { "usermod", from_account }, { "userdel", from_account },
	{ "passwd", from_account }, { "chpasswd", from_account }, { "gpasswd", from_account },
	{ "groupadd", from_account }, { "adduser", from_account }, { "chfn", from_account },
};

static size_t program_at(const char *program)
{
	size_t k = 0;

	while (k < ARRAY_SIZE(programs) && strcmp(programs[k].program, program) != 0)
		k++;
	return k;
}

bool auth_is_ssh(const char *program)
{
	size_t k = program_at(program);

	return k < ARRAY_SIZE(programs) && programs[k].read == from_ssh;
}

bool auth_is_program(const char *program)
{
	return program_at(program) < ARRAY_SIZE(programs);
}

bool auth_read(const char *program, const char *message, struct auth_event *ret)
{
	size_t k = program_at(program);

	*ret = (struct auth_event){ 0 };
	return k < ARRAY_SIZE(programs) && programs[k].read(message, ret);
}
