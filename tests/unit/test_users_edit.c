/* The public users data, edited: who is evicted goes, each other byte stays. Keys are made here, none is anybody's. */
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scan/users_edit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char theirs[200], other[200], fingerprint[SSHKEY_FINGERPRINT];

/* The base64 of an ed25519 key of 32 equal bytes. */
static void make_key(char byte, char ret[200], char ret_fingerprint[SSHKEY_FINGERPRINT])
{
	char blob[51] = "\0\0\0\013ssh-ed25519\0\0\0\040";
	_cleanup_(buf_free) struct buf b = BUF_INIT(199);

	memset(blob + 19, byte, 32);
	text_base64(&b, blob, sizeof(blob));
	assert_true(sshkey_fingerprint(b.data, b.len, ret_fingerprint));
	memcpy(ret, b.data, b.len + 1);
}

/* "@" is the evicted key, "& " another one, each with its type. */
static char *with_keys(const char *pattern)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	for (const char *c = pattern; *c; c++) {
		if (*c == '@' || (*c == '&' && c[1] == ' '))
			buf_printf(&b, "ssh-ed25519 %s", *c == '@' ? theirs : other);
		else
			buf_char(&b, *c);
	}
	return mem_dup(buf_text(&b));
}

static int edit(const char *text, bool users, struct buf *got, struct users_edited *done, struct err *e)
{
	static const char *const people[] = { "people", NULL }, *const groups[] = { "groups", NULL };
	static const char *const names[] = { "alice", "zed" };
	const char *const keys[] = { fingerprint };
	const struct users_edit what = {
		.people = people, .groups = groups, .keys = "ssh_keys", .ensure = "ensure", .members = "members",
		.users = names, .n_users = users ? 2 : 0, .fingerprints = keys, .n_fingerprints = 1,
	};

	return users_edit("data.yaml", text, strlen(text), &what, got, done, e);
}

static void who_goes_goes_and_no_other_byte_changes(void **state)
{
	static const struct { const char *text, *left; bool users; struct users_edited done; } cases[] = {
		/* a user: absent, no keys, in no group; comments and the others stay */
		{ "# all\npeople:\n  # her\n  alice:\n    uid: 1  # one\n    ssh_keys:\n      - @ a@b  # hers\n      "
		  "- & a\n"
		  "  bob:\n    ssh_keys:\n      - & b\ngroups:\n  sre:\n    members: [alice, bob]\n",
		  "# all\npeople:\n  # her\n  alice:\n    ensure: absent\n    uid: 1  # one\n    ssh_keys: []\n"
		  "  bob:\n    ssh_keys:\n      - & b\ngroups:\n  sre:\n    members: [bob]\n", true, { 1, 2, 1, 1 } },
		/* a key: out of everybody's list, by its bytes; the account stays */
		{ "people:\n  alice:\n    ssh_keys:\n    - & alice\n    - no-pty @ x\n  bob: {ssh_keys: ['& x', \"@ "
		  "bob\"]}\n"
		  "groups: {}\n",
		  "people:\n  alice:\n    ssh_keys:\n    - & alice\n  bob: {ssh_keys: ['& x']}\ngroups: {}\n",
		  false, { 0, 2, 0, 0 } },
		/* the comment is anybody's */
		{ "people:\n  bob:\n    ssh_keys:\n      - & @\ngroups: {}\n", "people:\n  bob:\n    ssh_keys:\n      "
									       "- & @\n"
		  "groups: {}\n", false, { 0, 0, 0, 0 } },
		/* present becomes absent in its own style; in braces; members below each other */
		{ "people:\n  alice: {uid: 1, ensure: present}\n  zed: {}\ngroups:\n  a:\n    members:\n    - bob\n   "
		  " - alice\n"
		  "    gid: 1\n  b:\n    members:\n      - zed\n",
		  "people:\n  alice: {uid: 1, ensure: absent}\n  zed: {ensure: absent}\ngroups:\n  a:\n    members:\n "
		  "   - bob\n"
		  "    gid: 1\n  b:\n    members: []\n", true, { 2, 0, 2, 0 } },
		/* twice is once */
		{ "people:\n  alice:\n    ensure: absent\n    ssh_keys: []\ngroups: {a: {members: []}}\n",
		  "people:\n  alice:\n    ensure: absent\n    ssh_keys: []\ngroups: {a: {members: []}}\n", true, { 0,
			0, 0, 1 } },
		/* a key over several lines, and the last line without a newline */
		{ "groups: {}\npeople:\n  bob:\n    ssh_keys:\n      - >-\n        @\n        bob\n      - & x",
		  "groups: {}\npeople:\n  bob:\n    ssh_keys:\n      - & x", false, { 0, 1, 0, 0 } },
		{ "groups: {}\npeople:\n  bob:\n    ssh_keys: [@ a]",
			"groups: {}\npeople:\n  bob:\n    ssh_keys: []", false,
		  { 0, 1, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *text = with_keys(cases[i].text), *left = with_keys(cases[i].left);
		_cleanup_(buf_free) struct buf got = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
		struct users_edited done;
		struct err e = ERR_INIT;

		if (edit(text, cases[i].users, &got, &done, &e) < 0)
			fail_msg("%s\n%s", e.text, text);
		if (strcmp(buf_text(&got), left) != 0)
			fail_msg("expected:\n%s\ngot:\n%s", left, buf_text(&got));
		assert_int_equal(done.users, cases[i].done.users);
		assert_int_equal(done.keys, cases[i].done.keys);
		assert_int_equal(done.memberships, cases[i].done.memberships);
		assert_int_equal(done.unknown, cases[i].done.unknown);
		assert_int_equal(edit(buf_text(&got), cases[i].users, &again, &done, &e), 0);
		assert_string_equal(buf_text(&again), left);
		assert_int_equal(done.users + done.keys + done.memberships, 0);
	}
}

static void what_cannot_be_edited_is_told_with_its_place(void **state)
{
	static const struct { const char *text, *problem; } cases[] = {
		{ "", "data.yaml: the file is empty, where the register says that users stand" },
		{ "users: {}\n", "data.yaml:1:1: there is no 'people' here, where the register says that users stand" },
		{ "people: []\ngroups: {}\n", "data.yaml:1:9: a map was expected here, where the register says that "
					      "users stand" },
		{ "people: {}\n",
			"data.yaml:1:1: there is no 'groups' here, where the register says that users stand" },
		{ "people: {alice: }\ngroups: {}\n", "data.yaml:1:17: a map was expected of the user 'alice': write "
						     "'ensure: absent' "
						     "there by hand" },
		{ "people: {bob: {ssh_keys: &k ['@']}, alice: {ssh_keys: *k}}\ngroups: {}\n",
		  "data.yaml:1:134: a list was expected here: take it out by hand" },
		{ "people: {alice: {ssh_keys: [{key: x}]}}\ngroups: {}\n",
		  "data.yaml:1:29: a text was expected here: take it out by hand" },
		{ "people: {alice: {ensure: [x]}}\ngroups: {}\n",
		  "data.yaml:1:26: 'ensure' is no text: write 'absent' there by hand" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *text = with_keys(cases[i].text);
		_cleanup_(buf_free) struct buf got = BUF_INIT(1 << 20);
		struct users_edited done;
		struct err e = ERR_INIT;

		assert_true(edit(text, true, &got, &done, &e) < 0);
		assert_string_equal(e.text, cases[i].problem);
	}
}

int main(void)
{
	char ignored[SSHKEY_FINGERPRINT];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_goes_goes_and_no_other_byte_changes),
		cmocka_unit_test(what_cannot_be_edited_is_told_with_its_place),
	};

	make_key(7, theirs, fingerprint);
	make_key(8, other, ignored);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
