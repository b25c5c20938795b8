/* On a calm day: whose only channel depends on what may leak. */
#include "register_help.h"
#include "model/alert_check.h"

#define HEAD(channels) \
	"register: 1\n" \
	"organisation: {name: Farm, team: sre@example.org, approver: lead, channels: " channels "}\n" \
	"roles: {lead: }\n" \
	"people: {alice: {name: Alice, mail: alice@example.org}, bob: {name: Bob, channels: [chat]}}\n" \
	"hosts: {mail2: , box: }\n" \
	"repositories: {private: {kind: private, url: /srv/private.git, hosts: [box]}}\n" \
	"systems:\n" \
	"  mail: {title: Mail, contacts: [alice], hosts: [mail2]}\n" \
	"  irc: {title: IRC, contacts: [bob]}\n" \
	"  other: {title: Other, contacts: [alice, bob]}\n" \
	"secrets: {mail/noreply: {kind: k}, irc/bots: {kind: k}, other/x: {kind: k, opens: ['host:mail2']}}\n" \
	"channels:\n" \
	"  mail: {kind: mail, to: sre@example.org, relays: ['smtp://m:25'], from: f@example.org, depends: [mail]}\n" \
	"  away: {kind: mail, to: sre@example.net, relays: ['smtp://m:25'], from: f@example.org}\n" \
	"  chat: {kind: irc, to: '#sre', server: 'irc:6697', nick: fb, user: fb, secret: irc/bots}\n" \
	"  phones: {kind: phone, to: the list}\n"

#define WHEN(line, system) "r.yaml:" line ":3: when system '" system "' is what leaked, these cannot be told by us: "
#define ADVICE "; give them a channel that does not run on it"

static void warnings(const char *text, const char *const *want, size_t n)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(strv_free) struct strv got = STRV_INIT;
	const struct source file = { "r.yaml", text, strlen(text) };
	struct err e = ERR_INIT;

	if (register_load(&file, 1, NULL, 0, &r, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(alert_check(r, &got, &e), 0);
	for (size_t k = 0; k < got.n && k < n; k++)
		assert_string_equal(got.s[k], want[k]);
	assert_int_equal(got.n, n);
}

static void who_has_only_what_leaks_is_named(void **state _unused_)
{
	static const char *const want[] = {
		WHEN("8", "mail") "sre@example.org (mail depends on it), alice (mail depends on it)"
		ADVICE,
		WHEN("9", "irc") "bob (chat depends on it)" ADVICE,
		/* by way of a secret that opens the host of the mail server */
		WHEN("10", "other") "sre@example.org (mail depends on it), alice (mail depends on it)"
		ADVICE,
	};

	warnings(HEAD("[mail, phones]"), want, ARRAY_SIZE(want));
}

static void another_way_is_enough(void **state _unused_)
{
	static const char *const want[] = {
		WHEN("9", "irc") "bob (chat depends on it)" ADVICE,
	};

	warnings(HEAD("[mail, away]"), want, ARRAY_SIZE(want));
}

static void the_teams_address_has_a_channel(void **state _unused_)
{
	static const char *const want[] = {
		"no channel of 'organisation' brings mail to the team's address 'sre@example.org', which is always "
		"to be told",
		WHEN("9", "irc") "bob (chat depends on it)" ADVICE,
	};

	warnings(HEAD("[away]"), want, ARRAY_SIZE(want));
}

static void without_channels_there_is_nothing_to_say(void **state _unused_)
{
	warnings("register: 1\norganisation: {name: F, team: a@b.org, approver: lead}\nroles: {lead: }\n"
		 "systems: {mail: {title: Mail}}\n", NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_only_what_leaks_is_named),
		cmocka_unit_test(another_way_is_enough),
		cmocka_unit_test(the_teams_address_has_a_channel),
		cmocka_unit_test(without_channels_there_is_nothing_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
