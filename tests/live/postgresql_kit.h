#pragma once
/* What the PostgreSQL trap tests share: one server a group, statements by its admin, jobs with a list of tries. */
#include "driver/driver.h"
#include "driver/sink.h"
#include "service.h"

#define TRIES_MAX 200u

struct kit_tries {
	struct { char what[200], answer[320]; } t[TRIES_MAX];
	size_t n;
	bool changing;
};

extern struct service kit;                          /* the group's server; role "app" */
extern struct kit_tries kit_tries;                  /* of the last kit_job */

int kit_start(void **state);
int kit_stop(void **state);
/* Runs statements as the admin; a statement that fails fails the test. */
void kit_sql(const char *sql);
void kit_sql_in(const char *database, const char *sql);
/* First cell, "" without rows; valid until the next call. */
const char *kit_ask(const char *sql);
/* Makes the role new with this password, by verifier ("scram-sha-256" or "md5"). */
void kit_role(const char *role, const char *password, const char *kind, const char *more);
/* A job against the group's server as its admin; values may be NULL. Freed by kit_job_free. */
struct driver_job kit_job(const char *const *users, const char *old, const char *new);
void kit_job_option(struct driver_job *job, const char *name, const char *value);
void kit_job_admin(struct driver_job *job, const char *user, const char *password);      /* NULL: by itself */
void kit_job_free(struct driver_job *job);
/* Calls the verb; an answer's findings are kept until the next call. Returns the verb's result. */
int kit_call(const struct driver_job *job, enum driver_verb verb, struct driver_answer *ret, struct err *e);
bool kit_found(const struct driver_answer *a, const char *what, const char *detail, const char *severity);
bool kit_tried(const char *what, const char *answer);
/* Puts lines in front of pg_hba.conf and reloads; "" puts the first state back. */
void kit_hba(const char *lines);
/* Appends settings to postgresql.conf and reloads; the last call for a name wins. */
void kit_settings(const char *lines);
unsigned kit_log_count(const char *text);
void kit_program(const char *name, char ret[200]);       /* the newest of Debian's folders, not what stands in PATH */
