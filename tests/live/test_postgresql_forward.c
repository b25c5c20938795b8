/* Through a real sshd, as a probe from a consumer's host goes: the near end is a Unix socket of any name. */
#include "postgresql_kit.h"
#include "base/buf.h"
#include "driver/postgresql.h"
#include "scratch.h"
#include "sshd.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define OLD "Old-value-that-leaked-0001"
#define NEW "New-value-that-is-good-0002"

static const char *const app[] = { "app", NULL };
static struct far far;
static struct forward forward;

static enum accepts probed(const struct driver_job *job, struct driver_answer *a)
{
	struct err e;

	if (kit_call(job, VERB_PROBE, a, &e) < 0)
		fail_msg("probe: %s", e.text);
	return a->accepts;
}

static struct driver_job forwarded(void)
{
	struct driver_job job = kit_job(app, OLD, NEW);

	assert_int_equal(service_postgresql.set(&kit, OLD, NULL), 0);
	job.at = (struct endpoint){ .unix_path = forward.unix_path };
	return job;
}

static void all_verbs_go_through_a_forward(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = forwarded();
	struct service_session *intruder = service_postgresql.session(&kit, "app", OLD);
	struct driver_answer a;
	struct err e;

	(void) state;
	assert_non_null(intruder);
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	assert_int_equal(kit_call(&job, VERB_INSPECT, &a, &e), 0);
	assert_true(kit_found(&a, "session", "role 'app'", "medium"));
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), 0);
	assert_int_equal(kit_call(&job, VERB_CUT, &a, &e), 0);
	assert_int_equal(a.count, 1);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	service_postgresql.session_end(intruder);
}

static void tls_reaches_through_a_forward(void **state)
{
	static const char *const make[] = {
		"openssl", "req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=db.example", "-addext",
		"subjectAltName=DNS:db.example", "-keyout", "data/server.key", "-out", "data/server.crt", NULL,
	};
	_cleanup_(kit_job_free) struct driver_job job = forwarded();
	struct driver_answer a;
	char ca[400];

	(void) state;
	assert_int_equal(service_run(&kit, make, NULL), 0);
	kit_settings("ssl = on\n");
	kit_hba("hostnossl all app 127.0.0.1/32 reject\n");
	(void) snprintf(ca, sizeof(ca), "%s/data/server.crt", kit.folder);
	job.address = "db.example:5432";
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	kit_job_option(&job, "ca", ca);
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	job.address = "elsewhere.example:5432";
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "does not match host name"));
	kit_job_option(&job, "tls", "no");
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "28000"));
	kit_hba("");
	kit_settings("ssl = off\n");
}

/* Two megabytes: far more than the relay holds at once. */
static void a_large_answer_comes_through_whole(void **state)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	_cleanup_(kit_job_free) struct driver_job job = forwarded();
	struct err e = ERR_INIT;

	(void) state;
	if (postgresql_open(&job, "app", NULL, &s, &e) < 0)
		fail_msg("%s", e.text);
	if (postgresql_query(&s, "SELECT i, repeat(chr(97 + i % 26), 7000) FROM generate_series(1, 300) i", NULL, 0, &r,
			     &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(PQntuples(r), 300);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(PQgetlength(r, i, 1), 7000);
		assert_int_equal(PQgetvalue(r, i, 1)[6999], 'a' + (i + 1) % 26);
	}
}

/* A statement of 600 kB does not fit into any buffer on the way. */
static void a_large_question_comes_through_whole(void **state)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	_cleanup_(kit_job_free) struct driver_job job = forwarded();
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct postgresql_cell length;
	struct err e = ERR_INIT;

	(void) state;
	for (int i = 0; i < 60000; i++)
		(void) buf_str(&text, "0123456789");
	if (postgresql_open(&job, "app", NULL, &s, &e) < 0 ||
	    postgresql_one(&s, "SELECT length($1::text)", buf_text(&text), &length, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(length.s, "600000");
}

static void a_forward_that_leads_nowhere_is_unreachable(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = forwarded();
	struct forward nowhere = { 0 };
	struct driver_answer a;
	char address[40];
	struct err e = ERR_INIT;

	(void) state;
	(void) snprintf(address, sizeof(address), "127.0.0.1:%u", service_free_port());
	assert_int_equal(way_forward(&far.way, address, &nowhere, &e), 0);
	job.at.unix_path = nowhere.unix_path;
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_NET);
	assert_int_equal(e.effect, EFFECT_NONE);
	way_forward_end(&far.way, &nowhere);
	job.at.unix_path = "/nonexistent/near.sock";
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "near end of the forward"));
}

static int begin(void **state)
{
	struct err e = ERR_INIT;

	if (kit_start(state) < 0 || scratch_begin(state) < 0 || far_begin(&far) < 0)
		return -1;
	return way_forward(&far.way, kit.address, &forward, &e);
}

static int end(void **state)
{
	way_forward_end(&far.way, &forward);
	way_end(&far.way);
	far_end(&far);
	(void) scratch_end(state);
	return kit_stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_verbs_go_through_a_forward),
		cmocka_unit_test(tls_reaches_through_a_forward),
		cmocka_unit_test(a_large_answer_comes_through_whole),
		cmocka_unit_test(a_large_question_comes_through_whole),
		cmocka_unit_test(a_forward_that_leads_nowhere_is_unreachable),
	};

	return cmocka_run_group_tests_name("postgresql_forward", tests, begin, end);
}
