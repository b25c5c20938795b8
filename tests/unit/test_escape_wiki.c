/* Text from outside in wikitext and HTML. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "report/escape.h"

static void expect_wiki(const char *from, const char *want)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	escape_wikitext(&b, from);
	assert_string_equal(buf_text(&b), want);
}

static void wikitext_means_nothing(void **state _unused_)
{
	expect_wiki(NULL, "");
	expect_wiki("redis/password at 12:00:07, 3 min (twice) \"so\"",
		    "redis/password at 12:00:07, 3 min (twice) \"so\"");
	expect_wiki("{{x|y}} [[a|b]] [http://e x] '''b'''", "&#123;&#123;x&#124;y&#125;&#125; &#91;&#91;a&#124;b&#93;"
		    "&#93; &#91;http&#58;//e x&#93; &#39;&#39;&#39;b&#39;&#39;&#39;");
	expect_wiki("== h == # * ; : x __TOC__ ~~~~ -- !! {| |-", "&#61;&#61; h &#61;&#61; &#35; &#42; &#59; : x "
		    "&#95;&#95;TOC&#95;&#95; &#126;&#126;&#126;&#126; -- &#33;&#33; &#123;&#124; &#124;-");
	expect_wiki("<nowiki>&lt;</nowiki>", "&#60;nowiki&#62;&#38;lt&#59;&#60;/nowiki&#62;");
	expect_wiki("mailto:a@b RFC 1 PMID 2 ISBN 3 XRFC",
		    "mailto&#58;a&#64;b R&#70;C 1 P&#77;ID 2 I&#83;BN 3 XR&#70;C");
	expect_wiki("a\nb\x1b", "a&#92;nb&#92;x1b");
	expect_wiki("-", "&#45;");
	expect_wiki(":", "&#58;");
}

/* A wiki saves text in normal form C: what is not steady under it is written as numbers. */
static void a_wiki_reads_back_what_was_written(void **state _unused_)
{
	expect_wiki("zo\u00eb \u65e5\u672c \ud55c \u042f", "zo\u00eb \u65e5\u672c \ud55c \u042f");
	expect_wiki("zoe\u0308 \u212b", "zoe&#776; &#8491;");
	expect_wiki("\U0001f600", "&#128512;");
}

static void html_means_nothing(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	escape_html(&b, "<a href=\"x\" onclick='y'>&amp;</a>\n");
	assert_string_equal(buf_text(&b), "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;\\n");
}

static void an_address_cannot_leave_its_brackets(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	escape_wikitext_link(&b, "https://e.org/~~~~/__NOTOC__/_x");
	assert_string_equal(buf_text(&b), "https://e.org/%7E%7E%7E%7E/_%5FNOTOC_%5F/_x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wikitext_means_nothing),
		cmocka_unit_test(a_wiki_reads_back_what_was_written),
		cmocka_unit_test(html_means_nothing),
		cmocka_unit_test(an_address_cannot_leave_its_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
