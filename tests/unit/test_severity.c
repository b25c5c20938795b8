/* The vectors of ENISA's method, in quarters. */
#include "law_help.h"
#include <string.h>

static const struct severity_limits limits = { .band = { 0, 8, 12, 16 }, .near = 1, .many_people = 100 };

struct vector {
	int64_t class, context, ei, confidentiality, integrity, availability, malice;
	int64_t quarters;
	enum severity_band band;
	bool near;
};

static void the_score_is_exact(void **state _unused_)
{
	static const struct vector vectors[] = {
		{ 1, 0, 1, 0, 0, 0, 0, 1, BAND_LOW, false },          /* 0.25 */
		{ 2, 0, 3, 2, 0, 0, 0, 8, BAND_MEDIUM, true },        /* 2 x 0.75 + 0.5 = 2.0: the edge is medium */
		{ 2, 0, 3, 1, 0, 0, 0, 7, BAND_LOW, true },           /* 1.75: a quarter under it */
		{ 3, 0, 4, 0, 0, 0, 0, 12, BAND_HIGH, true },         /* 3.0 */
		{ 4, 0, 4, 0, 0, 0, 0, 16, BAND_VERY_HIGH, true },    /* 4.0 */
		{ 4, 0, 4, 2, 2, 2, 2, 24, BAND_VERY_HIGH, false },   /* 4 + 2: the most there is */
		{ 1, 0, 4, 1, 1, 1, 0, 7, BAND_LOW, true },           /* 1 + 3 x 0.25 */
		{ 1, 0, 4, 0, 0, 0, 2, 6, BAND_LOW, false },          /* malice alone: + 0.5 */
		{ 1, 3, 4, 0, 0, 0, 0, 16, BAND_VERY_HIGH, true },    /* simple data of people in danger counts 4 */
		{ 2, -1, 4, 0, 0, 0, 0, 4, BAND_LOW, false },
		{ 4, -3, 4, 0, 0, 0, 0, 4, BAND_LOW, false },
		{ 3, 1, 4, 0, 0, 0, 0, 16, BAND_VERY_HIGH, true },
		{ 3, 0, 3, 0, 0, 0, 0, 9, BAND_MEDIUM, true },        /* 2.25 */
		{ 3, 0, 3, 1, 0, 0, 0, 10, BAND_MEDIUM, false },      /* 2.5: two quarters from both edges */
		{ 3, 0, 3, 2, 0, 0, 0, 11, BAND_MEDIUM, true },       /* 2.75 */
	};

	for (size_t k = 0; k < ARRAY_SIZE(vectors); k++) {
		const struct vector *v = &vectors[k];
		const struct said in[SEVERITY_INS] = {
			[SEVERITY_CLASS] = { true, v->class, "x", "y" },
			[SEVERITY_CONTEXT] = { true, v->context, "x", "y" },
			[SEVERITY_IDENTIFICATION] = { true, v->ei, "x", "y" },
			[SEVERITY_CONFIDENTIALITY] = { true, v->confidentiality, "x", "y" },
			[SEVERITY_INTEGRITY] = { true, v->integrity, "x", "y" },
			[SEVERITY_AVAILABILITY] = { true, v->availability, "x", "y" },
			[SEVERITY_MALICE] = { true, v->malice, "x", "y" },
		};
		struct severity s;
		struct err e = ERR_INIT;

		severity_of(in, NULL, 0, 0, &limits, &s);
		if (s.quarters.lo != v->quarters || s.quarters.hi != v->quarters || s.band != v->band ||
		    s.near != v->near || !s.settled || s.least != v->band)
			fail_msg("vector %zu: %lld quarters, band %d, near %d", k, (long long)s.quarters.hi,
				 (int)s.band,
				 s.near);
		if (severity_check(in, &e) < 0)
			fail_msg("vector %zu: %s", k, e.text);
	}
}

static void what_nobody_said_is_a_range_and_its_upper_end_counts(void **state _unused_)
{
	static const enum data_class simple[] = { CLASS_SIMPLE }, mixed[] = { CLASS_FINANCIAL, CLASS_UNKNOWN };
	const struct said none[SEVERITY_INS] = { 0 };
	struct severity s;

	severity_of(none, NULL, 0, 0, &limits, &s);
	assert_int_equal(s.quarters.lo, 1);
	assert_int_equal(s.quarters.hi, 24);
	assert_int_equal(s.band, BAND_VERY_HIGH);
	assert_int_equal(s.least, BAND_LOW);
	assert_false(s.settled);
	assert_false(s.near);
	severity_of(none, simple, 1, 0, &limits, &s);
	assert_int_equal(s.quarters.hi, 12);
	severity_of(none, mixed, 2, 0, &limits, &s);
	assert_int_equal(s.dpc.lo, 3);
	assert_int_equal(s.dpc.hi, 4);
	assert_int_equal(s.quarters.lo, 3);
}

static void the_heaviest_data_counts_and_a_person_overrides(void **state _unused_)
{
	static const enum data_class two[] = { CLASS_SIMPLE, CLASS_FINANCIAL };
	struct said in[SEVERITY_INS] = { 0 };
	struct severity s;

	severity_of(in, two, 2, 0, &limits, &s);
	assert_int_equal(s.dpc.lo, 3);
	assert_int_equal(s.dpc.hi, 3);
	in[SEVERITY_CLASS] = (struct said){ true, CLASS_BEHAVIOURAL, "x", "y" };
	severity_of(in, two, 2, 0, &limits, &s);
	assert_int_equal(s.dpc.hi, 2);
}

static void flags_do_not_alter_the_score(void **state _unused_)
{
	struct said in[SEVERITY_INS] = { 0 };
	struct severity without, with;

	severity_of(in, NULL, 0, 100, &limits, &without);
	assert_false(without.many);
	in[SEVERITY_UNINTELLIGIBLE] = (struct said){ true, 1, "x", "y" };
	severity_of(in, NULL, 0, 101, &limits, &with);
	assert_true(with.many);
	assert_true(with.unintelligible);
	assert_int_equal(without.quarters.hi, with.quarters.hi);
}

static void only_the_contexts_that_enisa_names_are_taken(void **state _unused_)
{
	static const int from[] = { 0, 1, -1, -2, -3 }, to[] = { 0, 3, 2, 1, -1 };

	for (int class = CLASS_SIMPLE; class < DATA_CLASSES; class++)
		for (int context = -3; context <= 3; context++) {
			const struct said in[SEVERITY_INS] = {
				[SEVERITY_CLASS] = { true, class, "x", "y" },
				[SEVERITY_CONTEXT] = { true, context, "x", "y" },
			};
			bool want = !context || (context >= from[class] && context <= to[class]);

			if ((severity_check(in, NULL) == 0) != want)
				fail_msg("%s data with context %+d", data_class_names[class], context);
		}
	assert_int_equal(severity_check((const struct said[SEVERITY_INS]){
					[SEVERITY_CONTEXT] = { true, 1, "x", "y" } }, NULL), -ERR_USAGE);
}

static void words_and_numbers_are_read_whole(void **state _unused_)
{
	static const struct { enum severity_in in; const char *text; int64_t want; } good[] = {
		{ SEVERITY_CLASS, "sensitive", 4 }, { SEVERITY_IDENTIFICATION, "negligible", 1 },
		{ SEVERITY_CONFIDENTIALITY, "unknown", 2 }, { SEVERITY_MALICE, "yes", 2 },
		{ SEVERITY_CONTEXT, "+2", 2 }, { SEVERITY_CONTEXT, "-3", -3 }, { SEVERITY_PEOPLE, "0", 0 },
		{ SEVERITY_RECORDS, "10000000000", INT64_C(10000000000) },
	};
	static const struct { enum severity_in in; const char *text; } bad[] = {
		{ SEVERITY_CLASS, "unknown" }, { SEVERITY_CLASS, "" }, { SEVERITY_CONTEXT, "4" },
		{ SEVERITY_CONTEXT, "+-2" }, { SEVERITY_PEOPLE, "-1" }, { SEVERITY_PEOPLE, "1e3" },
		{ SEVERITY_PEOPLE, "" }, { SEVERITY_RECORDS, "10000000001" }, { SEVERITY_MALICE, "no " },
	};
	struct err e = ERR_INIT;
	int64_t v;

	for (size_t k = 0; k < ARRAY_SIZE(good); k++) {
		assert_int_equal(severity_parse(good[k].in, good[k].text, &v, &e), 0);
		assert_int_equal(v, good[k].want);
	}
	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		v = 77;
		if (severity_parse(bad[k].in, bad[k].text, &v, &e) != -ERR_USAGE || v != 77)
			fail_msg("'%s' was taken", bad[k].text);
	}
	assert_int_equal(severity_parse(SEVERITY_IDENTIFICATION, "limted", &v, &e), -ERR_USAGE);
	assert_non_null(strstr(e.text, "did you mean 'limited'?"));
}

static void quarters_are_shown_and_read(void **state _unused_)
{
	static const char *const bad[] = { "", "10", "2.1", "2.255", "-1", "2.", ".5", "2,5", "2.50 " };
	int64_t v = 77;

	for (int64_t q = 0; q < 40; q++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(16);

		severity_quarters(&b, q);
		assert_int_equal(severity_parse_quarters(buf_text(&b), &v), 0);
		assert_int_equal(v, q);
	}
	assert_int_equal(severity_parse_quarters("2.5", &v), 0);
	assert_int_equal(v, 10);
	for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
		assert_int_equal(severity_parse_quarters(bad[k], &v), -ERR_USAGE);
	assert_int_equal(v, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_score_is_exact),
		cmocka_unit_test(what_nobody_said_is_a_range_and_its_upper_end_counts),
		cmocka_unit_test(the_heaviest_data_counts_and_a_person_overrides),
		cmocka_unit_test(flags_do_not_alter_the_score),
		cmocka_unit_test(only_the_contexts_that_enisa_names_are_taken),
		cmocka_unit_test(words_and_numbers_are_read_whole),
		cmocka_unit_test(quarters_are_shown_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
