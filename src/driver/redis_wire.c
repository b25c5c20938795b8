#include "driver/redis_internal.h"
#include "base/mem.h"
#include "base/text.h"
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 16u

struct redis_reader {
	redisReader *hiredis;
	size_t bytes, items;           /* of the reply that is being read */
};

static void reply_free(void *object)
{
	struct redis_reply *r = object;

	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		reply_free(r->item[i]);
	if (r->text)
		explicit_bzero(r->text, r->len);
	free(r->text);
	free(r->item);
	free(r);
}

void redis_reply_freep(struct redis_reply **r)
{
	reply_free(*r);
	*r = NULL;
}

static struct redis_reply *reply_new(const redisReadTask *task, enum redis_type type)
{
	struct redis_reply *r = mem_zero(1, sizeof(*r));

	r->type = type;
	if (task->parent) {
		struct redis_reply *parent = task->parent->obj;

		parent->item[task->idx] = r;
	}
	return r;
}

static void *create_string(const redisReadTask *task, char *bytes, size_t len)
{
	struct redis_reply *r = reply_new(task, task->type == REDIS_REPLY_ERROR ? REDIS_ERROR
					  : task->type == REDIS_REPLY_STATUS ? REDIS_STATUS : REDIS_TEXT);

	r->text = mem_dupn(bytes, len);
	r->len = len;
	return r;
}

/* A NULL from here makes hiredis give up with "out of memory": that is how the limit ends the reading. What a list
 * announces is counted, not what came of it. */
static void *create_list(const redisReadTask *task, int elements)
{
	struct redis_reader *reader = task->privdata;
	struct redis_reply *r;

	if (elements < 0 || reader->items + (size_t)elements > REDIS_ITEMS_MAX)
		return NULL;
	reader->items += (size_t)elements;
	r = reply_new(task, REDIS_LIST);
	if (elements > 0) {
		r->item = mem_zero((size_t)elements, sizeof(struct redis_reply *));
		r->n = (size_t)elements;
	}
	return r;
}

static void *create_number(const redisReadTask *task, long long value)
{
	struct redis_reply *r = reply_new(task, REDIS_NUMBER);

	r->number = value;
	return r;
}

static void *create_nil(const redisReadTask *task)
{
	return reply_new(task, REDIS_NIL);
}

static redisReplyObjectFunctions functions = {
	.createString = create_string,
	.createArray = create_list,
	.createInteger = create_number,
	.createNil = create_nil,
	.freeObject = reply_free,
};

struct redis_reader *redis_reader_new(void)
{
	struct redis_reader *r = mem_zero(1, sizeof(*r));

	r->hiredis = redisReaderCreateWithFunctions(&functions);
	if (!r->hiredis)
		abort();
	r->hiredis->privdata = r;
	return r;
}

static void forget(redisReader *h)
{
	if (h->buf)
		explicit_bzero(h->buf, h->len);
}

void redis_reader_freep(struct redis_reader **r)
{
	if (!*r)
		return;
	forget((*r)->hiredis);
	redisReaderFree((*r)->hiredis);
	free(*r);
	*r = NULL;
}

int redis_reader_feed(struct redis_reader *r, const char *bytes, size_t len, struct redis_reply **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(1024);
	void *reply = NULL;

	r->bytes += len;
	if (r->bytes > REDIS_REPLY_MAX)
		return err_set(e, ERR_LIMIT, "a reply of more than %zu MB, which is more than we read",
			       REDIS_REPLY_MAX >> 20);
	if (redisReaderFeed(r->hiredis, bytes, len) == REDIS_OK &&
	    redisReaderGetReply(r->hiredis, &reply) == REDIS_OK) {
		if (reply) {
			if (r->hiredis->pos == r->hiredis->len)
				forget(r->hiredis);
			r->bytes = r->items = 0;
		}
		*ret = reply;
		return 0;
	}
	if (r->hiredis->err == REDIS_ERR_OOM)
		return err_set(e, ERR_LIMIT, "a reply of more than %u elements, which is more than we read",
			       REDIS_ITEMS_MAX);
	text_visible(&words, r->hiredis->errstr, strlen(r->hiredis->errstr));
	return err_set(e, ERR_REMOTE, "the answer is not Redis' protocol (%s): is this the port of a Redis",
		       buf_text(&words));
}

int redis_format(struct buf *b, const char *const *words, const char *last, size_t last_len, struct err *e)
{
	const char *argv[WORDS_MAX];
	size_t size[WORDS_MAX];
	char *command = NULL;
	int n = 0, len, r;

	for (; words[n] && n < (int)WORDS_MAX - 1; n++) {
		argv[n] = words[n];
		size[n] = strlen(words[n]);
	}
	if (words[n])
		return err_set(e, ERR_BUG, "a command of more than %u words", WORDS_MAX - 1);
	if (last) {
		argv[n] = last;
		size[n++] = last_len;
	}
	len = redisFormatCommandArgv(&command, n, argv, size);
	if (len < 0)
		return err_set(e, ERR_BUG, "the command '%s' could not be written", words[0]);
	r = buf_add(b, command, (size_t)len);
	explicit_bzero(command, (size_t)len);
	redisFreeCommand(command);
	return r < 0 ? err_set(e, ERR_LIMIT, "the command '%s' is longer than %zu bytes", words[0], b->max) : 0;
}
