#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "model/auth_line.h"

static const char *when(int64_t us)
{
	static struct buf b = BUF_INIT(64);

	buf_clear(&b);
	clock_format(&b, us);
	return buf_text(&b);
}

static int64_t at(const char *s)
{
	int64_t us = 0;
	struct err e = ERR_INIT;

	assert_int_equal(clock_parse(s, (int64_t)4102444800 * 1000000, &us, &e), 0);
	return us;
}

static void lines_are_taken_apart(void **state _unused_)
{
	static const struct { const char *line, *when, *program; uint32_t pid; const char *message; } cases[] = {
		{ "Nov  6 22:12:50 h1 sshd[123]: Accepted x", "2026-11-06T22:12:50Z", "sshd", 123, "Accepted x" },
		{ "Nov 27 00:12:50 h1 sudo: a : b", "2025-11-27T00:12:50Z", "sudo", 0, "a : b" },
		{ "Feb 29 01:00:00 h1 su[1]: x", "2024-02-29T01:00:00Z", "su", 1, "x" },
		{ "2026-11-06T22:12:50.123456+01:00 h1 sshd[1]: x", "2026-11-06T21:12:50Z", "sshd", 1, "x" },
		{ "2026-11-06T22:12:50Z h1 sshd[1]:", "2026-11-06T22:12:50Z", "sshd", 1, "" },
		{ "2026-11-06T22:12:50-01:30 h1 sshd: x: y", "2026-11-06T23:42:50Z", "sshd", 0, "x: y" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct zone utc = { 0 };
		struct syslog_line l;

		assert_true(syslog_line_read(cases[k].line, &l));
		assert_string_equal(l.program, cases[k].program);
		assert_string_equal(l.message, cases[k].message);
		assert_int_equal(l.pid, cases[k].pid);
		assert_string_equal(when(syslog_line_us(&l, &utc, at("2026-11-26T23:00:00Z"))), cases[k].when);
	}
}

static void what_is_no_line_is_refused(void **state _unused_)
{
	static const char *const cases[] = {
		"", "Accepted publickey for a from 1.2.3.4 port 5 ssh2", "Nov 6 22:12:50 h1 sshd[1]: x",
		"Nov 31 22:12:50 h1 sshd[1]: x", "Nov  6 24:12:50 h1 sshd[1]: x", "Nov  6 22:12:50 h1 sshd[1] x",
		"Nov  6 22:12:50 h1", "Nov  6 22:12:50 h1 ", "2026-02-29T00:00:00Z h sshd: x",
			"2026-13-01T00:00:00Z h s: x",
		"Nov  6 22:12:50 h1 sshd[12x]: y", "Nov  6 22:12:50 h1 sshd:y",
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct syslog_line l;

		assert_false(syslog_line_read(cases[k], &l));
	}
}

/* "kind|account|by|method|address|port|key|certificate|authority|text", "" when it says nothing */
static const char *said(const char *program, const char *message)
{
	static char out[2000];
	struct auth_event ev;

	if (!auth_read(program, message, &ev))
		return "";
	(void)snprintf(out, sizeof(out), "%s%s|%s|%s|%s|%s|%u|%s|%s|%s|%s", auth_kind_names[ev.kind],
		       ev.no_such_account ? "!" : "", ev.account, ev.by, ev.method, ev.address, ev.port, ev.key,
		       ev.certificate, ev.authority, ev.text);
	return out;
}

static void messages_say_who(void **state _unused_)
{
	static const struct { const char *program, *message, *want; } cases[] = {
		{ "sshd", "Accepted publickey for alice from 10.0.0.1 port 54321 ssh2: ED25519 SHA256:abc+/",
		  "login|alice||publickey|10.0.0.1|54321|SHA256:abc+/|||" },
		{ "sshd-session", "Accepted password for bob from fd77::42 port 1 ssh2",
		  "login|bob||password|fd77::42|1||||" },
		{ "sshd", "Accepted keyboard-interactive/pam for bob from fe80::1%eth0 port 1 ssh2",
		  "login|bob||keyboard-interactive/pam|fe80::1%eth0|1||||" },
		{ "sshd", "Accepted publickey for root from 10.0.0.1 port 5 ssh2: ED25519-CERT SHA256:k ID me (serial "
			"5) "
		  "CA ED25519 SHA256:c",
		  "login|root||publickey|10.0.0.1|5|SHA256:k|me|SHA256:c|" },
		/* an identity that looks like the rest of a line */
		{ "sshd", "Accepted publickey for root from 10.0.0.1 port 5 ssh2: ED25519-CERT SHA256:k ID x (serial "
			"1) CA "
		  "ED25519 SHA256:fake from 6.6.6.6 port 1 ssh2 (serial 5) CA RSA SHA256:c",
		  "login|root||publickey|10.0.0.1|5|SHA256:k|x (serial 1) CA ED25519 SHA256:fake from 6.6.6.6 port 1 "
			"ssh2|"
		  "SHA256:c|" },
		{ "sshd", "Failed password for root from 6.6.6.6 port 2 ssh2", "failed|root||password|6.6.6.6|2||||" },
		{ "sshd", "Failed password for invalid user admin from 6.6.6.6 port 2 ssh2",
		  "failed!|admin||password|6.6.6.6|2||||" },
		/* a name that somebody chose so that another address seems to have tried */
		{ "sshd", "Failed password for invalid user root from 10.0.0.250 port 22 ssh2 from 6.6.6.6 port 2 ssh2",
		  "failed!|root from 10.0.0.250 port 22 ssh2||password|6.6.6.6|2||||" },
		{ "sshd", "Invalid user x from 10.0.0.250 port 22 from 6.6.6.6 port 2",
		  "failed!|x from 10.0.0.250 port 22|||6.6.6.6|2||||" },
		{ "sshd", "Invalid user  from 6.6.6.6 port 2", "failed!||||6.6.6.6|2||||" },
		{ "sshd", "Connection closed by authenticating user root 6.6.6.6 port 3 [preauth]",
		  "failed|root|||6.6.6.6|3||||" },
		{ "sshd", "Disconnected from user alice 10.0.0.1 port 54321", "ended|alice|||10.0.0.1|54321||||" },
		{ "sshd", "Accepted key ED25519 SHA256:abc found at /home/alice/.ssh/authorized_keys:2",
		  "key|||||0|SHA256:abc|||/home/alice/.ssh/authorized_keys:2" },
		{ "sshd", "Failed none for root from 6.6.6.6 port 2 ssh2", "" },
		{ "sshd", "Server listening on 0.0.0.0 port 22.", "" },
		{ "sshd", "Accepted publickey for alice from 10.0.0.1 port x ssh2", "" },
		{ "sudo", "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/mysql -psecret",
		  "became|root|alice|sudo||0||||/usr/bin/mysql" },
		{ "sudo", "   eve : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
		  "failed|root|eve|sudo||0||||/bin/sh" },
		{ "su", "(to root) alice on pts/0", "became|root|alice|su||0||||" },
		{ "su", "FAILED SU (to root) eve on pts/0", "failed|root|eve|su||0||||" },
		{ "login", "pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)",
		  "login|root||login||0||||" },
		{ "useradd", "new user: name=evil, UID=0, GID=0, home=/, shell=/bin/sh, from=/dev/pts/1",
		  "account|evil||||0||||new user: name=evil, UID=0, GID=0, home=/, shell=/bin/sh, from=/dev/pts/1" },
		{ "usermod", "add 'evil' to group 'sudo'", "account|evil||||0||||add 'evil' to group 'sudo'" },
		{ "gpasswd", "user evil added by root to group sudo",
		  "account|evil||||0||||user evil added by root to group sudo" },
		{ "chpasswd", "pam_unix(chpasswd:chauthtok): password changed for bob",
		  "account|bob||||0||||pam_unix(chpasswd:chauthtok): password changed for bob" },
		{ "cron", "Accepted password for bob from 1.2.3.4 port 1 ssh2", "" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
		assert_string_equal(said(cases[k].program, cases[k].message), cases[k].want);
}

static void long_texts_are_cut(void **state _unused_)
{
	char message[3000] = "Invalid user ";
	struct auth_event ev;

	memset(message + 13, 'x', 2000);
	memcpy(message + 2013, " from 6.6.6.6 port 2", 21);
	assert_true(auth_read("sshd", message, &ev));
	assert_int_equal(strlen(ev.account), AUTH_NAME_MAX - 1);
	assert_string_equal(ev.address, "6.6.6.6");
}

static const uint8_t berlin[] = {
	'T', 'Z', 'i', 'f', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	'T', 'Z', 'i', 'f', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 9,
	/* 2026-03-29T01:00Z and 2026-10-25T01:00Z */
	0, 0, 0, 0, 0x69, 0xc8, 0x7a, 0x90, 0, 0, 0, 0, 0x6a, 0xdd, 0x58, 0x90,
	1, 0,
	0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 4,
	'C', 'E', 'T', 0, 'C', 'E', 'S', 'T', 0,
	'\n', 'C', 'E', 'T', '-', '1', 'C', 'E', 'S', 'T', ',', 'M', '3', '\n',
};

static void a_host_has_its_own_zone(void **state _unused_)
{
	struct zone z;
	struct syslog_line l;

	assert_true(zone_read(berlin, sizeof(berlin), &z));
	assert_true(syslog_line_read("Jul  1 12:00:00 h sshd[1]: x", &l));
	assert_string_equal(when(syslog_line_us(&l, &z, at("2026-11-26T23:00:00Z"))), "2026-07-01T10:00:00Z");
	assert_true(syslog_line_read("Nov  1 12:00:00 h sshd[1]: x", &l));
	assert_string_equal(when(syslog_line_us(&l, &z, at("2026-11-26T23:00:00Z"))), "2026-11-01T11:00:00Z");
	/* it is night there, and the year has not begun for us */
	assert_true(syslog_line_read("Jan  1 00:30:00 h sshd[1]: x", &l));
	assert_string_equal(when(syslog_line_us(&l, &z, at("2026-01-01T00:00:00Z"))), "2025-12-31T23:30:00Z");
	assert_true(zone_is_sure(&z, at("2026-07-01T00:00:00Z")));
	assert_false(zone_is_sure(&z, at("2026-12-01T00:00:00Z")));
}

static void a_zone_that_was_cut_is_utc(void **state _unused_)
{
	for (size_t len = 0; len < sizeof(berlin) - 14; len++) {
		_cleanup_(freep) uint8_t *exact = mem_zero(1, len + !len);
		struct zone z;

		memcpy(exact, berlin, len);
		assert_false(zone_read(exact, len, &z));
		assert_int_equal(zone_utc_us(&z, 5), 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_taken_apart), cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(messages_say_who), cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(a_host_has_its_own_zone), cmocka_unit_test(a_zone_that_was_cut_is_utc),
	};

	return cmocka_run_group_tests_name("auth_line", tests, NULL, NULL);
}
