#include "attempt.h"
#include "base/clock.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define RESPONDS_MAX 6
#define EXIT_PERSON_WAITS 3

struct attempts attempts;

void attempt_tell(struct trial *t, const char *wrong, int64_t since_us, const char *fmt, ...)
{
	va_list ap;

	attempts.n++;
	attempts.failed += wrong != NULL;
	/* Without a number: several farms may be told of side by side. */
	printf("%sok - ", wrong ? "not " : "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (%lld ms)\n", (long long)(clock_mono_us() - since_us) / 1000);
	if (wrong)
		printf("# %s\n", wrong);
	for (char *line = t->said; wrong && *line;) {
		size_t n = strcspn(line, "\n");

		printf("#   %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	fflush(stdout);
}

const char *attempt_whole(struct trial *t)
{
	if (trial_declare(t) < 0)
		return "no incident could be declared, or the leaked value does not work before it";
	trial_control(t, NULL, NULL, 0);
	if (trial_respond(t) != EXIT_PERSON_WAITS)
		return "a run without a kill did not end well";
	return trial_check(t);
}

const char *attempt_kill(struct trial *t, const char *role, struct trial_point *at, size_t *n, bool *ret_done)
{
	const char *wrong = NULL;
	size_t left = 0;
	int code;

	trial_control(t, role, at, *n);
	code = trial_respond(t);
	for (size_t i = 0; i < *n; i++)
		if (!trial_reached(t, &at[i]))
			at[left++] = at[i];
	if (left < *n && strcmp(role, "worker") != 0 && code != 128 + SIGKILL)
		wrong = "the parent outlived kill -9";
	*n = left;
	*ret_done = code == EXIT_PERSON_WAITS;
	trial_control(t, NULL, NULL, 0);
	if (!wrong)
		wrong = trial_served(t);
	return wrong ? wrong : trial_journal(t);
}

const char *attempt_end(struct trial *t)
{
	for (int i = 0; i < RESPONDS_MAX; i++) {
		int code = trial_respond(t);

		attempts.responds++;
		if (code == EXIT_PERSON_WAITS)
			return trial_check(t);
		if (code != 1 && code != 4 && code != 6)
			return "an exit code that `respond` must not have here";
		if (code == 6)
			clock_sleep_ms(50);
	}
	return "`respond` does not come to an end";
}

bool attempt_point(struct trial *t, const char *mode, const char *role, const struct trial_point *at)
{
	int64_t since = clock_mono_us();
	struct trial_point point = *at;
	size_t left = 1;
	bool done = false;
	const char *wrong = trial_declare(t) < 0 ?
		"no incident could be declared, or the leaked value does not work before it" : NULL;

	if (!wrong)
		wrong = attempt_kill(t, role, &point, &left, &done);
	if (!wrong)
		wrong = done ? trial_check(t) : attempt_end(t);
	attempts.missed += left;
	attempts.never += left && at->nth == 1;
	attempt_tell(t, wrong, since, "%s, %s, %s: %s, %u%s", mode, role, at->step, at->name, at->nth,
		     left ? ", not reached" : "");
	return !left;
}

static void sum_up(const struct trial *t, int64_t since_us)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	printf("# %s: %u trials in %lld s; the processor was at work for %lld s of them\n", t->service.kind->driver,
	       attempts.n, (long long)(clock_mono_us() - since_us) / 1000000,
	       (long long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec));
}

int attempt_all(const struct service_kind *kind, enum trial_apply apply, void (*run)(struct trial *t))
{
	int64_t since = clock_mono_us();
	struct trial t;

	if (trial_begin(&t, kind, apply) == 0) {
		run(&t);
		sum_up(&t, since);
	} else {
		printf("Bail out! the farm could not be made: %s\n", t.said);
		attempts.failed++;
	}
	printf("1..%u\n", attempts.n);
	trial_end(&t);
	return attempts.failed ? 1 : 0;
}
