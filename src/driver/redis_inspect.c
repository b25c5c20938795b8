/* Who uses the account now, who shares its value, who was refused, and what an intruder may have left behind. */
#include "driver/redis_internal.h"
#include "base/clock.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX 128u

static void visible(char *ret, size_t size, const char *s, size_t len)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(2048);

	text_visible(&b, s, len < 256 ? len : 256);
	(void) snprintf(ret, size, "%s", buf_text(&b));
}

static void tell_session(const struct redis_client *c, struct driver_answer *a)
{
	char user[200], addr[200], name[200], cmd[100];
	const char *more = strpbrk(c->flags, "Ss") ? "; it is a replica and gets a copy of all data"
			   : strchr(c->flags, 'O') ? "; it watches every command (MONITOR)" : "";

	visible(user, sizeof(user), c->user, strlen(c->user));
	visible(addr, sizeof(addr), c->addr, strlen(c->addr));
	visible(name, sizeof(name), c->name, strlen(c->name));
	visible(cmd, sizeof(cmd), c->cmd, strlen(c->cmd));
	job_finding(a, "warning", "session", "'%s' is connected from %s for %" PRId64 " s%s%s%s, last command '%s'%s",
		    user, addr, c->age, name[0] ? ", calls itself '" : "", name, name[0] ? "'" : "", cmd, more);
}

static int sessions(struct redis *r, struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *id = NULL, *list = NULL;
	struct redis_client c;
	const char *at;
	int done = redis_ask(r, WORDS("CLIENT", "ID"), NULL, REDIS_NUMBER, &id, e);

	if (done == 0)
		done = redis_ask(r, WORDS("CLIENT", "LIST"), NULL, REDIS_TEXT, &list, e);
	for (at = done == 0 ? list->text : NULL; at && redis_client_next(&at, list->text + list->len, &c); ) {
		if (c.id != (uint64_t)id->number && redis_client_is(&c, redis_users(r->job)))
			tell_session(&c, a);
	}
	return done;
}

/* "user NAME on #hash ...": equal hash means equal password, there is no salt. */
static void shares(const struct redis *r, const char *line, const char *hash, const char *which,
		   struct driver_answer *a)
{
	struct redis_client named = { 0 };
	char mark[REDIS_HASH_HEX + 2];
	const char *name = line + 5;
	size_t len = text_starts(line, "user ") ? strcspn(name, " ") : 0;

	(void) snprintf(mark, sizeof(mark), "#%s", hash);
	if (len == 0 || !strstr(name, mark))
		return;
	(void) snprintf(named.user, sizeof(named.user), "%.*s", len < 127 ? (int)len : 127, name);
	if (redis_client_is(&named, redis_users(r->job)))
		return;
	visible(named.addr, sizeof(named.addr), named.user, strlen(named.user));
	job_finding(a, "high", "same-value", "user '%s' accepts %s too and is not named in the register's account",
		    named.addr, which);
}

static int users(struct redis *r, struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *list = NULL;
	const struct { const struct secret *s; const char *which; } values[] = {
		{ r->job->old, "the old value" }, { r->job->new, "the new value" },
	};
	int done = redis_ask(r, WORDS("ACL", "LIST"), NULL, REDIS_LIST, &list, e);

	for (size_t v = 0; done == 0 && v < ARRAY_SIZE(values); v++) {
		char hash[REDIS_HASH_HEX + 1];

		if (!values[v].s)
			continue;
		redis_hash(values[v].s, hash);
		for (size_t i = 0; i < list->n; i++) {
			if (list->item[i]->type == REDIS_TEXT)
				shares(r, list->item[i]->text, hash, values[v].which, a);
		}
	}
	for (size_t i = 0; done == 0 && i < list->n; i++) {
		const char *line = list->item[i]->type == REDIS_TEXT ? list->item[i]->text : "";
		char name[128];

		if (!text_starts(line, "user ") || !strstr(line, " on ") || !strstr(line, " nopass "))
			continue;
		visible(name, sizeof(name), line + 5, strcspn(line + 5, " "));
		job_finding(a, "high", "no-password", "user '%s' is let in with any password or none", name);
	}
	return done;
}

static const struct redis_reply *field(const struct redis_reply *entry, const char *name)
{
	for (size_t i = 0; entry->type == REDIS_LIST && i + 1 < entry->n; i += 2) {
		if (entry->item[i]->text && strcmp(entry->item[i]->text, name) == 0)
			return entry->item[i + 1];
	}
	return NULL;
}

static void refused_login(const struct redis *r, const struct redis_reply *entry, int64_t now_us,
			  struct driver_answer *a)
{
	const struct redis_reply *reason = field(entry, "reason"), *user = field(entry, "username");
	const struct redis_reply *count = field(entry, "count"), *age = field(entry, "age-seconds");
	const struct redis_reply *info = field(entry, "client-info");
	struct redis_client from = { .id = 1, .user = "-" };
	char name[200], addr[200];
	double seconds;

	if (!reason || !reason->text || !user || !user->text || !count || !age || !age->text || !info || !info->text)
		return;
	seconds = strtod(age->text, NULL);
	if (strcmp(reason->text, "auth") != 0 || !(seconds >= 0 && seconds < 1e9))
		return;
	(void) snprintf(from.user, sizeof(from.user), "%s", user->text);
	if (!redis_client_is(&from, redis_users(r->job)))
		return;
	if (r->job->since_us && now_us - (int64_t)(seconds * 1e6) < r->job->since_us)
		return;
	/* The client's own user stands there, not the one it tried: only the address is of use. */
	(void) redis_client_next(&(const char *){ info->text }, info->text + info->len, &from);
	visible(name, sizeof(name), user->text, user->len);
	visible(addr, sizeof(addr), from.addr, strlen(from.addr));
	job_finding(a, "info", "refused-login", "%" PRId64 " refused login%s as '%s' from %s, the last %.0f s ago",
		    count->number, count->number == 1 ? "" : "s", name, addr, seconds);
}

static int refused_logins(struct redis *r, struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *log = NULL;
	int64_t now = clock_now_us();
	int done = redis_ask(r, WORDS("ACL", "LOG", "128"), NULL, REDIS_LIST, &log, e);

	for (size_t i = 0; done == 0 && i < log->n && i < LOG_MAX; i++)
		refused_login(r, log->item[i], now, a);
	if (done == 0 && log->n >= LOG_MAX)
		job_finding(a, "info", "more was found", "the server's ACL LOG may hold more than the newest %u "
			    "refused logins", LOG_MAX);
	return done;
}

int redis_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	int done = redis_manage(job, true, &r, e);

	if (done < 0)
		return done;
	done = sessions(&r, ret, e);
	if (done == 0)
		done = users(&r, ret, e);
	if (done == 0)
		done = refused_logins(&r, ret, e);
	if (done == 0)
		done = redis_inspect_server(&r, ret, e);
	if (done < 0)
		return err_wrap(e, "redis at '%s': inspect", job->address);
	ret->count = (uint32_t)json_array_size(ret->findings);
	(void) snprintf(ret->text, sizeof(ret->text), "%u finding%s at '%s'", ret->count, ret->count == 1 ? "" : "s",
			job->address);
	return 0;
}
