#include "driver/redis_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

struct try { const struct secret *value; const char *as; };

static bool is_of_job(const char *user, const struct driver_job *job)
{
	const char *const *users = redis_users(job);

	for (size_t i = 0; users[i]; i++) {
		if (strcmp(users[i], user) == 0)
			return true;
	}
	return false;
}

/* An admin that is the account itself changes its own value: after the change only the new one works. */
static size_t tries_of(const struct driver_job *job, const char *user, bool new_first, struct try tries[3])
{
	const struct try old = { job->old, "the old value" }, new = { job->new, "the new value" };
	const struct try admin = { job->admin, "the admin's value" };
	size_t n = 0;

	if (job->admin_user)
		tries[n++] = admin;
	if (is_of_job(user, job)) {
		tries[n++] = new_first ? new : old;
		tries[n++] = new_first ? old : new;
	}
	return n;
}

static int login_as(struct redis *r, const char *user, bool new_first, struct err *e)
{
	enum redis_login login = REDIS_LOGIN_REFUSED;
	struct try tries[3];
	size_t n = tries_of(r->job, user, new_first, tries), known = 0;

	for (size_t i = 0; i < n; i++) {
		int done;

		if (!tries[i].value)
			continue;
		known++;
		done = redis_login(r, user, tries[i].value, tries[i].as, &login, e);
		if (done < 0)
			return done;
		if (login != REDIS_LOGIN_REFUSED)
			return 0;
	}
	if (known == 0)
		return err_set(e, ERR_CONFIG, "redis at '%s': no value is known to log in as '%s' with: name an admin",
			       r->job->address, user);
	return err_set(e, ERR_AUTH, "redis at '%s': '%s' is refused with %s: who may change the users here",
		       r->job->address, user, r->job->admin_user ? "the admin's value" : "the old and the new value");
}

int redis_manage(const struct driver_job *job, bool new_first, struct redis *ret, struct err *e)
{
	const char *user = job->admin_user ? job->admin_user : redis_users(job)[0];
	struct redis r = { 0 };
	int done = redis_open(job, &r, e);

	if (done < 0)
		return done;
	done = login_as(&r, user, new_first, e);
	if (done < 0) {
		redis_close(&r);
		return done;
	}
	*ret = r;
	return 0;
}

int redis_config(struct redis *r, const char *name, struct redis_reply **reply, const char **ret, size_t *ret_len,
		 struct err *e)
{
	int done = redis_ask(r, WORDS("CONFIG", "GET", name), NULL, REDIS_LIST, reply, e);

	*ret = NULL;
	if (done < 0)
		return done;
	if ((*reply)->n >= 2 && (*reply)->item[1]->type == REDIS_TEXT) {
		*ret = (*reply)->item[1]->text;
		*ret_len = (*reply)->item[1]->len;
	}
	return 0;
}

int redis_info(struct redis *r, const char *section, struct redis_reply **ret, struct err *e)
{
	return redis_ask(r, WORDS("INFO", section), NULL, REDIS_TEXT, ret, e);
}

bool redis_info_value(const struct redis_reply *info, const char *name, char *ret, size_t size)
{
	size_t len = strlen(name);

	for (const char *at = info->text; at && *at; ) {
		size_t line = strcspn(at, "\r\n");

		if (line > len && strncmp(at, name, len) == 0 && at[len] == ':') {
			_cleanup_(buf_free) struct buf b = BUF_INIT(1024);

			text_visible(&b, at + len + 1, line - len - 1 < 200 ? line - len - 1 : 200);
			(void) snprintf(ret, size, "%s", buf_text(&b));
			return true;
		}
		at += line;
		at += strspn(at, "\r\n");
	}
	return false;
}
