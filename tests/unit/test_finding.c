#include "check/finding.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <string.h>

static void plant(struct findings *l)
{
	findings_add(l, &(struct finding){ .rule = RULE_DEAD, .repository = "private", .file = "b.yaml", .line = 3,
		     .col = 1, .subject = "b::c", .text = "'b::c' is read by nobody" });
	findings_add(l, &(struct finding){ .rule = RULE_UNREGISTERED, .repository = "private", .file = "a\nb #1%.yaml",
		     .line = 12, .col = 5, .subject = "a::b", .text = "'a::b' is in no place of the register",
		     .next = "firebreak declare a/b --planned --because x", .who = "Carol \x1b[31m <c@example.org>",
		     .when = "2021-03-04T05:06:07Z", .commit = "0123456789abcdef0123" });
	findings_add(l, &(struct finding){ .rule = RULE_NO_PROCEDURE, .file = "systems/irc.yaml", .line = 2,
		     .subject = "irc", .text = "'irc' has a section of the page and no secret" });
	findings_sort(l);
}

static void the_text_names_place_rule_and_next_command(void **state _unused_)
{
	_cleanup_(findings_free) struct findings l = FINDINGS_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	plant(&l);
	findings_text(&l, &b, false);
	assert_string_equal(buf_text(&b),
		"systems/irc.yaml:2: no-procedure: 'irc' has a section of the page and no secret\n"
		"private:a\\nb #1%.yaml:12:5: unregistered: 'a::b' is in no place of the register; added by "
		"Carol \\x1b[31m <c@example.org> on 2021-03-04 (0123456789ab)\n"
		"    firebreak declare a/b --planned --because x\n"
		"private:b.yaml:3:1: dead: 'b::c' is read by nobody\n");
	assert_int_equal(findings_count(&l, LEVEL_ERROR), 1);
	assert_int_equal(findings_count(&l, LEVEL_WARNING), 2);
}

static void a_fingerprint_stays_when_the_line_moves_and_tells_two_things_apart(void **state _unused_)
{
	const struct findings none = FINDINGS_INIT;
	struct finding f = { .rule = RULE_DEAD, .repository = "private", .file = "x.yaml", .line = 1, .subject = "ab" };
	char one[17], two[17];

	finding_fingerprint(&none, &f, one);
	f.line = 7;
	f.text = "told otherwise";
	finding_fingerprint(&none, &f, two);
	assert_string_equal(one, two);
	f.file = "x.yam";
	f.subject = "lab";
	finding_fingerprint(&none, &f, two);
	assert_string_not_equal(one, two);
	f = (struct finding){ .rule = RULE_WEAK, .repository = "private", .file = "x.yaml", .subject = "ab" };
	finding_fingerprint(&none, &f, two);
	assert_string_not_equal(one, two);
}

static void over_the_limit_is_counted_and_told(void **state _unused_)
{
	_cleanup_(findings_free) struct findings l = FINDINGS_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(64 << 20);
	const struct finding f = { .rule = RULE_DEAD, .subject = "k", .text = "t" };

	for (uint32_t i = 0; i < FINDINGS_MAX; i++)
		assert_non_null(findings_add(&l, &f));
	assert_null(findings_add(&l, &f));
	assert_int_equal(l.n, FINDINGS_MAX);
	assert_int_equal(l.more, 1);
	findings_text(&l, &b, false);
	assert_non_null(strstr(buf_text(&b), "and 1 more findings"));
}

static void every_rule_has_an_id_of_its_own_and_words(void **state _unused_)
{
	for (int i = 0; i < FINDING_RULES; i++) {
		assert_non_null(finding_facts[i].id);
		assert_true(text_is_name(finding_facts[i].id));
		assert_true(strlen(finding_facts[i].title) > 10 && strlen(finding_facts[i].help) > 20);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(finding_facts[i].id, finding_facts[k].id);
	}
}

static void sarif_keeps_places_people_and_incompleteness(void **state _unused_)
{
	_cleanup_(findings_free) struct findings l = FINDINGS_INIT;
	_cleanup_(json_freep) json_t *log = NULL, *again = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const json_t *run, *r, *where;

	plant(&l);
	log = findings_sarif(&l, "9.8.7", false);
	json_line(&b, log);
	assert_int_equal(json_read("log", buf_text(&b), b.len, b.len, &again, NULL), 0);
	run = json_array_get(json_object_get(log, "runs"), 0);
	assert_int_equal(json_array_size(json_object_get(run, "results")), 3);
	r = json_array_get(json_object_get(run, "results"), 1);
	assert_string_equal(json_str(r, "ruleId"), "unregistered");
	assert_int_equal(json_int(r, "ruleIndex", -1), RULE_UNREGISTERED);
	where = json_object_get(json_array_get(json_object_get(r, "locations"), 0), "physicalLocation");
	assert_string_equal(json_str(json_object_get(where, "artifactLocation"), "uri"), "a%0Ab%20%231%25.yaml");
	assert_string_equal(json_str(json_object_get(where, "artifactLocation"), "uriBaseId"), "private");
	assert_int_equal(json_int(json_object_get(where, "region"), "startLine", 0), 12);
	r = json_array_get(json_object_get(run, "invocations"), 0);
	assert_false(json_is(r, "executionSuccessful"));
}

/* With an argument: writes a log of every rule there, for the check against the official schema. */
static void every_rule(struct findings *l)
{
	for (int i = 0; i < FINDING_RULES; i++)
		findings_add(l, &(struct finding){ .rule = (enum finding_rule)i, .repository = i % 3 ? "private" : NULL,
			     .file = i % 2 ? "hieradata/common.yaml" : NULL, .line = (uint32_t)i, .col = i % 4 ? 3 : 0,
			     .subject = "s", .text = "t", .next = i % 2 ? "n" : NULL });
	plant(l);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_names_place_rule_and_next_command),
		cmocka_unit_test(a_fingerprint_stays_when_the_line_moves_and_tells_two_things_apart),
		cmocka_unit_test(over_the_limit_is_counted_and_told),
		cmocka_unit_test(every_rule_has_an_id_of_its_own_and_words),
		cmocka_unit_test(sarif_keeps_places_people_and_incompleteness),
	};

	if (argc == 2 && !strcmp(argv[1], "--log")) {
		_cleanup_(findings_free) struct findings l = FINDINGS_INIT;
		_cleanup_(json_freep) json_t *log = NULL;
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

		every_rule(&l);
		log = findings_sarif(&l, "9.8.7", true);
		json_pretty(&b, log);
		return fputs(buf_text(&b), stdout) < 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
