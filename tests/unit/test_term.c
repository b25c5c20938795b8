#include "base/mem.h"
#include "base/term.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>

static void a_pipe_is_no_terminal(void **state _unused_)
{
	int pair[2];

	assert_int_equal(pipe(pair), 0);
	unsetenv("COLUMNS");
	assert_false(term_is_terminal(pair[1]));
	assert_false(term_has_colour(pair[1]));
	assert_int_equal(term_width(pair[1]), 80);
	setenv("COLUMNS", "132", 1);
	assert_int_equal(term_width(pair[1]), 132);
	setenv("COLUMNS", "1x", 1);
	assert_int_equal(term_width(pair[1]), 80);
	setenv("COLUMNS", "3", 1);
	assert_int_equal(term_width(pair[1]), 80);
	close(pair[0]);
	close(pair[1]);
}

static void a_terminal_has_width_and_colour(void **state _unused_)
{
	struct winsize size = { .ws_row = 24, .ws_col = 111 };
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	unsetenv("COLUMNS");
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_int_equal(term_width(slave), 111);
	assert_true(term_has_colour(slave));
	setenv("NO_COLOR", "", 1);
	assert_true(term_has_colour(slave));
	setenv("NO_COLOR", "1", 1);
	assert_false(term_has_colour(slave));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(term_has_colour(slave));
	unsetenv("TERM");
	assert_false(term_has_colour(slave));
	close(master);
	close(slave);
}

static void paints_only_when_told(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);

	term_paint(&b, false, TERM_RED, "a");
	term_paint(&b, true, TERM_PLAIN, "b");
	term_paint(&b, true, TERM_RED, "c");
	assert_string_equal(buf_text(&b), "ab\033[31mc\033[0m");
}

static void counts_columns(void **state _unused_)
{
	assert_int_equal(term_columns(""), 0);
	assert_int_equal(term_columns("abc"), 3);
	assert_int_equal(term_columns("äöü"), 3);
	assert_int_equal(term_columns("漢字"), 4);
	assert_int_equal(term_columns("a\xcc\x81"), 1);
	assert_int_equal(term_columns("\033[1;31mred\033[0m"), 3);
	assert_int_equal(term_columns("\xff\xff"), 2);
	assert_int_equal(term_columns("\033[31"), 0);
}

static void prints(struct term_table *t, unsigned width, const char *expected)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);

	term_table_print(t, &b, width);
	assert_string_equal(buf_text(&b), expected);
}

static void columns_stand_in_line(void **state _unused_)
{
	static const char *const cells[] = { "host", "answer", "why", "db1", "漢字", "x",
					     "\033[31mdb10\033[0m", "", "y", "z" };
	struct term_table *t = term_table_new(3);

	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		term_table_add(t, cells[i]);
	prints(t, 80,
	       "host  answer  why\n"
	       "db1   漢字    x\n"
	       "\033[31mdb10\033[0m          y\n"
	       "z\n");
}

static void the_last_column_is_wrapped(void **state _unused_)
{
	struct term_table *t = term_table_new(2);

	term_table_add(t, "key");
	term_table_add(t, "one two three four five  six averyveryverylongwordthatdoesnotfit end");
	prints(t, 25,
	       "key  one two three four\n"
	       "     five six\n"
	       "     averyveryverylongwordthatdoesnotfit\n"
	       "     end\n");
}

static void nothing_is_nothing(void **state _unused_)
{
	prints(term_table_new(2), 80, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_is_no_terminal),
		cmocka_unit_test(a_terminal_has_width_and_colour),
		cmocka_unit_test(paints_only_when_told),
		cmocka_unit_test(counts_columns),
		cmocka_unit_test(columns_stand_in_line),
		cmocka_unit_test(the_last_column_is_wrapped),
		cmocka_unit_test(nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
