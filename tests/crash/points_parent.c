/* The parent's points: each write of the journal, each job that is sent, each worker that is
 * started, each message of one. */
#include "points.h"
#include "model/row.h"
#include "store/journal.h"
#include "worker/wire.h"
#include <string.h>

int __real_journal_append(struct journal *j, const struct row *row, int64_t *ret_seq, struct err *e);
int __wrap_journal_append(struct journal *j, const struct row *row, int64_t *ret_seq, struct err *e);
int __real_journal_alone(struct journal *j, int (*work)(struct journal *, void *, struct err *), void *arg,
			 struct err *e);
int __wrap_journal_alone(struct journal *j, int (*work)(struct journal *, void *, struct err *), void *arg,
			 struct err *e);
int __real_wire_send(int fd, const json_t *line, struct err *e);
int __wrap_wire_send(int fd, const json_t *line, struct err *e);
int __real_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);
int __wrap_wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);
int __real_wire_receive(const char *line, size_t len, enum wire_type *ret_type, json_t **ret, struct err *e);
int __wrap_wire_receive(const char *line, size_t len, enum wire_type *ret_type, json_t **ret, struct err *e);
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int64_t __real_clock_now_us(void);
int64_t __wrap_clock_now_us(void);

static bool inside;
static int64_t highest;
static char together[64][64];
static unsigned n_together;
static char step[POINT_STEP] = "-";      /* one at a time: the matrix runs with --at-once 1 */

static void at(const char *when, const char *what, const char *more)
{
	char name[POINT_NAME];

	snprintf(name, sizeof(name), "%.8s %.10s %.58s", when, what, more ? more : "");
	point("parent", step, name);
}

static void step_begins(const struct row *row)
{
	_cleanup_(json_freep) json_t *body = NULL;
	struct err e = ERR_INIT;

	if (json_read("intent", row->body, strlen(row->body), ROW_BODY_MAX, &body, &e) < 0)
		abort();
	snprintf(step, sizeof(step), "%s", json_str(body, "do"));
}

/* "after" is when the row is on disk; in the midst of several that are written together it is not yet. */
int __wrap_journal_append(struct journal *j, const struct row *row, int64_t *ret_seq, struct err *e)
{
	char name[64];
	int64_t seq = 0;
	int r;

	if (row->kind == ROW_INTENT)
		step_begins(row);
	snprintf(name, sizeof(name), "%.10s %.46s", row_kind_name(row->kind), row->step ? row->step : "");
	at("before", "journal", name);
	r = __real_journal_append(j, row, &seq, e);
	if (r == 0 && ret_seq)
		*ret_seq = seq;
	if (r == 0 && inside) {
		highest = seq;
		if (n_together < sizeof(together) / sizeof(together[0]))
			memcpy(together[n_together++], name, sizeof(name));
		at("amid", "journal", name);
	} else if (r == 0) {
		point_durable(seq);
		at("after", "journal", name);
	}
	if (row->kind == ROW_OUTCOME)
		snprintf(step, sizeof(step), "-");
	return r;
}

int __wrap_journal_alone(struct journal *j, int (*work)(struct journal *, void *, struct err *), void *arg,
			 struct err *e)
{
	int r;

	inside = true;
	highest = 0;
	n_together = 0;
	r = __real_journal_alone(j, work, arg, e);
	inside = false;
	if (r == 0 && highest)
		point_durable(highest);
	for (unsigned i = 0; r == 0 && i < n_together; i++)
		at("after", "journal", together[i]);
	return r;
}

int __wrap_wire_send(int fd, const json_t *line, struct err *e)
{
	const json_t *repository = json_array_get(json_object_get(line, "repositories"), 0);
	char what[40];
	int r;

	snprintf(what, sizeof(what), "%.20s%s", json_str(line, "verb"),
		 json_str(repository, "head") ? " on a head" : "");
	at("before", "job", what);
	r = __real_wire_send(fd, line, e);
	at("after", "job", what);
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

pid_t __wrap_fork(void)
{
	pid_t pid = __real_fork();

	if (pid > 0)
		at("after", "start", "of a worker");
	return pid;
}

/* A clock that was set back while an incident was worked on. */
int64_t __wrap_clock_now_us(void)
{
	return __real_clock_now_us() - point_clock_back_us();
}

int __wrap_wire_receive(const char *line, size_t len, enum wire_type *ret_type, json_t **ret, struct err *e)
{
	int r;

	at("before", "message", NULL);
	r = __real_wire_receive(line, len, ret_type, ret, e);
	at("after", "message", r == 0 ? json_str(*ret, "type") : "refused");
	return r;
}
