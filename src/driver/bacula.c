/* Bacula 9.6: what the driver can, what the register may say for it, and which value a daemon accepts now. */
#include "driver/bacula_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static const struct bacula_kind kinds[] = {
	[BACULA_DIRECTOR] = { "director", "director", "", "1000 OK: ",
			      "/etc/bacula/bacula-dir.conf", "bacula-dir", "bacula-director" },
	[BACULA_CLIENT] = { "client", "file daemon", "Director ", "2000 OK Hello",
			    "/etc/bacula/bacula-fd.conf", "bacula-fd", "bacula-fd" },
	[BACULA_STORAGE] = { "storage", "storage daemon", "SD: Bacula Director ", "3000 OK Hello",
			     "/etc/bacula/bacula-sd.conf", "bacula-sd", "bacula-sd" },
};

static const struct bacula_kind *kind_named(const char *word)
{
	if (!word)
		return &kinds[BACULA_DIRECTOR];
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return &kinds[i];
	return NULL;
}

const struct bacula_kind *bacula_kind(const struct driver_job *job)
{
	const struct bacula_kind *k = kind_named(job_option(job, "daemon"));

	return k ? k : &kinds[BACULA_DIRECTOR];
}

bool bacula_is_director(const struct driver_job *job)
{
	return bacula_kind(job) == &kinds[BACULA_DIRECTOR];
}

const char *const *bacula_users(const struct driver_job *job)
{
	static const char *const nameless[] = { BACULA_CONSOLE, NULL };

	return job->users && job->users[0] ? job->users : nameless;
}

static int path_word(const json_t *options, const char *name, struct err *e)
{
	const char *path = json_str(options, name);

	return path && path[0] != '/' ? err_set(e, ERR_CONFIG, "bacula: option %s is '%s', expected a full path", name,
						path) : 0;
}

static int queue_words(const struct bacula_kind *k, const json_t *options, struct err *e)
{
	const char *queue = json_str(options, "queue"), *limit = json_str(options, "queue_limit");
	uint32_t seconds;

	if (queue && strcmp(queue, "wait") != 0 && strcmp(queue, "cancel") != 0)
		return err_set(e, ERR_CONFIG, "bacula: option queue is '%s', expected \"wait\" or \"cancel\": what "
			       "becomes "
			       "of running jobs", queue);
	if (queue && strcmp(queue, "cancel") == 0 && k == &kinds[BACULA_STORAGE])
		return err_set(e, ERR_CONFIG, "bacula: option queue: cancel is for director and client; a storage "
			       "daemon is "
			       "told by them that a job ends");
	if (limit && text_u32(limit, 1, 86400, &seconds) < 0)
		return err_set(e, ERR_CONFIG, "bacula: option queue_limit is '%s', expected seconds from 1 to 86400",
			       limit);
	if (limit && !queue)
		return err_set(e, ERR_CONFIG, "bacula: option queue_limit stands without queue");
	return 0;
}

static int words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	const char *part = json_str(options, "part"), *restart = json_str(options, "restart");
	const struct bacula_kind *k = kind_named(json_str(options, "daemon"));
	int r;

	if (!address || !strrchr(address, ':'))
		return err_set(e, ERR_CONFIG, "bacula: the address is '%s', expected host:port", address ? address :
			       "");
	if (!k)
		return err_set(e, ERR_CONFIG, "bacula: option daemon is '%s', expected \"director\", \"client\" or "
			       "\"storage\"", json_str(options, "daemon"));
	if (k != &kinds[BACULA_DIRECTOR] && (!users || !users[0]))
		return err_set(e, ERR_CONFIG, "bacula: '%s' needs the director's name under users", address);
	for (size_t i = 0; users && users[i]; i++) {
		if (i == BACULA_USERS_MAX)
			return err_set(e, ERR_LIMIT, "bacula: more than %u users for one account", BACULA_USERS_MAX);
		if (!*users[i] || strlen(users[i]) > 126 || strpbrk(users[i], "\t\r\n\"\001"))
			return err_set(e, ERR_CONFIG, "bacula: '%.126s' is no name of a director or console", users[i]);
		if (k != &kinds[BACULA_DIRECTOR] && strcmp(users[i], BACULA_CONSOLE) == 0)
			return err_set(e, ERR_CONFIG, "bacula: '%s' is a console of the director, not a director's "
				       "name",
				       users[i]);
	}
	if (part && strcmp(part, "yes") != 0 && strcmp(part, "no") != 0)
		return err_set(e, ERR_CONFIG, "bacula: option part is '%s', expected \"yes\" or \"no\"", part);
	if (restart && (!*restart || *restart == ' ' || *restart == '-'))
		return err_set(e, ERR_CONFIG, "bacula: option restart is '%s', expected a program and words", restart);
	r = job_link_words("bacula", options, e);
	if (r == 0)
		r = path_word(options, "file", e);
	return r < 0 ? r : queue_words(k, options, e);
}

struct look { bool old, new, known; };

static int look_at(const struct driver_job *job, const char *user, struct look *ret, struct err *e)
{
	const struct { const struct secret *s; const char *as; bool *is; } tries[] = {
		{ job->old, "the old value", &ret->old }, { job->new, "the new value", &ret->new },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		enum bacula_login login;
		int r;

		if (!tries[i].s)
			continue;
		r = bacula_login(job, user, tries[i].s, tries[i].as, false, NULL, &login, e);
		if (r < 0)
			return r;
		*tries[i].is = login == BACULA_LOGIN_OK;
		ret->known |= login != BACULA_LOGIN_UNKNOWN;
		/* A name that is not known is refused with each value: one try is enough, each costs five seconds. */
		if (login == BACULA_LOGIN_UNKNOWN)
			return 0;
	}
	return 0;
}

static enum accepts together(enum accepts so_far, enum accepts one, bool first)
{
	if (first || so_far == one)
		return one;
	return so_far == ACCEPTS_NEITHER || one == ACCEPTS_NEITHER ? ACCEPTS_NEITHER : ACCEPTS_BOTH;
}

static void say(char *text, size_t size, const char *user, const struct look *l)
{
	static const char *const how[2][2] = {
		{ "is refused with the old and the new value", "is refused with the old value and let in with the new "
		 "one" },
		{ "is let in with the old value and refused with the new one",
		 "is let in with the old and the new value" },
	};
	size_t len = strlen(text);

	(void) snprintf(text + len, size - len, "%s'%.100s' %s", len ? "; " : "", user,
			l->known ? how[l->old][l->new] : "is a name that the daemon does not know");
}

int bacula_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	const char *const *users = bacula_users(job);
	enum accepts all = ACCEPTS_UNREACHABLE;
	char text[sizeof(ret->text)] = "";

	for (size_t i = 0; users[i]; i++) {
		struct look l = { 0 };

		if (look_at(job, users[i], &l, e) < 0) {
			ret->accepts = ACCEPTS_UNREACHABLE;
			(void) snprintf(ret->text, sizeof(ret->text), "%.299s", e->text);
			return 0;
		}
		all = together(all, accepts_of(l.old, l.new), i == 0);
		say(text, sizeof(text), users[i], &l);
	}
	ret->accepts = all;
	memcpy(ret->text, text, sizeof(text));
	return 0;
}

const struct driver driver_bacula = {
	.name = "bacula",
	.verb = {
		[VERB_PROBE] = bacula_probe,
		[VERB_CHANGE] = bacula_change,
		[VERB_CUT] = bacula_cut,
		[VERB_INSPECT] = bacula_inspect,
		[VERB_DRAIN] = bacula_drain,
	},
	.words = words,
};
