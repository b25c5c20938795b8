#include "base/opt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static bool dry_run;
static const char *incident;
static struct strv hosts;
static struct strv args, argv;
static bool help;
static struct err e;

static const struct opt table[] = {
	OPT_FLAG('n', "dry-run", &dry_run, "show the plan, change nothing"),
	OPT_STRING('i', "incident", &incident, "ID", "write to this incident's journal"),
	OPT_LIST(0, "host", &hosts, "HOST", "only this host (may be given several times)"),
	OPT_STRING(0, "a-longish-name", &incident, "FILE", "far away"),
	OPT_END,
};

static int reset(void **state _unused_)
{
	dry_run = help = false;
	incident = NULL;
	strv_free(&hosts);
	strv_free(&args);
	strv_free(&argv);
	e = (struct err)ERR_INIT;
	return 0;
}

#define PARSE(...) parse((const char *[]){ "firebreak", __VA_ARGS__, NULL })

static int parse(const char *const *words)
{
	reset(NULL);
	for (; *words; words++)
		strv_add(&argv, *words);
	return opt_parse(table, (int)argv.n, argv.s, &args, &help, &e);
}

static void options_and_operands_mix(void **state _unused_)
{
	assert_int_equal(PARSE("one", "-n", "--incident", "5", "two", "--host=a", "--host", "b", "--", "-x"), 0);
	assert_true(dry_run);
	assert_string_equal(incident, "5");
	assert_int_equal(hosts.n, 2);
	assert_string_equal(hosts.s[1], "b");
	assert_int_equal(args.n, 3);
	assert_string_equal(args.s[0], "one");
	assert_string_equal(args.s[2], "-x");
	assert_false(help);
}

static void letters_may_stand_together(void **state _unused_)
{
	assert_int_equal(PARSE("-ni7", "-"), 0);
	assert_true(dry_run);
	assert_string_equal(incident, "7");
	assert_string_equal(args.s[0], "-");
}

static void help_needs_no_row(void **state _unused_)
{
	assert_int_equal(PARSE("-h"), 0);
	assert_true(help);
	assert_int_equal(PARSE("--help", "--wrong"), 0);
	assert_true(help);
}

static void says(int r, const char *text)
{
	assert_int_equal(r, -ERR_USAGE);
	assert_string_equal(e.text, text);
}

static void wrong_ones_get_a_hint(void **state _unused_)
{
	says(PARSE("--incidnet"), "there is no option '--incidnet'; did you mean '--incident'?");
	says(PARSE("--incidnet=4"), "there is no option '--incidnet'; did you mean '--incident'?");
	says(PARSE("x", "--frobnicate", "y"), "there is no option '--frobnicate'");
	says(PARSE("-x"), "there is no option '-x'");
	says(PARSE("-nx"), "there is no option '-x'");
	says(PARSE("-\x1b"), "there is no option '-\\x1b'");
	says(PARSE("--\x1b[2J"), "there is no option '--\\x1b[2J'");
	says(PARSE("--incident"), "option '--incident' needs a value: ID");
	says(PARSE("-i"), "option '--incident' needs a value: ID");
	says(PARSE("--dry-run=yes"), "option '--dry-run' takes no value");
	says(PARSE("--help=yes"), "option '--help' takes no value");
	says(PARSE("--h"), "option '--h' could mean several; write it out");
	assert_int_equal(args.n, 0);
}

static void a_name_may_be_cut_short(void **state _unused_)
{
	assert_int_equal(PARSE("--inc", "3"), 0);
	assert_string_equal(incident, "3");
}

static void the_help_is_the_table(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);

	opt_help(&b, table);
	assert_string_equal(buf_text(&b),
			    "  -n, --dry-run             show the plan, change nothing\n"
			    "  -i, --incident=ID         write to this incident's journal\n"
			    "      --host=HOST           only this host (may be given several times)\n"
			    "      --a-longish-name=FILE\n"
			    "                            far away\n"
			    "  -h, --help                show this text\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(options_and_operands_mix, reset),
		cmocka_unit_test_teardown(letters_may_stand_together, reset),
		cmocka_unit_test_teardown(help_needs_no_row, reset),
		cmocka_unit_test_teardown(wrong_ones_get_a_hint, reset),
		cmocka_unit_test_teardown(a_name_may_be_cut_short, reset),
		cmocka_unit_test(the_help_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
