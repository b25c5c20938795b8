#pragma once
/*
 * One worker process under the parent's loop: started with its job and secrets, read line by line, killed at its
 * deadline, waited for. A worker that ends without a result has an unknown effect if it said "changing".
 */
#include "base/err.h"
#include "base/json.h"
#include "worker/wire.h"
#include <stdbool.h>
#include <stdint.h>

struct sd_event;
struct worker;

struct worker_result {
	bool ok;                   /* the worker said that it did what it was asked, and the far side confirmed it */
	bool timed_out;
	enum err_code code;        /* ERR_NONE when ok */
	enum effect effect;
	char text[600];
	json_t *tries;             /* array; never NULL */
	json_t *result;            /* the result line; NULL when there was none */
	struct wire_secrets out;
};

typedef void worker_done(struct worker_result *result, void *arg);

/* program: the executable. `done` is called once, from the loop; what the result owns is freed after the call (TAKE
 * what is to stay). The job is sent before this returns; secrets are borrowed until then. */
int worker_start(struct sd_event *loop, const char *program, const json_t *job, const struct wire_secrets *secrets,
		 int64_t limit_ms, worker_done *done, void *arg, struct worker **ret, struct err *e);
/* Gets the worker's found, unread, progress and mailed lines as they come; without it they break the protocol, as from
 * anything but a scanner or mailer. The line is the caller's until the call returns. */
typedef void worker_line(enum wire_type type, const json_t *line, void *arg);
void worker_listen(struct worker *w, worker_line *line, void *arg);
/* The same as worker_start, for a worker that is told more behind its job, a line each (the mailer); worker_hush: that
 * was all. A line that does not fit into the pipe is -ERR_IO: wait for answers before more is told. */
int worker_start_to_tell(struct sd_event *loop, const char *program, const json_t *job,
			 const struct wire_secrets *secrets, int64_t limit_ms, worker_done *done, void *arg,
			 struct worker **ret, struct err *e);
int worker_tell(struct worker *w, const json_t *line, struct err *e);
void worker_hush(struct worker *w);
/* Its deadline from now on: limit_ms from this moment. */
void worker_again(struct worker *w, int64_t limit_ms);
/* Ends it now; `done` is still called (effect as above). */
void worker_kill(struct worker *w);
