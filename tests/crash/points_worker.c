/* The worker's points: each message, and the secrets that it gives back. */
#include "points.h"
#include "worker/wire.h"

int __real_wire_send(int fd, const json_t *line, struct err *e);
int __wrap_wire_send(int fd, const json_t *line, struct err *e);
int __real_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);
int __wrap_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);

void point_worker(const char *when, const char *what, const char *more)
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

	point_worker("before", json_str(line, "type"), words(line));
	r = __real_wire_send(fd, line, e);
	point_worker("after", json_str(line, "type"), words(line));
	return r;
}

int __wrap_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e)
{
	int r;

	point_worker("before", "secrets", NULL);
	r = __real_wire_secrets_write(w, fd, e);
	point_worker("after", "secrets", NULL);
	return r;
}
