/* Servers that do not answer, answer with something else, or are not the one that may be changed. */
#include "postgresql_kit.h"
#include "base/clock.h"
#include <libpq-fe.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>

#define OLD "Old-value-that-leaked-0001"
#define NEW "New-value-that-is-good-0002"

static const char *const app[] = { "app", NULL };
static const char *const replicator[] = { "replicator", NULL };

static void app_has(const char *password)
{
	assert_int_equal(service_postgresql.set(&kit, password, NULL), 0);
}

static enum accepts probed(const struct driver_job *job, struct driver_answer *a)
{
	struct err e;

	if (kit_call(job, VERB_PROBE, a, &e) < 0)
		fail_msg("probe: %s", e.text);
	return a->accepts;
}

static void within(struct driver_job *job, int64_t ms)
{
	job->limit_ms = ms;
	job->sink->deadline_us = clock_mono_us() + ms * 1000;
}

static void a_stopped_server_does_not_hang(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	int64_t began = clock_mono_us();
	enum accepts paused;
	struct driver_answer a;
	struct err e;
	int r;

	(void) state;
	app_has(OLD);
	assert_int_equal(service_postgresql.pause(&kit), 0);
	within(&job, 700);
	paused = probed(&job, &a);
	within(&job, 700);
	r = kit_call(&job, VERB_CHANGE, &a, &e);
	(void) service_postgresql.resume(&kit);
	assert_int_equal(paused, ACCEPTS_UNREACHABLE);
	assert_int_equal(r, -ERR_NET);
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_non_null(strstr(e.text, "no answer in time"));
	assert_true(clock_mono_us() - began < INT64_C(3000000));
	within(&job, 10000);
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
}

static void a_wrong_port_is_unreachable(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e;

	(void) state;
	job.at.port = service_free_port();
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "refused"));
	assert_false(kit_tried("new value", ""));
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_NET);
	assert_false(kit_tries.changing);
}

static void an_unanswered_commit_is_unknown(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e;
	int r;

	(void) state;
	app_has(OLD);
	/* A standby that must confirm and never will: the server holds the answer of COMMIT back. */
	kit_settings("synchronous_commit = on\nsynchronous_standby_names = 'nobody'\n");
	within(&job, 1500);
	r = kit_call(&job, VERB_CHANGE, &a, &e);
	kit_settings("synchronous_commit = off\nsynchronous_standby_names = ''\n");
	assert_int_equal(r, -ERR_NET);
	assert_int_equal(e.effect, EFFECT_UNKNOWN);
	assert_true(kit_tries.changing);
	within(&job, 10000);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
}

static void a_locked_catalog_changes_nothing(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e;
	PGconn *c;
	char info[200];
	int r;

	(void) state;
	app_has(OLD);
	(void) snprintf(info, sizeof(info), "host=127.0.0.1 port=%u user=postgres password=%s dbname=postgres",
			kit.port, kit.admin_password);
	c = PQconnectdb(info);
	PQclear(PQexec(c, "BEGIN"));
	PQclear(PQexec(c, "ALTER ROLE app CONNECTION LIMIT 20"));
	within(&job, 1500);
	r = kit_call(&job, VERB_CHANGE, &a, &e);
	PQclear(PQexec(c, "ROLLBACK"));
	PQfinish(c);
	assert_true(r < 0);
	assert_int_equal(e.effect, EFFECT_NONE);
	clock_sleep_ms(1000);
	within(&job, 10000);
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
}

static void tls_that_the_server_has_not_is_unreachable(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_job_option(&job, "tls", "yes");
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "SSL"));
}

/* With libpq's own "prefer" a server with TLS sees the wrong value twice. */
static void a_wrong_value_is_shown_once(void)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, "wrong-value-of-this-test", NULL);
	unsigned before = kit_log_count("password authentication failed for user");
	struct driver_answer a;

	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	kit_job_option(&job, "tls", "yes");
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_int_equal(kit_log_count("password authentication failed for user"), before + 2);
}

static void the_certificate_is_held_against_the_registers_name(void **state)
{
	static const char *const make[] = {
		"openssl", "req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=db.example", "-addext",
		"subjectAltName=DNS:db.example", "-keyout", "data/server.key", "-out", "data/server.crt", NULL,
	};
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	char address[80], ca[400];

	(void) state;
	app_has(OLD);
	assert_int_equal(service_run(&kit, make, NULL), 0);
	kit_settings("ssl = on\n");
	a_wrong_value_is_shown_once();
	kit_hba("hostnossl all app 127.0.0.1/32 reject\n");
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "28000"));
	(void) snprintf(ca, sizeof(ca), "%s/data/server.crt", kit.folder);
	kit_job_option(&job, "ca", ca);
	(void) snprintf(address, sizeof(address), "db.example:%u", kit.port);
	job.address = address;
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	(void) snprintf(address, sizeof(address), "elsewhere.example:%u", kit.port);
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "does not match host name"));
	kit_hba("");
	kit_settings("ssl = off\n");
}

static bool answers(struct service *s)
{
	char port[8];
	const char *const keys[] = { "host", "port", "connect_timeout", NULL };
	const char *const values[] = { "127.0.0.1", port, "2", NULL };
	PGPing p;

	(void) snprintf(port, sizeof(port), "%u", s->port);
	p = PQpingParams(keys, values, 0);
	return p == PQPING_OK || p == PQPING_REJECT;
}

static void standby_start(struct service *s, const char *hot)
{
	char port[16], hot_standby[40], postgres[200];
	const char *const argv[] = { postgres, "-D", "standby", "-p", port, "-c", hot_standby, NULL };

	kit_program("postgres", postgres);
	*s = kit;
	s->port = service_free_port();
	(void) snprintf(port, sizeof(port), "%u", s->port);
	(void) snprintf(hot_standby, sizeof(hot_standby), "hot_standby=%s", hot);
	assert_int_equal(service_spawn(s, argv, answers), 0);
}

static void standby_stop(struct service *s)
{
	(void) kill(s->pid, SIGINT);
	(void) waitpid(s->pid, NULL, 0);
}

static void standby_make(void)
{
	char port[16], line[300], path[400], basebackup[200];
	const char *const argv[] = { basebackup, "-D", "standby", "-h", "127.0.0.1", "-p", port,
				     "-U", "replicator", "-c", "fast", "-R", "-w", NULL };
	FILE *f;

	kit_program("pg_basebackup", basebackup);
	kit_role("replicator", OLD, "scram-sha-256", "REPLICATION");
	kit_hba("host replication replicator 127.0.0.1/32 trust\n");
	(void) snprintf(port, sizeof(port), "%u", kit.port);
	assert_int_equal(service_run(&kit, argv, NULL), 0);
	kit_hba("");
	(void) snprintf(path, sizeof(path), "%s/standby/postgresql.auto.conf", kit.folder);
	f = fopen(path, "ae");
	assert_non_null(f);
	(void) snprintf(line, sizeof(line), "primary_conninfo = 'host=127.0.0.1 port=%u user=replicator password=%s'\n",
			kit.port, OLD);
	assert_true(fputs(line, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void wait_for_walsender(void)
{
	for (int i = 0; i < 100; i++) {
		if (strcmp(kit_ask("SELECT count(*) FROM pg_stat_replication WHERE usename = 'replicator'"), "1") == 0)
			return;
		clock_sleep_ms(100);
	}
	fail_msg("the standby did not connect");
}

static void a_server_that_starts_up_is_unreachable(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct service standby;
	struct driver_answer a;
	struct err e;

	(void) state;
	standby_start(&standby, "off");
	job.at.port = standby.port;
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "57P03"));
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_NET);
	assert_non_null(strstr(e.text, "starting up"));
	standby_stop(&standby);
}

#define KEEPER "another admin's value"

static void a_server_that_wants_tls_says_so(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e = ERR_INIT;

	(void) state;
	app_has(OLD);
	kit_role("keeper", KEEPER, "scram-sha-256", "SUPERUSER");
	kit_job_admin(&job, "keeper", KEEPER);
	kit_hba("hostnossl all app,keeper 127.0.0.1/32 reject\n");
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_REMOTE);
	assert_non_null(strstr(e.text, "no encryption"));
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	kit_hba("");
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
}

/* It is only a default: what cannot be written is a standby, and says so. */
static void a_read_only_default_does_not_stop_a_change(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e = ERR_INIT;

	(void) state;
	app_has(OLD);
	kit_settings("default_transaction_read_only = on\n");
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), 0);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	kit_settings("default_transaction_read_only = off\n");
}

static void a_standby_is_not_changed(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct service standby;
	struct driver_answer a;
	struct err e;

	(void) state;
	standby_start(&standby, "on");
	wait_for_walsender();
	job.at.port = standby.port;
	for (int i = 0; i < 50 && probed(&job, &a) == ACCEPTS_UNREACHABLE; i++)
		clock_sleep_ms(100);
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_REFUSED);
	assert_non_null(strstr(e.text, "is a standby"));
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_false(kit_tries.changing);
	/* What the standby presents to its primary can be read there, but not be changed without clear text. */
	job.users = replicator;
	job.replica = true;
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_REFUSED);
	assert_non_null(strstr(e.text, "passfile"));
	standby_stop(&standby);
}

static void a_replication_stream_is_a_session_too(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(replicator, OLD, NEW);
	struct service standby;
	struct driver_answer a;
	struct err e;

	(void) state;
	standby_start(&standby, "on");
	wait_for_walsender();
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), 0);
	assert_string_equal(kit_ask("SELECT count(*) FROM pg_stat_replication WHERE usename = 'replicator'"), "1");
	assert_int_equal(kit_call(&job, VERB_CUT, &a, &e), 0);
	assert_true(a.count >= 1);
	assert_true(kit_tried("walsender", "signal sent"));
	clock_sleep_ms(1000);
	assert_string_equal(kit_ask("SELECT count(*) FROM pg_stat_replication WHERE usename = 'replicator'"), "0");
	standby_stop(&standby);
}

static int start_with_standby(void **state)
{
	if (kit_start(state) < 0)
		return -1;
	standby_make();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stopped_server_does_not_hang),
		cmocka_unit_test(a_wrong_port_is_unreachable),
		cmocka_unit_test(an_unanswered_commit_is_unknown),
		cmocka_unit_test(a_locked_catalog_changes_nothing),
		cmocka_unit_test(tls_that_the_server_has_not_is_unreachable),
		cmocka_unit_test(the_certificate_is_held_against_the_registers_name),
		cmocka_unit_test(a_server_that_starts_up_is_unreachable),
		cmocka_unit_test(a_server_that_wants_tls_says_so),
		cmocka_unit_test(a_read_only_default_does_not_stop_a_change),
		cmocka_unit_test(a_standby_is_not_changed),
		cmocka_unit_test(a_replication_stream_is_a_session_too),
	};

	return cmocka_run_group_tests_name("postgresql_away", tests, start_with_standby, kit_stop);
}
