/* The new value is in force and not yet in the server's own file. */
#include "points.h"
#include "base/err.h"

struct redis;
struct driver_answer;
int __real_redis_persist(struct redis *r, struct driver_answer *a, struct err *e);
int __wrap_redis_persist(struct redis *r, struct driver_answer *a, struct err *e);

int __wrap_redis_persist(struct redis *r, struct driver_answer *a, struct err *e)
{
	int done;

	point_worker("before", "keeping", NULL);
	done = __real_redis_persist(r, a, e);
	point_worker("after", "keeping", NULL);
	return done;
}
