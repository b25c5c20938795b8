/* Dovecot with SMTP AUTH: what the driver can, what the register may say for it, and which value an account accepts. */
#include "driver/dovecot_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static int one_of(const char *name, const char *value, const char *const *words, const char *expected, struct err *e)
{
	for (; value && *words; words++)
		if (!strcmp(value, *words))
			return 0;
	return value ? err_set(e, ERR_CONFIG, "dovecot: option %s is '%s', expected %s", name, value, expected) : 0;
}

static int full_path(const char *name, const char *value, struct err *e)
{
	return !value || value[0] == '/' ? 0
		: err_set(e, ERR_CONFIG, "dovecot: option %s is '%s', expected a full path", name, value);
}

static int words_of_users(const char *const *users, struct err *e)
{
	if (!users || !users[0])
		return err_set(e, ERR_CONFIG, "dovecot: the account has no users: expected the name that logs in");
	for (size_t i = 0; users[i]; i++) {
		if (i == DOVECOT_USERS_MAX)
			return err_set(e, ERR_LIMIT, "dovecot: more than %u users for one account", DOVECOT_USERS_MAX);
		/* '*' parts a user from a master user in Dovecot, ':' ends the name in its file. */
		if (!*users[i] || users[i][0] == '-' || strpbrk(users[i], " \t\r\n:*"))
			return err_set(e, ERR_CONFIG, "dovecot: '%s' is no user name: it must not be empty, begin with "
				       "'-' or hold spaces, ':' or '*'", users[i]);
	}
	return 0;
}

static int words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	static const char *const tls[] = { "yes", "no", NULL }, *const scheme[] = { "SHA512-CRYPT", "BLF-CRYPT", NULL };
	static const char *const paths[] = { "file", "config", "postfix" };
	int r = words_of_users(users, e);

	if (r < 0)
		return r;
	if (!address || !strchr(address, ':'))
		return err_set(e, ERR_CONFIG, "dovecot: the address is '%s', expected host:port of IMAP",
			       address ? address : "");
	r = one_of("tls", json_str(options, "tls"), tls, "\"yes\" or \"no\"", e);
	if (r == 0)
		r = one_of("scheme", json_str(options, "scheme"), scheme, "SHA512-CRYPT or BLF-CRYPT", e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++)
		r = full_path(paths[i], json_str(options, paths[i]), e);
	if (r < 0)
		return r;
	if (json_str(options, "ca") && json_str(options, "tls") && !strcmp(json_str(options, "tls"), "no"))
		return err_set(e, ERR_CONFIG, "dovecot: option ca stands beside tls: \"no\"");
	if (json_str(options, "submission") && !strchr(json_str(options, "submission"), ':'))
		return err_set(e, ERR_CONFIG, "dovecot: option submission is '%s', expected host:port of SMTP with "
			       "AUTH", json_str(options, "submission"));
	return 0;
}

struct look { bool old, new, open; };

/* Both values worked: is a password asked for at all? One more try with a value that nobody can have. */
static int look_if_open(const struct driver_job *job, enum dovecot_protocol p, const char *user, bool *ret,
			struct err *e)
{
	_cleanup_(secret_freep) struct secret *nobodys = NULL;
	enum dovecot_login login = DOVECOT_REFUSED;
	int r = secret_random(32, "abcdefghijklmnopqrstuvwxyz0123456789", &nobodys, e);

	if (r == 0)
		r = dovecot_login(job, p, user, nobodys, "a value made up for this look", &login, e);
	if (r == 0)
		*ret = login == DOVECOT_ACCEPTED;
	return r;
}

/* The new value last: a login that works ends the delays that Dovecot gives to an address after one that did not. */
static int look_at(const struct driver_job *job, enum dovecot_protocol p, const char *user, struct look *ret,
		   struct err *e)
{
	enum dovecot_login login = DOVECOT_REFUSED;
	struct look l = { 0 };
	int r = 0;

	if (job->old) {
		r = dovecot_login(job, p, user, job->old, "the old value", &login, e);
		l.old = r == 0 && login == DOVECOT_ACCEPTED;
	}
	if (r == 0 && job->new) {
		r = dovecot_login(job, p, user, job->new, "the new value", &login, e);
		l.new = r == 0 && login == DOVECOT_ACCEPTED;
	}
	if (r == 0 && l.old && l.new)
		r = look_if_open(job, p, user, &l.open, e);
	if (r == 0)
		*ret = l;
	return r;
}

static void say(char *text, size_t size, const char *user, enum dovecot_protocol p, const struct look *l)
{
	static const char *const how[2][2] = {
		{ "refuses the old and the new value", "refuses the old value and accepts the new one" },
		{ "accepts the old value and refuses the new one", "accepts the old and the new value" },
	};
	size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s%s of '%s' %s", len ? "; " : "", dovecot_protocol_name(p), user,
		       l->open ? "accepts any value: it asks for no password" : how[l->old][l->new]);
}

int dovecot_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	enum accepts all = ACCEPTS_UNREACHABLE;
	char text[sizeof(ret->text)] = "";
	bool first = true;

	for (size_t i = 0; job->users[i]; i++) {
		for (enum dovecot_protocol p = 0; p < DOVECOT_PROTOCOLS; p++) {
			struct look l = { 0 };

			if (!dovecot_has(job, p))
				continue;
			if (look_at(job, p, job->users[i], &l, e) < 0) {
				ret->accepts = ACCEPTS_UNREACHABLE;
				(void)snprintf(ret->text, sizeof(ret->text), "%.299s", e->text);
				return 0;
			}
			all = first ? accepts_of(l.old, l.new) : accepts_together(all, accepts_of(l.old, l.new));
			first = false;
			say(text, sizeof(text), job->users[i], p, &l);
		}
	}
	ret->accepts = all;
	memcpy(ret->text, text, sizeof(text));
	return 0;
}

const struct driver driver_dovecot = {
	.name = "dovecot",
	.verb = {
		[VERB_PROBE] = dovecot_probe,
		[VERB_CHANGE] = dovecot_change,
		[VERB_CUT] = dovecot_cut,
		[VERB_INSPECT] = dovecot_inspect,
	},
	.words = words,
};
