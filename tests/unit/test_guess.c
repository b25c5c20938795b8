/* What names are guessed to mean: the tables, by examples. A name with no word in it is never guessed. */
#include "register_help.h"
#include "draft/guess.h"

struct row { const char *name, *is; };

static const char *or_none(struct guess g)
{
	return g.is ? g.is : "nothing";
}

static void systems_by_name(void **state _unused_)
{
	static const struct row rows[] = {
		{ "passwords::db::grafana", "grafana" }, { "passwords::redis::master", "redis" },
		{ "passwords::matomo::ldap_password", "ldap" }, { "passwords::roundcubemail_des_key", "roundcube" },
		{ "mailman3_rest_api_pass", "mailman" }, { "passwords::mail::noreply", "mail" },
		{ "passwords::icingaweb2", "icingaweb2" }, { "passwords::icinga_ido", "icinga2" },
		{ "puppetdb::password::rw", "puppetdb" }, { "passwords::mariadb_replica_password", "mariadb" },
		{ "files/base/user/salt-user-ssh-key", "salt" }, { "files/postfix/mail.private", "mail" },
		{ "profile::mysql::root", "mariadb" }, { "wiki_admin", "mediawiki" },
		{ "passwords::ticket_salt", "nothing" }, { "feedback::limit", "nothing" },
		{ "circle::radius", "nothing" },
		{ "", "nothing" }, { "::::", "nothing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(or_none(guess_system(rows[i].name)), rows[i].is);
}

static void kinds_by_name(void **state _unused_)
{
	static const struct row rows[] = {
		{ "passwords::redis::master", "redis-password" }, { "passwords::mediawiki::matomotoken", "api-token" },
		{ "mediawiki::global_discord_webhook_url", "api-token" }, { "passwords::piwik::salt", "shared-secret" },
		{ "passwords::db::root", "mariadb-password" }, { "puppetdb::db_password", "postgresql-password" },
		{ "profile::openldap::admin_password", "ldap-password" }, { "passwords::irc::bots", "irc-password" },
		{ "passwords::mediawiki::upgradekey", "shared-secret" }, { "smtp_password", "mail-password" },
		{ "passwords::graylog", "nothing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(or_none(guess_kind(rows[i].name)), rows[i].is);
}

/* What a row says must be something that the rest of the program knows. */
static void tables_are_of_known_systems(void **state _unused_)
{
	const struct guess_row *const tables[] = { guess_systems, guess_services, guess_paths };
	uint32_t pages = 0;

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct guess_row *r = tables[t]; r->words; r++)
			assert_non_null(guess_system_fact(r->is));
	for (const struct guess_system_fact *f = guess_facts; f->name; f++)
		pages += f->page != NULL;
	assert_int_equal(pages, 16);
	assert_null(guess_system_fact("nothing"));
}

static void services_are_whole_names(void **state _unused_)
{
	assert_string_equal(or_none(guess_system_of_service("redis-server")), "redis");
	assert_string_equal(or_none(guess_system_of_service("prometheus-redis-exporter")), "nothing");
	assert_string_equal(or_none(guess_system_of_path("/etc/icinga2/constants.conf")), "icinga2");
	assert_string_equal(or_none(guess_kind_of_path("/etc/mysql/grants/x.sql")), "mariadb-password");
}

static enum guess_class class_of(const char *name, bool is_file, uint32_t signs, enum strength strength, size_t len)
{
	const struct traits t = { .signs = signs, .strength = strength, .len = len };
	struct guess why;

	return guess_class(name, is_file, &t, &why);
}

/* The important side: what is called data has to have a word of data, none of a secret, and not the look of one. */
static void doubt_is_a_secret(void **state _unused_)
{
	assert_int_equal(class_of("icinga2::oncall.alice.phone", false, 0, STRENGTH_FAIR, 12), GUESS_DATA);
	assert_int_equal(class_of("app.port", false, TRAIT_NUMBER, STRENGTH_LOW, 4), GUESS_DATA);
	assert_int_equal(class_of("passwords::users", false, 0, STRENGTH_LOW, 8), GUESS_SECRET);
	assert_int_equal(class_of("app::phone", false, 0, STRENGTH_HIGH, 40), GUESS_UNKNOWN);
	assert_int_equal(class_of("app::phone", false, TRAIT_HASH, STRENGTH_NONE, 60), GUESS_SECRET);
	assert_int_equal(class_of("app::thing", false, 0, STRENGTH_LOW, 5), GUESS_UNKNOWN);
	assert_int_equal(class_of("files/geoip/x.mmdb", true, TRAIT_BINARY, STRENGTH_NONE, 50000), GUESS_DATA);
	assert_int_equal(class_of("files/new.bin", true, TRAIT_BINARY, STRENGTH_NONE, 40), GUESS_UNKNOWN);
	assert_int_equal(class_of("README.md", true, TRAIT_LINES, STRENGTH_NONE, 100), GUESS_PUBLIC);
	assert_int_equal(class_of("README.md", true, TRAIT_BINARY, STRENGTH_NONE, 100), GUESS_UNKNOWN);
}

static void keys_are_looked_at(void **state _unused_)
{
	struct pem pem = { .kind = PEM_PUBLIC };
	struct traits t = { .pems = { &pem, 1, false } };
	struct guess why;

	assert_int_equal(guess_class("files/id_rsa.pub", true, &t, &why), GUESS_PUBLIC);
	pem.kind = PEM_PRIVATE;
	assert_int_equal(guess_class("README.md", true, &t, &why), GUESS_SECRET);
	pem.kind = PEM_PUBLIC;
	t.pems.more = true;
	assert_int_equal(guess_class("files/id_rsa.pub", true, &t, &why), GUESS_SECRET);
}

static void short_names(void **state _unused_)
{
	static const struct { const char *name, *system, *is; } rows[] = {
		{ "passwords::db::grafana", "grafana", "db" }, { "passwords::redis::master", "redis", "master" },
		{ "passwords::grafana", "grafana", "" }, { "\xc3\xbc", "x", "" }, { "A::B_c", "x", "a-b-c" },
		{ "a::a::a", "x", "a" }, { "--", "x", "" },
	};
	char name[60], tiny[6];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		guess_short_name(rows[i].name, rows[i].system, name, sizeof(name));
		assert_string_equal(name, rows[i].is);
	}
	guess_short_name("abc::def::ghi", "x", tiny, sizeof(tiny));
	assert_string_equal(tiny, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(systems_by_name), cmocka_unit_test(kinds_by_name),
		cmocka_unit_test(tables_are_of_known_systems), cmocka_unit_test(services_are_whole_names),
		cmocka_unit_test(doubt_is_a_secret), cmocka_unit_test(keys_are_looked_at),
		cmocka_unit_test(short_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
