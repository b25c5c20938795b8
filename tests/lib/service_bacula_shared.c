/* One password of director, client and storage: what holds it has to move together. */
#include "service_bacula.h"
#include "base/fs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct service_session { int fd[PARTS]; };

static const char *const names[PARTS] = { "director", "client", "storage" };

static const char *name_at(const struct service *s, enum bacula_part part)
{
	return part == PART_DIRECTOR ? s->user : BACULA_DIRECTOR_NAME;
}

static void stop(struct service *s)
{
	service_bacula.stop(s);
}

static bool logged(struct service *s, const char *text)
{
	return service_bacula.logged(s, text);
}

static bool login(struct service *s, const char *user, const char *password)
{
	return service_bacula_login(s, PART_DIRECTOR, user, password);
}

static void session_end(struct service_session *x)
{
	for (int i = 0; x && i < PARTS; i++)
		closep(&x->fd[i]);
	free(x);
}

/* A console, and a director of one's own at client and storage. */
static struct service_session *session(struct service *s, const char *user _unused_, const char *password)
{
	struct service_session *x = calloc(1, sizeof(*x));
	bool all = x != NULL;

	for (int i = 0; x && i < PARTS; i++) {
		x->fd[i] = service_bacula_dial(s, i, name_at(s, i), password);
		all = all && x->fd[i] >= 0;
	}
	if (all)
		return x;
	session_end(x);
	return NULL;
}

static bool session_alive(struct service_session *x)
{
	char words[4096];
	bool alive = false;

	for (int i = 0; i < PARTS; i++)
		alive |= service_bacula_answers(x->fd[i], i == PART_DIRECTOR ? "version" : "status", words,
						sizeof(words));
	return alive;
}

static const char *together(struct service *s, const char *value, const char *old)
{
	const struct service_bacula *x = s->more;
	static char wrong[100];
	const char *what = NULL;

	for (int i = 0; i < PARTS && !what; i++) {
		if (!service_file_has(x->file[i], value))
			what = "the file has another value than the private git:";
		else if (service_file_has(x->file[i], old))
			what = "the file has the old value still:";
		else if (!service_bacula_login(s, i, name_at(s, i), value))
			what = "the value of the private git is refused:";
		else if (service_bacula_login(s, i, name_at(s, i), old))
			what = "the old value is accepted:";
		if (what)
			(void)snprintf(wrong, sizeof(wrong), "%s %s", what, names[i]);
	}
	return what ? wrong : NULL;
}

static void add_also(struct service *s, enum bacula_part part)
{
	const struct service_bacula *x = s->more;
	struct service_account *a = &s->also[s->n_also++];
	const char *const options[] = { "daemon", names[part], "file", x->file[part], "restart", x->restart[part] };

	(void)snprintf(a->address, sizeof(a->address), "127.0.0.1:%u", x->port[part]);
	a->user = BACULA_DIRECTOR_NAME;
	memcpy(a->options, options, sizeof(options));
}

static int start(struct service *s, const char *password)
{
	if (service_bacula_start(s, password, true, NULL) < 0)
		return -1;
	s->kind = &service_bacula_shared;
	add_also(s, PART_STORAGE);
	add_also(s, PART_CLIENT);
	return 0;
}

const struct service_kind service_bacula_shared = {
	.driver = "bacula",
	.secret = "shared-secret",
	.start = start,
	.stop = stop,
	.login = login,
	.session = session,
	.session_alive = session_alive,
	.session_end = session_end,
	.together = together,
	.logged = logged,
};
