/* The worker's points: each message, and the secrets that it gives back. */
#include "points.h"
#include "worker/wire.h"

int __real_wire_send(int fd, const json_t *line, struct err *e);
int __wrap_wire_send(int fd, const json_t *line, struct err *e);
int __real_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);
int __wrap_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);

/* The new value is in force and not yet in the server's own file. */
struct redis;
struct driver_answer;
int __real_redis_persist(struct redis *r, struct driver_answer *a, struct err *e);
int __wrap_redis_persist(struct redis *r, struct driver_answer *a, struct err *e);

static void at(const char *when, const char *what, const char *more)
{
	char name[POINT_RECORD];

	snprintf(name, sizeof(name), "%.8s %.10s %.40s", when, what, more ? more : "");
	point("worker", name);
}

static const char *words(const json_t *line)
{
	const char *what = json_str(line, "what");

	return what ? what : json_str(line, "text");
}

int __wrap_wire_send(int fd, const json_t *line, struct err *e)
{
	int r;

	at("before", json_str(line, "type"), words(line));
	r = __real_wire_send(fd, line, e);
	at("after", json_str(line, "type"), words(line));
	return r;
}

int __wrap_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e)
{
	int r;

	at("before", "secrets", NULL);
	r = __real_wire_secrets_write(w, fd, e);
	at("after", "secrets", NULL);
	return r;
}

int __wrap_redis_persist(struct redis *r, struct driver_answer *a, struct err *e)
{
	int done;

	at("before", "keeping", NULL);
	done = __real_redis_persist(r, a, e);
	at("after", "keeping", NULL);
	return done;
}
