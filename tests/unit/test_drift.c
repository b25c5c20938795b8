/* Two baselines in, differences out: as tables. */
#include "base/mem.h"
#include "model/drift.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* "section" is read, "section!why" is cut, "section?" was not read; "key=is" are items of the section before. */
static struct baseline *make(const char *const *words)
{
	struct baseline *b = baseline_new("db11", 1000000);
	char section[40] = "";
	struct err e = ERR_INIT;
	int r = 0;

	for (; *words && r == 0; words++) {
		const char *is = strchr(*words, '=');
		_cleanup_(freep) char *key = mem_dupn(*words, is ? (size_t)(is - *words) : strlen(*words));
		const char *why = strchr(*words, '!');

		if (is) {
			r = baseline_add(b, section, key, is + 1, &e);
			continue;
		}
		(void)snprintf(section, sizeof(section), "%.*s", (int)strcspn(*words, "!?"), *words);
		if (!strchr(*words, '?'))
			r = baseline_read(b, section, why ? why + 1 : NULL, &e);
	}
	if (r < 0 || baseline_settle(b, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

static bool is_named(const char *const *words, const char *section)
{
	size_t n = strlen(section);

	for (; *words; words++)
		if (!strncmp(*words, section, n) && ((*words)[n] == '?' || (*words)[n] == '\0' || (*words)[n] == '!'))
			return true;
	return false;
}

/* Every section, read as a whole and empty, beside what a case names. */
static struct baseline *whole(const char *const *words)
{
	struct baseline *b = make(words);

	for (const struct drift_section *s = drift_sections; s->name; s++)
		if (!is_named(words, s->name))
			assert_int_equal(baseline_read(b, s->name, NULL, NULL), 0);
	assert_int_equal(baseline_settle(b, NULL), 0);
	return b;
}

#define W(...) (const char *const[]){ __VA_ARGS__, NULL }

struct row {
	const char *const *was, *const *is;
	uint32_t n;                      /* differences */
	enum drift_kind kind;            /* of the first */
	const char *text;                /* in the sentence of the first */
};

static void each_difference_has_its_kind_and_sentence(void **state _unused_)
{
	const struct row rows[] = {
		{ W("setuid", "/bin/su=4755 0 0"), W("setuid", "/bin/su=4755 0 0"), 0, 0, NULL },
		{ W("setuid"), W("setuid", "/tmp/.x=4755 0 0"), 1, DRIFT_NEW,
		  "a setuid or setgid file that the baseline does not have: '/tmp/.x' (4755 0 0)" },
		{ W("setuid", "/bin/su=4755 0 0"), W("setuid"), 1, DRIFT_GONE,
		  "a setuid or setgid file that the baseline has is gone: '/bin/su'" },
		{ W("cron", "/etc/crontab=aa"), W("cron", "/etc/crontab=bb"), 1, DRIFT_CHANGED,
		  "'/etc/crontab' was (aa), is (bb)" },
		{ W("keys", "b=1", "d=1"), W("keys", "a=1", "b=1", "c=1", "d=1", "e=1"), 3, DRIFT_NEW, "'a'" },
		{ W("keys", "a=1", "b=1", "c=1"), W("keys", "b=2"), 3, DRIFT_GONE, "'a'" },
		{ W("modules"), W("modules", "rootkit=x"), 1, DRIFT_NEW, "calm days" },
		{ W("puppet-files", "/bin/ls=x"), W("puppet-files", "/bin/ls=x"), 1, DRIFT_WRONG,
		  "not as the catalogue says: '/bin/ls': x" },
		{ W("puppet-files", "/bin/ls=x"), W("puppet-files"), 0, 0, NULL },
		/* unknown is not clean */
		{ W("cron"), W("cron?"), 1, DRIFT_UNKNOWN, "cron: not known whether anything changed: it was not" },
		{ W("cron?"), W("cron"), 1, DRIFT_UNKNOWN, "the baseline does not have it" },
		{ W("cron"), W("cron!time is over"), 1, DRIFT_UNKNOWN, "time is over" },
		{ W("cron!time was over"), W("cron"), 1, DRIFT_UNKNOWN, "in part only: time was over" },
		/* what was not looked at may still be there, what was seen is told */
		{ W("cron", "a=1", "b=1"), W("cron!x", "b=2"), 2, DRIFT_UNKNOWN, "x" },
		{ W("cron!x", "a=1"), W("cron", "a=2", "b=1"), 2, DRIFT_UNKNOWN, "x" },
		{ W("puppet-files!too slow"), W("puppet-files!too slow"), 1, DRIFT_UNKNOWN, "too slow" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(baseline_freep) struct baseline *was = whole(rows[i].was), *is = whole(rows[i].is);
		_cleanup_(drifts_free) struct drifts d = { 0 };

		drift_of(was, is, &d);
		if (d.n != rows[i].n)
			fail_msg("row %zu: %u differences, the first: %s", i, d.n, d.n ? d.d[0].text : "");
		assert_int_equal(drift_is_clean(&d), rows[i].n == 0);
		if (!d.n)
			continue;
		assert_int_equal(d.d[0].kind, rows[i].kind);
		if (!strstr(d.d[0].text, rows[i].text))
			fail_msg("row %zu: %s", i, d.d[0].text);
	}
}

static void without_a_baseline_only_what_is_wrong_by_itself_is_told(void **state _unused_)
{
	_cleanup_(baseline_freep) struct baseline *is = whole(W("setuid", "/x=1", "puppet-files", "/etc/motd=other"));
	_cleanup_(drifts_free) struct drifts d = { 0 };

	drift_of(NULL, is, &d);
	assert_int_equal(d.n, 2);
	assert_int_equal(d.unknown, 1);
	assert_non_null(strstr(d.d[0].text, "no baseline"));
	assert_int_equal(d.d[1].kind, DRIFT_WRONG);
	assert_false(drift_is_clean(&d));
}

static void what_is_written_is_read_back_the_same(void **state _unused_)
{
	_cleanup_(baseline_freep) struct baseline *b = make(W("cron", "b=2", "a=1", "keys!it is \"odd\"", "k=",
							      "pam?")), *back = NULL;
	_cleanup_(buf_free) struct buf first = BUF_INIT(10000), second = BUF_INIT(10000);
	struct err e = ERR_INIT;

	baseline_write(b, &first);
	if (baseline_parse("f", buf_text(&first), first.len, &back, &e) < 0)
		fail_msg("%s", e.text);
	baseline_write(back, &second);
	assert_string_equal(buf_text(&first), buf_text(&second));
	assert_string_equal(back->host, "db11");
	assert_int_equal(back->at_us, 1000000);
	assert_string_equal(baseline_section(back, "cron")->items[0].key, "a");
	assert_false(baseline_section(back, "pam") && baseline_section(back, "pam")->read);
}

static void what_is_no_baseline_is_refused_with_its_place(void **state _unused_)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "", "empty" },
		{ "{\"baseline\":2,\"host\":\"a\",\"at_us\":1}\n", "f:1" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}", "cut in the middle" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}\n[\"a\",\"b\"]\n", "f:2" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}\n{\"section\":\"nonsense\"}\n",
		  "no section 'nonsense'" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}\n{\"section\":\"cron\"}\n[\"a\\nb\",\"\"]\n",
		  "control characters" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}\n{\"section\":\"cron\"}\n[\"a\",\"\"]\n[\"a\",\"\"]\n",
		  "twice" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}\n{\"section\":\"cron\"}\n[\"a\",1]\n", "f:3" },
		{ "{\"baseline\":1,\"host\":\"a\",\"at_us\":1}\nx\n", "f" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct baseline *b = NULL;
		struct err e = ERR_INIT;

		assert_true(baseline_parse("f", bad[i].text, strlen(bad[i].text), &b, &e) < 0);
		assert_null(b);
		if (!strstr(e.text, bad[i].says))
			fail_msg("%zu: %s", i, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_difference_has_its_kind_and_sentence),
		cmocka_unit_test(without_a_baseline_only_what_is_wrong_by_itself_is_told),
		cmocka_unit_test(what_is_written_is_read_back_the_same),
		cmocka_unit_test(what_is_no_baseline_is_refused_with_its_place),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
