#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/mem.h"
#include "model/clues.h"

#define DAY_US ((int64_t)86400000000)
#define NOW ((int64_t)1795000000000000)         /* 2026-11-18T11:06:40Z */

static json_t *read_json(const char *text)
{
	json_t *j = NULL;
	struct err e = ERR_INIT;

	if (json_read("lines", text, strlen(text), 1 << 20, &j, &e) < 0)
		fail_msg("%s: %s", e.text, text);
	return j;
}

struct given { const char *found, *unread, *packages, *drift; int64_t off_us; };

static json_t *look(const struct given *g)
{
	_cleanup_(json_freep) json_t *found = read_json(g->found), *unread = read_json(g->unread ? g->unread : "[]");
	_cleanup_(json_freep) json_t *logins = json_object(), *drift = read_json(g->drift ? g->drift : "[]");
	_cleanup_(json_freep) json_t *packages = read_json(g->packages ? g->packages : "{\"security_lists\":1}");
	struct clue_input in = { .from_us = NOW - DAY_US, .until_us = NOW, .suspected_us = NOW - DAY_US / 2,
				 .off_us = g->off_us, .found = found, .unread = unread, .logins = logins,
				 .packages = packages, .drift = drift };
	json_t *body = json_object();

	clues_add(body, &in);
	return body;
}

static bool says(const json_t *body, const char *list, const char *key, const char *text)
{
	const json_t *all = json_object_get(body, list);

	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *one = json_array_get(all, k);
		const char *s = key ? json_str(one, key) : json_string_value(one);

		if (s && strstr(s, text))
			return true;
	}
	return false;
}

#define LOGIN(source, account, address, port, at, more) \
	"{\"of\":\"logins\",\"kind\":\"login\",\"source\":\"" source "\",\"account\":\"" account "\",\"address\":\"" \
	address "\",\"method\":\"publickey\",\"port\":" port ",\"at_us\":" at more "}"
#define KEY ",\"key\":\"SHA256:abc\",\"key_type\":\"ED25519\""
#define AT "1794990000000000"
#define AT_2 "1794990002000000"

/* What an agent holds and the plan does not have, and what Puppet keeps. */
static void what_lies_in_agents_and_caches_is_named_when_the_plan_has_it_not(void **state _unused_)
{
	static const char *const keys[] = { "SHA256:planned" }, *const files[] = { "/etc/planned" };
	struct clue_plan plan = { .host = "h1", .keys = keys, .n_keys = 1, .files = files, .n_files = 1 };
	_cleanup_(json_freep) json_t *logins = json_object(), *unread = read_json("[]");
	_cleanup_(json_freep) json_t *found = read_json("["
		"{\"kind\":\"agent-key\",\"file\":\"/tmp/a\",\"key\":\"SHA256:planned\",\"uid\":1},"
		"{\"kind\":\"agent-key\",\"file\":\"/tmp/a\",\"key\":\"SHA256:other\",\"uid\":1},"
		"{\"kind\":\"cached\",\"file\":\"/c.json\",\"path\":\"/etc/planned\",\"secret\":true},"
		"{\"kind\":\"cached\",\"file\":\"/c.json\",\"path\":\"/etc/pw\",\"secret\":true,\"uid\":0},"
		"{\"kind\":\"cached\",\"file\":\"/bucket\",\"path\":\"/etc/old\",\"uid\":0}]");
	struct clue_input in = { .until_us = NOW, .found = found, .unread = unread, .logins = logins,
				 .plan = &plan };
	_cleanup_(json_freep) json_t *body = json_object(), *lost = json_object(), *unknown = json_object();

	clues_add(body, &in);
	assert_true(says(body, "clues", "text", "/tmp/a, an agent of user id 1 (unknown), holds the key SHA256:other"));
	assert_true(says(body, "clues", "text", "at the host h1: holds: [ssh-key/SHA256:other]"));
	assert_false(says(body, "clues", "text", "SHA256:planned"));
	assert_true(says(body, "clues", "text", "fed here: /etc/pw. Name"));
	assert_false(says(body, "clues", "text", "/etc/old"));
	plan.lost = true;
	clues_add(lost, &in);
	assert_true(says(lost, "clues", "text", "/bucket (of user id 0) keeps earlier contents of files"));
	in.plan = NULL;
	clues_add(unknown, &in);
	assert_false(says(unknown, "clues", "text", "SHA256:other"));
}

static void clues_are_told_under_their_questions(void **state _unused_)
{
	static const struct { const char *line, *question, *text; bool alarm; } cases[] = {
		{ LOGIN("auth.log", "alice", "fd77::42", "5", AT, KEY ",\"found_in\":\"/x:1\""), "key",
		  "alice came in from fd77::42 with the key SHA256:abc (ED25519), at 2026-11-18T08:20:00Z; sshd found "
			"the key in "
		  "/x:1 (by auth.log)", false },
		{ LOGIN("auth.log", "alice", "fd77::42", "5", AT,
			KEY ",\"certificate\":\"me\",\"authority\":\"SHA256:ca\""),
		  "key", "with the certificate 'me' of SHA256:ca for the key SHA256:abc", false },
		{ LOGIN("auth.log", "bob", "6.6.6.6", "5", AT, ""), "account",
			"bob came in from 6.6.6.6 by publickey", false },
		{ LOGIN("journal", "bob", "6.6.6.6", "5", AT, ",\"uid\":1000"), "account", "user id 1000 wrote it",
			true },
		{ "{\"kind\":\"became\",\"by\":\"bob\",\"account\":\"root\",\"method\":\"sudo\",\"what\":\"/bin/sh\","
			"\"at_us\":"
		  AT "}", "account", "bob acted as root by sudo, at 2026-11-18T08:20:00Z, first /bin/sh", false },
		{ "{\"kind\":\"account\",\"what\":\"new user: name=evil\",\"at_us\":" AT "}", "account",
			"new user: name=evil",
		  true },
		{ "{\"kind\":\"tried\",\"account\":\"root\",\"address\":\"6.6.6.6\",\"count\":7,\"at_us\":"
			AT ",\"last_us\":" AT
		  "}", "account", "7 failed logins as root from 6.6.6.6", false },
		{ "{\"kind\":\"session\",\"account\":\"eve\",\"address\":\"6.6.6.6\",\"at_us\":" AT "}", "account",
		  "wtmp has a login of eve from 6.6.6.6", true },
		{ "{\"kind\":\"last\",\"account\":\"eve\",\"at_us\":" AT "}", "account",
		  "lastlog has a login of eve from the console", true },
		{ "{\"of\":\"packages\",\"kind\":\"replaced\",\"package\":\"coreutils\",\"installed\":\"9\","
			"\"path\":\"/bin/ls\","
		  "\"at_us\":" AT "}", "software", "/bin/ls is not the file that coreutils 9 installed", true },
		{ "{\"of\":\"packages\",\"kind\":\"link\",\"package\":\"a\",\"path\":\"/bin/ls\"}", "software",
			"is a link now",
		  true },
		{ "{\"of\":\"packages\",\"kind\":\"sums-written\",\"package\":\"a\",\"path\":\"/p\",\"at_us\":"
			AT "}", "software",
		  "made to fit", true },
		{ "{\"of\":\"packages\",\"kind\":\"missing\",\"package\":\"a\",\"path\":\"/usr/bin/x\",\"count\":2}",
			"software",
		  "2 files of a are not there", true },
		{ "{\"of\":\"packages\",\"kind\":\"missing\",\"package\":\"a\",\"path\":\"/usr/share/doc/x\","
			"\"count\":2}",
		  "software", "2 files of a are not there", false },
		{ "{\"of\":\"packages\",\"kind\":\"configured\",\"package\":\"a\",\"path\":\"/etc/a\",\"at_us\":"
			AT "}", "use",
		  "/etc/a, configuration of a, was changed at 2026-11-18", false },
		{ "{\"of\":\"packages\",\"kind\":\"configured\",\"package\":\"a\",\"path\":\"/etc/a\",\"at_us\":5}",
			"use",
		  "1 more configuration files", false },
		{ "{\"of\":\"packages\",\"kind\":\"pending\",\"package\":\"a\",\"installed\":\"1\","
			"\"candidate\":\"2\"}", "old",
		  "a 1 is installed; the security archive has 2", true },
		{ "{\"of\":\"packages\",\"kind\":\"pending\",\"package\":\"a\",\"installed\":\"1\","
			"\"candidate\":\"2\"}",
		  "upstream", "mends 1 packages", true },
		{ "{\"of\":\"packages\",\"kind\":\"change\",\"action\":\"upgrade\",\"package\":\"a\",\"before\":\"1\","
			"\"after\":"
		  "\"2\",\"at_us\":" AT "}", "old", "a was 1 until 2026-11-18T08:20:00Z, when 2 was installed", true },
		{ "{\"of\":\"packages\",\"kind\":\"change\",\"action\":\"install\",\"package\":\"a\",\"after\":\"2\","
			"\"at_us\":"
		  AT "}", "software", "a 2 was installed at 2026-11-18", false },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(freep) char *found = mem_printf("[%s]", cases[k].line);
		_cleanup_(json_freep) json_t *body = look(&(struct given){ .found = found });
		const json_t *all = json_object_get(body, "clues");
		bool seen = false;

		for (size_t x = 0; x < json_array_size(all); x++) {
			const json_t *one = json_array_get(all, x);

			if (strstr(json_str(one, "text"), cases[k].text)) {
				seen = true;
				assert_string_equal(json_str(one, "question"), cases[k].question);
				assert_int_equal(json_is(one, "alarm"), cases[k].alarm);
			}
		}
		if (!seen)
			fail_msg("%s: '%s' is not said, but %s", cases[k].line, cases[k].text,
				 json_array_size(all) ? json_str(json_array_get(all, 0), "text") : "nothing");
		assert_string_equal(json_str(json_object_get(body, "answers"), cases[k].question), "something");
	}
}

static void one_login_in_two_logs_is_one(void **state _unused_)
{
	_cleanup_(json_freep) json_t *body = look(&(struct given){ .found = "["
		LOGIN("auth.log", "alice", "6.6.6.6", "5", AT, KEY) "," LOGIN("auth.log", "alice", "6.6.6.6", "6",
			AT, KEY) ","
		LOGIN("journal", "alice", "6.6.6.6", "5", AT_2, KEY ",\"uid\":0") ","
		"{\"kind\":\"session\",\"account\":\"alice\",\"address\":\"6.6.6.6\",\"at_us\":" AT "}]" });

	assert_true(says(body, "clues", "text", "2 times, from 2026-11-18T08:20:00Z to 2026-11-18T08:20:00Z"));
	assert_true(says(body, "clues", "text", "(by auth.log, journal)"));
	assert_false(says(body, "clues", "text", "wtmp has a login"));
}

static void who_tried_and_came_in_is_an_alarm(void **state _unused_)
{
	_cleanup_(json_freep) json_t *body = look(&(struct given){ .found = "["
		"{\"kind\":\"tried\",\"account\":\"root\",\"address\":\"6.6.6.6\",\"count\":7,\"at_us\":" AT "},"
		LOGIN("auth.log", "alice", "6.6.6.6", "5", AT, KEY) "]" });

	assert_true(says(body, "clues", "text", "and from there somebody came in as alice"));
}

static void commands_lead_on(void **state _unused_)
{
	_cleanup_(json_freep) json_t *body = look(&(struct given){ .found = "["
		LOGIN("auth.log", "alice", "6.6.6.6", "5", AT, KEY) "," LOGIN("auth.log", "root", "6.6.6.6", "6", AT,
			KEY) ","
		LOGIN("auth.log", "x'; rm -rf /; '", "6.6.6.6", "7", AT, ",\"key\":\"SHA256:$(id)\"") "]" });

	assert_int_equal(json_array_size(json_object_get(body, "next")), 2);
	assert_true(says(body, "next", NULL, "firebreak declare ssh-key/SHA256:abc --because 'came in on "));
	assert_true(says(body, "next", NULL, "firebreak declare user/alice --because 'came in on "));
}

static void unknown_is_not_clean(void **state _unused_)
{
	static const struct { struct given given; const char *key, *software, *old, *why; } cases[] = {
		{ { .found = "[]" }, "nothing", "nothing", "nothing", NULL },
		{ { .found = "[]", .unread = "[{\"what\":\"/var/log/auth.log\",\"why\":\"gone\"}]" }, "unknown",
			"nothing",
		  "nothing", "gone" },
		{ { .found = "[]", .unread = "[{\"what\":\"/usr/bin/x\",\"why\":\"Permission denied\"}]" },
			"nothing", "unknown",
		  "nothing", "Permission" },
		{ { .found = "[]", .packages = "{\"security_lists\":0}" }, "nothing", "nothing", "unknown",
		  "no security archive" },
		{ { .found = "[{\"kind\":\"begins-late\",\"file\":\"/var/log/auth.log\",\"at_us\":"
			AT ",\"last_us\":" AT_2 "}]" },
		  "unknown", "nothing", "nothing", "was kept; it begins at 2026-11-18T08:20:02Z" },
		{ { .found = "[{\"kind\":\"hole\",\"file\":\"systemd's journal\",\"at_us\":" AT ",\"last_us\":"
			AT_2 "}]" },
		  "unknown", "nothing", "nothing", "taken out, or never written" },
		{ { .found = "[{\"kind\":\"back\",\"file\":\"/var/log/wtmp\",\"at_us\":" AT ",\"last_us\":" AT "}]"
			}, "unknown",
		  "nothing", "nothing", "step back" },
		{ { .found = "[{\"kind\":\"wiped\",\"file\":\"/var/log/wtmp\",\"count\":3}]" }, "unknown", "nothing",
			"nothing",
		  "3 records are zeros" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(json_freep) json_t *body = look(&cases[k].given);
		const json_t *answers = json_object_get(body, "answers");

		assert_string_equal(json_str(answers, "key"), cases[k].key);
		assert_string_equal(json_str(answers, "software"), cases[k].software);
		assert_string_equal(json_str(answers, "old"), cases[k].old);
		if (cases[k].why && !says(body, "not_read", "why", cases[k].why))
			fail_msg("'%s' is not told", cases[k].why);
	}
}

static void a_host_that_said_nothing_is_unknown(void **state _unused_)
{
	_cleanup_(json_freep) json_t *body = json_object(), *none = json_array();
	struct clue_input in = { .from_us = NOW - DAY_US, .until_us = NOW, .found = none, .unread = none };

	clues_add(body, &in);
	for (int q = 0; q < CLUE_QUESTIONS; q++)
		assert_string_equal(json_str(json_object_get(body, "answers"), clue_facts[q].id), "unknown");
	assert_true(says(body, "not_read", "what", "baseline"));
}

static void times_are_corrected_by_a_wrong_clock(void **state _unused_)
{
	_cleanup_(json_freep) json_t *body = look(&(struct given){ .off_us = DAY_US / 24 * 3, .found = "["
		LOGIN("auth.log", "alice", "6.6.6.6", "5", AT, KEY) "]" });

	assert_true(says(body, "clues", "text", "at 2026-11-18T05:20:00Z"));
	assert_true(json_int(json_array_get(json_object_get(body, "clues"), 0), "at_us", 0) ==
		    (int64_t)1794990000000000 - DAY_US / 8);
}

static void drift_is_a_question_of_use_and_of_packages_one_of_software(void **state _unused_)
{
	_cleanup_(json_freep) json_t *body = look(&(struct given){ .found = "[]",
		.drift = "[{\"section\":\"setuid\",\"text\":\"a new setuid file\"},5,{}]" });
	_cleanup_(json_freep) json_t *list = look(&(struct given){ .found = "[]",
		.drift = "[{\"section\":\"packages\",\"text\":\"another list\"}]" });

	assert_true(says(body, "clues", "text", "a new setuid file"));
	assert_string_equal(json_str(json_object_get(body, "answers"), "use"), "something");
	assert_string_equal(json_str(json_object_get(body, "answers"), "software"), "nothing");
	assert_true(says(list, "clues", "text", "another list"));
	assert_string_equal(json_str(json_object_get(list, "answers"), "software"), "something");
	assert_string_equal(json_str(json_object_get(list, "answers"), "use"), "nothing");
}

#define CHANGE(action, before, after, at, more) "{\"of\":\"packages\",\"kind\":\"change\",\"action\":\"" action \
	"\",\"package\":\"p\",\"before\":\"" before "\",\"after\":\"" after "\",\"at_us\":" at more "}"
#define PENDING(more) "{\"of\":\"packages\",\"kind\":\"pending\",\"package\":\"p\",\"installed\":\"5\"," \
	"\"candidate\":\"6\"" more "}"
#define BEFORE "1794950000000000"               /* suspected: 1794956800 */
#define BEFORE_TEXT "2026-11-17T21:13:20Z"

/* suspected half a day ago; dpkg's log is whole unless it is said not to be */
static void what_was_old_at_the_time_is_told_apart_from_what_is_old_now(void **state _unused_)
{
	static const struct { struct given given; const char *says, *never; } cases[] = {
		{ { .found = "[" PENDING(",\"known_us\":" BEFORE) "]" },
		  "p 5 is installed; the security archive has 6; so it was at the time in question, and the newer one "
		  "was there by then (" BEFORE_TEXT ")", NULL },
		{ { .found = "[" PENDING(",\"known_us\":" AT) "]" },
		  "so it was at the time in question, and whether the newer one was there by then is not known here: "
		  "the archive's list is of 2026-11-18", NULL },
		{ { .found = "[" PENDING("") "]" }, "by then is not known here", NULL },
		{ { .found = "[" PENDING(",\"known_us\":" BEFORE) "]",
		    .unread = "[{\"what\":\"/var/log/dpkg.log\",\"why\":\"it begins after the window\"}]" },
		  "has 6; what was installed at the time in question is not known", "so it was" },
		/* in between it was mended, not far enough; the log's files come newest first */
		{ { .found = "[" CHANGE("upgrade", "4", "5", AT_2, "") "," CHANGE("upgrade", "3", "4", AT,
			",\"made_us\":" BEFORE) "," PENDING(",\"known_us\":" BEFORE) "]" },
		  "has 6; at the time in question it was 3, and the newer one was there by then", "p was 4 until" },
		{ { .found = "[" CHANGE("upgrade", "4", "5", AT_2, "") "," CHANGE("upgrade", "3", "4", AT,
			",\"made_us\":" BEFORE) "]" },
		  "p was 3 until 2026-11-18T08:20:00Z, when 4 was installed: at the time in question the older one "
		  "ran, and the newer one was there by then (" BEFORE_TEXT ")", "p was 4 until" },
		{ { .found = "[" CHANGE("upgrade", "3", "4", AT, ",\"made_us\":" AT) "]" },
		  "ran, and the newer one was made later (2026-11-18T08:20:00Z)", NULL },
		{ { .found = "[" CHANGE("upgrade", "3", "4", AT, "") "]" }, "by then is not known here", NULL },
		{ { .found = "[" CHANGE("upgrade", "3", "4", BEFORE, "") "," PENDING("") "]" },
		  "so it was at the time in question", "p was 3" },
		{ { .found = "[" CHANGE("install", "", "5", AT, "") "," PENDING("") "]" },
		  "has 6; at the time in question it was not installed", "so it was" },
		{ { .found = "[" CHANGE("remove", "3", "", AT, "") "]" },
		  "p 3 was taken away at 2026-11-18T08:20:00Z: at the time in question it was installed", NULL },
		/* the newer one's date is the archive's, and no wrong clock of the host's */
		{ { .off_us = DAY_US, .found = "[" PENDING(",\"known_us\":" BEFORE) "]" },
		  "there by then (" BEFORE_TEXT ")", NULL },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(json_freep) json_t *body = look(&cases[k].given);

		if (!says(body, "clues", "text", cases[k].says))
			fail_msg("case %zu: '%s' is not said, but %s", k, cases[k].says,
				 json_str(json_array_get(json_object_get(body, "clues"), 0), "text"));
		if (cases[k].never && says(body, "clues", "text", cases[k].never))
			fail_msg("case %zu: '%s' is said", k, cases[k].never);
	}
}

static void lists_of_before_the_time_say_nothing_of_it(void **state _unused_)
{
	_cleanup_(json_freep) json_t *stale = look(&(struct given){ .found = "[]",
		.packages = "{\"security_lists\":1,\"asked_us\":" BEFORE "}" });
	_cleanup_(json_freep) json_t *fresh = look(&(struct given){ .found = "[]",
		.packages = "{\"security_lists\":1,\"asked_us\":" AT "}" });

	assert_string_equal(json_str(json_object_get(stale, "answers"), "old"), "unknown");
	assert_true(says(stale, "not_read", "why", "apt last asked at " BEFORE_TEXT ", before the time in question"));
	assert_string_equal(json_str(json_object_get(fresh, "answers"), "old"), "nothing");
}

static void many_clues_are_counted(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	for (int k = 0; k < 1500; k++)
		(void)buf_printf(&b, "%s{\"of\":\"packages\",\"kind\":\"replaced\",\"path\":\"/bin/x%d\","
			"\"package\":\"p\"}",
				 k ? "," : "[", k);
	(void)buf_str(&b, "]");
	_cleanup_(json_freep) json_t *body = look(&(struct given){ .found = buf_text(&b) });

	assert_int_equal(json_array_size(json_object_get(body, "clues")), CLUES_MAX);
	assert_true(json_int(body, "more", 0) >= 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_in_agents_and_caches_is_named_when_the_plan_has_it_not),
		cmocka_unit_test(clues_are_told_under_their_questions), cmocka_unit_test(one_login_in_two_logs_is_one),
		cmocka_unit_test(who_tried_and_came_in_is_an_alarm), cmocka_unit_test(commands_lead_on),
		cmocka_unit_test(unknown_is_not_clean), cmocka_unit_test(a_host_that_said_nothing_is_unknown),
		cmocka_unit_test(times_are_corrected_by_a_wrong_clock),
		cmocka_unit_test(drift_is_a_question_of_use_and_of_packages_one_of_software),
		cmocka_unit_test(what_was_old_at_the_time_is_told_apart_from_what_is_old_now),
		cmocka_unit_test(lists_of_before_the_time_say_nothing_of_it),
		cmocka_unit_test(many_clues_are_counted),
	};

	return cmocka_run_group_tests_name("clues", tests, NULL, NULL);
}
