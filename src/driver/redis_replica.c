/* A replica presents the value to its primary: masterauth, and masteruser when the primary knows it as an ACL user. */
#include "driver/redis_internal.h"
#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define LINK_MS 20000
#define LOOK_MS 50

struct replica { bool link_up; char primary[128], port[16]; };

static int look(struct redis *r, struct replica *ret, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *info = NULL;
	char role[32] = "", link[32] = "";
	int done = redis_info(r, "replication", &info, e);

	if (done < 0)
		return done;
	(void) redis_info_value(info, "role", role, sizeof(role));
	if (strcmp(role, "slave") != 0)
		return err_set(e, ERR_CONFIG, "this server is no replica now (its role is '%s'): is the register right",
			       role);
	*ret = (struct replica){ 0 };
	(void) redis_info_value(info, "master_host", ret->primary, sizeof(ret->primary));
	(void) redis_info_value(info, "master_port", ret->port, sizeof(ret->port));
	(void) redis_info_value(info, "master_link_status", link, sizeof(link));
	ret->link_up = strcmp(link, "up") == 0;
	return 0;
}

int redis_replica_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	const char *value = NULL;
	struct replica state = { 0 };
	size_t len = 0;
	bool old, new;
	int done = redis_manage(job, true, &r, e);

	ret->accepts = ACCEPTS_UNREACHABLE;
	if (done == 0)
		done = look(&r, &state, e);
	if (done == 0)
		done = redis_config(&r, "masterauth", &reply, &value, &len, e);
	if (done < 0) {
		(void) snprintf(ret->text, sizeof(ret->text), "%.299s", e->text);
		return e->code == ERR_NET ? 0 : done;
	}
	old = redis_same(job->old, value, len);
	new = redis_same(job->new, value, len);
	job_tried(job, "look at what the replica presents", state.link_up ? "master_link_status:up"
									  : "master_link_status:down");
	/* Holding the new value proves nothing until the primary has taken it. */
	if (!new || state.link_up)
		ret->accepts = accepts_of(old, new);
	(void) snprintf(ret->text, sizeof(ret->text), "the replica presents %s to '%s:%s'; its link is %s",
			new ? "the new value" : old ? "the old value" : "neither the old nor the new value",
			state.primary, state.port, state.link_up ? "up" : "down");
	return 0;
}

/* The open link was let in with the old value and says nothing about the new one: it is ended and must come back. */
static int renew_link(struct redis *r, struct replica *ret, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	int64_t until = clock_mono_us() + job_limit_ms(r->job, LINK_MS) * 1000;
	int done = redis_ask(r, WORDS("CLIENT", "KILL", "TYPE", "master"), NULL, REDIS_NUMBER, &reply, e);

	do {
		clock_sleep_ms(LOOK_MS);
		if (done == 0)
			done = look(r, ret, e);
	} while (done == 0 && !ret->link_up && clock_mono_us() < until);
	if (done == 0 && !ret->link_up)
		done = err_set(e, ERR_REMOTE, "the replica has the new value, but its link to '%s:%s' does not come "
			       "up: does the primary accept the new value", ret->primary, ret->port);
	return done;
}

int redis_replica_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	const char *user = redis_users(job)[0];
	struct replica state = { 0 };
	int done = redis_manage(job, false, &r, e);

	if (done < 0)
		return done;
	done = look(&r, &state, e);
	if (done == 0 && !redis_is_default(user))
		done = redis_do(&r, WORDS("CONFIG", "SET", "masteruser", user), NULL, e);
	if (done == 0)
		done = redis_do(&r, WORDS("CONFIG", "SET", "masterauth"), job->new, e);
	if (done < 0)
		return err_wrap(e, "redis at '%s': masterauth", job->address);
	done = renew_link(&r, &state, e);
	if (done == 0)
		done = redis_persist(&r, ret, e);
	if (done < 0) {
		e->effect = EFFECT_CHANGED;
		return err_wrap(e, "redis at '%s': masterauth is set", job->address);
	}
	(void) snprintf(ret->text, sizeof(ret->text), "the replica at '%s' logged in to '%s:%s' with the new value",
			job->address, state.primary, state.port);
	return 0;
}
