#include "driver/postgresql.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The password and salt of the example of RFC 7677; stored key and md5 were computed with another library. */
#define PENCIL "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
	       "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static struct secret *secret_of(const char *text)
{
	char *copy = strdup(text);
	struct secret *s = NULL;

	assert_int_equal(secret_take(copy, strlen(text), &s, NULL), 0);
	free(copy);
	return s;
}

static void a_known_value_is_found(void **state)
{
	_cleanup_(secret_freep) struct secret *pencil = secret_of("pencil"), *pen = secret_of("pen");
	bool opens = false;

	(void) state;
	assert_int_equal(postgresql_verifies(PENCIL, "user", pencil, &opens), 0);
	assert_true(opens);
	assert_int_equal(postgresql_verifies(PENCIL, "user", pen, &opens), 0);
	assert_false(opens);
}

static void md5_is_salted_with_the_role(void **state)
{
	static const char stored[] = "md520c46e3762c864548e296b33c3406aa9";
	_cleanup_(secret_freep) struct secret *pencil = secret_of("pencil");
	bool opens = false;

	(void) state;
	assert_int_equal(postgresql_verifies(stored, "user", pencil, &opens), 0);
	assert_true(opens);
	assert_int_equal(postgresql_verifies(stored, "other", pencil, &opens), 0);
	assert_false(opens);
}

static void what_is_no_verifier_is_told(void **state)
{
	static const char *const wrong[] = {
		"", "clear", "SCRAM-SHA-256$", "SCRAM-SHA-256$4096", "SCRAM-SHA-256$4096:!!$AAAA:AAAA",
		"SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:x",
		"SCRAM-SHA-256$99999999999999:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:x",
		"SCRAM-SHA-256$2000000:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:x",
		"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3A==:x",
		"SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:x",
	};
	_cleanup_(secret_freep) struct secret *pencil = secret_of("pencil");
	bool opens = true;

	(void) state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(postgresql_verifies(wrong[i], "user", pencil, &opens), -ERR_LIMIT);
		assert_true(opens);
	}
}

static int start(void **state)
{
	struct err e = ERR_INIT;

	(void) state;
	return secret_init(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_value_is_found),
		cmocka_unit_test(md5_is_salted_with_the_role),
		cmocka_unit_test(what_is_no_verifier_is_told),
	};

	return cmocka_run_group_tests_name("postgresql_verifier", tests, start, NULL);
}
