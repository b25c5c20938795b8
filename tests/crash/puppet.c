/*
 * The same with real Puppet, once for each service: a full pass without a kill, which tells the points, and then kills
 * around the runs of `puppet apply`. Of each role one point of `apply` and one of `settle`, both in one incident: a run
 * costs some four seconds. Which ones the enumeration says: the three services take other thirds of them.
 */
#include "attempt.h"
#include "base/clock.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

#define JOIN(a, b) a##b
#define NAMED(prefix, name) JOIN(prefix, name)
#define SERVICE_UNDER_TEST NAMED(service_, CRASH_DRIVER)

static const struct service_kind *const services[] = { &service_mariadb, &service_postgresql, &service_redis };
static const char *const roles[] = { "parent", "worker", "puppet" };
static const char *const steps[] = { "apply", "settle" };

/* The middle of this service's share of a step's points; nth 0: there are none. */
static struct trial_point pick(const struct trial_points *all, const char *step, size_t share)
{
	struct trial_point none = { .nth = 0 };
	size_t n = 0, want;

	for (size_t i = 0; i < all->n; i++)
		n += !strcmp(all->p[i].step, step);
	want = n * (2 * share + 1) / (2 * ARRAY_SIZE(services));
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->p[i].step, step) && want-- == 0)
			return all->p[i];
	return none;
}

/* A run ends with its parent; without a worker it goes on, or not: what is left is for the next one. */
static const char *one(struct trial *t, const char *role, const struct trial_point points[ARRAY_SIZE(steps)])
{
	struct trial_point at[] = { points[0], points[1] };
	size_t left = ARRAY_SIZE(at);
	bool done = false;
	const char *wrong = trial_declare(t) < 0 ? "no incident could be declared" : NULL;

	if (at[0].nth == 0 || at[1].nth == 0)
		return "the enumeration has no such point";
	for (size_t before = left + 1; !wrong && left && left < before; ) {
		before = left;
		wrong = attempt_kill(t, role, at, &left, &done);
	}
	if (!wrong && left)
		wrong = "a point was not reached";
	if (!wrong)
		wrong = done ? trial_check(t) : attempt_end(t);
	return wrong;
}

static void matrix(struct trial *t)
{
	struct trial_points all[ARRAY_SIZE(roles)];
	int64_t since = clock_mono_us(), began = since;
	const char *wrong = attempt_whole(t);
	unsigned points = 0;
	size_t share = 0;

	while (share + 1 < ARRAY_SIZE(services) && services[share] != t->service.kind)
		share++;

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		all[i] = trial_points(t, roles[i]);
	attempt_tell(t, wrong, since, "a full pass with Puppet, without a kill");
	for (size_t i = 0; i < ARRAY_SIZE(roles) && !wrong; i++) {
		struct trial_point at[] = { pick(&all[i], steps[0], share), pick(&all[i], steps[1], share) };

		since = clock_mono_us();
		wrong = one(t, roles[i], at);
		points += ARRAY_SIZE(steps);
		attempt_tell(t, wrong, since, "%s: %s %u: %s; then %s %u: %s", roles[i], steps[0], at[0].nth,
			     at[0].name, steps[1], at[1].nth, at[1].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		trial_points_free(&all[i]);
	printf("# with Puppet, %s: a full pass, then %u points in %zu incidents, %s (%lld s)\n",
	       t->service.kind->driver, points, ARRAY_SIZE(roles), attempts.failed ? "NOT all resumed" : "all resumed",
	       (long long)(clock_mono_us() - began) / 1000000);
}

int main(void)
{
	return attempt_all(&SERVICE_UNDER_TEST, BY_PUPPET, matrix);
}
