/* What contain, confirm and release do to a host: in a folder that stands for it, with an nft of the test. */
#include "hold_help.h"
#include "base/clock.h"
#include "base/fs.h"
#include <stdlib.h>

/* The state that the answer names. */
static void answers_state(struct stage *h, const char *command, int64_t incident, const char *state)
{
	_cleanup_(json_freep) json_t *j = ask(h, command, incident, 60000, false);
	const char *got = json_str(json_object_get(j, command), "state");

	if (state ? !got || strcmp(got, state) != 0 : got != NULL)
		fail_msg("%s: its state is '%s'", command, got);
}

static void from_block_over_confirmation_to_release_nothing_stays(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *rules = NULL, *kept = NULL, *unit = NULL;

	put(h, "/var/lib/puppet/state/x", "", 0644);
	put(h, "/etc/systemd/system/x", "", 0644);
	wants(h, "contain", 3, NULL, NULL);
	assert_true(state_is(h, HOLD_WAITING));
	rules = text_of(h, "/rules");
	assert_non_null(strstr(rules, "comment \"firebreak incident 3 isolate\""));
	assert_true(is_there(h, "/var/lib/puppet/state/agent_disabled.lock"));
	/* not before it is confirmed: a host that starts again without that is free */
	assert_false(is_there(h, HOLD_ETC));
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
	assert_true(state_is(h, HOLD_CONFIRMED));
	kept = text_of(h, HOLD_ETC "/rules.nft");
	assert_string_equal(kept, rules);
	unit = text_of(h, "/etc/systemd/system/firebreak-contain.service");
	assert_non_null(strstr(unit, "ExecStart=/usr/sbin/nft -f " HOLD_ETC "/rules.nft"));
	wants(h, "release", 3, NULL, NULL);
	assert_false(is_there(h, "/rules"));
	assert_false(is_there(h, HOLD_ETC) || is_there(h, HOLD_RUN));
	assert_false(is_there(h, "/etc/systemd/system/firebreak-contain.service"));
	assert_false(is_there(h, "/var/lib/puppet/state/agent_disabled.lock"));
	assert_true(is_there(h, "/etc/systemd/system/x"));
}

/* Its files are there on both: which init comes next nobody knows. */
static void a_host_says_whether_anything_would_load_them_at_its_next_start(void **state)
{
	struct stage *h = *state;
	static const char *const words[] = { CONTAIN_NOT_KEPT, CONTAIN_KEPT };

	for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
		_cleanup_(json_freep) json_t *one = NULL, *crowd = NULL;

		if (k)
			put(h, "/run/systemd/system/x", "", 0644);
		assert_int_equal(setenv("SSH_CONNECTION", SOMEBODY, 1), 0);
		wants(h, "contain", 3, NULL, NULL);
		another_connection();
		one = ask(h, "confirm", 3, 60000, false);
		assert_string_equal(json_str(json_object_get(one, "confirm"), "kept"), words[k]);
		assert_true(is_there(h, HOLD_ETC "/rules.nft"));
		wants(h, "release", 3, NULL, NULL);
		crowd = ask(h, "contain", 3, 60000, true);
		assert_true(json_is(crowd, "ok"));
		assert_string_equal(json_str(json_object_get(crowd, "contain"), "over_restart"), words[k]);
		wants(h, "release", 3, NULL, NULL);
	}
}

static void without_confirmation_the_host_undoes_all_of_it(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = NULL;

	put(h, "/var/lib/puppet/state/x", "", 0644);
	j = ask(h, "contain", 3, 700, false);
	assert_true(json_is(j, "ok") && is_there(h, "/rules"));
	wait_for(h, HOLD_UNDONE);
	assert_false(is_there(h, "/rules"));
	assert_false(is_there(h, "/var/lib/puppet/state/agent_disabled.lock"));
	another_connection();
	wants(h, "confirm", 3, "remote", "its dead-man has undone it");
	answers_state(h, "confirm", 3, HOLD_UNDONE);
}

static void what_is_confirmed_the_dead_man_leaves_alone(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = ask(h, "contain", 3, 1500, false);

	assert_true(json_is(j, "ok"));
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
	clock_sleep_ms(2500);
	assert_true(is_there(h, "/rules") && state_is(h, HOLD_CONFIRMED));
}

static void a_connection_that_is_older_than_the_block_confirms_nothing(void **state)
{
	struct stage *h = *state;

	put(h, "/rules", "comment \"firebreak incident 3 isolate\" chain", 0644);
	put(h, HOLD_RUN "/marker", "{\"incident\":3,\"state\":\"waiting\",\"label\":\"firebreak incident 3 isolate\","
	    "\"rules\":\"x\",\"connections\":[\"192.0.2.7 50001\",\"192.0.2.9 1\"]}", 0600);
	wants(h, "confirm", 3, "refused", "older than the block");
	assert_int_equal(setenv("SSH_CONNECTION", "::ffff:192.0.2.7 50001 ::ffff:10.0.0.1 22", 1), 0);
	wants(h, "confirm", 3, "refused", "older than the block");
	answers_state(h, "confirm", 3, HOLD_WAITING);
	assert_false(is_there(h, HOLD_ETC));
	assert_int_equal(setenv("SSH_CONNECTION", "192.0.2.7 50002 10.0.0.1 22", 1), 0);
	wants(h, "confirm", 3, NULL, NULL);
}

static void rules_that_somebody_took_away_are_not_confirmed(void **state)
{
	struct stage *h = *state;

	wants(h, "contain", 3, NULL, NULL);
	unput(h, "/rules");
	another_connection();
	wants(h, "confirm", 3, "remote", "took the rules away");
	answers_state(h, "confirm", 3, HOLD_UNDONE);
	assert_false(is_there(h, HOLD_ETC));
}

static void a_second_visit_finds_what_the_first_one_did(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *first = ask(h, "contain", 3, 60000, false);
	_cleanup_(json_freep) json_t *again = ask(h, "contain", 3, 60000, false), *stand = NULL;

	assert_true(json_is(first, "ok") && json_is(again, "ok"));
	assert_null(json_str(json_object_get(first, "contain"), "found"));
	assert_string_equal(json_str(json_object_get(again, "contain"), "found"), "firebreak incident 3 isolate");
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
	stand = ask(h, "contain", 3, 60000, false);
	assert_string_equal(json_str(json_object_get(stand, "contain"), "state"), HOLD_CONFIRMED);
	wants(h, "confirm", 3, NULL, NULL);
}

static void another_incident_takes_nothing_over(void **state)
{
	struct stage *h = *state;

	wants(h, "contain", 3, NULL, NULL);
	wants(h, "contain", 4, "conflict", "incident 3 holds it already");
	wants(h, "release", 4, "conflict", "incident 3 holds it");
	answers_state(h, "release", 4, NULL);
	another_connection();
	wants(h, "confirm", 4, "conflict", "something else holds it");
	assert_true(is_there(h, "/rules"));
	put(h, "/broken", "", 0644);
	wants(h, "release", 3, "remote", "syntax error");
	answers_state(h, "release", 3, NULL);
	assert_true(is_there(h, "/rules"));
	unput(h, "/broken");
	answers_state(h, "release", 3, HOLD_UNDONE);
}

static void a_host_without_nft_says_so(void **state)
{
	struct stage *h = *state;

	unput(h, "/usr/sbin/nft");
	wants(h, "contain", 3, "remote", "it has no nft");
}

static void who_would_be_cut_off_changes_nothing(void **state)
{
	struct stage *h = *state;

	assert_int_equal(setenv("SSH_CONNECTION", "198.51.100.1 4000 10.0.0.1 22", 1), 0);
	wants(h, "stand", 3, "refused", "you would be cut off");
	wants(h, "contain", 3, "refused", "you would be cut off");
	assert_false(is_there(h, "/rules") || is_there(h, HOLD_RUN "/marker"));
}

static void a_marker_of_the_intruders_names_no_file_of_its_own(void **state)
{
	struct stage *h = *state;

	put(h, "/srv/agent_disabled.lock", "firebreak incident 3", 0644);
	put(h, HOLD_RUN "/marker", "{\"incident\":3,\"state\":\"confirmed\",\"label\":\"firebreak incident 3 isolate\","
	    "\"puppet\":[\"/srv\",\"../../srv\",7]}", 0600);
	wants(h, "release", 3, NULL, NULL);
	assert_true(is_there(h, "/srv/agent_disabled.lock"));
}

#define NFTABLES_CONF "/etc/systemd/system/nftables.service.d/firebreak-contain.conf"

/* What stands at nftables.service once it is confirmed. */
static char *at_nftables(struct stage *h, const char *unit)
{
	put(h, "/lib/systemd/system/nftables.service", unit, 0644);
	assert_int_equal(setenv("SSH_CONNECTION", SOMEBODY, 1), 0);
	wants(h, "contain", 3, NULL, NULL);
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
	return text_of(h, NFTABLES_CONF);
}

static void what_nftables_loads_becomes_one_transaction_with_ours(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *conf = at_nftables(h, "[Service]\nExecStart=/usr/sbin/nft -f /etc/own.nft\n"
						     "ExecStop=/usr/sbin/nft flush ruleset\n");
	_cleanup_(freep) char *start = text_of(h, HOLD_ETC "/start.nft"), *stop = text_of(h, HOLD_ETC "/stop.nft");

	assert_string_equal(start, "include \"/etc/own.nft\"\ninclude \"" HOLD_ETC "/rules.nft\"\n");
	assert_string_equal(stop, "flush ruleset\ninclude \"" HOLD_ETC "/rules.nft\"\n");
	assert_non_null(strstr(conf, "\nExecStart=\nExecStart=/usr/sbin/nft -f " HOLD_ETC "/start.nft\n"));
	assert_null(strstr(conf, "ExecReload"));
	assert_null(strstr(conf, "Post"));
	wants(h, "release", 3, NULL, NULL);
	assert_false(is_there(h, NFTABLES_CONF) || is_there(h, HOLD_ETC));
}

static void what_is_not_understood_of_nftables_is_left_and_ours_comes_behind_it(void **state)
{
	static const char *const units[] = {
		"[Service]\nExecStart=/usr/sbin/nft -f /etc/own.nft\nExecStart=/bin/true\n",
		"[Service]\nExecStart=/usr/sbin/nft -f /etc/own.nft\nExecStartPost=/usr/sbin/nft flush ruleset\n",
		"[Service]\nExecStart=/usr/sbin/nft -f /etc/o\"; wn.nft\n",
		"[Service]\nExecStart=/bin/sh -c 'nft flush ruleset'\n",
		"[Service]\nExecStop=/usr/sbin/nft flush ruleset\n",
		"[Service]\nExecStart=/usr/sbin/nft -f own.nft\n",
		"",
	};

	for (size_t k = 0; k < ARRAY_SIZE(units); k++) {
		_cleanup_(freep) char *conf = at_nftables(*state, units[k]);

		if (!strstr(conf, "\nExecStartPost=-/usr/sbin/nft -f " HOLD_ETC "/rules.nft\n") ||
		    strstr(conf, "\nExecStart="))
			fail_msg("unit %zu: %s", k, conf);
		wants(*state, "release", 3, NULL, NULL);
	}
}

static void a_drop_in_of_somebody_else_at_nftables_is_left_too(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *conf = NULL;

	put(h, "/run/systemd/system/nftables.service.d/x.conf", "[Service]\nExecStartPost=/bin/true\n", 0644);
	conf = at_nftables(h, "[Service]\nExecStart=/usr/sbin/nft -f /etc/own.nft\n");
	assert_null(strstr(conf, "\nExecStart="));
	assert_non_null(strstr(conf, "\nExecStartPost=-"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		CASE(from_block_over_confirmation_to_release_nothing_stays),
		CASE(a_host_says_whether_anything_would_load_them_at_its_next_start),
		CASE(without_confirmation_the_host_undoes_all_of_it),
		CASE(what_is_confirmed_the_dead_man_leaves_alone),
		CASE(a_connection_that_is_older_than_the_block_confirms_nothing),
		CASE(rules_that_somebody_took_away_are_not_confirmed),
		CASE(a_second_visit_finds_what_the_first_one_did),
		CASE(another_incident_takes_nothing_over),
		CASE(a_host_without_nft_says_so),
		CASE(who_would_be_cut_off_changes_nothing),
		CASE(a_marker_of_the_intruders_names_no_file_of_its_own),
		CASE(what_nftables_loads_becomes_one_transaction_with_ours),
		CASE(what_is_not_understood_of_nftables_is_left_and_ours_comes_behind_it),
		CASE(a_drop_in_of_somebody_else_at_nftables_is_left_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
