#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/mem.h"
#include "model/ssh_setup.h"

static void settings_are_read(void **state _unused_)
{
	char text[] = "port 22\npermitrootlogin without-password\n\nciphers a,b\nsubsystem sftp /usr/lib/x y\nlast";
	static const char *const want[][2] = {
		{ "port", "22" }, { "permitrootlogin", "without-password" }, { "ciphers", "a,b" },
		{ "subsystem", "sftp /usr/lib/x y" }, { "last", "" },
	};
	char *s = text, *key, *value;

	for (size_t k = 0; k < ARRAY_SIZE(want); k++) {
		assert_true(ssh_setting_next(&s, &key, &value));
		assert_string_equal(key, want[k][0]);
		assert_string_equal(value, want[k][1]);
	}
	assert_false(ssh_setting_next(&s, &key, &value));
}

static void lines_of_the_configuration_are_read(void **state _unused_)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "PermitRootLogin no", "permitrootlogin|no" }, { "  PermitRootLogin=yes  ", "permitrootlogin|yes" },
		{ "\tPermitRootLogin = \"forced-commands-only\"\r", "permitrootlogin|forced-commands-only" },
		{ "Match User root Address 10.0.0.0/8", "match|User root Address 10.0.0.0/8" },
		{ "Include \"/etc/a\" \"/etc/b\"", "include|\"/etc/a\" \"/etc/b\"" },
		{ "# PermitRootLogin no", "" }, { "", "" }, { "   ", "" }, { "PermitRootLogin", "" },
		{ "PermitRootLogin ", "" }, { "=x", "" }, { "a=", "" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(freep) char *line = mem_dup(cases[k].line);
		char *key, *value, out[200] = "";

		if (ssh_config_line(line, &key, &value))
			(void)snprintf(out, sizeof(out), "%s|%s", key, value);
		assert_string_equal(out, cases[k].want);
	}
}

static size_t put_list(uint8_t *b, size_t at, const char *s)
{
	b[at] = b[at + 1] = b[at + 2] = 0;
	b[at + 3] = (uint8_t)strlen(s);
	memcpy(b + at + 4, s, strlen(s));
	return at + 4 + strlen(s);
}

static size_t offer(uint8_t *b, const char *greeting, const char *first)
{
	size_t start = strlen(greeting), at = start + 5;

	memcpy(b, greeting, start);
	b[at] = 20;
	at += 17;
	at = put_list(b, at, first);
	for (int k = 1; k < SSH_LISTS; k++)
		at = put_list(b, at, k == SSH_CIPHERS_OUT ? "aes128-cbc,aes256-ctr" : k > SSH_MACS_OUT ? "" : "x");
	memset(b + at, 0, 5 + 6);
	at += 5 + 6;
	uint32_t len = (uint32_t)(at - start - 4);

	b[start] = b[start + 1] = 0;
	b[start + 2] = (uint8_t)(len >> 8);
	b[start + 3] = (uint8_t)len;
	b[start + 4] = 6;
	return at;
}

static void an_offer_is_read_when_it_is_whole(void **state _unused_)
{
	static const char *const greetings[] = { "SSH-2.0-OpenSSH_9.2p1\r\n", "hello\r\nSSH-2.0-x\n" };

	for (size_t k = 0; k < ARRAY_SIZE(greetings); k++) {
		uint8_t b[1000];
		size_t len = offer(b, greetings[k], "curve25519-sha256,diffie-hellman-group1-sha1");
		struct ssh_offer o;

		for (size_t cut = 0; cut < len; cut++) {
			_cleanup_(freep) uint8_t *exact = mem_zero(1, cut + !cut);

			memcpy(exact, b, cut);
			assert_int_equal(ssh_offer_read(exact, cut, &o), 0);
		}
		assert_int_equal(ssh_offer_read(b, len, &o), 1);
		assert_memory_equal(o.list[SSH_KEX].s, "curve25519-sha256,diffie-hellman-group1-sha1",
			o.list[SSH_KEX].len);
		assert_int_equal(o.list[SSH_CIPHERS_OUT].len, strlen("aes128-cbc,aes256-ctr"));
	}
}

static void what_is_no_offer_is_refused(void **state _unused_)
{
	uint8_t b[1000];
	size_t len = offer(b, "SSH-2.0-x\n", "a"), start = 10;
	struct ssh_offer o;

	b[start + 5] = 21;
	assert_int_equal(ssh_offer_read(b, len, &o), -1);
	b[start + 5] = 20;
	b[start + 22 + 3] = 200;
	assert_int_equal(ssh_offer_read(b, len, &o), -1);
	len = offer(b, "SSH-2.0-x\n", "a b");
	assert_int_equal(ssh_offer_read(b, len, &o), -1);
	len = offer(b, "SSH-2.0-x\n", "a");
	b[start] = 1;
	assert_int_equal(ssh_offer_read(b, len, &o), -1);

	_cleanup_(freep) uint8_t *endless = mem_zero(1, 20000);

	memset(endless, 'x', 20000);
	assert_int_equal(ssh_offer_read(endless, 20000, &o), -1);
	for (size_t k = 99; k < 20000; k += 100)
		endless[k] = '\n';
	assert_int_equal(ssh_offer_read(endless, 20000, &o), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_read), cmocka_unit_test(lines_of_the_configuration_are_read),
		cmocka_unit_test(an_offer_is_read_when_it_is_whole), cmocka_unit_test(what_is_no_offer_is_refused),
	};

	return cmocka_run_group_tests_name("ssh_setup", tests, NULL, NULL);
}
