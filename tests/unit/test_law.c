/* The file of rules: what is taken, and with which sentence the rest is not. */
#include "law_help.h"
#include "base/fs.h"
#include <string.h>

static void the_shipped_file_is_whole(void **state _unused_)
{
	struct law *l = help_law();

	assert_int_equal(l->regimes[0].hours, 72);
	assert_int_equal(l->regimes[0].from, FROM_AWARE);
	assert_int_equal(l->regimes[0].loud[0], 50);
	assert_int_equal(l->regimes[0].loud[2], 90);
	assert_int_equal(l->severity.band[BAND_MEDIUM], 8);
	assert_int_equal(l->severity.band[BAND_HIGH], 12);
	assert_int_equal(l->severity.band[BAND_VERY_HIGH], 16);
	assert_int_equal(l->severity.near, 1);
	assert_int_equal(l->people_from, BAND_HIGH);
	assert_int_equal(l->suspicion_hours, 24);
	assert_ptr_equal(l->authorities[0].regime, &l->regimes[0]);
	assert_int_equal(l->n_rungs, 5);
	help_law_free(l);
}

static void a_team_s_file_changes_what_it_says_and_nothing_else(void **state _unused_)
{
	struct law *l = help_law();
	struct err e = ERR_INIT;

	assert_int_equal(help_rules(l, "notification: 1\nauthorities:\n"
				       "  - {authority: ico, title: The ICO, country: GB, reach: "
				       "'https://ico.example', regime: gdpr-33}\n  - {authority: cnil, title: La "
				       "CNIL, regime: gdpr-33}\n",
				       &e), 0);
	assert_int_equal(law_check(l, &e), 0);
	assert_int_equal(l->n_authorities, 2);
	assert_int_equal(l->n_rungs, 5);
	assert_int_equal(l->regimes[0].hours, 72);
	assert_string_equal(law_authority(l, "ico")->country, "GB");
	assert_null(law_authority(l, "supervisory-authority"));
	assert_int_equal(help_rules(l, "notification: 1\nregimes: [{regime: gdpr-33, title: T, hours: 96, from: "
				    "suspected, loud: [10, 20, 30]}]\n", &e), 0);
	assert_int_equal(law_check(l, &e), 0);
	assert_int_equal(law_authority(l, "cnil")->regime->hours, 96);
	assert_int_equal(law_authority(l, "cnil")->regime->loud[1], 20);
	help_law_free(l);
}

static void a_wrong_file_is_refused_with_its_place_and_changes_nothing(void **state _unused_)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "", "team.yaml:1:1: the file is empty" },
		{ "notification: 2\n", "team.yaml:1:15: 'notification: 2' is a format that is not known here" },
		{ "few-wikis: 3\n", "has no 'notification', which it needs" },
		{ "notification: 1\nregims: []\n", "team.yaml:2:1: unknown key 'regims' in the file (did you mean "
		  "'regimes'?)" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 0}]\n", "hours from 1 to 8760" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 8761}]\n", "hours from 1 to 8760" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 1e1}]\n", "hours from 1 to 8760" },
		{ "notification: 1\nregimes: [{regime: r, title: T}]\n", "the regime has no 'hours', which it needs" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 1, from: awar}]\n", "did you mean "
		 "'aware'?" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 1, loud: [50, 75]}]\n", "three "
		 "percentages" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 1, loud: [50, 50, 90]}]\n", "rising" },
		{ "notification: 1\nregimes: [{regime: r, title: T, hours: 1, loud: [50, 75, 100]}]\n", "1 to 99" },
		{ "notification: 1\nregimes: {r: 5}\n", "'regimes' is no list" },
		{ "notification: 1\nauthorities: [{authority: aware, title: T, regime: r}]\n", "mean something else" },
		{ "notification: 1\nauthorities: [{authority: 'a b', title: T, regime: r}]\n", "expected a name of "
		 "a-z" },
		{ "notification: 1\nauthorities: [{authority: a, title: \"a\\nb\", regime: r}]\n", "one line" },
		{ "notification: 1\nladder: [{rung: r, title: T}]\n", "the rung has no 'sentence', which it needs" },
		{ "notification: 1\nladder: [{rung: r, title: T, sentence: S, wikis: all}]\n", "'wikis' cannot be "
		 "'all'" },
		{ "notification: 1\nladder: [{rung: r, title: T, sentence: S, people: -1}]\n", "0 or more" },
		{ "notification: 1\nseverity: {medium: '2.1', high: '3', very-high: '4', near: '0.25', many-people: 1, "
		  "tell-people-from: high}\n", "expected quarters" },
		{ "notification: 1\nseverity: {medium: '3', high: '3', very-high: '4', near: '0.25', many-people: 1, "
		  "tell-people-from: high}\n", "have to rise" },
		{ "notification: 1\nseverity: {medium: '2'}\n", "has no 'high'" },
		{ "notification: 1\nfew-wikis: &a 3\n", "an anchor" },
		{ "notification: [\n", "team.yaml:" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		struct law *l = help_law();
		struct err e = ERR_INIT;

		if (help_rules(l, bad[k].text, &e) != -ERR_CONFIG || !strstr(e.text, bad[k].says) ||
		    !strstr(e.text, "team.yaml:"))
			fail_msg("%s\nwanted \"%s\", got \"%s\"", bad[k].text, bad[k].says, e.text);
		assert_int_equal(law_check(l, &e), 0);
		assert_int_equal(l->n_authorities, 1);
		assert_int_equal(l->regimes[0].hours, 72);
		assert_int_equal(l->severity.band[BAND_MEDIUM], 8);
		help_law_free(l);
	}
}

static void names_that_do_not_fit_are_found(void **state _unused_)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "notification: 1\nauthorities: [{authority: a, title: T, regime: gdpr-34}]\n",
		  "team.yaml:2:15: no regime is called 'gdpr-34' (did you mean 'gdpr-33'?)" },
		{ "notification: 1\nregimes: [{regime: other, title: T, hours: 5}]\n", "no regime is called "
		 "'gdpr-33'" },
		{ "notification: 1\nauthorities:\n  - {authority: a, title: T, regime: gdpr-33}\n"
		  "  - {authority: a, title: T, regime: gdpr-33}\n", "team.yaml:4:5: a second authority is called "
		  "'a'" },
		{ "notification: 1\nauthorities: [{authority: mail, title: T, regime: gdpr-33}]\n",
		  "another rung or authority is called 'mail'" },
		{ "notification: 1\nauthorities: []\n", "says 'authorities'" },
		{ "notification: 1\nfew-wikis: 0\n", "says 'few-wikis'" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		struct law *l = help_law();
		struct err e = ERR_INIT;

		if (help_rules(l, bad[k].text, &e) < 0 || law_check(l, &e) != -ERR_CONFIG ||
		    !strstr(e.text, bad[k].says))
			fail_msg("%s\nwanted \"%s\", got \"%s\"", bad[k].text, bad[k].says, e.text);
		help_law_free(l);
	}
}

/* The example of the document is taken, over the shipped file. */
static void the_document_s_example_is_true(void **state _unused_)
{
	_cleanup_(buf_free) struct buf doc = BUF_INIT(1 << 20);
	struct law *l = help_law();
	struct err e = ERR_INIT;
	char *from, *to;

	assert_int_equal(fs_read(LAW_DOC, &doc, &e), 0);
	from = strstr(doc.data, "```yaml\n");
	assert_non_null(from);
	to = strstr(from + 8, "```");
	assert_non_null(to);
	*to = '\0';
	if (help_rules(l, from + 8, &e) < 0 || law_check(l, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(l->n_authorities, 2);
	help_law_free(l);
}

static void lists_have_a_limit(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct law *l = help_law();
	struct err e = ERR_INIT;

	buf_str(&b, "notification: 1\nauthorities:\n");
	for (unsigned k = 0; k <= LAW_AUTHORITIES_MAX; k++)
		buf_printf(&b, "  - {authority: a%u, title: T, regime: gdpr-33}\n", k);
	assert_int_equal(help_rules(l, buf_text(&b), &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "at most 100 are taken"));
	help_law_free(l);
}

static void an_audience_is_an_authority_or_a_rung(void **state _unused_)
{
	struct law *l = help_law();
	const struct authority *a;
	const struct rung *r;
	struct err e = ERR_INIT;

	assert_int_equal(law_audience(l, "mail", &a, &r, &e), 0);
	assert_true(!a && r);
	assert_int_equal(law_audience(l, "supervisory-authority", &a, &r, &e), 0);
	assert_true(a && !r);
	assert_int_equal(law_audience(l, "mial", &a, &r, &e), -ERR_USAGE);
	assert_non_null(strstr(e.text, "did you mean 'mail'?"));
	assert_int_equal(law_audience(l, "nobody at all", &a, &r, &e), -ERR_USAGE);
	assert_non_null(strstr(e.text, "there are supervisory-authority, report, "));
	help_law_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_is_whole),
		cmocka_unit_test(a_team_s_file_changes_what_it_says_and_nothing_else),
		cmocka_unit_test(a_wrong_file_is_refused_with_its_place_and_changes_nothing),
		cmocka_unit_test(names_that_do_not_fit_are_found),
		cmocka_unit_test(the_document_s_example_is_true),
		cmocka_unit_test(lists_have_a_limit),
		cmocka_unit_test(an_audience_is_an_authority_or_a_rung),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
