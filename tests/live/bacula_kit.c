#include "bacula_kit.h"
#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define WAIT_US INT64_C(30000000)

extern const struct driver driver_bacula;

void bacula_test_begin(struct bacula_test *t, bool shared, const char *director, const char *client, const char
		       *storage)
{
	struct err e = ERR_INIT;

	memset(t, 0, sizeof(*t));
	assert_int_equal(secret_init(&e), 0);
	service_password(t->c.old);
	service_password(t->c.new);
	assert_int_equal(service_bacula_start(&t->service, t->c.old, shared,
					      (const char *const[]){ director, client, storage }), 0);
	t->x = t->service.more;
	t->c.driver = &driver_bacula;
	t->c.facts = driver_facts_find("bacula");
	t->c.service = &t->service;
}

void bacula_test_end(struct bacula_test *t)
{
	service_bacula.stop(&t->service);
}

struct said bacula_test_call(struct bacula_test *t, enum bacula_part part, enum driver_verb verb, int64_t limit_ms,
			     const char *const *more)
{
	static const char *const words[PARTS] = { "director", "client", "storage" };
	static const char *const nobody[] = { NULL }, *const director[] = { BACULA_DIRECTOR_NAME, NULL };
	const char *options[2 * MORE_MAX] = { "daemon", words[part], "file", t->x->file[part], "restart",
					      t->x->restart[part] };
	struct with w = { .options = options, .users = part == PART_DIRECTOR ? nobody : director, .limit_ms = limit_ms
			 };

	for (size_t n = 6; more && *more && n < 2 * MORE_MAX - 1; n++)
		options[n] = *more++;
	/* Client and storage have no admin, and a port of their own. */
	w.itself = part != PART_DIRECTOR;
	if (part != PART_DIRECTOR)
		w.port = t->x->port[part];
	return contract_call(&t->c, verb, w);
}

void bacula_test_must(const struct said *s)
{
	if (s->r < 0)
		fail_msg("%s", s->e.text);
}

bool bacula_test_found(const struct said *s, const char *what, const char *text)
{
	for (size_t i = 0; i < json_array_size(s->a.findings); i++) {
		const json_t *f = json_array_get(s->a.findings, i);

		if (strcmp(json_str(f, "what"), what) == 0 && strstr(json_str(f, "detail"), text))
			return true;
	}
	return false;
}

bool bacula_test_says(struct bacula_test *t, const char *command, const char *text)
{
	static char words[1 << 16];

	words[0] = '\0';
	assert_int_equal(service_bacula_ask(&t->service, command, words, sizeof(words)), 0);
	return strstr(words, text) != NULL;
}

void bacula_test_wait(struct bacula_test *t, const char *command, const char *text)
{
	int64_t until = clock_mono_us() + WAIT_US;

	while (!bacula_test_says(t, command, text)) {
		if (clock_mono_us() > until)
			fail_msg("'%s' did not say '%s' in half a minute", command, text);
		clock_sleep_ms(100);
	}
}
