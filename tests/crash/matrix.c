/*
 * The kill matrix: a first run without a kill tells the points; then each point of the parent and of the worker is run:
 * a new incident, a `respond` that is ended there by kill -9, `respond` again until it says that everything of ours is
 * proven, and a look at everything from outside. TAP on standard output.
 */
#include "trial.h"
#include "base/clock.h"
#include "base/macro.h"
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN(a, b) a##b
#define NAMED(prefix, name) JOIN(prefix, name)
#define SERVICE_UNDER_TEST NAMED(service_, CRASH_DRIVER)

#define RESPONDS_MAX 6
#define EXIT_PERSON_WAITS 3

static unsigned number, failed, responds;

/* For a person who looks for a fault: crash_redis parent 40 52 */
static const char *only_role;
static unsigned first = 1, last = UINT_MAX;

static void tell(bool ok, const char *role, unsigned at, const char *name, int64_t since_us)
{
	number++;
	failed += !ok;
	printf("%sok %u - %s %u: %s (%lld ms)\n", ok ? "" : "not ", number, role, at, name,
	       (long long)(clock_mono_us() - since_us) / 1000);
	fflush(stdout);
}

static void why(struct trial *t, const char *wrong)
{
	printf("# %s\n", wrong);
	for (char *line = t->said; *line;) {
		size_t n = strcspn(line, "\n");

		printf("#   %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

/* Until everything of ours is proven. NULL, or what is wrong. */
static const char *finish(struct trial *t)
{
	for (int i = 0; i < RESPONDS_MAX; i++) {
		int code = trial_respond(t);

		responds++;
		if (code == EXIT_PERSON_WAITS)
			return NULL;
		if (code != 1 && code != 4 && code != 6)
			return "an exit code that `respond` must not have here";
		if (code == 6)
			clock_sleep_ms(50);
	}
	return "`respond` does not come to an end";
}

/* 1: the point was run; 0: it was not reached; -1: something is wrong. */
static int run_point(struct trial *t, const char *role, unsigned at)
{
	int64_t since = clock_mono_us();
	const char *wrong;
	char name[64];
	int code;

	if (trial_declare(t) < 0) {
		why(t, "no incident could be declared, or the leaked value does not work before it");
		return -1;
	}
	trial_control(t, role, at);
	code = trial_respond(t);
	bool reached = trial_points(t, role, at, name) >= at;

	wrong = reached && !strcmp(role, "parent") && code != 128 + SIGKILL ? "the parent outlived kill -9" : NULL;
	if (!wrong)
		wrong = trial_journal(t);
	trial_control(t, "none", 0);
	if (!wrong && code != EXIT_PERSON_WAITS)
		wrong = finish(t);
	if (!wrong)
		wrong = trial_check(t);
	if (wrong)
		why(t, wrong);
	tell(!wrong, role, at, reached ? name : "not reached", since);
	return wrong ? -1 : reached;
}

static unsigned run_role(struct trial *t, const char *role, unsigned points, unsigned *ret_missed)
{
	unsigned run = 0;

	if (only_role && strcmp(only_role, role))
		return 0;
	for (unsigned at = first; at <= points && at <= last; at++) {
		int r = run_point(t, role, at);

		if (r < 0 && failed > 3)
			return run;
		run += r == 1;
		*ret_missed += r == 0;
	}
	return run;
}

static int matrix(struct trial *t)
{
	unsigned points[2], run[2], missed = 0;
	int64_t since = clock_mono_us();
	const char *wrong;
	char name[64];

	if (trial_declare(t) < 0) {
		why(t, "no incident could be declared");
		return 1;
	}
	trial_control(t, "none", 0);
	wrong = trial_respond(t) == EXIT_PERSON_WAITS ? NULL : "a run without a kill did not end well";
	points[0] = trial_points(t, "parent", 0, name);
	points[1] = trial_points(t, "worker", 0, name);
	if (!wrong)
		wrong = trial_check(t);
	if (!wrong && (points[0] < 50 || points[1] < 20))
		wrong = "the points are not in the programs";
	if (wrong)
		why(t, wrong);
	tell(!wrong, "points", points[0] + points[1], "a run without a kill", since);
	if (wrong)
		return 1;
	run[0] = run_role(t, "parent", points[0], &missed);
	run[1] = run_role(t, "worker", points[1], &missed);
	/* How often a proof has to look again differs from run to run: a few of the last points may not come. */
	if (missed * 20 > points[0] + points[1])
		tell(false, "points", missed, "were not reached", since);
	printf("# kill matrix %s: %u parent points, %u worker points, %s (%u not reached, %u later responds, %lld s)\n",
	       t->service.kind->driver, run[0], run[1], failed ? "NOT all resumed" : "all resumed", missed, responds,
	       (long long)(clock_mono_us() - since) / 1000000);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct trial t;
	int r = 1;

	if (argc == 4) {
		only_role = argv[1];
		first = (unsigned)strtoul(argv[2], NULL, 10);
		last = (unsigned)strtoul(argv[3], NULL, 10);
	}

	if (trial_begin(&t, &SERVICE_UNDER_TEST) == 0)
		r = matrix(&t);
	else
		printf("Bail out! the farm could not be made: %s\n", t.said);
	printf("1..%u\n", number);
	trial_end(&t);
	return r;
}
