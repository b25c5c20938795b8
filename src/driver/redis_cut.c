#include "driver/redis_internal.h"
#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define ROUNDS 4
#define PAUSE_MS 50

static int own_id(struct redis *r, uint64_t *ret, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	int done = redis_ask(r, WORDS("CLIENT", "ID"), NULL, REDIS_NUMBER, &reply, e);

	if (done == 0)
		*ret = (uint64_t)reply->number;
	return done;
}

/* Kills are by user, not by the ids of a list: what logs in between a list and a kill must not be missed. */
static int kill_users(struct redis *r, const char *const *users, uint32_t *ended, struct err *e)
{
	for (size_t i = 0; users[i]; i++) {
		_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
		int done;

		job_changing(r->job);
		done = redis_call(r, WORDS("CLIENT", "KILL", "USER", users[i], "SKIPME", "yes"), NULL, &reply, e);
		if (done < 0)
			e->effect = EFFECT_UNKNOWN;
		else if (reply->type == REDIS_ERROR && strncmp(reply->text, "ERR No such user", 16) == 0)
			done = err_set(e, ERR_REMOTE, "there is no user '%s' on this server: is the name in the "
				       "register right", users[i]);
		else if (reply->type != REDIS_NUMBER || reply->number < 0)
			done = redis_refused(reply, "CLIENT KILL", e);
		if (done < 0) {
			if (*ended > 0 && e->effect == EFFECT_NONE)
				e->effect = EFFECT_CHANGED;
			return done;
		}
		*ended += (uint32_t)reply->number;
	}
	return 0;
}

/* Who comes after `newest` logged in behind the cut, with what is accepted now: that is the honest application. */
static int count_left(struct redis *r, const char *const *users, uint64_t own, uint64_t newest, uint32_t *ret,
		      struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	struct redis_client c;
	const char *at;
	uint32_t n = 0;
	int done = redis_ask(r, WORDS("CLIENT", "LIST"), NULL, REDIS_TEXT, &reply, e);

	if (done < 0)
		return done;
	for (at = reply->text; redis_client_next(&at, reply->text + reply->len, &c); ) {
		if (c.id != own && c.id <= newest && redis_client_is(&c, users))
			n++;
	}
	*ret = n;
	return 0;
}

static int newest_id(struct redis *r, uint64_t *ret, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	struct redis_client c;
	const char *at;
	int done = redis_ask(r, WORDS("CLIENT", "LIST"), NULL, REDIS_TEXT, &reply, e);

	for (at = done == 0 ? reply->text : NULL; at && redis_client_next(&at, reply->text + reply->len, &c); ) {
		if (c.id > *ret)
			*ret = c.id;
	}
	return done;
}

static int cut(struct redis *r, struct driver_answer *ret, struct err *e)
{
	const char *const *users = redis_users(r->job);
	uint64_t own = 0, newest = 0;
	uint32_t ended = 0, left = 0;
	int done = own_id(r, &own, e);

	newest = own;
	if (done == 0)
		done = newest_id(r, &newest, e);
	for (int i = 0; done == 0 && i < ROUNDS; i++) {
		if (i > 0)
			clock_sleep_ms(PAUSE_MS);
		done = kill_users(r, users, &ended, e);
		if (done == 0)
			done = count_left(r, users, own, newest, &left, e);
		if (done == 0 && left == 0)
			break;
	}
	ret->count = ended;
	ret->left = left;
	if (done == 0 && left > 0)
		done = err_set(e, ERR_REMOTE, "%u session%s did not end after %d tries", left, left == 1 ? "" : "s",
			       ROUNDS);
	if (done < 0 && ended > 0 && e->effect == EFFECT_NONE)
		e->effect = EFFECT_CHANGED;
	return done;
}

int redis_cut(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	int done;

	/* The link of a replica is a session on its primary: it is cut there. */
	if (job->replica) {
		(void) snprintf(ret->text, sizeof(ret->text), "a replica's link is cut at its primary");
		return 0;
	}
	done = redis_manage(job, true, &r, e);
	if (done < 0)
		return done;
	done = cut(&r, ret, e);
	if (done < 0)
		return err_wrap(e, "redis at '%s': cut", job->address);
	(void) snprintf(ret->text, sizeof(ret->text), "%u session%s ended at '%s', none left at the second look",
			ret->count, ret->count == 1 ? "" : "s", job->address);
	return 0;
}
