#pragma once
/*
 * One farm below a temporary folder: the crash executables side by side, a register with one secret on one real
 * service, a bare git remote, one host whose configuration a command or Puppet renders out of that remote, the key of a
 * responder and a state folder. Shared by the kill matrix, its pass with real Puppet, and the tests of recovery.
 */
#include "base/json.h"
#include "points.h"
#include "service.h"
#include <stdbool.h>
#include <stdint.h>

#define TRIAL_VALUE 128

enum trial_apply { BY_COMMAND, BY_PUPPET };

struct trial {
	struct service service;
	enum trial_apply apply;
	bool planned;                         /* what trial_declare declares next; otherwise an emergency */
	char folder[64];
	const char *const *before;            /* words before each firebreak: a program that runs it; or NULL */
	int64_t incident;                     /* the newest */
	int64_t rows;                         /* of the journal, when last looked at */
	char old[TRIAL_VALUE];                /* the value when the newest incident was declared */
	struct service_session *intruder;
	char said[65536];                     /* both streams of the last program */
};

/* The folder of the programs that are ended: this build's, or the one that the environment's CRASH_PROGRAMS names. */
const char *trial_programs(void);
/* 0, or -1 and a line on standard error. */
int trial_begin(struct trial *t, const struct service_kind *kind, enum trial_apply apply);
void trial_end(struct trial *t);

/* Runs firebreak with register, state and key named; its exit code, 128 + signal when it was ended by one. */
int trial_run(struct trial *t, const char *const *words);
#define TRIAL(t, ...) trial_run(t, (const char *const[]){ __VA_ARGS__, NULL })
int trial_program(struct trial *t, const char *const *argv);              /* in the folder */
#define TRIAL_PROGRAM(t, ...) trial_program(t, (const char *const[]){ __VA_ARGS__, NULL })
int trial_sh(struct trial *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));   /* in the folder */
int trial_put(struct trial *t, const char *file, mode_t mode, const char *text);
/* A new incident on the secret; the intruder logs in with the value that has leaked. */
int trial_declare(struct trial *t);
int trial_respond(struct trial *t);                  /* `respond N --at-once 1`: exit code */
int trial_respond_with(struct trial *t, const char *const *words);
#define TRIAL_RESPOND(t, ...) trial_respond_with(t, (const char *const[]){ __VA_ARGS__, NULL })
pid_t trial_respond_beside(struct trial *t);         /* at the same time; trial_wait gives its exit code and words */
int trial_wait(struct trial *t, pid_t pid);
bool trial_says(struct trial *t, const char *words);  /* the last program; tells what it said otherwise */

/* One point of a run: the nth, from 1, of this name of its role in its step. */
struct trial_point { char step[POINT_STEP], name[POINT_NAME]; unsigned nth; };
struct trial_points { struct trial_point *p; size_t n; };

/* Who is ended where, in the runs to come; n 0: nobody. Forgets the points of the runs before. */
void trial_control(struct trial *t, const char *role, const struct trial_point *at, size_t n);
struct trial_points trial_points(struct trial *t, const char *role);            /* of the last runs, in their order */
void trial_points_free(struct trial_points *p);
bool trial_was_at(struct trial *t, const char *role, const char *step, const char *beginning,
		  struct trial_point *ret);
/* The same, or the test ends here. */
struct trial_point trial_find(struct trial *t, const char *role, const char *step, const char *beginning);
bool trial_reached(struct trial *t, const struct trial_point *at);        /* and one was ended there */

int trial_value(struct trial *t, char ret[TRIAL_VALUE]);                  /* as the remote has it */
int trial_sealed(struct trial *t, const char *which, char ret[TRIAL_VALUE]);   /* "old", "new": of the journal */
bool trial_text(struct trial *t, const char *file, char *ret, size_t size);
/* NULL, or what is wrong: new accepted, old refused, session dead, git, file and service agree, journal whole, and each
 * job since trial_control stands behind its intent; also at the next start of the service. */
const char *trial_check(struct trial *t);
/* NULL, or what is wrong; planned only. At any moment the consumer's file holds a value that the service accepts, also
 * when its configuration is applied now, and also at the service's next start. */
const char *trial_served(struct trial *t);
/* NULL, or what is wrong: the journal is whole and has every row of the look before, and all that were promised. */
const char *trial_journal(struct trial *t);

/* trial_puppet.c: manifest, hierarchy, deployment by push; the host's configuration for the register. */
int trial_puppet_make(struct trial *t);
char *trial_puppet_configuration(const struct trial *t);                  /* the caller frees */
