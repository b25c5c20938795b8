#include "mariadb_kit.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

extern const struct driver driver_mariadb;

struct service kit_server;
struct contract kit;
const char *kit_extra;

int kit_begin(void **state)
{
	struct err e = ERR_INIT;

	(void) state;
	if (secret_init(&e) < 0)
		return -1;
	service_password(kit.old);
	kit.driver = &driver_mariadb;
	kit.facts = driver_facts_find("mariadb");
	kit.service = &kit_server;
	return service_mariadb_start(&kit_server, kit.old, kit_extra);
}

int kit_end(void **state)
{
	(void) state;
	service_kill(&kit_server);
	return 0;
}

int kit_fresh(void **state)
{
	(void) state;
	service_password(kit.old);
	service_password(kit.new);
	(void) snprintf(kit_server.user, sizeof(kit_server.user), "app");
	kit_do("DELETE FROM mysql.global_priv WHERE User NOT IN ('app', 'boss', 'mariadb.sys') OR (User = 'app' AND "
	       "Host NOT IN ('%%', '10.%%'))");
	kit_do("FLUSH PRIVILEGES");
	return service_mariadb.set(&kit_server, kit.old, NULL);
}

void kit_do(const char *fmt, ...)
{
	char sql[4000];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	service_mariadb_do(&kit_server, sql);
}

const char *kit_ask(const char *fmt, ...)
{
	static char answer[4000];
	char sql[4000];
	unsigned number;
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	number = service_mariadb_ask(&kit_server, answer, sizeof(answer), sql);
	if (number)
		fail_msg("error %u for: %s", number, sql);
	return answer;
}

void kit_account(const char *name, const char *password, const char *more)
{
	char hash[42];

	service_mariadb_hash(password, hash);
	kit_do("CREATE USER %s IDENTIFIED BY PASSWORD '%s' %s", name, hash, more);
}

struct said kit_must(enum driver_verb verb, struct with with)
{
	struct said s = contract_call(&kit, verb, with);

	if (s.r < 0)
		fail_msg("%s: %s", driver_verb_name(verb), s.e.text);
	return s;
}

struct said kit_fails(enum driver_verb verb, struct with with, enum err_code code, enum effect effect, const char *says)
{
	struct said s = contract_call(&kit, verb, with);

	if (s.r == 0)
		fail_msg("%s did not fail: %s", driver_verb_name(verb), s.all);
	if (s.e.code != code || s.e.effect != effect || !strstr(s.e.text, says))
		fail_msg("%s instead of %s, effect %s instead of %s, or without '%s': %s", err_code_name(s.e.code),
			 err_code_name(code), effect_name(s.e.effect), effect_name(effect), says, s.e.text);
	return s;
}

enum accepts kit_accepts(struct with with)
{
	return kit_must(VERB_PROBE, with).a.accepts;
}

bool kit_found(const struct said *s, const char *severity, const char *words)
{
	for (size_t i = 0; i < json_array_size(s->a.findings); i++) {
		const json_t *f = json_array_get(s->a.findings, i);

		if (strcmp(json_str(f, "severity"), severity) == 0 &&
		    (strstr(json_str(f, "detail"), words) || strstr(json_str(f, "what"), words)))
			return true;
	}
	return false;
}

unsigned kit_login(const char *user, const char *password)
{
	return service_mariadb_login(&kit_server, user, password);
}
