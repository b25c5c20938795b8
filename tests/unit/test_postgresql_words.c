/* What the register may say, where libpq then connects, and what a failed login means. No server is needed. */
#include "driver/postgresql.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const app[] = { "app", NULL };

static struct driver_job job_at(const char *address, const char *host, const json_t *options)
{
	return (struct driver_job){
		.address = address, .at = { .host = host, .port = 5432 }, .users = app, .options = options,
		.limit_ms = 1000,
	};
}

static void words_are_checked(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const empty[] = { "", NULL };
	static const char *const broken[] = { "a\xff", NULL };
	_cleanup_(json_freep) json_t *o = json_object();
	struct err e = ERR_INIT;

	(void) state;
	assert_int_equal(postgresql_words("db1:5432", app, NULL, &e), 0);
	assert_int_equal(postgresql_words("db1:5432", none, NULL, &e), -ERR_CONFIG);
	assert_int_equal(postgresql_words("db1:5432", empty, NULL, &e), -ERR_CONFIG);
	assert_int_equal(postgresql_words("db1:5432", broken, NULL, &e), -ERR_CONFIG);
	assert_int_equal(postgresql_words("", app, NULL, &e), -ERR_CONFIG);
	json_put(o, "tls", "prefer");
	assert_int_equal(postgresql_words("db1:5432", app, o, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "expected no, yes, verify-ca or verify-full"));
	json_put(o, "tls", "verify-full");
	assert_int_equal(postgresql_words("db1:5432", app, o, &e), 0);
	json_put(o, "database", "");
	assert_int_equal(postgresql_words("db1:5432", app, o, &e), -ERR_CONFIG);
}

static void tls_is_asked_for_off_this_machine(void **state)
{
	_cleanup_(json_freep) json_t *o = json_object();
	struct postgresql_where w;
	struct driver_job job;
	struct err e = ERR_INIT;

	(void) state;
	job = job_at("127.0.0.1:5432", "127.0.0.1", NULL);
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.sslmode, "disable");
	job = job_at("db1:5432", "db1", NULL);
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.sslmode, "require");
	assert_string_equal(w.host, "db1");
	assert_string_equal(w.hostaddr, "");
	/* A name that only begins like a number is no address of this machine. */
	job = job_at("127.0.0.1.example.org:5432", "127.0.0.1.example.org", NULL);
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.sslmode, "require");
	json_put(o, "ca", "/etc/ssl/db.pem");
	job = job_at("db1:5432", "127.0.0.1", o);
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.sslmode, "verify-full");
	assert_string_equal(w.host, "db1");
	assert_string_equal(w.hostaddr, "127.0.0.1");
	json_put(o, "tls", "no");
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.sslmode, "disable");
}

static void addresses_are_taken_apart(void **state)
{
	struct postgresql_where w;
	struct driver_job job;
	struct err e = ERR_INIT;

	(void) state;
	job = job_at("[fd00::1]:5433", "fd00::1", NULL);
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.host, "fd00::1");
	assert_string_equal(w.hostaddr, "");
	job = (struct driver_job){ .address = "/run/postgresql/.s.PGSQL.5433", .users = app,
				   .at = { .unix_path = "/run/postgresql/.s.PGSQL.5433" } };
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.host, "/run/postgresql");
	assert_string_equal(w.port, "5433");
	job.at.unix_path = "/run/postgresql";
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.port, "5432");
	job.address = "unix:/run/postgresql/.s.PGSQL.x";
	job.at.unix_path = "/run/postgresql/.s.PGSQL.x";
	assert_int_equal(postgresql_where(&job, &w, &e), -ERR_CONFIG);
	/* The near end of a forward: TLS and the certificate's name go by the register's address. */
	job.address = "db1:5432";
	job.at.unix_path = "/run/user/0/f12.1";
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.relayed, "/run/user/0/f12.1");
	assert_string_equal(w.host, "db1");
	assert_string_equal(w.sslmode, "require");
	job.address = "unix:/run/postgresql/.s.PGSQL.5432";
	assert_int_equal(postgresql_where(&job, &w, &e), 0);
	assert_string_equal(w.relayed, "/run/user/0/f12.1");
	assert_string_equal(w.sslmode, "disable");
}

static void refusals_are_sorted_by_state_and_place(void **state)
{
	static const struct {
		const char *message;
		bool asked;
		enum postgresql_login login;
		const char *state;
	} rows[] = {
		{ "connection to server at \"db1\", port 5432 failed: FATAL:  28P01: password authentication failed "
		  "for user \"app\"\nLOCATION:  auth_failed, auth.c:338\n", true, LOGIN_WRONG, "28P01" },
		{ "... failed: FATAL:  28P01: Passwort-Authentifizierung f\xc3\xbcr Benutzer \xc2\xbb" "app\xc2\xab "
		  "fehlgeschlagen\n", true, LOGIN_WRONG, "28P01" },
		{ "... failed: FATAL:  28P01: password authentication failed, says who never asked\n", false,
		  LOGIN_UNTOLD, "28P01" },
		{ "... failed: FATAL:  28000: pg_hba.conf rejects connection for host\n"
		  "LOCATION:  ClientAuthentication, auth.c:456\n", false, LOGIN_UNTOLD, "28000" },
		{ "... failed: FATAL:  28000: role \"app\" is not permitted to log in\n"
		  "LOCATION:  InitializeSessionUserId, miscinit.c:785\n", true, LOGIN_BARRED, "28000" },
		{ "... failed: FATAL:  28000: role \"app\" does not exist\nLOCATION:  InitializeSessionUserId, "
		  "miscinit.c:740\n", false, LOGIN_UNTOLD, "28000" },
		{ "... failed: FATAL:  3D000: database \"x\" does not exist\n", true, LOGIN_RIGHT, "3D000" },
		{ "... failed: FATAL:  3D000: database \"x\" does not exist\n", false, LOGIN_UNTOLD, "3D000" },
		{ "... failed: FATAL:  57P03: the database system is starting up\n", false, LOGIN_AWAY, "57P03" },
		{ "... failed: FATAL:  53300: sorry, too many clients already\n", false, LOGIN_AWAY, "53300" },
		{ "... failed: Connection refused\n\tIs the server running on that host\n", false, LOGIN_AWAY, "" },
		{ "FATAL:  lower: not a state\n", false, LOGIN_AWAY, "" },
		{ "", false, LOGIN_AWAY, "" },
	};

	(void) state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct postgresql s = { .asked = rows[i].asked };

		postgresql_said(&s, rows[i].message);
		assert_int_equal(s.login, rows[i].login);
		assert_string_equal(s.state, rows[i].state);
	}
}

static void the_servers_words_are_made_visible(void **state)
{
	struct postgresql s = { .asked = true };
	char answer[300];

	(void) state;
	postgresql_said(&s, "x failed: FATAL:  28P01: red \x1b[31m text\nLOCATION:  y\n");
	postgresql_answer(&s, answer);
	assert_null(strchr(answer, '\x1b'));
	assert_null(strstr(answer, "LOCATION"));
	assert_non_null(strstr(answer, "28P01: red"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_checked),
		cmocka_unit_test(tls_is_asked_for_off_this_machine),
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(refusals_are_sorted_by_state_and_place),
		cmocka_unit_test(the_servers_words_are_made_visible),
	};

	return cmocka_run_group_tests_name("postgresql_words", tests, NULL, NULL);
}
