/* What a drill measured, and when it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "model/drilled.h"
#include <string.h>

static struct incident of(const char *accounts)
{
	json_t *body = json_object(), *list = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(json_read("accounts", accounts, strlen(accounts), 1 << 16, &list, &e), 0);
	json_object_set(body, "accounts", json_object_get(list, "a"));
	json_put_int(body, "began_us", 1000000);
	json_decref(list);
	return (struct incident){ .drill = true, .drilled = body };
}

static const struct { const char *accounts, *words; bool counts; } rows[] = {
	{ "{\"a\":[{\"secret\":\"s\",\"address\":\"x:1\",\"tries\":9,\"accepted\":4,\"last_accepted_us\":3000000,"
	  "\"refused_us\":3500000}]}",
	  "refused 2.5 s after the drill began; let in 4 times before, the last 0.5 s earlier", true },
	{ "{\"a\":[{\"secret\":\"s\",\"address\":\"x:1\",\"tries\":9,\"accepted\":9,\"last_accepted_us\":3000000,"
	  "\"refused_us\":0}]}", "STILL LET IN with the old value (9 of 9 tries)", false },
	{ "{\"a\":[{\"secret\":\"s\",\"address\":\"x:1\",\"tries\":3,\"accepted\":0,\"refused_us\":2000000}]}",
	  "refused from the beginning: the value is not the one in use, or was not any more", false },
	{ "{\"a\":[{\"secret\":\"s\",\"address\":\"x:1\",\"tries\":3,\"accepted\":0,\"unreachable\":3,"
	  "\"refused_us\":0}]}",
	  "never let in: not reached in 3 tries", false },
	/* One door that is open still is enough. */
	{ "{\"a\":[{\"secret\":\"s\",\"address\":\"x:1\",\"tries\":2,\"accepted\":1,\"last_accepted_us\":2000000,"
	  "\"refused_us\":2500000},{\"secret\":\"s\",\"address\":\"x:2\",\"tries\":2,\"accepted\":2}]}",
	  "refused 1.5 s after the drill began; let in 1 time before, the last 0.5 s earlier", false },
	{ "{\"a\":[{\"secret\":\"another\",\"address\":\"x:1\",\"accepted\":1,\"refused_us\":2500000}]}", NULL, false },
	{ "{\"a\":[]}", NULL, false },
};

static void a_drill_counts_when_the_intruder_was_let_in_and_is_refused_everywhere(void **state _unused_)
{
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct incident i = of(rows[k].accounts);
		_cleanup_(buf_free) struct buf words = BUF_INIT(1000);
		struct drilled d;

		if (rows[k].words) {
			drilled_get(&i, 0, &d);
			drilled_words(&d, &words);
			assert_string_equal(buf_text(&words), rows[k].words);
		}
		assert_int_equal(drilled_is_refused(&i, "s"), rows[k].counts);
		json_decref((json_t *)(uintptr_t)i.drilled);
	}
}

static void without_an_intruders_row_nothing_is_known(void **state _unused_)
{
	const struct incident i = { .drill = true };

	assert_int_equal(drilled_count(&i), 0);
	assert_false(drilled_is_refused(&i, "s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drill_counts_when_the_intruder_was_let_in_and_is_refused_everywhere),
		cmocka_unit_test(without_an_intruders_row_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
