#pragma once
/*
 * The worker protocol, version 1 (docs/formats/worker-protocol.md): how a job reaches a worker and how its answers come
 * back. Any executable that speaks it can be a driver.
 *
 *   fd 3  one line: the job, a JSON object; then end of file (for the mailer: messages, a line each, before it)
 *   fd 4  secrets in: for each "NAME LENGTH\n" and LENGTH bytes; end of file behind the last
 *   fd 5  answers: JSON lines, each with "type": "tried" | "changing" | "result"; exactly one result, the last. The
 *         scanner's also "found" | "unread" | "progress", the mailer's "mailed", one for each message
 *   fd 6  secrets out (chores of ours only): framed like fd 4
 *
 * Exit code 0 means that a result was written. A worker that ends without a result is EFFECT_UNKNOWN when it said
 * "changing", EFFECT_NONE otherwise. Standard input is /dev/null, standard output and error are kept (64 kB) for the
 * journal's text, made visible.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret.h"
#include <stdint.h>

#define WIRE_VERSION 1
#define WIRE_JOB_FD 3
#define WIRE_SECRETS_FD 4
#define WIRE_ANSWERS_FD 5
#define WIRE_SECRETS_OUT_FD 6
#define WIRE_LINE_MAX (1u << 20)
#define WIRE_LINES_MAX 10000u
#define WIRE_SECRETS_MAX 160u          /* of a step */
#define WIRE_VALUES_MAX 4000u          /* of a scanner: values in all their forms */
#define WIRE_SECRETS_BYTES (1u << 20)  /* of all together, with their names: a pipe holds them before anybody reads */
#define WIRE_FOUND_MAX 200000u         /* found, unread and progress lines together */

enum wire_type { WIRE_TRIED, WIRE_CHANGING, WIRE_RESULT, WIRE_FOUND, WIRE_UNREAD, WIRE_PROGRESS,
		 WIRE_MAILED };

/* Secrets by name: "old", "new", "admin". */
struct wire_secrets {
	struct wire_secret { char name[32]; struct secret *value; } *s;
	uint32_t n;
	size_t cap;
};

void wire_secrets_add(struct wire_secrets *w, const char *name, struct secret *value);      /* takes the value */
const struct secret *wire_secrets_get(const struct wire_secrets *w, const char *name);      /* NULL when absent */
void wire_secrets_free(struct wire_secrets *w);
/* -ERR_LIMIT, and nothing was written, when they are more than WIRE_SECRETS_BYTES. */
int wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e);
int wire_secrets_read(int fd, struct wire_secrets *ret, struct err *e);

/* worker's side: one JSON line to the answer descriptor. */
int wire_send(int fd, const json_t *line, struct err *e);
/* parent's side: one line that came; checks shape and type. *ret: the object, the caller's. */
int wire_receive(const char *line, size_t len, enum wire_type *ret_type, json_t **ret, struct err *e);
