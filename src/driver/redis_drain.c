/* A queue that is not persistent loses its entries at a restart: wait until the lists are empty. */
#include "driver/redis_internal.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECONDS 60u
#define LOOK_MS 200
#define SCANS_MAX 100000u
#define DATABASES_MAX 1024u

struct queue { uint64_t entries; char longest[128]; uint64_t most; };

static int add_list(struct redis *r, const char *key, struct queue *q, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	int done = redis_call(r, WORDS("LLEN", key), NULL, &reply, e);

	if (done < 0)
		return done;
	/* The key may have become something else between the scan and this look. */
	if (reply->type == REDIS_ERROR && text_starts(reply->text, "WRONGTYPE"))
		return 0;
	if (reply->type != REDIS_NUMBER || reply->number < 0)
		return redis_refused(reply, "LLEN", e);
	q->entries += (uint64_t)reply->number;
	if ((uint64_t)reply->number > q->most) {
		q->most = (uint64_t)reply->number;
		(void) snprintf(q->longest, sizeof(q->longest), "%s", key);
	}
	return 0;
}

static int add_matching(struct redis *r, const char *pattern, struct queue *q, struct err *e)
{
	char cursor[32] = "0";

	for (uint32_t i = 0; i < SCANS_MAX; i++) {
		_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
		const char *const *words = WORDS("SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "list");
		int done = redis_ask(r, words, NULL, REDIS_LIST, &reply, e);

		if (done < 0)
			return done;
		if (reply->n != 2 || reply->item[0]->type != REDIS_TEXT || reply->item[1]->type != REDIS_LIST)
			return err_set(e, ERR_REMOTE, "SCAN: an answer of another kind than Redis gives");
		for (size_t k = 0; done == 0 && k < reply->item[1]->n; k++) {
			if (reply->item[1]->item[k]->type == REDIS_TEXT)
				done = add_list(r, reply->item[1]->item[k]->text, q, e);
		}
		if (done < 0)
			return done;
		(void) snprintf(cursor, sizeof(cursor), "%s", reply->item[0]->text);
		if (strcmp(cursor, "0") == 0)
			return 0;
	}
	return err_set(e, ERR_LIMIT, "SCAN: '%s' does not come to an end", pattern);
}

/* The register's patterns stand in one line, parted by spaces or commas. */
static int add_patterns(struct redis *r, const char *patterns, struct queue *q, struct err *e)
{
	int done = 0;

	while (done == 0 && *(patterns += strspn(patterns, " ,"))) {
		size_t len = strcspn(patterns, " ,");
		_cleanup_(freep) char *one = mem_dupn(patterns, len);

		done = strpbrk(one, "*?[") ? add_matching(r, one, q, e) : add_list(r, one, q, e);
		patterns += len;
	}
	return done;
}

/* "db0:keys=2,expires=0,avg_ttl=0": only databases that hold something are listed. */
static int count_all(struct redis *r, const char *patterns, struct queue *q, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *info = NULL, *reply = NULL;
	int done = redis_info(r, "keyspace", &info, e);

	*q = (struct queue){ 0 };
	for (uint32_t db = 0; done == 0 && db < DATABASES_MAX; db++) {
		char name[16], value[64], number[12];

		(void) snprintf(name, sizeof(name), "db%u", db);
		if (!redis_info_value(info, name, value, sizeof(value)))
			continue;
		(void) snprintf(number, sizeof(number), "%u", db);
		done = redis_ask(r, WORDS("SELECT", number), NULL, REDIS_STATUS, &reply, e);
		if (done == 0)
			done = add_patterns(r, patterns, q, e);
	}
	return done;
}

int redis_drain(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	const char *patterns = job_option(job, "queue"), *limit = job_option(job, "queue_limit");
	uint32_t seconds = SECONDS;
	int64_t until;
	struct queue q;
	int done;

	if (!patterns) {
		(void) snprintf(ret->text, sizeof(ret->text), "no queue is named for '%s'", job->address);
		return 0;
	}
	if (limit && text_u32(limit, 1, 86400, &seconds) < 0)
		return err_set(e, ERR_CONFIG, "redis: option queue_limit is '%s', expected seconds", limit);
	done = redis_manage(job, true, &r, e);
	if (done < 0)
		return done;
	until = clock_mono_us() + job_limit_ms(job, (int64_t)seconds * 1000) * 1000;
	for (;;) {
		done = count_all(&r, patterns, &q, e);
		if (done < 0)
			return err_wrap(e, "redis at '%s': drain", job->address);
		ret->count = q.entries > UINT32_MAX ? UINT32_MAX : (uint32_t)q.entries;
		if (q.entries == 0)
			break;
		if (clock_mono_us() >= until) {
			_cleanup_(buf_free) struct buf key = BUF_INIT(1024);

			text_visible(&key, q.longest, strlen(q.longest));
			return err_set(e, ERR_CONFLICT, "redis at '%s': the queue still holds %" PRIu64 " entries, "
				       "most of them in '%s': are its workers running", job->address, q.entries,
				       buf_text(&key));
		}
		clock_sleep_ms(LOOK_MS);
	}
	(void) snprintf(ret->text, sizeof(ret->text), "the queue at '%s' is empty", job->address);
	return 0;
}
