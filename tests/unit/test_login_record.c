#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/macro.h"
#include "model/login_record.h"
#include <utmp.h>
#include <arpa/inet.h>

/* Written with glibc's own struct: it is what writes these files. */
static void put(struct utmp *u, short type, const char *user, const char *line, const char *host, int seconds)
{
	*u = (struct utmp){ .ut_type = type, .ut_pid = 77 };
	memcpy(u->ut_user, user, strlen(user));
	memcpy(u->ut_line, line, strlen(line));
	memcpy(u->ut_host, host, strlen(host));
	u->ut_tv.tv_sec = seconds;
	u->ut_tv.tv_usec = 5;
}

static void records_of_glibc_are_read(void **state _unused_)
{
	struct utmp u;
	struct login_record r;

	assert_int_equal(sizeof(u), LOGIN_RECORD_LEN);
	put(&u, USER_PROCESS, "alice", "pts/0", "10.77.0.66", 1795000000);
	u.ut_addr_v6[0] = (int32_t)inet_addr("10.77.0.66");
	login_record_read((const uint8_t *)&u, &r);
	assert_int_equal(r.what, LOGIN_SESSION);
	assert_string_equal(r.user, "alice");
	assert_string_equal(r.line, "pts/0");
	assert_string_equal(r.host, "10.77.0.66");
	assert_string_equal(r.address, "10.77.0.66");
	assert_int_equal(r.pid, 77);
	assert_true(r.at_us == (int64_t)1795000000 * 1000000 + 5);
	assert_false(r.zeros);

	put(&u, DEAD_PROCESS, "", "pts/0", "", 1795000100);
	assert_int_equal(inet_pton(AF_INET6, "fd77::42", u.ut_addr_v6), 1);
	login_record_read((const uint8_t *)&u, &r);
	assert_int_equal(r.what, LOGIN_END);
	assert_string_equal(r.address, "fd77::42");
}

static void kinds_are_told(void **state _unused_)
{
	static const struct { short type; enum login_what want; } cases[] = {
		{ EMPTY, LOGIN_NOTHING }, { RUN_LVL, LOGIN_NOTHING }, { BOOT_TIME, LOGIN_BOOT }, { NEW_TIME,
			LOGIN_CLOCK },
		{ OLD_TIME, LOGIN_CLOCK }, { INIT_PROCESS, LOGIN_NOTHING }, { LOGIN_PROCESS, LOGIN_GETTY },
		{ USER_PROCESS, LOGIN_SESSION }, { DEAD_PROCESS, LOGIN_END }, { 99, LOGIN_ODD }, { -1, LOGIN_ODD },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct utmp u;
		struct login_record r;

		put(&u, cases[k].type, "x", "y", "z", 1);
		login_record_read((const uint8_t *)&u, &r);
		assert_int_equal(r.what, cases[k].want);
	}
}

static void texts_without_an_end_and_zeros_are_told(void **state _unused_)
{
	uint8_t b[LOGIN_RECORD_LEN];
	struct login_record r;

	memset(b, 'A', sizeof(b));
	login_record_read(b, &r);
	assert_int_equal(strlen(r.user), 32);
	assert_int_equal(strlen(r.line), 32);
	assert_int_equal(strlen(r.host), 256);
	memset(b, 0, sizeof(b));
	login_record_read(b, &r);
	assert_true(r.zeros);
	assert_int_equal(r.what, LOGIN_NOTHING);
}

static void lastlog_is_read(void **state _unused_)
{
	struct lastlog l = { .ll_time = 1795000000, .ll_line = "pts/3", .ll_host = "evil" };
	struct login_record r;

	assert_int_equal(sizeof(l), LASTLOG_RECORD_LEN);
	lastlog_record_read((const uint8_t *)&l, &r);
	assert_true(r.at_us == (int64_t)1795000000 * 1000000);
	assert_string_equal(r.line, "pts/3");
	assert_string_equal(r.host, "evil");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_glibc_are_read), cmocka_unit_test(kinds_are_told),
		cmocka_unit_test(texts_without_an_end_and_zeros_are_told), cmocka_unit_test(lastlog_is_read),
	};

	return cmocka_run_group_tests_name("login_record", tests, NULL, NULL);
}
