#pragma once
/* What the Redis service of the tests can beside the common part: settings of its own, commands of its admin. */
#include "service.h"
#include <stddef.h>

/* Like service_redis.start; `extra` (may be NULL) are further lines of redis.conf. The file is
 * folder/redis.conf, 0600. */
int service_redis_start(struct service *s, const char *password, const char *extra);
/* Starts the server again with the file as it is now (port and folder stay). */
int service_redis_restart(struct service *s);
/* One command as the admin; the raw reply (cut to size) goes to ret. -1 when it could not be asked. */
int service_redis_ask(struct service *s, char *ret, size_t size, const char *const *words);
#define REDIS_ASK(s, ret, ...) service_redis_ask(s, ret, sizeof(ret), (const char *const[]){ __VA_ARGS__, NULL })
/* A connection that is logged in as the admin; -1 when it could not be made. */
int service_redis_dial(const struct service *s);
