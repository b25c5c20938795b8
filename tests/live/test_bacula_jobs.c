/* Jobs: waited for or cancelled by choice, and what an inspection tells of those that ran. */
#include "bacula_kit.h"
#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define SLOWLY "  Maximum Bandwidth Per Job = 300 kb/s"        /* ten seconds for the test's three megabytes */

static void begin_job(struct bacula_test *t)
{
	assert_true(bacula_test_says(t, "run job=save yes", "Job queued"));
	bacula_test_wait(t, "status client=lab-fd", "is running");
}

static void a_running_job_is_waited_for(void **state _unused_)
{
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, SLOWLY, NULL);
	begin_job(&t);
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_DRAIN, 15000, MORE("queue", "wait", "queue_limit", "1"));
	assert_int_equal(s.r, -ERR_REMOTE);
	assert_int_equal(s.a.left, 1);
	assert_false(s.changing);
	assert_non_null(strstr(s.e.text, "queue: cancel"));
	s = contract_call(&t.c, VERB_DRAIN, (struct with){ .port = t.x->port[PART_CLIENT], .itself = true, .old =
							  t.x->pair,
			  .users = (const char *const[]){ BACULA_DIRECTOR_NAME, NULL }, .limit_ms = 60000,
			  .options = MORE("daemon", "client", "queue", "wait") });
	bacula_test_must(&s);
	assert_non_null(strstr(s.a.text, "1 waited for"));
	bacula_test_wait(&t, "llist jobs", "JobStatus: T");
	bacula_test_end(&t);
}

static void a_running_job_is_cancelled_at_the_director_and_at_the_client(void **state _unused_)
{
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, SLOWLY, NULL);
	begin_job(&t);
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_DRAIN, 30000, MORE("queue", "cancel"));
	bacula_test_must(&s);
	assert_true(s.changing);
	assert_non_null(strstr(s.a.text, "1 cancelled"));
	assert_true(bacula_test_says(&t, "llist jobs", "JobStatus: A"));
	begin_job(&t);
	s = contract_call(&t.c, VERB_DRAIN, (struct with){ .port = t.x->port[PART_CLIENT], .itself = true, .old =
							  t.x->pair,
			  .users = (const char *const[]){ BACULA_DIRECTOR_NAME, NULL }, .limit_ms = 30000,
			  .options = MORE("daemon", "client", "queue", "cancel") });
	bacula_test_must(&s);
	assert_false(bacula_test_says(&t, "status client=lab-fd", "is running"));
	bacula_test_end(&t);
}

static void a_storage_daemon_counts_the_jobs_it_cannot_name(void **state _unused_)
{
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, SLOWLY, NULL);
	begin_job(&t);
	s = contract_call(&t.c, VERB_DRAIN, (struct with){ .port = t.x->port[PART_STORAGE], .itself = true, .old =
							  t.x->pair,
			  .users = (const char *const[]){ BACULA_DIRECTOR_NAME, NULL }, .limit_ms = 10000,
			  .options = MORE("daemon", "storage", "queue", "wait", "queue_limit", "1") });
	assert_int_equal(s.r, -ERR_REMOTE);
	assert_int_equal(s.a.left, 1);
	bacula_test_end(&t);
}

static void an_inspection_names_jobs_and_restores_above_all(void **state _unused_)
{
	struct bacula_test t;
	struct said s;
	int64_t between;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	assert_true(bacula_test_says(&t, "run job=save yes", "Job queued"));
	bacula_test_wait(&t, "llist jobs", "JobStatus: T");
	/* The catalogue's times are of seconds. */
	clock_sleep_ms(2100);
	between = clock_now_us() - 1000000;
	assert_true(bacula_test_says(&t, "restore client=lab-fd select current all done yes", "Job queued"));
	bacula_test_wait(&t, "llist jobs jobid=2", "JobStatus: T");
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_INSPECT, 0, NULL);
	bacula_test_must(&s);
	assert_true(bacula_test_found(&s, "job", "backup 'save' (job 1) of client 'lab-fd'"));
	assert_true(bacula_test_found(&s, "job", "restore 'bring-back' (job 2) of client 'lab-fd'"));
	assert_false(s.changing);
	for (size_t i = 0; i < json_array_size(s.a.findings); i++) {
		const json_t *f = json_array_get(s.a.findings, i);

		if (strstr(json_str(f, "detail"), "restore 'bring-back'"))
			assert_string_equal(json_str(f, "severity"), "high");
	}
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .since_us = between });
	bacula_test_must(&s);
	assert_false(bacula_test_found(&s, "job", "(job 1)"));
	assert_true(bacula_test_found(&s, "job", "(job 2)"));
	bacula_test_end(&t);
}

/* Who has a client's password needs no director of ours: what it did stands in the client's own list only. */
static void a_client_tells_what_it_did_for_whom(void **state _unused_)
{
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	assert_true(bacula_test_says(&t, "run job=save yes", "Job queued"));
	bacula_test_wait(&t, "llist jobs", "JobStatus: T");
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .port = t.x->port[PART_CLIENT], .itself = true, .old =
							    t.x->pair,
			  .users = (const char *const[]){ BACULA_DIRECTOR_NAME, NULL },
			  .options = MORE("daemon", "client", "file", t.x->file[PART_CLIENT]) });
	bacula_test_must(&s);
	assert_true(bacula_test_found(&s, "job", "this daemon's own list has: 1  Full"));
	assert_true(bacula_test_found(&s, "same-value", "in 'director' named '" BACULA_DIRECTOR_NAME "'"));
	bacula_test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_job_is_waited_for),
		cmocka_unit_test(a_running_job_is_cancelled_at_the_director_and_at_the_client),
		cmocka_unit_test(a_storage_daemon_counts_the_jobs_it_cannot_name),
		cmocka_unit_test(an_inspection_names_jobs_and_restores_above_all),
		cmocka_unit_test(a_client_tells_what_it_did_for_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
