/* Texts of a host, edited: theirs goes, each other byte stays. Keys are made here, none is anybody's. */
#include "base/digest.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct evicted_user people[] = {
	{ .name = "alice", .uid = 4001, .has_uid = true },
	{ .name = "carl", .uid = 4003, .has_uid = true, .remove = true },
	{ .name = "gone" },          /* no entry tells a number: it is not root's */
};

/* The base64 of an ed25519 key of 32 equal bytes, and its fingerprint. */
static char *made_key(char byte, char fingerprint[SSHKEY_FINGERPRINT])
{
	char blob[51] = "\0\0\0\013ssh-ed25519\0\0\0\040";
	_cleanup_(buf_free) struct buf b = BUF_INIT(200);

	memset(blob + 19, byte, 32);
	text_base64(&b, blob, sizeof(blob));
	assert_true(sshkey_fingerprint(b.data, b.len, fingerprint));
	return mem_dup(b.data);
}

static void same_text(const char *what, const struct buf *got, const char *expected, size_t len)
{
	if (got->len != len || memcmp(buf_text(got), expected, len) != 0)
		fail_msg("%s\nexpected: %.*s\n     got: %s", what, (int)len, expected, buf_text(got));
}

/* "@" in a text is the evicted key, "&" another one. */
static char *with_keys(const char *pattern, const char *theirs, const char *other)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	for (const char *c = pattern; *c; c++) {
		if (*c == '@')
			buf_str(&b, theirs);
		else if (*c == '&')
			buf_str(&b, other);
		else
			buf_char(&b, *c);
	}
	return mem_dup(buf_text(&b));
}

static void keys_go_by_their_bytes_and_no_other_byte_changes(void **state)
{
	static const struct { const char *text, *left; uint32_t n; } cases[] = {
		{ "ssh-ed25519 @ alice@laptop\n", "", 1 },
		{ "ssh-ed25519 & bob\nssh-ed25519 @\nssh-ed25519 & bob again", "ssh-ed25519 & bob\nssh-ed25519 & bob "
									       "again", 1 },
		/* the comment is anybody's: another key with theirs, their key with another's */
		{ "ssh-ed25519 & alice@laptop @\nssh-ed25519 @ bob@laptop &\n", "ssh-ed25519 & alice@laptop @\n", 1 },
		/* options in front, with blanks, quotes and a number sign in them */
		{ "command=\"echo \\\"a b\\\" # x\",no-pty ssh-ed25519 @ x\n", "", 1 },
		{ "from=\"10.0.0.1\",environment=\"A=b c\" \t ssh-ed25519\t@\tx\n", "", 1 },
		/* a key in an option is no key of the line */
		{ "command=\"ssh-ed25519 @\" ssh-ed25519 & x\n", "command=\"ssh-ed25519 @\" ssh-ed25519 & x\n", 0 },
		{ "# ssh-ed25519 @ was here\n  # ssh-ed25519 @\n", "# ssh-ed25519 @ was here\n  # ssh-ed25519 @\n", 0 },
		/* blanks before it, carriage return behind it, no newline at the end, empty lines */
		{ "\n  ssh-ed25519 @ x\r\n\n\tssh-ed25519 @", "\n\n", 2 },
		/* what is no key stays: garbage, a broken quote, half a key, another type than its bytes say */
		{ "\"ssh-ed25519 @ x\nssh-rsa @ x\nssh-ed25519 AAAA x\n@\n", "\"ssh-ed25519 @ x\nssh-rsa @ "
									     "x\nssh-ed25519 AAAA x\n@\n", 0 },
		{ "cert-authority ssh-ed25519 @ ca\nssh-ed25519 & ca\n", "ssh-ed25519 & ca\n", 1 },
		{ "", "", 0 }, { "\n", "\n", 0 }, { "x", "x", 0 },
	};
	char fingerprint[SSHKEY_FINGERPRINT], ignored[SSHKEY_FINGERPRINT];
	_cleanup_(freep) char *theirs = made_key(7, fingerprint), *other = made_key(8, ignored);
	const char *const keys[] = { fingerprint };
	const struct evicted v = { .keys = keys, .n_keys = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *text = with_keys(cases[i].text, theirs, other);
		_cleanup_(freep) char *left = with_keys(cases[i].left, theirs, other);
		_cleanup_(buf_free) struct buf got = BUF_INIT(1 << 20);

		assert_int_equal(evict_keys(&v, text, strlen(text), &got), cases[i].n);
		same_text(cases[i].text, &got, left, strlen(left));
	}
}

static void a_nul_byte_and_a_very_long_line_hide_nothing(void **state)
{
	char fingerprint[SSHKEY_FINGERPRINT];
	_cleanup_(freep) char *theirs = made_key(7, fingerprint);
	const char *const keys[] = { fingerprint };
	const struct evicted v = { .keys = keys, .n_keys = 1 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(4 << 20), got = BUF_INIT(4 << 20);

	(void)state;
	buf_add(&text, "a\0b\n", 4);
	buf_str(&text, "environment=\"");
	for (int i = 0; i < 200000; i++)
		buf_char(&text, 'x');
	buf_printf(&text, "\" ssh-ed25519 %s\nlast", theirs);
	assert_int_equal(evict_keys(&v, text.data, text.len, &got), 1);
	same_text("NUL", &got, "a\0b\nlast", 8);
}

struct text_case { evict_edit *edit; const char *text, *left; uint32_t n; };

static void check(const struct text_case *cases, size_t n)
{
	const struct evicted v = { .users = people, .n_users = 3 };

	for (size_t i = 0; i < n; i++) {
		_cleanup_(buf_free) struct buf got = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);

		if (cases[i].edit(&v, cases[i].text, strlen(cases[i].text), &got) != cases[i].n)
			fail_msg("another number of changes than %u in: %s\ngot: %s", cases[i].n, cases[i].text,
				 buf_text(&got));
		same_text(cases[i].text, &got, cases[i].left, strlen(cases[i].left));
		/* whoever runs it twice changes nothing the second time */
		assert_int_equal(cases[i].edit(&v, buf_text(&got), got.len, &again), 0);
		same_text("twice", &again, buf_text(&got), got.len);
	}
}

static void accounts_are_locked_or_removed(void **state)
{
	static const struct text_case cases[] = {
		{ evict_passwd,
		  "root:x:0:0::/root:/bin/sh\nalice:x:4001:4001:A,,,:/home/alice:/bin/bash\n"
		  "carl:x:4003:4003::/:/bin/sh\n",
		  "root:x:0:0::/root:/bin/sh\nalice:x:4001:4001:A,,,:/home/alice:/usr/sbin/nologin\n", 2 },
		{ evict_passwd, "alicea:x:1:1::/:/bin/sh\n+alice\nalice\nalice:x:1",
			"alicea:x:1:1::/:/bin/sh\n+alice\nalice\nalice:x:1", 0 },
		{ evict_shadow, "alice:*:19000:0:99999:7:::\ncarl:*:1:0:9:7:::\nbob:*:19000:0:99999:7:::",
		  "alice:!*:19000:0:99999:7::1:\nbob:*:19000:0:99999:7:::", 2 },
		{ evict_shadow, "alice::19000:0:99999:7:::\n", "alice:!:19000:0:99999:7::1:\n", 1 },
		/* locked, and not over: sshd with PAM asks for the day alone */
		{ evict_shadow, "alice:!*:19000:0:99999:7:::\n", "alice:!*:19000:0:99999:7::1:\n", 1 },
		{ evict_group, "sudo:x:27:bob,alice\nalice:x:4001:\nadm:x:4:alice\nx:x:9:carl,bob,alice,zoe\n",
		  "sudo:x:27:bob\nalice:x:4001:\nadm:x:4:\nx:x:9:bob,zoe\n", 4 },
		{ evict_group, "sudo:!:alice:alice,bob\n", "sudo:!::bob\n", 2 },
		{ evict_names, "bob\nalice\n\n#alice\n", "bob\n\n#alice\n", 1 },
	};

	(void)state;
	check(cases, sizeof(cases) / sizeof(*cases));
}

static void rules_of_sudo_lose_their_names_only(void **state)
{
	static const struct text_case cases[] = {
		{ evict_sudoers, "alice ALL=(ALL) NOPASSWD: ALL\nbob ALL=(alice) ALL\n", "bob ALL=(alice) ALL\n", 1 },
		{ evict_sudoers, "bob, alice ALL=(ALL) ALL\nalice,bob ALL = ALL\nbob,alice , zoe ALL=ALL\n",
		  "bob ALL=(ALL) ALL\nbob ALL = ALL\nbob,zoe ALL=ALL\n", 3 },
		{ evict_sudoers, "\"alice\" ALL=ALL\n#4001 ALL=ALL\n#40010 ALL=ALL\n# alice ALL=ALL\n#includedir "
				 "/etc/sudoers.d\n",
		  "#40010 ALL=ALL\n# alice ALL=ALL\n#includedir /etc/sudoers.d\n", 2 },
		{ evict_sudoers, "#0 ALL=ALL\ngone ALL=ALL\n", "#0 ALL=ALL\n", 1 },
		/* without her exception the rule for all would be hers again */
		{ evict_sudoers, "ALL, !alice ALL=ALL\n", "ALL, !alice ALL=ALL\n", 0 },
		{ evict_sudoers, "%alice ALL=ALL\n+alice ALL=ALL\nalicea ALL=ALL\n", "%alice ALL=ALL\n+alice "
										     "ALL=ALL\nalicea ALL=ALL\n", 0 },
		{ evict_sudoers, "alice \\\n  ALL = \\\n  ALL\nbob ALL=ALL", "bob ALL=ALL", 1 },
		{ evict_sudoers, "bob, \\\n  alice ALL=ALL\n", "bob ALL=ALL\n", 1 },
		{ evict_sudoers, "User_Alias OPS = alice, bob : DBA = alice\nOPS ALL=ALL\n",
		  "User_Alias OPS = bob : DBA = !ALL\nOPS ALL=ALL\n", 2 },
		{ evict_sudoers, "User_Alias OPS = alice, carl\n", "User_Alias OPS = !ALL\n", 2 },
		{ evict_sudoers, "Defaults:alice !authenticate\nDefaults env_reset\nDefaults>alice "
				 "x\nDefaults:bob,alice lecture\n",
		  "Defaults env_reset\nDefaults>alice x\nDefaults:bob lecture\n", 2 },
		{ evict_sudoers, "Host_Alias alice = web\nRunas_Alias R = alice\nCmnd_Alias C = alice\n@include "
				 "alice\n",
		  "Host_Alias alice = web\nRunas_Alias R = alice\nCmnd_Alias C = alice\n@include alice\n", 0 },
		{ evict_sudoers, "# a comment that ends in \\\nalice ALL=ALL\n", "# a comment that ends in \\\n", 1 },
		{ evict_sudoers, "\n   \nalice", "\n   \n", 1 },
	};

	(void)state;
	check(cases, sizeof(cases) / sizeof(*cases));
}

static void cron_lines_that_run_as_them_go(void **state)
{
	static const struct text_case cases[] = {
		{ evict_crontab, "SHELL=/bin/sh\n* * * * * alice /bin/x\n17 *\t* * *\troot alice\n@reboot alice "
				 "/x\n@daily root x\n",
		  "SHELL=/bin/sh\n17 *\t* * *\troot alice\n@daily root x\n", 2 },
		{ evict_crontab, "# * * * * * alice x\nA = b c d e alice\n* * * * *\n* * * * * ", "# * * * * * alice "
			"x\nA = b c d e alice\n"
		  "* * * * *\n* * * * * ", 0 },
	};

	(void)state;
	check(cases, sizeof(cases) / sizeof(*cases));
}

static void where_a_key_is_taken_from_is_told_as_it_stands(void **state _unused_)
{
	static const struct { const char *line, *from; } cases[] = {
		{ "ssh-ed25519 @ x", NULL }, { "no-pty ssh-ed25519 @ x", NULL },
		{ "# from=\"10.0.0.1\" ssh-ed25519 @", NULL },
		{ "from=\"10.0.0.1\" ssh-ed25519 @ x", "10.0.0.1" },
		{ "no-pty,FROM=\"10.0.0.*, !10.0.0.9,fd77::/64\",command=\"a,b\" ssh-ed25519 @",
		  "10.0.0.*, !10.0.0.9,fd77::/64" },
		/* it stands in another option, or in the comment */
		{ "command=\"x,from=\\\"10.0.0.1\\\"\" ssh-ed25519 @", NULL },
		{ "ssh-ed25519 @ from=\"10.0.0.1\"", NULL },
		{ "environment=\"a=from=\" ssh-ed25519 @", NULL },
		/* no text of addresses: that there is a restriction is known, and no more */
		{ "from=\"10.0.0.1;x\" ssh-ed25519 @", "?" }, { "from=\"\" ssh-ed25519 @", "?" },
		{ "\t from=\"a b\",no-pty ssh-ed25519 @", "a b" },
	};
	char fingerprint[SSHKEY_FINGERPRINT];
	_cleanup_(freep) char *theirs = made_key(1, fingerprint);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *line = with_keys(cases[i].line, theirs, theirs);
		_cleanup_(buf_free) struct buf from = BUF_INIT(EVICT_FROM_MAX);
		bool is = evict_from(line, strlen(line), &from);

		if (is != !!cases[i].from || (is && strcmp(buf_text(&from), cases[i].from) != 0))
			fail_msg("%s: %s", line, is ? buf_text(&from) : "from anywhere");
	}

	_cleanup_(buf_free) struct buf many = BUF_INIT(8000), from = BUF_INIT(EVICT_FROM_MAX);

	buf_str(&many, "from=\"");
	for (int i = 0; i < 300; i++)
		buf_str(&many, "10.0.0.1,");
	buf_printf(&many, "\" ssh-ed25519 %s", theirs);
	assert_true(evict_from(buf_text(&many), many.len, &from));
	assert_string_equal(buf_text(&from), "?");
}

static void an_authority_is_told_by_its_option(void **state _unused_)
{
	static const struct { const char *line; bool is; } cases[] = {
		{ "cert-authority ssh-ed25519 @ x", true },
		{ " no-pty,Cert-Authority,principals=\"a,b\" ssh-ed25519 @ x", true },
		{ "command=\"cert-authority\" ssh-ed25519 @ x", false },
		{ "command=\"a,cert-authority,b\" ssh-ed25519 @ cert-authority", false },
		{ "ssh-ed25519 @ cert-authority", false },
		{ "# cert-authority ssh-ed25519 @", false },
	};

	char fingerprint[SSHKEY_FINGERPRINT];
	_cleanup_(freep) char *mine = made_key(1, fingerprint);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *line = with_keys(cases[i].line, mine, mine);

		if (evict_is_authority(line, strlen(line)) != cases[i].is)
			fail_msg("%s", line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_a_key_is_taken_from_is_told_as_it_stands),
		cmocka_unit_test(an_authority_is_told_by_its_option),
		cmocka_unit_test(keys_go_by_their_bytes_and_no_other_byte_changes),
		cmocka_unit_test(a_nul_byte_and_a_very_long_line_hide_nothing),
		cmocka_unit_test(accounts_are_locked_or_removed),
		cmocka_unit_test(rules_of_sudo_lose_their_names_only),
		cmocka_unit_test(cron_lines_that_run_as_them_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
