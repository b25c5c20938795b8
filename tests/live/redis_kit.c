#include "redis_kit.h"
#include <stdio.h>
#include <string.h>

extern const struct driver driver_redis;

void redis_test_begin(struct redis_test *t, const char *extra)
{
	struct err e = ERR_INIT;

	memset(t, 0, sizeof(*t));
	assert_int_equal(secret_init(&e), 0);
	service_password(t->c.old);
	service_password(t->c.new);
	assert_int_equal(service_redis_start(&t->service, t->c.old, extra), 0);
	t->c.driver = &driver_redis;
	t->c.facts = driver_facts_find("redis");
	t->c.service = &t->service;
	(void) snprintf(t->conf, sizeof(t->conf), "%s/redis.conf", t->service.folder);
}

void redis_test_end(struct redis_test *t)
{
	service_kill(&t->service);
}

bool redis_test_login(struct redis_test *t, const char *user, const char *password)
{
	return service_redis.login(&t->service, user, password);
}

bool redis_test_says(struct redis_test *t, const char *wanted, const char *const *words)
{
	static char reply[1 << 20];

	assert_int_equal(service_redis_ask(&t->service, reply, sizeof(reply), words), 0);
	return strstr(reply, wanted) != NULL;
}

void redis_test_must(const struct said *s)
{
	if (s->r < 0)
		fail_msg("%s", s->e.text);
}

bool redis_test_found(const struct said *s, const char *what)
{
	for (size_t i = 0; i < json_array_size(s->a.findings); i++) {
		if (strcmp(json_str(json_array_get(s->a.findings, i), "what"), what) == 0)
			return true;
	}
	return false;
}

void redis_test_restart(struct redis_test *t)
{
	assert_int_equal(service_redis_restart(&t->service), 0);
}
