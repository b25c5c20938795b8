/* The page's ladder with the shipped rules, as a table. */
#include "law_help.h"
#include <string.h>

/* The rungs that are to be done, in order; '?' in front: to be decided. */
static void expect(const struct incident *i, const char *want)
{
	struct law *l = help_law();
	_cleanup_(buf_free) struct buf got = BUF_INIT(1000);
	_cleanup_(law_state_free) struct law_state s = { 0 };

	law_state_of(i, l, NOON, &s);
	for (uint32_t k = 0; k < l->n_rungs; k++)
		if (s.rungs[k].state != RUNG_NO)
			buf_printf(&got, "%s%s%s", got.len ? " " : "", s.rungs[k].state == RUNG_OPEN ? "?" : "",
				   s.rungs[k].rung->name);
	if (strcmp(buf_text(&got), want) != 0)
		fail_msg("wanted \"%s\", got \"%s\"", want, buf_text(&got));
	help_law_free(l);
}

static void the_page_s_ladder(void **state _unused_)
{
	static const struct { const char *data, *want; } vectors[] = {
		{ ",\"people\":99", "report ?external" },
		{ ",\"people\":99,\"address\":true", "report mail ?external" },
		{ ",\"people\":100", "report site-notice-global ?external" },
		{ ",\"people\":100,\"wiki\":\"meta\"", "report site-notice ?external" },
		{ ",\"people\":100,\"wiki\":\"meta\",\"address\":true", "report site-notice mail ?external" },
		{ "", "report site-notice-global ?external" },                 /* nobody knows how many */
		{ ",\"wiki\":\"meta\"", "report site-notice ?external" },
	};
	_cleanup_(incident_freep) struct incident *none = help_incident("");

	expect(none, "report");
	for (size_t k = 0; k < ARRAY_SIZE(vectors); k++) {
		_cleanup_(freep) char *data = help_data(vectors[k].data);
		_cleanup_(incident_freep) struct incident *i = help_incident(data);

		expect(i, vectors[k].want);
	}
}

static struct incident *on_wikis(unsigned n)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);

	buf_str(&b, ",\"members\":[");
	for (unsigned k = 0; k < n; k++)
		buf_printf(&b, "%s{\"kind\":\"data\",\"name\":\"d%u\"},{\"kind\":\"data\",\"name\":\"e%u\"}",
			   k ? "," : "",
			   k, k);
	buf_str(&b, "],\"data\":[");
	for (unsigned k = 0; k < n; k++)
		buf_printf(&b, "%s{\"name\":\"d%u\",\"wiki\":\"w%u\",\"people\":50,\"records\":3},{\"name\":\"e%u\","
			   "\"wiki\":\"w%u\",\"people\":50}", k ? "," : "", k, k, k, k);
	buf_str(&b, "]");
	return help_incident(buf_text(&b));
}

static void few_wikis_are_five(void **state _unused_)
{
	_cleanup_(incident_freep) struct incident *five = on_wikis(5), *six = on_wikis(6);
	struct scope s;

	expect(five, "report site-notice ?external");
	expect(six, "report site-notice-global ?external");
	scope_of(five, &s);
	assert_int_equal(s.n_wikis, 5);
	assert_int_equal(s.n_data, 10);
	assert_int_equal(s.people, 500);
	assert_true(s.people_known);
	assert_int_equal(s.records, 15);
	assert_false(s.records_known);                /* half of the sets say nothing */
	assert_false(s.everywhere);
}

static void a_set_of_nobody_is_no_data_of_people(void **state _unused_)
{
	_cleanup_(freep) char *data = help_data(",\"people\":0,\"class\":\"sensitive\"");
	_cleanup_(incident_freep) struct incident *i = help_incident(data);
	struct scope s;

	scope_of(i, &s);
	assert_int_equal(s.n_data, 0);
	expect(i, "report");
}

static void sums_have_an_end(void **state _unused_)
{
	_cleanup_(incident_freep) struct incident *i = help_incident(
		",\"members\":[{\"kind\":\"data\",\"name\":\"a\"},{\"kind\":\"data\",\"name\":\"b\"}],\"data\":["
		"{\"name\":\"a\",\"people\":9223372036854775807},{\"name\":\"b\",\"people\":9223372036854775807}]");
	struct scope s;

	scope_of(i, &s);
	assert_int_equal(s.people, INT64_C(10000000000));
	assert_true(s.people_known);
}

static void a_person_s_count_is_the_count(void **state _unused_)
{
	_cleanup_(freep) char *data = help_data("");
	_cleanup_(incident_freep) struct incident *i = help_incident(data);
	struct scope s;

	help_row_law(i, ROW_ASSESSED, "{\"people\":7,\"records\":9,\"because\":\"counted\"}");
	scope_of(i, &s);
	assert_int_equal(s.people, 7);
	assert_true(s.people_known);
	assert_int_equal(s.records, 9);
	assert_string_equal(s.people_said->because, "counted");
	expect(i, "report ?external");
}

static void an_older_row_says_nothing_of_what_is_held(void **state _unused_)
{
	_cleanup_(incident_freep) struct incident *i =
		help_incident(",\"members\":[{\"kind\":\"data\",\"name\":\"users\"},"
			      "{\"kind\":\"host\",\"name\":\"db\"}]");
	struct scope s;

	scope_of(i, &s);
	assert_int_equal(s.n_data, 1);
	assert_int_equal(s.n_unlisted, 1);
	assert_false(s.people_known);
	expect(i, "report site-notice-global ?external");
}

static void a_person_decides_over_the_rule(void **state _unused_)
{
	_cleanup_(freep) char *data = help_data(",\"people\":5000,\"address\":true,\"class\":\"simple\"");
	_cleanup_(incident_freep) struct incident *i = help_incident(data);

	expect(i, "report site-notice-global mail ?external");
	help_row_law(i, ROW_DECIDED, "{\"what\":\"external\",\"yes\":true,\"because\":\"x\"}");
	help_row_law(i, ROW_DECIDED, "{\"what\":\"mail\",\"yes\":false,\"because\":\"x\"}");
	expect(i, "report site-notice-global external");
	help_row_law(i, ROW_DECIDED, "{\"what\":\"mail\",\"yes\":true,\"because\":\"y\"}");
	help_row_law(i, ROW_DECIDED, "{\"what\":\"external\",\"yes\":false,\"because\":\"y\"}");
	expect(i, "report site-notice-global mail");
}

static const char *objection(struct law *l, const struct incident *i)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	law_state_of(i, l, NOON, &s);
	return s.objection;
}

/* Art. 34: a high risk is told to people, directly where an address is known; anything less needs the reason. */
static void a_high_risk_is_told_to_people(void **state _unused_)
{
	_cleanup_(freep) char *many = help_data(",\"people\":5000,\"class\":\"financial\"");
	_cleanup_(freep) char *few = help_data(",\"people\":5,\"class\":\"financial\"");
	_cleanup_(incident_freep) struct incident *a = help_incident(many), *b = help_incident(few);
	struct law *l = help_law();

	assert_non_null(strstr(objection(l, a), "34(3)(c)"));
	assert_non_null(strstr(objection(l, b), "34(1)"));
	help_row_law(a, ROW_DECIDED, "{\"what\":\"mail\",\"yes\":false,\"because\":\"no address is stored\"}");
	assert_null(objection(l, a));
	help_row_law(b, ROW_DECIDED, "{\"what\":\"mail\",\"yes\":true,\"because\":\"by hand\"}");
	assert_null(objection(l, b));
	help_row_law(b, ROW_DECIDED, "{\"what\":\"mail\",\"yes\":false,\"because\":\"told by telephone\"}");
	assert_null(objection(l, b));
	help_law_free(l);
}

/* Not to tell an authority is a person's decision; that it stands against the score is said. */
static void a_decision_against_the_score_is_said(void **state _unused_)
{
	_cleanup_(freep) char *data = help_data(",\"people\":5000,\"class\":\"simple\"");
	_cleanup_(incident_freep) struct incident *i = help_incident(data), *none = help_incident("");
	struct law *l = help_law();

	for (int low = 0; low < 2; low++) {
		_cleanup_(law_state_free) struct law_state s = { 0 };

		if (low)
			help_row_law(i, ROW_ASSESSED, "{\"identification\":\"negligible\",\"malice\":\"no\","
				     "\"because\":\"x\"}");
		law_state_of(i, l, NOON, &s);
		assert_false(law_state_is_bold(&s, &s.deadlines[0]));         /* it runs */
		law_state_free(&s);
		help_row_law(i, ROW_DECIDED, "{\"what\":\"authority\",\"yes\":false,\"because\":\"no risk\"}");
		law_state_of(i, l, NOON, &s);
		assert_int_equal(law_state_is_bold(&s, &s.deadlines[0]), !low);
		help_row_law(i, ROW_DECIDED, "{\"what\":\"authority\",\"yes\":true,\"because\":\"x\"}");
	}
	help_row_law(none, ROW_DECIDED, "{\"what\":\"authority\",\"yes\":false,\"because\":\"nobody\"}");
	_cleanup_(law_state_free) struct law_state s = { 0 };

	law_state_of(none, l, NOON, &s);
	assert_false(law_state_is_bold(&s, &s.deadlines[0]));
	help_law_free(l);
}

static void a_lower_risk_asks_for_nothing(void **state _unused_)
{
	_cleanup_(freep) char *data = help_data(",\"people\":5000,\"class\":\"financial\"");
	_cleanup_(incident_freep) struct incident *i = help_incident(data);
	struct law *l = help_law();

	assert_non_null(objection(l, i));
	help_row_law(i, ROW_ASSESSED, "{\"unintelligible\":\"yes\",\"because\":\"encrypted, the key elsewhere\"}");
	assert_null(objection(l, i));                 /* Art. 34(3)(a) */
	help_row_law(i, ROW_ASSESSED, "{\"unintelligible\":\"no\",\"identification\":\"negligible\",\"malice\":\"no\","
		     "\"confidentiality\":\"known\",\"integrity\":\"none\",\"availability\":\"none\","
		     "\"because\":\"x\"}");
	assert_null(objection(l, i));
	help_law_free(l);
}

static void a_row_that_is_not_as_it_should_be_is_an_error(void **state _unused_)
{
	static const struct { enum row_kind kind; const char *body; } bad[] = {
		{ ROW_ASSESSED, "{\"class\":\"harmless\"}" }, { ROW_ASSESSED, "{\"people\":-1}" },
		{ ROW_ASSESSED, "{\"people\":[]}" }, { ROW_DECIDED, "{\"what\":\"mail\"}" },
		{ ROW_DECIDED, "{\"because\":\"x\"}" }, { ROW_TOLD, "{\"at_us\":5}" }, { ROW_TOLD, "{\"to\":\"ico\"}" },
		{ ROW_TOLD, "{\"to\":\"ico\",\"at_us\":-5}" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		_cleanup_(incident_freep) struct incident *i = help_incident("");
		struct err e = ERR_INIT;

		if (incident_add(i, &(struct row){ .seq = 2, .at_us = NOON, .kind = bad[k].kind, .incident = 1,
				 .who = "a", .body = bad[k].body }, &e) != -ERR_CONFIG)
			fail_msg("%s was taken", bad[k].body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_s_ladder),
		cmocka_unit_test(few_wikis_are_five),
		cmocka_unit_test(a_set_of_nobody_is_no_data_of_people),
		cmocka_unit_test(sums_have_an_end),
		cmocka_unit_test(a_person_s_count_is_the_count),
		cmocka_unit_test(an_older_row_says_nothing_of_what_is_held),
		cmocka_unit_test(a_person_decides_over_the_rule),
		cmocka_unit_test(a_high_risk_is_told_to_people),
		cmocka_unit_test(a_decision_against_the_score_is_said),
		cmocka_unit_test(a_lower_risk_asks_for_nothing),
		cmocka_unit_test(a_row_that_is_not_as_it_should_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
