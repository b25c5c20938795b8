#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "notify/irc_line.h"

/* "prefix|COMMAND|a|b", "" when it is none. */
static const char *parts(const char *line)
{
	static char out[1024];
	char text[1024];
	struct irc_line l;
	size_t n;

	(void)snprintf(text, sizeof(text), "%s", line);
	if (!irc_line_read(text, &l))
		return "";
	n = (size_t)snprintf(out, sizeof(out), "%s|%s", l.prefix, l.command);
	for (unsigned k = 0; k < l.n; k++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "|%s", l.params[k]);
	return out;
}

static void lines_are_taken_apart(void **state _unused_)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "PING :abc def", "|PING|abc def" },
		{ ":irc.example.org 001 fb :Welcome to it", "irc.example.org|001|fb|Welcome to it" },
		{ ":a!b@c PRIVMSG #x ::-)", "a!b@c|PRIVMSG|#x|:-)" },
		{ "@time=1;x=y :a  366   fb  #x  :End", "a|366|fb|#x|End" },
		{ "AUTHENTICATE +", "|AUTHENTICATE|+" },
		{ "QUIT", "|QUIT" }, { "QUIT :", "|QUIT|" }, { "", "" }, { "   ", "" }, { ":only.a.prefix", "" },
		{ "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
		  "|A|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
		assert_string_equal(parts(cases[k].line), cases[k].want);
}

static void numbers_are_three_digits(void **state _unused_)
{
	static const struct { const char *line; int want; } cases[] = {
		{ ":a 433 * fb :in use", 433 }, { ":a 001 fb", 1 }, { ":a 4333 x", 0 }, { ":a 43 x", 0 },
		{ ":a 4x3 x", 0 }, { "PING x", 0 },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		char text[100];
		struct irc_line l;

		(void)snprintf(text, sizeof(text), "%s", cases[k].line);
		assert_true(irc_line_read(text, &l));
		assert_int_equal(l.number, cases[k].want);
		assert_string_equal(irc_param(&l, 15), "");
	}
}

static void what_is_said_is_one_line(void **state _unused_)
{
	static const struct { const char *first, *last; int want; } cases[] = {
		{ "#sre", "hello: you", 0 }, { NULL, "x", 0 }, { "#sre", NULL, 0 }, { "#sre", "", 0 },
		{ "#a b", "x", -ERR_REFUSED }, { "", "x", -ERR_REFUSED }, { ":#a", "x", -ERR_REFUSED },
		{ "#a\r\nQUIT", "x", -ERR_REFUSED }, { "#a", "x\r\nQUIT", -ERR_REFUSED },
		{ "#a", "x\nQUIT", -ERR_REFUSED },
		{ "#a", "x\rQUIT", -ERR_REFUSED }, { "#a", "\xff", -ERR_REFUSED },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
		struct err e = ERR_INIT;

		assert_int_equal(irc_line_add(&b, "PRIVMSG", cases[k].first, cases[k].last, &e), cases[k].want);
		if (cases[k].want == 0)
			assert_true(b.len > 2 && strstr(buf_text(&b), "\r\n") == b.data + b.len - 2);
		else
			assert_int_equal(b.len, 0);
	}
}

static void a_line_has_512_bytes_and_no_more(void **state _unused_)
{
	char text[600];

	memset(text, 'x', sizeof(text));
	for (size_t n = 498; n <= 502; n++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

		text[n] = '\0';
		/* "PRIVMSG #a :" and the line's end have 14 */
		assert_int_equal(irc_line_add(&b, "PRIVMSG", "#a", text, NULL), n + 14 > 512 ? -ERR_LIMIT : 0);
		text[n] = 'x';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_taken_apart),
		cmocka_unit_test(numbers_are_three_digits),
		cmocka_unit_test(what_is_said_is_one_line),
		cmocka_unit_test(a_line_has_512_bytes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
