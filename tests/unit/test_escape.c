#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "report/escape.h"

static void expect(const char *from, const char *want)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	escape_markdown(&b, from);
	assert_string_equal(buf_text(&b), want);
}

static void plain_words_stay(void **state _unused_)
{
	expect("", "");
	expect(NULL, "");
	expect("redis/password on db11:6379, 3 min (twice)", "redis/password on db11:6379, 3 min (twice)");
	expect("zoë 日本", "zoë 日本");
}

static void no_table_cell_ends(void **state _unused_)
{
	expect("a|b", "a\\|b");
	expect("a\\|b", "a\\\\\\|b");
	expect("end\\", "end\\\\");
}

static void no_code_emphasis_or_mathematics(void **state _unused_)
{
	expect("`x` **b** _i_ ~~s~~ $m$", "\\`x\\` \\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ \\$m\\$");
}

static void no_html(void **state _unused_)
{
	expect("<script>&lt;</script>", "&lt;script&gt;&amp;lt;&lt;/script&gt;");
}

static void no_link_or_image(void **state _unused_)
{
	expect("[a](b) ![c](d)", "\\[a\\](b) \\!\\[c\\](d)");
	expect("http://evil.example ftp://x", "http\\://evil.example ftp\\://x");
	expect("www.evil.example WWW.x", "www\\.evil.example WWW\\.x");
	expect("a@b.example", "a&#64;b.example");
	expect("@team x", "&#64;team x");
	expect("(alice@laptop) x.", "(alice@laptop) x.");
	expect("<http://x>", "&lt;http\\://x&gt;");
}

static void no_block_begins(void **state _unused_)
{
	expect("# h", "\\# h");
	expect("- i", "\\- i");
	expect("+ i", "\\+ i");
	expect("===", "\\===");
	expect("12. x", "12\\. x");
	expect("3) x", "3\\) x");
	expect("3.5 s", "3\\.5 s");
	expect("> q", "&gt; q");
	expect("35 rows", "35 rows");
}

static void newlines_and_control_characters_are_shown(void **state _unused_)
{
	expect("a\n# b\r\n", "a\\\\n\\# b\\\\x0d\\\\n");
	expect("\x1b[31m", "\\\\x1b\\[31m");
	expect("x\xe2\x80\xae", "x\\\\u\\{202E\\}");
	expect("\xff", "\\\\xff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_words_stay),
		cmocka_unit_test(no_table_cell_ends),
		cmocka_unit_test(no_code_emphasis_or_mathematics),
		cmocka_unit_test(no_html),
		cmocka_unit_test(no_link_or_image),
		cmocka_unit_test(no_block_begins),
		cmocka_unit_test(newlines_and_control_characters_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
