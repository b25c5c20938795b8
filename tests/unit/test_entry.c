/* What hosts say of how somebody got in, in the report: under the page's own questions, for the inside only. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/mem.h"
#include "report/finish.h"
#include "report/document.h"

#define NOON ((int64_t)1795000000000000)

static void row(struct report *r, int64_t seq, enum row_kind kind, const char *body)
{
	struct err e = ERR_INIT;

	if (report_add(r, &(struct row){ .seq = seq, .at_us = NOON + seq, .kind = kind, .incident = 1, .who = "ada",
		       .body = body }, &e) < 0)
		fail_msg("%s", e.text);
}

#define ANSWERS(software, key) \
	"\"answers\":{\"software\":\"" software "\",\"account\":\"nothing\",\"key\":\"" key "\"," \
	"\"upstream\":\"unknown\",\"old\":\"nothing\",\"use\":\"nothing\"}"

static struct report *looked(void)
{
	struct report *r = report_new(1);

	row(r, 1, ROW_DECLARED, "{\"what\":[\"a\"],\"because\":\"b\",\"mode\":\"emergency\"}");
	row(r, 2, ROW_INVESTIGATED, "{\"host\":\"h1\",\"outcome\":\"done\",\"from_us\":1794000000000000,"
	    "\"until_us\":1795000000000000,\"clock_off_us\":10800000000," ANSWERS("nothing", "nothing") ",\"clues\":[],"
	    "\"not_read\":[]}");
	row(r, 3, ROW_INVESTIGATED, "{\"host\":\"h1\",\"outcome\":\"done\",\"from_us\":1794000000000000,"
	    "\"until_us\":1795000000000000,\"clock_off_us\":10800000000," ANSWERS("nothing", "something") ",\"clues\":["
	    "{\"question\":\"key\",\"alarm\":true,\"text\":\"mallory came in from 6.6.6.6\\n== x\"}],\"not_read\":"
	    "[{\"what\":\"/var/log/wtmp\",\"why\":\"3 records are zeros\"}]}");
	row(r, 4, ROW_INVESTIGATED, "{\"host\":\"h2\",\"outcome\":\"unreachable\",\"text\":\"it is gone\","
		"\"from_us\":1,"
	    "\"until_us\":2," ANSWERS("unknown", "unknown") ",\"clues\":[],\"not_read\":[]}");
	return r;
}

static void text_of(struct buf *b, bool in_public)
{
	_cleanup_(report_freep) struct report *r = looked();
	struct doc *d = report_document(r);

	for (uint32_t k = 0; k < d->n_blocks; k++)
		if (d->blocks[k].reader == (in_public ? FOR_INSIDE : FOR_PUBLIC))
			d->blocks[k].n = 0;
	doc_markdown(d, NULL, NULL, b);
	doc_free(d);
}

static void questions_are_the_pages_own(void **state _unused_)
{
	static const char *const wanted[] = {
		"## How access may have been gained", "### through software?", "### an SSH account?",
		"### Compromised SSH key?", "### was it a security issue upstream?",
			"### Were we running old software?",
		"### Could it be how we're using it?", "mallory came in from 6.6.6.6", "should not be so",
		"h2: not known: not everything could be read there", "h1: nothing there says so", "it is gone",
		"3 records are zeros", "its clock was 3 h 00 min ahead",
	};
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	text_of(&b, false);
	for (size_t k = 0; k < ARRAY_SIZE(wanted); k++)
		if (!strstr(b.data, wanted[k]))
			fail_msg("'%s' is not in\n%s", wanted[k], b.data);
	assert_null(strstr(b.data, "\n== x"));
}

/* The newest look at a host counts, and both stand in the timeline. */
static void the_newest_look_counts(void **state _unused_)
{
	_cleanup_(report_freep) struct report *r = looked();

	assert_int_equal(r->incident->looks.n, 2);
	assert_int_equal(json_array_size(json_object_get(r->incident->looks.list[0], "clues")), 1);
	assert_string_equal(r->lines[1].words,
		"looked at h1 for how somebody got in: 0 findings, 0 things that were not read");
	assert_string_equal(r->lines[2].words,
		"looked at h1 for how somebody got in: 1 findings, 1 things that were not read");
	assert_string_equal(r->lines[3].words, "looked at h2 for how somebody got in: unreachable (it is gone)");
	assert_null(r->lines[2].in_public);
}

static void readers_outside_see_none_of_it(void **state _unused_)
{
	static const char *const inside[] = { "mallory", "6.6.6.6", "/var/log/wtmp", "h2" };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	text_of(&b, true);
	for (size_t k = 0; k < ARRAY_SIZE(inside); k++)
		assert_null(strstr(b.data, inside[k]));
}

static void a_row_without_a_host_is_refused(void **state _unused_)
{
	_cleanup_(report_freep) struct report *r = looked();
	struct err e = ERR_INIT;

	assert_true(report_add(r, &(struct row){ .seq = 9, .at_us = NOON, .kind = ROW_INVESTIGATED, .incident = 1,
			       .who = "ada", .body = "{}" }, &e) < 0);
	assert_non_null(strstr(e.text, "\"host\" is missing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_the_pages_own), cmocka_unit_test(the_newest_look_counts),
		cmocka_unit_test(readers_outside_see_none_of_it), cmocka_unit_test(a_row_without_a_host_is_refused),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
