/* A worker's points: each message, and the secrets that it gives back. */
#include "points.h"
#include "worker/jobs.h"
#include <string.h>

int __real_wire_send(int fd, const json_t *line, struct err *e);
int __wrap_wire_send(int fd, const json_t *line, struct err *e);
int __real_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);
int __wrap_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);

int __real_job_run(struct job *job, const char *verb, struct err *e);
int __wrap_job_run(struct job *job, const char *verb, struct err *e);

static char step[POINT_STEP] = "-";

void point_worker(const char *when, const char *what, const char *more)
{
	char name[POINT_NAME];

	snprintf(name, sizeof(name), "%.8s %.10s %.58s", when, what, more ? more : "");
	point("worker", step, name);
}

int __wrap_job_run(struct job *job, const char *verb, struct err *e)
{
	const char *expect = json_str(job->body, "expect");

	snprintf(step, sizeof(step), "%s", expect && !strcmp(expect, "unchanged") ? "settle" : verb);
	return __real_job_run(job, verb, e);
}

int __wrap_wire_send(int fd, const json_t *line, struct err *e)
{
	int r;

	point_worker("before", json_str(line, "type"), json_str(line, "what"));
	r = __real_wire_send(fd, line, e);
	point_worker("after", json_str(line, "type"), json_str(line, "what"));
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
