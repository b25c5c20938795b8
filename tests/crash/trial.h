#pragma once
/*
 * One farm below a temporary folder: the crash executables side by side, a register with one secret on one real
 * service, a bare git remote, one host whose configuration a command renders out of that remote, a responder's key and
 * a state folder. Shared by the kill matrix and the tests of recovery.
 */
#include "base/json.h"
#include "service.h"
#include <stdbool.h>
#include <stdint.h>

#define TRIAL_VALUE 128

struct trial {
	struct service service;
	char folder[64];
	const char *const *before;            /* words before each firebreak: a program that runs it; or NULL */
	int64_t incident;                     /* the newest */
	int64_t rows;                         /* of the journal, when last looked at */
	char old[TRIAL_VALUE];                /* the value when the newest incident was declared */
	struct service_session *intruder;
	char kept[300];                       /* file in which the service itself keeps the value; "": none */
	char said[8192];                      /* both streams of the last program */
};

int trial_begin(struct trial *t, const struct service_kind *kind);      /* 0, or -1 and a line on standard error */
void trial_end(struct trial *t);

/* Runs firebreak with register, state and key named; its exit code, 128 + signal when it was ended by one. */
int trial_run(struct trial *t, const char *const *words);
#define TRIAL(t, ...) trial_run(t, (const char *const[]){ __VA_ARGS__, NULL })
int trial_sh(struct trial *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));   /* in the folder */
/* A new incident on the secret; the intruder logs in with the value that has leaked. */
int trial_declare(struct trial *t);
int trial_respond(struct trial *t);                  /* `respond N --at-once 1`: exit code */
int trial_respond_with(struct trial *t, const char *const *words);
#define TRIAL_RESPOND(t, ...) trial_respond_with(t, (const char *const[]){ __VA_ARGS__, NULL })
pid_t trial_respond_beside(struct trial *t);         /* at the same time; trial_wait gives exit code and words */
int trial_wait(struct trial *t, pid_t pid);
bool trial_says(struct trial *t, const char *words);  /* the last program; tells what it said otherwise */

void trial_control(struct trial *t, const char *role, unsigned number);   /* forgets the points of the run before */
unsigned trial_points(struct trial *t, const char *role, unsigned number, char name[64]);   /* how many; name of one */
/* In the run before; aborts when not there. */
unsigned trial_find(struct trial *t, const char *role, const char *beginning);

int trial_value(struct trial *t, char ret[TRIAL_VALUE]);                  /* as the remote has it */
bool trial_text(struct trial *t, const char *file, char *ret, size_t size);
/* NULL, or what is wrong: new accepted, old refused, session dead, git, file and service agree, journal whole, and each
 * job since trial_control stands behind its intent. */
const char *trial_check(struct trial *t);
/* NULL, or what is wrong: the journal is whole and has every row of the look before, and all that were promised. */
const char *trial_journal(struct trial *t);
