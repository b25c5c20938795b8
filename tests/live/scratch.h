#pragma once
/* What the live tests of the chores share: a folder of their own, programs run by hand beside the code under test, and
 * jobs that are called in this process as the worker would call them. */
#include "base/err.h"
#include "driver/sink.h"
#include "worker/jobs.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

extern char scratch[64];                          /* the folder, 0700, below /tmp */
int scratch_begin(void **state);                  /* cmocka fixtures */
int scratch_end(void **state);

/* A shell line in the folder (the test's own; never a way for the code under test). Its exit code. */
int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void must_sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));    /* fails the test otherwise */
char *sh_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));   /* output without the last newline */
void put_file(const char *name, const char *text);                           /* below the folder */
char *file_text(const char *name);
bool file_has(const char *name, const char *text);
bool wait_for(bool (*ready)(void), int64_t limit_ms);
pid_t start_program(const char *const *argv, const char *log);               /* in the folder; stop_program ends it */
void stop_program(pid_t pid);

struct trial {
	struct job job;
	struct job_sink sink;
	json_t *body;
	struct err e;
	int r;
	unsigned changing;                        /* how often the job said that it is about to change something */
};

/* Runs one chore with a body made by the format and the secrets; -1 for limit is 30 s. */
void try_job(struct trial *t, job_fn *fn, const char *old, const char *new, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void trial_end(struct trial *t);
bool same_secret(const struct secret *s, const char *text);
