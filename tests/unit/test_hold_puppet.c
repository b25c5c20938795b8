/* Puppet on a host that is cut off: its agent is disabled where it looks for that, and what goes on is said. */
#include "hold_help.h"

#define LOCK_NAME "/agent_disabled.lock"
#define LOCK "/var/lib/puppet/state" LOCK_NAME
#define CACHE "/var/cache/puppet/state"
#define CONF "/etc/puppet/puppet.conf"
#define DISABLED "is not disabled"
#define APPLIES "runs puppet apply, which heeds no lock"

/* The warnings of a containment, a line each; *ret: how many. */
static char *warnings(struct stage *h, size_t *ret)
{
	_cleanup_(json_freep) json_t *j = ask(h, "contain", 3, 60000, false);
	const json_t *list = json_object_get(json_object_get(j, "contain"), "warnings"), *one;
	struct buf b = BUF_INIT(1 << 16);
	size_t i;

	assert_true(json_is(j, "ok"));
	json_array_foreach(list, i, one)
		buf_printf(&b, "%s\n", json_string_value(one));
	*ret = json_array_size(list);
	return buf_take(&b);
}

static void warns(struct stage *h, size_t n, const char *words, const char *more)
{
	size_t is;
	_cleanup_(freep) char *text = warnings(h, &is);

	if (is != n || (words && !strstr(text, words)) || (more && !strstr(text, more)))
		fail_msg("%zu warnings: %s", is, text);
	wants(h, "release", 3, NULL, NULL);
}

static void a_colleagues_lock_of_puppet_stays(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *lock = NULL;

	put(h, LOCK, "{\"disabled_message\":\"a colleague\"}", 0644);
	wants(h, "contain", 3, NULL, NULL);
	wants(h, "release", 3, NULL, NULL);
	lock = text_of(h, LOCK);
	assert_string_equal(lock, "{\"disabled_message\":\"a colleague\"}");
}

/* It lay on the disk when the host started again, and the marker did not. */
static void puppets_lock_is_released_without_a_marker(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *lock = NULL;

	put(h, LOCK, "{\"disabled_message\":\"firebreak incident 12\"}", 0644);
	wants(h, "release", 1, NULL, NULL);
	assert_true(is_there(h, LOCK));
	wants(h, "contain", 1, NULL, NULL);
	wants(h, "release", 1, NULL, NULL);
	lock = text_of(h, LOCK);
	assert_string_equal(lock, "{\"disabled_message\":\"firebreak incident 12\"}");
	wants(h, "release", 12, NULL, NULL);
	assert_false(is_there(h, LOCK) || is_there(h, HOLD_RUN));
}

static void a_host_without_puppet_has_nothing_to_say(void **state)
{
	struct stage *h = *state;

	put(h, "/etc/cron.d/x", "* * * * * root puppet apply /etc/site.pp\n", 0644);
	warns(h, 0, NULL, NULL);
}

static void an_agent_that_cannot_be_disabled_is_told(void **state)
{
	struct stage *h = *state;

	put(h, "/usr/bin/puppet", "", 0755);
	warns(h, 1, DISABLED, "there is no '" CACHE "'");
	put(h, CACHE "/x", "", 0644);
	warns(h, 0, NULL, NULL);
	assert_false(is_there(h, CACHE LOCK_NAME));
	/* a folder of that name: no file can be put there */
	put(h, CACHE LOCK_NAME "/x", "", 0644);
	warns(h, 1, DISABLED, LOCK_NAME);
}

/* Of its own: where the agent looks, and nowhere else counts. */
static void its_configuration_says_where_the_lock_lies(void **state)
{
	static const struct { const char *conf, *folder; } rows[] = {
		{ "[main]\nvardir = /srv/one\n", "/srv/one/state" },
		{ "[main]\nvardir=/srv/no\n[agent]\n  vardir=/srv/two  \n[server]\nvardir=/srv/no\n",
		  "/srv/two/state" },
		{ "vardir=/srv/no\n[agent]\n#statedir=/srv/no\nstatedir = /srv/three\n", "/srv/three" },
		{ "[main]\nvardir=/srv/v\n[agent]\nstatedir = $vardir/four\n", "/srv/v/four" },
		{ "[agent]\nstatedir = ${vardir}/five\n", "/var/cache/puppet/five" },
		{ "[agent]\nagent_disabled_lockfile = $statedir/six" LOCK_NAME "\n", CACHE "/six" },
	};
	struct stage *h = *state;

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(freep) char *lock = mem_printf("%s" LOCK_NAME, rows[k].folder);
		_cleanup_(freep) char *other = mem_printf("%s/x", rows[k].folder);
		_cleanup_(freep) char *text = NULL;

		put(h, CONF, rows[k].conf, 0644);
		put(h, LOCK ".not", "", 0644);
		warns(h, 1, DISABLED, rows[k].folder);
		put(h, other, "", 0644);
		wants(h, "contain", 3, NULL, NULL);
		text = text_of(h, lock);
		if (!strstr(text, "firebreak incident 3"))
			fail_msg("row %zu: no lock", k);
		wants(h, "release", 3, NULL, NULL);
		assert_false(is_there(h, lock));
		unput(h, other);
	}
}

static void a_lock_of_another_name_is_not_made(void **state)
{
	struct stage *h = *state;

	put(h, CONF, "[agent]\nagent_disabled_lockfile = /etc/nologin\n", 0644);
	warns(h, 1, DISABLED, CONF);
	assert_false(is_there(h, "/etc/nologin"));
	put(h, CONF, "[agent]\nstatedir = $environment/state\n", 0644);
	warns(h, 1, DISABLED, CONF);
}

static void who_applies_without_an_agent_is_told(void **state)
{
	static const struct { const char *path, *text; bool told; } rows[] = {
		{ "/etc/crontab", "#\n*/30 * * * * root  /usr/bin/puppet  apply -v /etc/site.pp\n", true },
		{ "/etc/cron.d/own", "0 3 * * * root cd / && puppet apply\n", true },
		{ "/etc/cron.hourly/own", "#!/bin/sh\nexec puppet apply /etc/site.pp\n", true },
		{ "/var/spool/cron/crontabs/root", "0 3 * * * puppet\tapply /x\n", true },
		{ "/etc/systemd/system/own.service", "[Service]\nExecStart=/usr/bin/puppet apply /x\n", true },
		{ "/lib/systemd/system/own.service", "[Service]\nExecStart=/usr/bin/puppet apply /x\n", true },
		{ "/etc/systemd/system/own.txt", "ExecStart=/usr/bin/puppet apply /x\n", false },
		{ "/etc/cron.d/own", "  # 0 3 * * * root puppet apply\n0 3 * * * root puppet agent --onetime\n",
		  false },
		{ "/etc/cron.d/own", "0 3 * * * root puppet applyment; puppet-apply; echo puppet\n", false },
	};
	struct stage *h = *state;

	put(h, CACHE "/x", "", 0644);
	put(h, CONF, "", 0644);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		put(h, rows[k].path, rows[k].text, 0644);
		warns(h, rows[k].told, rows[k].told ? APPLIES : NULL, rows[k].told ? rows[k].path : NULL);
		unput(h, rows[k].path);
	}
}

/* Somebody enabled it while the block stands. */
static void what_is_run_again_disables_it_again(void **state)
{
	struct stage *h = *state;

	put(h, LOCK ".not", "", 0644);
	wants(h, "contain", 3, NULL, NULL);
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
	unput(h, LOCK);
	wants(h, "contain", 3, NULL, NULL);
	assert_true(is_there(h, LOCK));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		CASE(a_colleagues_lock_of_puppet_stays),
		CASE(puppets_lock_is_released_without_a_marker),
		CASE(a_host_without_puppet_has_nothing_to_say),
		CASE(an_agent_that_cannot_be_disabled_is_told),
		CASE(its_configuration_says_where_the_lock_lies),
		CASE(a_lock_of_another_name_is_not_made),
		CASE(who_applies_without_an_agent_is_told),
		CASE(what_is_run_again_disables_it_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
