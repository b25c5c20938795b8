/* What a person wrote in a draft survives; a mark that is damaged is told, and nothing is guessed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/mem.h"
#include "report/finish.h"
#include "report_rows.h"

#define WORDS "human: it was <b>pasted</b>\n\n- see https://tasks.example.org/T1_a?x=1.\n- {{subst:x}} ~~~~\n"

static struct buf draft_of(const struct hands *h)
{
	_cleanup_(report_freep) struct report *r = report_of_proven_incident();
	struct buf b = BUF_INIT(1 << 20);

	report_draft(r, h, &b);
	return b;
}

/* The draft with `with` in place of the first `what`; the caller frees. */
static char *edited(const char *what, const char *with)
{
	_cleanup_(buf_free) struct buf b = draft_of(NULL);
	char *at = strstr(b.data, what);

	assert_non_null(at);
	return mem_printf("%.*s%s%s", (int)(at - b.data), b.data, with, at + strlen(what));
}

#define MARKED(name, words) "<!-- firebreak:begin " name " -->\n" words "<!-- firebreak:end " name " -->\n"

static void words_survive_a_regeneration_byte_by_byte(void **state _unused_)
{
	_cleanup_(freep) char *text = edited(MARKED("cause", TO_WRITE "\n"), MARKED("cause", WORDS));
	_cleanup_(hands_free) struct hands h = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(hands_read("d.md", text, strlen(text), &h, &e), 0);
	assert_string_equal(h.text[HAND_CAUSE], WORDS);
	assert_int_equal(h.incident, 3);
	assert_true(h.row > 0);
	assert_true(hand_is_written(&h, HAND_CAUSE));
	assert_false(hand_is_written(&h, HAND_TASKS));
	assert_string_equal(hands_cause(&h), "human");

	_cleanup_(buf_free) struct buf again = draft_of(&h);

	assert_string_equal(buf_text(&again), text);
}

static void an_editor_may_end_lines_its_own_way(void **state _unused_)
{
	_cleanup_(freep) char *text = edited(MARKED("cause", TO_WRITE "\n"),
		"<!-- firebreak:begin cause -->  \r\ntechnical\r\n<!-- firebreak:end cause -->\r\n");
	_cleanup_(hands_free) struct hands h = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(hands_read("d.md", text, strlen(text), &h, &e), 0);
	assert_string_equal(h.text[HAND_CAUSE], "technical\n");
}

static const struct { const char *what, *with, *error; } damages[] = {
	{ "<!-- firebreak:begin cause -->", "", "section 'cause' ends here, but it was not begun" },
	{ "<!-- firebreak:end cause -->\n", "", "section 'aggravation' begins here, but 'cause' of line " },
	{ "<!-- firebreak:begin cause -->", "<!-- firebreak:begin casue -->", "this mark is damaged, or names a " },
	{ "<!-- firebreak:begin cause -->", "<!-- firebreak:begin cause ->", "this mark is damaged" },
	{ "<!-- firebreak:begin cause -->", "- firebreak:begin cause", "this mark is damaged" },
	{ "<!-- firebreak:end cause -->", "words <!-- firebreak:end cause -->", "this mark is damaged" },
	{ MARKED("cause", TO_WRITE "\n"), "", "the file ends, and section 'cause' is not there any more" },
	{ MARKED("cause", TO_WRITE "\n"), MARKED("cause", "a\n") MARKED("cause", "b\n"),
	  "section 'cause' stands here a second time" },
	{ MARKED("cause", TO_WRITE "\n"), MARKED("cause", MARKED("known", "x\n")),
	  "section 'known' begins here, but 'cause' of line " },
	{ "<!-- firebreak:end reviewed -->\n", "", "the file ends, and section 'reviewed' of line " },
	{ "# Incident 3", "<!-- firebreak:draft incident=3 row=1 head=aa -->\n", "the first line of a draft stands" },
	{ "<!-- firebreak:draft incident=3", "<!-- firebreak:draft incident=x", "this is no draft of a report" },
	{ TO_WRITE, "\xff\xfe", "it is no UTF-8 text" },
};

static void a_damaged_mark_is_told_and_where(void **state _unused_)
{
	for (size_t k = 0; k < ARRAY_SIZE(damages); k++) {
		_cleanup_(freep) char *text = edited(damages[k].what, damages[k].with);
		_cleanup_(hands_free) struct hands h = { 0 };
		struct err e = ERR_INIT;

		if (hands_read("d.md", text, strlen(text), &h, &e) != -ERR_CONFIG ||
		    !strstr(e.text, damages[k].error) || strncmp(e.text, "d.md:", 5) != 0)
			fail_msg("case %zu: '%s' was expected, got '%s'", k, damages[k].error, e.text);
		assert_null(h.text[HAND_CAUSE]);
	}
}

static void a_section_has_a_limit(void **state _unused_)
{
	_cleanup_(freep) char *much = mem_zero(HAND_MAX + 10, 1), *marked = NULL, *text = NULL;
	_cleanup_(hands_free) struct hands h = { 0 };
	struct err e = ERR_INIT;

	memset(much, 'x', HAND_MAX + 1);
	marked = mem_printf("%s\n", much);
	text = edited(TO_WRITE "\n<!-- firebreak:end cause -->", "X\n<!-- firebreak:end cause -->");
	*strstr(text, "X\n<!-- firebreak:end cause") = '\0';

	_cleanup_(freep) char *all = mem_printf("%s%s<!-- firebreak:end cause -->\n", text, marked);

	assert_int_equal(hands_read("d.md", all, strlen(all), &h, &e), -ERR_LIMIT);
	assert_non_null(strstr(e.text, "section 'cause' has more than 256 KiB"));
}

static struct buf text_of(const struct hands *h, enum report_format format)
{
	_cleanup_(report_freep) struct report *r = report_of_proven_incident();
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	assert_int_equal(report_text(r, h, NULL, format, &b, &e), 0);
	return b;
}

static void expect_in(const struct hands *h, enum report_format format, const char *want)
{
	_cleanup_(buf_free) struct buf b = text_of(h, format);

	if (!strstr(buf_text(&b), want))
		fail_msg("%s: '%s' is not in:\n%s", report_formats[format], want, buf_text(&b));
	assert_null(strstr(buf_text(&b), "firebreak:begin"));
}

static void words_are_plain_text_in_each_format(void **state _unused_)
{
	_cleanup_(freep) char *text = edited(MARKED("cause", TO_WRITE "\n"), MARKED("cause", WORDS));
	_cleanup_(hands_free) struct hands h = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(hands_read("d.md", text, strlen(text), &h, &e), 0);
	expect_in(&h, FORMAT_WIKITEXT, "* '''Cause class''': human: it was &#60;b&#62;pasted&#60;/b&#62;\n"
		  "** see [https://tasks.example.org/T1_a?x=1 https&#58;//tasks.example.org/T1&#95;a?x&#61;1].\n"
		  "** &#123;&#123;subst&#58;x&#125;&#125; &#126;&#126;&#126;&#126;\n");
	expect_in(&h, FORMAT_MARKDOWN, "- **Cause class**: human: it was &lt;b&gt;pasted&lt;/b&gt;\n"
		  "  - see <https://tasks.example.org/T1_a?x=1>.\n  - \\{\\{subst:x\\}\\} \\~\\~\\~\\~\n");
	expect_in(&h, FORMAT_HTML, "<li><b>Cause class</b>: human: it was &lt;b&gt;pasted&lt;/b&gt;\n<ul>\n"
		  "<li>see <a rel=\"nofollow noopener noreferrer\" href=\"https://tasks.example.org/T1_a?x=1\">"
		  "https://tasks.example.org/T1_a?x=1</a>.</li>\n<li>{{subst:x}} ~~~~</li>\n</ul>\n</li>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_survive_a_regeneration_byte_by_byte),
		cmocka_unit_test(an_editor_may_end_lines_its_own_way),
		cmocka_unit_test(a_damaged_mark_is_told_and_where),
		cmocka_unit_test(a_section_has_a_limit),
		cmocka_unit_test(words_are_plain_text_in_each_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
