/* The lint over both notices: each item of Art. 33(3) and 34(2) taken away in turn. */
#include "law_help.h"
#include "model/notice.h"
#include <string.h>

#define DATA ",\"people\":5000,\"records\":9000,\"categories\":[\"mail addresses\",\"mail addresses\",\"hashes\"]"
#define CONTACT "Pat Privacy, privacy@example.org"

static const char *const words[] = { "nature", "subjects", "consequences", "measures", "advice" };

struct made {
	struct law *law;
	struct incident *incident;
	struct law_state state;
	struct controller controller;
	struct notice notice;
};

static void row_of_words(struct incident *i, const char *without)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	buf_str(&b, "{\"x\":1");
	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		if (!without || strcmp(words[k], without) != 0)
			buf_printf(&b, ",\"%s\":\"of %s\"", words[k], words[k]);
	buf_str(&b, "}");
	help_row_law(i, ROW_WORDED, buf_text(&b));
}

static struct made make(enum notice_kind kind, const char *data, const char *without, const char *contact, bool phased,
			int64_t now)
{
	struct made m = { .law = help_law(), .controller = { "Test Farm", contact } };
	_cleanup_(freep) char *more = help_data(data);
	struct notice_facts f;

	m.incident = help_incident(more);
	row_of_words(m.incident, without);
	law_state_of(m.incident, m.law, now, &m.state);
	f = (struct notice_facts){ m.incident, m.law, &m.state.scope, &m.state.severity, &m.controller,
				   kind == NOTICE_AUTHORITY ? &m.state.deadlines[0] : NULL, phased };
	notice_of(kind, &f, &m.notice);
	return m;
}

static void end(struct made *m)
{
	notice_free(&m->notice);
	law_state_free(&m->state);
	incident_free(m->incident);
	help_law_free(m->law);
}

static const struct notice_item *item(const struct made *m, const char *name)
{
	for (uint32_t k = 0; k < m->notice.n; k++)
		if (!strcmp(m->notice.item[k].name, name))
			return &m->notice.item[k];
	return NULL;
}

static void a_whole_notice_has_each_item_of_the_law(void **state _unused_)
{
	static const struct { const char *name, *article, *text; } want[] = {
		{ "nature", "Art. 33(3)(a)", "of nature" }, { "subjects", "Art. 33(3)(a)", "of subjects" },
		{ "people", "Art. 33(3)(a)", "5000" }, { "categories", "Art. 33(3)(a)", "mail addresses, hashes" },
		{ "records", "Art. 33(3)(a)", "9000" }, { "contact", "Art. 33(3)(b)", CONTACT },
		{ "consequences", "Art. 33(3)(c)", "of consequences" }, { "measures", "Art. 33(3)(d)", "of measures" },
	};
	struct made m = make(NOTICE_AUTHORITY, DATA, NULL, CONTACT, false, NOON);

	for (size_t k = 0; k < ARRAY_SIZE(want); k++) {
		const struct notice_item *got = item(&m, want[k].name);

		if (!got || got->state != ITEM_SAID || strcmp(got->text, want[k].text) != 0 ||
		    strcmp(got->article, want[k].article) != 0)
			fail_msg("%s: %s", want[k].name, got && got->text ? got->text : "not there");
	}
	assert_int_equal(m.notice.n_missing + m.notice.n_gaps, 0);
	assert_int_equal(notice_lint(&m.notice, NULL), 0);
	assert_null(item(&m, "late"));
	assert_null(item(&m, "suspicion"));
	assert_non_null(strstr(item(&m, "severity")->text, "0.25 to 6.00"));
	end(&m);
}

static void expect_missing(enum notice_kind kind, const char *data, const char *without, const char *contact,
			   bool phased, const char *missing, bool refused)
{
	struct made m = make(kind, data, without, contact, phased, NOON);
	const struct notice_item *got = item(&m, missing);
	struct err e = ERR_INIT;
	int r = notice_lint(&m.notice, &e);

	if (!got || got->text || got->state != (refused ? ITEM_MISSING : ITEM_GAP) || !got->type ||
	    r != (refused ? -ERR_REFUSED : 0) || (refused && !strstr(e.text, missing)))
		fail_msg("%s is missing%s: %d, %s", missing, phased ? " in a part" : "", r, e.text);
	assert_int_equal(m.notice.n_missing + m.notice.n_gaps, 1);
	end(&m);
}

static void one_that_lacks_an_item_is_refused_or_names_its_gap(void **state _unused_)
{
	static const struct { const char *data, *without, *missing; bool may_follow; } lacks[] = {
		{ DATA, "subjects", "subjects", true },
		{ ",\"records\":9000,\"categories\":[\"a\"]", NULL, "people", true },
		{ ",\"people\":5000,\"categories\":[\"a\"]", NULL, "records", true },
		{ ",\"people\":5000,\"records\":9000", NULL, "categories", true },
		{ DATA, "consequences", "consequences", true },
		{ DATA, "measures", "measures", true },
	};

	for (size_t k = 0; k < ARRAY_SIZE(lacks); k++) {
		expect_missing(NOTICE_AUTHORITY, lacks[k].data, lacks[k].without, CONTACT, false, lacks[k].missing,
			       true);
		expect_missing(NOTICE_AUTHORITY, lacks[k].data, lacks[k].without, CONTACT, true, lacks[k].missing,
			       false);
	}
	expect_missing(NOTICE_AUTHORITY, DATA, NULL, NULL, false, "contact", true);
	expect_missing(NOTICE_AUTHORITY, DATA, NULL, NULL, true, "contact", true);
	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		if (strcmp(words[k], "subjects") != 0)
			expect_missing(NOTICE_PEOPLE, "", words[k], CONTACT, false, words[k], true);
	expect_missing(NOTICE_PEOPLE, "", NULL, NULL, false, "contact", true);
}

static void the_nature_is_made_of_facts_where_nobody_wrote_it(void **state _unused_)
{
	struct made m = make(NOTICE_AUTHORITY, DATA, "nature", CONTACT, false, NOON);

	assert_non_null(strstr(item(&m, "nature")->text, "redis/password (pasted)"));
	assert_string_equal(item(&m, "nature")->source, "the journal");
	assert_int_equal(notice_lint(&m.notice, NULL), 0);
	end(&m);
}

static void a_late_one_needs_the_reason_also_in_parts(void **state _unused_)
{
	for (int phased = 0; phased < 2; phased++) {
		struct made m = make(NOTICE_AUTHORITY, DATA, NULL, CONTACT, phased, NOON + 73 * HOUR);
		struct err e = ERR_INIT;

		assert_int_equal(notice_lint(&m.notice, &e), -ERR_REFUSED);
		assert_non_null(strstr(e.text, "late is missing"));
		end(&m);
	}
}

static void one_in_time_that_is_followed_up_later_is_not_late(void **state _unused_)
{
	struct law *l = help_law();
	_cleanup_(freep) char *more = help_data(DATA);
	_cleanup_(incident_freep) struct incident *i = help_incident(more);
	_cleanup_(law_state_free) struct law_state s = { 0 };
	_cleanup_(notice_free) struct notice n = { 0 };
	const struct controller c = { "Test Farm", CONTACT };

	row_of_words(i, NULL);
	help_row_law(i, ROW_TOLD, "{\"to\":\"supervisory-authority\",\"at_us\":1795525200000000,\"reference\":\"R\","
		     "\"phased\":true}");
	law_state_of(i, l, NOON + 300 * HOUR, &s);
	notice_of(NOTICE_AUTHORITY, &(struct notice_facts){ i, l, &s.scope, &s.severity, &c, &s.deadlines[0], false },
		  &n);
	assert_true(n.follow_up);
	assert_int_equal(notice_lint(&n, NULL), 0);
	help_law_free(l);
}

/* A rule of ours: more than a day from suspicion to being sure has to be explained. */
static void a_long_suspicion_asks_for_a_reason(void **state _unused_)
{
	static const struct { int64_t hours; const char *aware; bool asks; } vectors[] = {
		{ 24, NULL, false }, { 25, NULL, true },
		{ 25, "{\"what\":\"aware\",\"at_us\":1795521600000000,\"because\":\"logs came late\"}", false },
	};

	for (size_t k = 0; k < ARRAY_SIZE(vectors); k++) {
		struct law *l = help_law();
		_cleanup_(freep) char *data = help_data(DATA);
		_cleanup_(freep) char *more = mem_printf("%s,\"suspected_us\":%lld", data,
							 (long long)(NOON - vectors[k].hours * HOUR));
		_cleanup_(incident_freep) struct incident *i = help_incident(more);
		_cleanup_(law_state_free) struct law_state s = { 0 };
		_cleanup_(notice_free) struct notice n = { 0 };
		const struct controller c = { "Test Farm", CONTACT };
		struct err e = ERR_INIT;

		row_of_words(i, NULL);
		if (vectors[k].aware)
			help_row_law(i, ROW_DECIDED, vectors[k].aware);
		law_state_of(i, l, NOON, &s);
		notice_of(NOTICE_AUTHORITY, &(struct notice_facts){ i, l, &s.scope, &s.severity, &c, &s.deadlines[0],
			  true }, &n);
		assert_int_equal(notice_lint(&n, &e), vectors[k].asks ? -ERR_REFUSED : 0);
		if (vectors[k].asks)
			assert_non_null(strstr(e.text, "suspicion is missing"));
		help_law_free(l);
	}
}

/* A list of which a part is not known is no list; a person's words are. */
static void what_one_data_set_holds_must_not_stay_unsaid(void **state _unused_)
{
	struct law *l = help_law();
	_cleanup_(incident_freep) struct incident *i =
		help_incident(",\"members\":[{\"kind\":\"data\",\"name\":\"a\"},{\"kind\":\"data\",\"name\":\"b\"}],"
			      "\"data\":[{\"name\":\"a\",\"categories\":[\"names\"]},{\"name\":\"b\"}]");
	const struct controller c = { "Test Farm", CONTACT };

	for (int said = 0; said < 2; said++) {
		_cleanup_(law_state_free) struct law_state s = { 0 };
		struct made m = { 0 };

		if (said)
			help_row_law(i, ROW_WORDED, "{\"categories\":\"names and logs\"}");
		law_state_of(i, l, NOON, &s);
		notice_of(NOTICE_AUTHORITY, &(struct notice_facts){ i, l, &s.scope, &s.severity, &c, &s.deadlines[0],
			  true }, &m.notice);
		assert_int_equal(item(&m, "categories")->state, said ? ITEM_SAID : ITEM_GAP);
		if (said)
			assert_string_equal(item(&m, "categories")->text, "names and logs");
		notice_free(&m.notice);
	}
	help_law_free(l);
}

static void people_are_told_in_plain_words_only(void **state _unused_)
{
	struct made m = make(NOTICE_PEOPLE, DATA, NULL, CONTACT, false, NOON);

	assert_int_equal(m.notice.n, 5);
	assert_string_equal(item(&m, "nature")->text, "of nature");
	assert_null(item(&m, "people"));
	assert_null(item(&m, "severity"));
	assert_int_equal(notice_lint(&m.notice, NULL), 0);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_notice_has_each_item_of_the_law),
		cmocka_unit_test(one_that_lacks_an_item_is_refused_or_names_its_gap),
		cmocka_unit_test(the_nature_is_made_of_facts_where_nobody_wrote_it),
		cmocka_unit_test(a_late_one_needs_the_reason_also_in_parts),
		cmocka_unit_test(one_in_time_that_is_followed_up_later_is_not_late),
		cmocka_unit_test(a_long_suspicion_asks_for_a_reason),
		cmocka_unit_test(what_one_data_set_holds_must_not_stay_unsaid),
		cmocka_unit_test(people_are_told_in_plain_words_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
