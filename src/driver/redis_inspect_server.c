/* Settings that leave the door open, and the marks that known intrusions leave in a Redis. */
#include "driver/redis_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* *ret is "" when the server does not give the setting: a missing look is told once, by the caller. */
static int setting(struct redis *r, const char *name, char *ret, size_t size, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(2048);
	const char *value = NULL;
	size_t len = 0;
	int done = redis_config(r, name, &reply, &value, &len, e);

	ret[0] = '\0';
	if (done < 0)
		return done;
	if (value)
		text_visible(&b, value, len < 256 ? len : 256);
	(void) snprintf(ret, size, "%s", buf_text(&b));
	return 0;
}

/* requirepass is the clear text of `default`, kept apart from it: ACL SETUSER leaves it as it was. */
static int stale_requirepass(struct redis *r, struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	const char *value = NULL;
	struct redis_user u;
	char hash[REDIS_HASH_HEX + 1];
	size_t len = 0;
	int done = redis_config(r, "requirepass", &reply, &value, &len, e);

	if (done < 0 || !redis_same(r->job->old, value, len))
		return done;
	redis_hash(r->job->old, hash);
	done = redis_user_get(r, "default", &u, e);
	if (done == 0 && !redis_user_has(&u, hash))
		job_finding(a, "high", "requirepass", "requirepass still holds the old value in clear although "
			    "'default' refuses it: CONFIG REWRITE would write it to the file");
	return done;
}

static int open_door(struct redis *r, struct driver_answer *a, struct err *e)
{
	char bind[300], protected_mode[8];
	int done = setting(r, "bind", bind, sizeof(bind), e);

	if (done == 0)
		done = setting(r, "protected-mode", protected_mode, sizeof(protected_mode), e);
	if (done < 0)
		return done;
	if (!bind[0] || strchr(bind, '*') || strstr(bind, "0.0.0.0"))
		job_finding(a, "warning", "bind", "the server listens on every address (bind '%s')", bind);
	if (strcmp(protected_mode, "no") == 0)
		job_finding(a, "info", "protected-mode", "protected-mode is off: without a password anybody would be "
			    "let in");
	return 0;
}

/* The usual way from a Redis to its host: make it save its data as somebody's authorized_keys or crontab. */
static int written_elsewhere(struct redis *r, struct driver_answer *a, struct err *e)
{
	static const char *const bad[] = { ".ssh", "cron", "/etc", "authorized_keys", ".php", ".jsp", ".so" };
	char dir[300], name[300];
	int done = setting(r, "dir", dir, sizeof(dir), e);

	if (done == 0)
		done = setting(r, "dbfilename", name, sizeof(name), e);
	for (size_t i = 0; done == 0 && i < ARRAY_SIZE(bad); i++) {
		if (strstr(dir, bad[i]) || strstr(name, bad[i])) {
			job_finding(a, "high", "save-path", "the server saves its data as '%s' in '%s': "
				    "this is how intruders plant keys and jobs on the host", name, dir);
			break;
		}
	}
	return done;
}

static int modules(struct redis *r, struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *list = NULL;
	int done = redis_ask(r, WORDS("MODULE", "LIST"), NULL, REDIS_LIST, &list, e);

	if (done == 0 && list->n > 0)
		job_finding(a, "warning", "modules", "modules are loaded: %zu; each runs as code inside the server",
			    list->n);
	return done;
}

int redis_inspect_server(struct redis *r, struct driver_answer *a, struct err *e)
{
	static int (*const looks[])(struct redis *, struct driver_answer *, struct err *) = {
		stale_requirepass, open_door, written_elsewhere, modules,
	};

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		int done = looks[i](r, a, e);

		if (done < 0 && e->code == ERR_NET)
			return done;
		/* A login that may look at users and not at settings is no failure; that it saw less is said. */
		if (done < 0)
			job_finding(a, "info", "not-seen", "a part of the server could not be looked at: %s", e->text);
	}
	return 0;
}
