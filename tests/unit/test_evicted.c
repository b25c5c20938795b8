/* What sshd answered for logins before an eviction and behind it, over runs that were cut short. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/mem.h"
#include "model/evict.h"
#include "report/finish.h"
#include "report/report.h"
#include <string.h>

static int64_t seq;

static int try_row(struct report *r, enum row_kind kind, const char *step, uint32_t attempt, const char *body)
{
	struct row row = { .seq = ++seq, .at_us = 1795521600000000 + seq, .kind = kind, .incident = 1, .step = step,
			   .attempt = attempt, .who = "bob (root@laptop)", .body = body };
	struct err e = ERR_INIT;

	return report_add(r, &row, &e);
}

static void row(struct report *r, enum row_kind kind, const char *step, uint32_t attempt, const char *body)
{
	assert_int_equal(try_row(r, kind, step, attempt, body), 0);
}

static struct report *begin(void)
{
	struct report *r = report_new(1);

	seq = 0;
	row(r, ROW_DECLARED, NULL, 0, "{\"because\":\"x\",\"what\":[\"user/alice\"]}");
	row(r, ROW_PLANNED, NULL, 0, "{\"steps\":[{\"id\":\"evict@h1\",\"do\":\"evict\",\"host\":\"h1\","
				     "\"person\":true}]}");
	return r;
}

#define LOGIN(account, key, answer) "{\"account\":\"" account "\",\"key\":\"" key "\",\"answer\":\"" answer "\"}"
#define EARLIER(logins) "{\"host\":\"h1\",\"logins\":[" logins "]}"

static const char *before(const struct report *r, const char *account, const char *key)
{
	const struct step_state *s = incident_step(r->incident, "evict@h1");

	return evict_before(s->asked, s->n_asked, account, key);
}

static void a_login_that_ever_was_accepted_was_so_before(void **state _unused_)
{
	struct report *r = begin();

	assert_string_equal(before(r, "alice", "K1"), "unasked");
	row(r, ROW_INTENT, "evict@h1", 1, "{\"do\":\"evict\"}");
	row(r, ROW_ASKED, "evict@h1", 1, EARLIER(LOGIN("alice", "K1", "accepted") "," LOGIN("bob", "K1", "refused")
						 "," LOGIN("carol", "K1", "unasked")));
	row(r, ROW_INTENT, "evict@h1", 2, "{\"do\":\"evict\"}");
	row(r, ROW_ASKED, "evict@h1", 2, EARLIER(LOGIN("alice", "K1", "refused") "," LOGIN("bob", "K1", "refused") ","
						 LOGIN("carol", "K1", "refused") "," LOGIN("root", "K1", "refused")
						 "," LOGIN("root", "K2", "accepted")));
	assert_string_equal(before(r, "alice", "K1"), "accepted");
	assert_string_equal(before(r, "bob", "K1"), "refused");
	assert_string_equal(before(r, "root", "K2"), "accepted");
	report_free(r);
}

/* The run before may have closed them: that they are refused now says nothing of before. */
static void a_refusal_behind_a_run_that_changed_things_is_none_before(void **state _unused_)
{
	struct report *r = begin();

	row(r, ROW_INTENT, "evict@h1", 1, "{\"do\":\"evict\"}");
	row(r, ROW_ASKED, "evict@h1", 1, EARLIER(LOGIN("carol", "K1", "unasked")));
	row(r, ROW_INTENT, "evict@h1", 2, "{\"do\":\"evict\"}");
	row(r, ROW_ASKED, "evict@h1", 2, EARLIER(LOGIN("carol", "K1", "refused") "," LOGIN("root", "K1", "refused")));
	assert_string_equal(before(r, "carol", "K1"), "unasked");
	assert_string_equal(before(r, "root", "K1"), "unasked");
	report_free(r);

	r = begin();
	row(r, ROW_INTENT, "evict@h1", 1, "{\"do\":\"evict\"}");
	row(r, ROW_ASKED, "evict@h1", 1, "{\"host\":\"h1\",\"logins\":[],\"text\":\"it timed out\"}");
	row(r, ROW_ASKED, "evict@h1", 2, EARLIER(LOGIN("alice", "K1", "refused")));
	assert_string_equal(before(r, "alice", "K1"), "unasked");
	report_free(r);
}

static void rows_that_are_not_what_they_should_be_are_refused(void **state _unused_)
{
	struct report *r = begin();

	assert_int_equal(try_row(r, ROW_ASKED, "evict@h1", 1, "{\"host\":\"h1\"}"), -ERR_CONFIG);
	assert_int_equal(try_row(r, ROW_ASKED, "evict@h2", 1, EARLIER("")), -ERR_CONFIG);
	assert_int_equal(try_row(r, ROW_ASKED, NULL, 1, EARLIER("")), -ERR_CONFIG);
	row(r, ROW_ASKED, "evict@h1", 1, EARLIER("7,null,{\"account\":3},{\"key\":\"K1\"},{}"));
	assert_string_equal(before(r, "alice", "K1"), "unasked");
	report_free(r);
}

static void they_are_counted_by_what_is_known_of_both(void **state _unused_)
{
	static const struct { const char *answer, *before; } logins[] = {
		{ "refused", "accepted" }, { "refused", "accepted" }, { "refused", "refused" },
		{ "refused", "unasked" }, { "refused", NULL }, { "accepted", "accepted" }, { "unasked", "accepted" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(logins); i++) {
		json_t *one = json_object();

		json_put(one, "answer", logins[i].answer);
		json_put(one, "before", logins[i].before);
		json_array_append_new(list, one);
	}

	struct evict_logins l = evict_logins_of(list);

	assert_int_equal(l.n, 7);
	assert_int_equal(l.refused, 5);
	assert_int_equal(l.accepted, 1);
	assert_int_equal(l.ended, 2);
	assert_int_equal(l.untold, 2);
	assert_int_equal(l.elsewhere, 0);
	json_put(json_array_get(list, 2), "from", "10.0.0.1");
	json_put(json_array_get(list, 6), "from", "10.0.0.1");
	assert_int_equal(evict_logins_of(list).elsewhere, 1);
	json_decref(list);
}

static json_t *parsed(const char *text)
{
	json_t *j = NULL;

	assert_int_equal(json_read("test", text, strlen(text), strlen(text), &j, NULL), 0);
	return j;
}

static void an_account_is_refused_only_where_the_host_says_so(void **state _unused_)
{
	static const char *const two[] = { "alice", "carl" };
	static const struct { const char *list; uint32_t refused, unknown; const char *account, *why; } cases[] = {
		{ "[{\"account\":\"carl\",\"answer\":\"refused\"},{\"account\":\"alice\",\"answer\":\"refused\"}]",
		  2, 0, NULL, NULL },
		{ "[{\"account\":\"alice\",\"answer\":\"unknown\",\"text\":\"PAM\"},"
		  "{\"account\":\"carl\",\"answer\":\"refused\"}]", 1, 1, "alice", "PAM" },
		{ "[{\"account\":\"alice\",\"answer\":\"refused\"}]", 1, 1, "carl", "the host does not say whether it "
										   "is refused" },
		{ "[{\"account\":\"carl\",\"answer\":\"refused\"},{\"account\":\"carl\",\"answer\":\"perhaps\"}]",
		  0, 2, "alice", "the host does not say whether it is refused" },
		{ "[7,null,{\"account\":\"alice\"},{\"account\":3,\"answer\":\"refused\"},\"carl\"]", 0, 2, "alice",
		  "the host does not say whether it is refused" },
		{ "{\"account\":\"alice\",\"answer\":\"refused\"}", 0, 2, "alice",
		  "the host does not say whether it is refused" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(json_freep) json_t *list = parsed(cases[i].list);
		struct evict_accounts a = evict_accounts_of(list, two, 2);

		assert_int_equal(a.refused, cases[i].refused);
		assert_int_equal(a.unknown, cases[i].unknown);
		assert_string_equal(a.account ? a.account : "", cases[i].account ? cases[i].account : "");
		assert_string_equal(a.why ? a.why : "", cases[i].why ? cases[i].why : "");
	}
	assert_int_equal(evict_accounts_of(NULL, two, 2).unknown, 2);
	assert_int_equal(evict_accounts_of(NULL, two, 0).unknown, 0);
}

static void a_key_is_refused_only_where_sshd_was_asked_for_it(void **state _unused_)
{
	static const char *const two[] = { "K1", "K2" };
	static const struct { const char *list, *unproven; } cases[] = {
		{ "[" LOGIN("alice", "K1", "refused") "," LOGIN("root", "K2", "refused") "]", NULL },
		{ "[" LOGIN("alice", "K1", "refused") "," LOGIN("root", "K1", "refused") "]", "K2" },
		{ "[" LOGIN("alice", "K1", "refused") "," LOGIN("root", "K1", "unasked") ","
		  LOGIN("root", "K2", "refused") "]", "K1" },
		{ "[" LOGIN("alice", "K2", "accepted") "," LOGIN("root", "K1", "refused") ","
		  LOGIN("root", "K2", "refused") "]", "K2" },
		{ "[]", "K1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(json_freep) json_t *list = parsed(cases[i].list);
		const char *key = evict_key_unproven(list, two, 2);

		assert_string_equal(key ? key : "", cases[i].unproven ? cases[i].unproven : "");
	}
	assert_string_equal(evict_key_unproven(NULL, two, 2), "K1");
	assert_null(evict_key_unproven(NULL, two, 0));
}

/* What the host says of the account, what its sshd offers, and what that comes to. */
static void whether_a_password_opens_an_account_is_told_or_not_known(void **state _unused_)
{
	static const struct { const char *one, *offered, *now; } cases[] = {
		{ "{\"entry\":\"open\",\"asks\":\"pam\"}", "publickey,password", "yes" },
		{ "{\"entry\":\"open\",\"asks\":\"entry\"}", "publickey", "yes" },
		{ "{\"entry\":\"open\",\"asks\":\"keys\"}", "publickey,keyboard-interactive", "yes" },
		{ "{\"entry\":\"open\",\"asks\":\"keys\"}", "none", "yes" },
		{ "{\"entry\":\"open\",\"asks\":\"keys\"}", "publickey", "no" },
		{ "{\"entry\":\"open\",\"asks\":\"keys\"}", NULL, "unknown" },
		{ "{\"entry\":\"open\",\"asks\":\"pam\"}", NULL, "unknown" },
		{ "{\"entry\":\"open\"}", "publickey", "unknown" },
		{ "{\"entry\":\"open\",\"asks\":\"pam\",\"lists\":true}", "password", "unknown" },
		{ "{\"entry\":\"locked\",\"asks\":\"entry\"}", "publickey,password", "no" },
		{ "{\"entry\":\"locked\",\"asks\":\"pam\"}", "publickey,password", "unknown" },
		{ "{\"entry\":\"over\",\"asks\":\"pam\",\"by\":\"entry\"}", NULL, "no" },
		{ "{\"entry\":\"over\",\"asks\":\"pam\"}", "password", "unknown" },
		{ "{\"entry\":\"none\"}", NULL, "no" },
		{ "{}", "publickey", "unknown" },
		{ "[]", "password", "unknown" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(json_freep) json_t *one = parsed(cases[i].one);

		if (strcmp(evict_password(one, cases[i].offered), cases[i].now) != 0)
			fail_msg("%s, offered %s: %s", cases[i].one, cases[i].offered ? cases[i].offered : "nothing",
				 evict_password(one, cases[i].offered));
	}
}

#define PASSWORD(account, answer) "{\"account\":\"" account "\",\"password\":\"" answer "\"}"

static void a_password_that_ever_opened_an_account_did_before(void **state _unused_)
{
	json_t *first = parsed("{\"accounts\":[" PASSWORD("a", "no") "," PASSWORD("b", "unknown") "]}");
	json_t *second = parsed("{\"accounts\":[" PASSWORD("a", "yes") "," PASSWORD("b", "no") "," PASSWORD("c", "no")
				"]}");
	const json_t *rows[] = { first, second };

	assert_string_equal(evict_password_before(rows, 1, "a"), "no");
	assert_string_equal(evict_password_before(rows, 2, "a"), "yes");
	assert_string_equal(evict_password_before(rows, 2, "b"), "unknown");
	assert_string_equal(evict_password_before(rows, 2, "c"), "unknown");
	assert_string_equal(evict_password_before(rows, 0, "a"), "unknown");
	json_decref(first);
	json_decref(second);
}

static void what_sshd_offers_may_contradict_the_host(void **state _unused_)
{
	static const struct { const char *by, *offered, *answer; } cases[] = {
		{ "entry", "publickey,password", "refused" }, { "entry", NULL, "refused" },
		{ "nobody", "publickey,password", "refused" }, { "keys", "publickey", "refused" },
		{ "keys", "publickey,password", "unknown" }, { "keys", NULL, "unknown" },
		{ NULL, "publickey", "unknown" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(json_freep) json_t *one = json_object();
		const char *text = NULL;

		json_put(one, "answer", cases[i].by ? "refused" : "unknown");
		json_put(one, "by", cases[i].by);
		json_put(one, "text", "its own words");
		assert_string_equal(evict_account_answer(one, cases[i].offered, &text), cases[i].answer);
		assert_int_equal(!strcmp(text, "its own words"), !cases[i].by || !strcmp(cases[i].answer, "refused"));
	}
}

static void drafted(struct report *r, const char *const *words, bool there)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	report_draft(r, NULL, &b);
	for (; *words; words++)
		if (!strstr(buf_text(&b), *words) == there)
			fail_msg("'%s' %s", *words, there ? "is missing" : "stands there");
}

static void the_report_has_both_and_what_is_known_of_a_run_that_was_cut_short(void **state _unused_)
{
	struct report *r = begin();
	json_t *j;

	drafted(r, (const char *const[]){ "Logins of who was evicted", NULL }, false);
	row(r, ROW_INTENT, "evict@h1", 1, "{\"do\":\"evict\"}");
	row(r, ROW_ASKED, "evict@h1", 1, "{\"host\":\"h1\",\"logins\":[" LOGIN("alice", "KEY1", "accepted")
	    "],\"accounts\":[" PASSWORD("alice", "yes") "]}");
	drafted(r, (const char *const[]){ "Logins of who was evicted", "refuses 0 of 0 logins", "| h1 | alice | KEY1 | "
					  "accepted | unasked |", "before anything was changed, for 1 login: it "
					  "accepted 1", NULL }, true);
	row(r, ROW_OUTCOME, "evict@h1", 1, "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"gone\","
	    "\"result\":{\"logins\":[{\"account\":\"alice\",\"key\":\"KEY1\",\"answer\":\"refused\","
	    "\"before\":\"accepted\"}]}}");
	drafted(r, (const char *const[]){ "sshd on 1 host refuses 1 of 1 logins that it was asked for; before, it "
					  "accepted 1 of those",
					  "| h1 | alice | KEY1 | accepted | refused |", NULL }, true);
	drafted(r, (const char *const[]){ "| h1 | alice | yes | unknown |", NULL }, true);
	row(r, ROW_OUTCOME, "evict@h1", 2, "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"gone\","
	    "\"result\":{\"logins\":[{\"account\":\"alice\",\"key\":\"KEY1\",\"answer\":\"refused\","
	    "\"before\":\"accepted\"}],\"accounts\":[{\"account\":\"alice\",\"before\":\"yes\",\"answer\":"
	    "\"refused\"}]}}");
	drafted(r, (const char *const[]){ "| h1 | alice | yes | refused |", "a password could open 1 of 1 accounts",
					  NULL }, true);
	j = report_json(r, NULL);

	const json_t *step = json_array_get(json_object_get(j, "steps"), 0);
	const json_t *deed = json_array_get(json_object_get(step, "deeds"), 0);
	const json_t *login = json_array_get(json_object_get(deed, "logins"), 0);
	const json_t *earlier = json_array_get(json_object_get(step, "asked"), 0);

	assert_string_equal(json_str(login, "before"), "accepted");
	assert_string_equal(json_str(login, "answer"), "refused");
	earlier = json_array_get(json_object_get(earlier, "logins"), 0);
	assert_string_equal(json_str(earlier, "answer"), "accepted");
	json_decref(j);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_that_ever_was_accepted_was_so_before),
		cmocka_unit_test(a_refusal_behind_a_run_that_changed_things_is_none_before),
		cmocka_unit_test(rows_that_are_not_what_they_should_be_are_refused),
		cmocka_unit_test(they_are_counted_by_what_is_known_of_both),
		cmocka_unit_test(an_account_is_refused_only_where_the_host_says_so),
		cmocka_unit_test(a_key_is_refused_only_where_sshd_was_asked_for_it),
		cmocka_unit_test(whether_a_password_opens_an_account_is_told_or_not_known),
		cmocka_unit_test(a_password_that_ever_opened_an_account_did_before),
		cmocka_unit_test(what_sshd_offers_may_contradict_the_host),
		cmocka_unit_test(the_report_has_both_and_what_is_known_of_a_run_that_was_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
