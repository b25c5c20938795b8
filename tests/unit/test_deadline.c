/* The clock of the law, as a table. */
#include "law_help.h"
#include <string.h>

#define MINUTE (HOUR / 60)

static const struct regime of_72 = { .name = "r", .title = "R", .hours = 72, .loud = { 50, 75, 90 } };
static const struct authority ico = { .name = "ico", .title = "The ICO", .regime = &of_72 };

static struct deadline counted(int64_t from, int64_t now, int64_t told)
{
	struct deadline d = { .authority = &ico };

	deadline_count(&of_72, from, now, told, &d);
	return d;
}

static void the_hours_run_and_turn_loud(void **state _unused_)
{
	static const struct {
		int64_t gone, told;                /* from the start; told 0: not told */
		enum deadline_state state;
		enum loud loud;
		int64_t percent;
		const char *words;
	} vectors[] = {
		{ 0, 0, DEADLINE_RUNS, LOUD_NOT, 0, "72 h left of 72 to tell ico; 0 % gone" },
		{ -HOUR, 0, DEADLINE_RUNS, LOUD_NOT, 0, "73 h left of 72 to tell ico; 0 % gone" },
		{ 36 * HOUR - 1, 0, DEADLINE_RUNS, LOUD_NOT, 49, "36 h left of 72 to tell ico; 49 % gone" },
		{ 36 * HOUR, 0, DEADLINE_RUNS, LOUD_1, 50, "36 h left of 72 to tell ico; 50 % gone" },
		{ 41 * HOUR, 0, DEADLINE_RUNS, LOUD_1, 56, "31 h left of 72 to tell ico; 56 % gone" },
		{ 54 * HOUR - 1, 0, DEADLINE_RUNS, LOUD_1, 74, "18 h left of 72 to tell ico; 74 % gone" },
		{ 54 * HOUR, 0, DEADLINE_RUNS, LOUD_2, 75, "18 h left of 72 to tell ico; 75 % gone" },
		{ 648 * HOUR / 10 - 1, 0, DEADLINE_RUNS, LOUD_2, 89, "7 h left of 72 to tell ico; 89 % gone" },
		{ 648 * HOUR / 10, 0, DEADLINE_RUNS, LOUD_3, 90, "7 h left of 72 to tell ico; 90 % gone" },
		{ 70 * HOUR, 0, DEADLINE_RUNS, LOUD_3, 97, "2 h left of 72 to tell ico; 97 % gone" },
		{ 70 * HOUR + 1, 0, DEADLINE_RUNS, LOUD_3, 97, "119 min left of 72 to tell ico; 97 % gone" },
		{ 72 * HOUR, 0, DEADLINE_RUNS, LOUD_3, 100, "0 min left of 72 to tell ico; 100 % gone" },
		{ 72 * HOUR + 1, 0, DEADLINE_OVER, LOUD_OVER, 100,
		  "OVER: ico had to be told 0 min ago, within 72 h; 100 % gone" },
		{ 144 * HOUR, 0, DEADLINE_OVER, LOUD_OVER, 200,
		  "OVER: ico had to be told 72 h ago, within 72 h; 200 % gone" },
		{ 100 * HOUR, 52 * HOUR, DEADLINE_TOLD, LOUD_NOT, 72, "ico was told in time, 20 h before the end" },
		{ 100 * HOUR, 72 * HOUR, DEADLINE_TOLD, LOUD_NOT, 100, "ico was told in time, 0 min before the end" },
		{ 100 * HOUR, 72 * HOUR + 1, DEADLINE_TOLD_LATE, LOUD_NOT, 100,
		  "ico was told 0 min LATE, and no reason is given" },
		{ 100 * HOUR, 77 * HOUR, DEADLINE_TOLD_LATE, LOUD_NOT, 106,
		  "ico was told 5 h LATE, and no reason is given" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(vectors); k++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
		struct deadline d = counted(NOON, NOON + vectors[k].gone, vectors[k].told ? NOON + vectors[k].told : 0);

		deadline_words(&d, &b);
		if (d.state != vectors[k].state || d.loud != vectors[k].loud || d.percent != vectors[k].percent ||
		    strcmp(buf_text(&b), vectors[k].words) != 0)
			fail_msg("vector %zu: %s, loud %d, %lld %%: %s", k, deadline_state_name(d.state), (int)d.loud,
				 (long long)d.percent, buf_text(&b));
		assert_int_equal(d.deadline_us, NOON + 72 * HOUR);
	}
}

static void the_hour_of_the_event_is_shown_uncounted_beside_it(void **state _unused_)
{
	static const struct { int64_t from, want; } vectors[] = {
		{ NOON + 20 * MINUTE, NOON + HOUR }, { NOON, NOON + HOUR }, { NOON + 59 * MINUTE, NOON + HOUR },
		{ NOON + HOUR - 1, NOON + HOUR },
	};

	for (size_t k = 0; k < ARRAY_SIZE(vectors); k++) {
		struct deadline d = counted(vectors[k].from, NOON, 0);

		assert_int_equal(d.counted_us, vectors[k].want + 72 * HOUR);
		assert_true(d.counted_us > d.deadline_us);
		assert_int_equal(d.deadline_us, vectors[k].from + 72 * HOUR);
	}
}

static void any_number_of_hours_is_data(void **state _unused_)
{
	for (int64_t hours = 1; hours <= LAW_HOURS_MAX; hours += 7) {
		struct regime r = { .hours = hours, .loud = { 50, 75, 90 } };
		struct deadline d = { .authority = &ico };

		deadline_count(&r, NOON, NOON + hours * HOUR / 2, 0, &d);
		assert_int_equal(d.loud, LOUD_1);
		assert_int_equal(d.percent, 50);
		deadline_count(&r, NOON, INT64_C(4102444800000000), 0, &d);        /* the year 2100 */
		assert_int_equal(d.state, DEADLINE_OVER);
		assert_true(d.percent > 100);
	}
}

static void expect(struct incident *i, const struct authority *a, int64_t now, enum deadline_state want,
		   const char *why)
{
	struct deadline d;

	deadline_of(i, a, now, &d);
	if (d.state != want || (why && (!d.why || strcmp(d.why, why) != 0)))
		fail_msg("%s: %s", deadline_state_name(d.state), d.why ? d.why : "");
}

static void what_counts_from_when(void **state _unused_)
{
	struct regime suspected = of_72;
	struct authority strict = { .name = "strict", .title = "S", .regime = &suspected };
	_cleanup_(freep) char *data = help_data(",\"people\":5");
	_cleanup_(freep) char *more = mem_printf("%s,\"suspected_us\":%lld,\"aware_us\":%lld", data,
						 (long long)(NOON - 30 * HOUR), (long long)(NOON - 2 * HOUR));
	_cleanup_(incident_freep) struct incident *i = help_incident(more), *plain = help_incident(data);
	struct deadline d;

	suspected.from = FROM_SUSPECTED;
	deadline_of(i, &ico, NOON, &d);
	assert_int_equal(d.from_us, NOON - 2 * HOUR);
	deadline_of(i, &strict, NOON, &d);
	assert_int_equal(d.from_us, NOON - 30 * HOUR);
	deadline_of(plain, &strict, NOON, &d);
	assert_int_equal(d.from_us, NOON);                     /* nobody suspected before: aware at once */
	help_row_law(i, ROW_DECIDED, "{\"what\":\"aware\",\"at_us\":1795521600000000,\"because\":\"a guess until "
		     "then\"}");
	deadline_of(i, &ico, NOON, &d);
	assert_int_equal(d.from_us, NOON);
	assert_string_equal(i->law.aware_because, "a guess until then");
}

static void rules_and_people_say_whether_anybody_must_be_told(void **state _unused_)
{
	struct authority cnil = { .name = "cnil", .title = "La CNIL", .regime = &of_72 };
	_cleanup_(freep) char *data = help_data("");
	_cleanup_(incident_freep) struct incident *i = help_incident(data), *none = help_incident("");
	_cleanup_(incident_freep) struct incident *drill = incident_new(1);

	expect(i, &ico, NOON, DEADLINE_RUNS, NULL);
	expect(none, &ico, NOON, DEADLINE_NONE, "by the register no data of people is in reach");
	help_row_law(i, ROW_DECIDED, "{\"what\":\"authority\",\"yes\":false,\"because\":\"no risk\"}");
	expect(i, &ico, NOON, DEADLINE_NONE, "no risk");
	help_row_law(i, ROW_DECIDED, "{\"what\":\"cnil\",\"yes\":true,\"because\":\"French readers\"}");
	expect(i, &ico, NOON, DEADLINE_NONE, "no risk");
	expect(i, &cnil, NOON, DEADLINE_RUNS, "French readers");
	help_row_law(none, ROW_DECIDED, "{\"what\":\"ico\",\"yes\":true,\"because\":\"a table was forgotten\"}");
	expect(none, &ico, NOON + 73 * HOUR, DEADLINE_OVER, NULL);
	help_row_law(drill, ROW_DECLARED, "{\"because\":\"x\",\"mode\":\"planned\",\"members\":[{\"kind\":\"data\","
		     "\"name\":\"users\"}]}");
	expect(drill, &ico, NOON, DEADLINE_NONE, "planned: a drill or a routine, nothing has leaked");
}

static void notices_stop_the_clock_and_may_be_in_parts(void **state _unused_)
{
	_cleanup_(freep) char *data = help_data("");
	_cleanup_(incident_freep) struct incident *i = help_incident(data);
	struct deadline d;

	help_row_law(i, ROW_TOLD, "{\"to\":\"cnil\",\"at_us\":1795521600000001}");
	expect(i, &ico, NOON + HOUR, DEADLINE_RUNS, NULL);
	/* The first one counts, whenever it was written down; the newest says whether more follows. */
	help_row_law(i, ROW_TOLD, "{\"to\":\"ico\",\"at_us\":1795608000000000,\"phased\":true}");
	deadline_of(i, &ico, NOON + 100 * HOUR, &d);
	assert_int_equal(d.state, DEADLINE_TOLD);
	assert_int_equal(d.left_us, 48 * HOUR);
	assert_true(d.phased);
	help_row_law(i, ROW_TOLD, "{\"to\":\"ico\",\"at_us\":1795957200000000}");
	deadline_of(i, &ico, NOON + 200 * HOUR, &d);
	assert_int_equal(d.state, DEADLINE_TOLD);
	assert_false(d.phased);
	help_row_law(i, ROW_TOLD, "{\"to\":\"ico\",\"mistaken\":true,\"because\":\"another incident\"}");
	expect(i, &ico, NOON + 200 * HOUR, DEADLINE_OVER, NULL);
	help_row_law(i, ROW_TOLD, "{\"to\":\"ico\",\"at_us\":1795957200000000,\"late\":\"ill\"}");
	deadline_of(i, &ico, NOON + 200 * HOUR, &d);
	assert_int_equal(d.state, DEADLINE_TOLD_LATE);
	assert_false(deadline_needs_reason(&d));
	assert_string_equal(d.late, "ill");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hours_run_and_turn_loud),
		cmocka_unit_test(the_hour_of_the_event_is_shown_uncounted_beside_it),
		cmocka_unit_test(any_number_of_hours_is_data),
		cmocka_unit_test(what_counts_from_when),
		cmocka_unit_test(rules_and_people_say_whether_anybody_must_be_told),
		cmocka_unit_test(notices_stop_the_clock_and_may_be_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
