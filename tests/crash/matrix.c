/*
 * The kill matrix. A run without a kill tells the points; then each point of the parent and of the workers is run: a
 * new incident, a `respond` that is ended there by kill -9, `respond` again until it says that everything of ours is
 * proven, and a look at everything from outside. In an emergency all points, in a planned rotation those from the
 * first to the last step that an emergency does not have. TAP on standard output.
 */
#include "attempt.h"
#include "base/clock.h"
#include "base/macro.h"
#include "driver/driver.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FARMS_MAX 16u
#define JOIN(a, b) a##b
#define NAMED(prefix, name) JOIN(prefix, name)
#define SERVICE_UNDER_TEST NAMED(service_, CRASH_DRIVER)

static const char *const roles[] = { "parent", "worker" };
#define ROLES ARRAY_SIZE(roles)

/* For a person who looks for a fault: crash_redis planned worker 4 9 */
static const char *only_mode, *only_role;
/* "change cut" 4: only points of these steps, "-": of all; and so many farms side by side, for a service that lets who
 * asks it wait. */
static const char *only_steps;
static size_t farms = 1;
static size_t first = 1, last = SIZE_MAX;

struct points { struct trial_points of[ROLES]; };

static void points_free(struct points *p)
{
	for (size_t i = 0; i < ROLES; i++)
		trial_points_free(&p->of[i]);
}

static bool has_step(const struct trial_points *all, const char *step)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->p[i].step, step))
			return true;
	return false;
}

/* Leaves what lies from the first to the last point of steps that `other` has not: there the service is in states
 * that it is not in otherwise. "stage retire": those steps. */
static void only_between_other_steps(struct trial_points *p, const struct trial_points *other, char steps[64])
{
	size_t begin = p->n, end = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (has_step(other, p->p[i].step))
			continue;
		if (!strstr(steps, p->p[i].step))
			snprintf(steps + strlen(steps), 64 - strlen(steps), "%s%s", *steps ? " " : "", p->p[i].step);
		begin = begin < i ? begin : i;
		end = i + 1;
	}
	p->n = end > begin ? end - begin : 0;
	memmove(p->p, p->p + begin, p->n * sizeof(*p->p));
}

static int enumerate(struct trial *t, struct points *ret, const char *mode)
{
	int64_t since = clock_mono_us();
	const char *wrong = attempt_whole(t);

	for (size_t i = 0; i < ROLES; i++)
		ret->of[i] = trial_points(t, roles[i]);
	if (!wrong && (ret->of[0].n < 50 || ret->of[1].n < 20))
		wrong = "the points are not in the programs";
	attempt_tell(t, wrong, since, "%s: a run without a kill: %zu parent points, %zu worker points", mode,
		     ret->of[0].n, ret->of[1].n);
	return wrong ? -1 : 0;
}

struct share { struct attempts a; unsigned ran[ROLES]; };

static bool is_chosen(size_t role, size_t i, const struct trial_point *at)
{
	if (only_steps && !(*at->step && strstr(only_steps, at->step)))
		return false;
	return (!only_role || !strcmp(only_role, roles[role])) && i + 1 >= first && i + 1 <= last;
}

/* The points of one farm: the kth of `farms`. */
static void run_share(struct trial *t, const struct points *p, const char *mode, size_t k, struct share *ret)
{
	size_t n = 0;

	for (size_t r = 0; r < ROLES; r++)
		for (size_t i = 0; i < p->of[r].n && attempts.failed <= 3; i++)
			if (is_chosen(r, i, &p->of[r].p[i]) && n++ % farms == k)
				ret->ran[r] += attempt_point(t, mode, roles[r], &p->of[r].p[i]);
}

static _Noreturn void farm(const struct trial *like, const struct points *p, const char *mode, size_t k,
			   struct share *ret)
{
	struct trial t;

	attempts = (struct attempts){ 0 };
	if (trial_begin(&t, like->service.kind, like->apply) == 0) {
		t.planned = like->planned;
		run_share(&t, p, mode, k, ret);
	} else {
		attempt_tell(&t, "the farm could not be made", clock_mono_us(), "%s: farm %zu", mode, k);
	}
	trial_end(&t);
	ret->a = attempts;
	exit(0);
}

static void sum(struct trial *t, const struct share *all, pid_t *farm_of, struct share *ret)
{
	for (size_t k = 0; k < farms; k++) {
		int status = -1;

		if (farm_of[k] <= 0 || waitpid(farm_of[k], &status, 0) < 0 || status != 0)
			attempt_tell(t, "it did not come to its end", clock_mono_us(), "farm %zu", k);
		attempts.n += all[k].a.n;
		attempts.failed += all[k].a.failed;
		attempts.missed += all[k].a.missed;
		attempts.never += all[k].a.never;
		attempts.responds += all[k].a.responds;
		for (size_t r = 0; r < ROLES; r++)
			ret->ran[r] += all[k].ran[r];
	}
}

static void run_farms(struct trial *t, const struct points *p, const char *mode, struct share *ret)
{
	struct share *all = mmap(NULL, FARMS_MAX * sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				 -1, 0);
	pid_t farm_of[FARMS_MAX] = { 0 };

	if (all == MAP_FAILED)
		abort();
	fflush(NULL);
	for (size_t k = 0; k < farms; k++) {
		farm_of[k] = fork();
		if (farm_of[k] == 0)
			farm(t, p, mode, k, &all[k]);
	}
	sum(t, all, farm_of, ret);
	munmap(all, FARMS_MAX * sizeof(*all));
}

static void run(struct trial *t, const struct points *p, const char *mode, const char *of)
{
	struct attempts before = attempts;
	int64_t since = clock_mono_us();
	struct share share = { 0 };
	size_t points = 0;

	for (size_t r = 0; r < ROLES; r++)
		for (size_t i = 0; i < p->of[r].n; i++)
			points += is_chosen(r, i, &p->of[r].p[i]);
	if (farms == 1)
		run_share(t, p, mode, 0, &share);
	else
		run_farms(t, p, mode, &share);
	/* How often a proof has to look again differs from run to run: what came once must come, its echoes may. */
	if ((attempts.never - before.never) * 20 > points)
		attempt_tell(t, "too many points were not reached", since, "%s: points", mode);
	printf("# kill matrix %s, %s: %u parent points, %u worker points%s, %s (%u not reached, %u later responds, "
	       "%lld s)\n", t->service.kind->driver, mode, share.ran[0], share.ran[1], of,
	       attempts.failed > before.failed ? "NOT all resumed" : "all resumed", attempts.missed - before.missed,
	       attempts.responds - before.responds, (long long)(clock_mono_us() - since) / 1000000);
}

static void emergency(struct trial *t, struct points *ret)
{
	if (enumerate(t, ret, "emergency") == 0 && (!only_mode || !strcmp(only_mode, "emergency")))
		run(t, ret, "emergency", "");
}

/* A service that holds one value has no step of its own here: the plan must say so, and the run above was all of it. */
static void cannot(struct trial *t, const struct driver_facts *facts)
{
	char number[24];
	int64_t since = clock_mono_us();
	const char *wrong = NULL;

	snprintf(number, sizeof(number), "%lld", (long long)t->incident);
	if (TRIAL(t, "plan", number) != 0 || !strstr(t->said, facts->cannot))
		wrong = "the plan of a planned rotation does not say that the service cannot hold two values";
	attempt_tell(t, wrong, since, "planned: no step that an emergency has not; the plan says: %s", facts->cannot);
}

static void planned(struct trial *t, const struct points *of_emergency)
{
	_cleanup_(points_free) struct points p = { 0 };
	const struct driver_facts *facts = driver_facts_find(t->service.kind->driver);
	char steps[64] = "", of[128];

	t->planned = true;
	if (enumerate(t, &p, "planned") < 0)
		return;
	for (size_t i = 0; i < ROLES; i++)
		only_between_other_steps(&p.of[i], &of_emergency->of[i], steps);
	if (!facts->can_stage && !*steps) {
		cannot(t, facts);
		return;
	}
	if (!facts->can_stage || p.of[0].n < 20 || p.of[1].n < 10)
		attempt_tell(t, "the points of stage and retire are not what the driver can", clock_mono_us(),
			     "planned");
	snprintf(of, sizeof(of), " between the steps that an emergency has not (%s)", steps);
	run(t, &p, "planned", of);
}

static void both_modes(struct trial *t)
{
	_cleanup_(points_free) struct points p = { 0 };

	emergency(t, &p);
	if (!attempts.failed && (!only_mode || !strcmp(only_mode, "planned")))
		planned(t, &p);
}

int main(int argc, char **argv)
{
	if (argc == 5) {
		only_mode = argv[1];
		only_role = argv[2];
		first = strtoul(argv[3], NULL, 10);
		last = strtoul(argv[4], NULL, 10);
	}
	if (argc == 2 || argc == 3)
		only_steps = strcmp(argv[1], "-") != 0 ? argv[1] : NULL;
	if (argc == 3)
		farms = strtoul(argv[2], NULL, 10);
	if (farms < 1 || farms > FARMS_MAX)
		return 2;
	return attempt_all(&SERVICE_UNDER_TEST, BY_COMMAND, both_modes);
}
