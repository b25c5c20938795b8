/* What the text for everybody does not hold. */
#include "register_help.h"
#include "report/finish.h"
#include "report_rows.h"

static void expect(const struct redactor *r, const char *from, const char *want)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	redact(r, from, &b);
	assert_string_equal(buf_text(&b), want);
}

#define FARM "hosts: {cache1: {address: 'cache1.farm.example.org'}, v6: {address: '2001:db8::7'}}\n"

static void hosts_and_addresses_go(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *reg = small_load_ok(FARM);
	_cleanup_(incident_freep) struct incident *i = incident_new(1);
	_cleanup_(redactor_freep) struct redactor *r = redactor_new(reg, i);

	expect(r, "change redis/password on db11:6379", "change redis/password on [host]:6379");
	expect(r, "DB11, (mw1) mw1.", "[host], ([host]) [host].");
	expect(r, "db11.example.org db12.farm.example.org example.org", "[host] [host] example.org");
	expect(r, "10.0.0.5 10.0.0.5:3306 'x'@'10.0.%' 10.11.6 [2001:db8::1]:22 fe80::1%eth0 ::1",
	       "[address] [address]:3306 'x'@'[address]' 10.11.6 [[address]]:22 [address] [address]");
	expect(r, "alice@example.org, root@db11: app@10.0.0.1:x", "[address], [address]: [address]:x");
	expect(r, "http://db11.example.org:80/x?y", "http://[host]:80/x?y");
	expect(r, "2026-11-24T12:00:00Z 12:00:00 3 min: yes", "2026-11-24T12:00:00Z 12:00:00 3 min: yes");
	expect(r, "db110 xdb11 mw12 local db11-x", "db110 xdb11 mw12 [host] [host]-x");
	expect(r, "zoë 日本 …", "zoë 日本 …");
	expect(r, "", "");
}

static void what_the_register_allows_stays(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *reg = small_load_ok(
		FARM "publish: {show: ['mw*', '192.0.2.1', 'press@example.org']}\n");
	_cleanup_(incident_freep) struct incident *i = incident_new(1);
	_cleanup_(redactor_freep) struct redactor *r = redactor_new(reg, i);

	expect(r, "mw1 MW2 db11 192.0.2.1 192.0.2.2 press@example.org sre@example.org",
	       "mw1 MW2 [host] 192.0.2.1 [address] press@example.org [address]");
}

static void everything_cannot_be_allowed(void **state _unused_)
{
	char text[500];

	assert_null(small_load("publish: {show: ['*']}\n", text));
	assert_non_null(strstr(text, "'show' is wrong") ? text : strstr(text, "'*' is wrong"));
}

/* Whole texts of the hostile incident and the good one: no name of a step's host or account is left, in any format. */
static void no_public_text_names_a_host(void **state _unused_)
{
	static const char *const never[] = { "db11", "mw1", "6379", "laptop", "alice", "bob", "/var/log", "sessions" };
	_cleanup_(register_freep) struct firebreak_register *reg = small_load_ok("");
	_cleanup_(report_freep) struct report *report = report_of_proven_incident();
	_cleanup_(redactor_freep) struct redactor *r = redactor_new(reg, report->incident);

	for (int format = 0; format < REPORT_FORMATS; format++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20), inside = BUF_INIT(1 << 20);
		struct err e = ERR_INIT;

		assert_int_equal(report_text(report, NULL, r, (enum report_format)format, &b, &e), 0);
		assert_int_equal(report_text(report, NULL, NULL, (enum report_format)format, &inside, &e), 0);
		for (size_t k = 0; k < ARRAY_SIZE(never); k++) {
			if (k != 2 && strstr(buf_text(&b), never[k]))
				fail_msg("'%s' stands in the public %s", never[k], report_formats[format]);
			assert_non_null(strstr(buf_text(&inside), never[k]));
		}
		assert_non_null(strstr(buf_text(&b), "proven"));
		assert_null(strstr(buf_text(&inside), "2 people"));
		assert_non_null(strstr(buf_text(&b), "2 people"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_addresses_go),
		cmocka_unit_test(what_the_register_allows_stays),
		cmocka_unit_test(everything_cannot_be_allowed),
		cmocka_unit_test(no_public_text_names_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
