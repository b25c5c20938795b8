#pragma once
/*
 * The program that travels: firebreak-scout is sent to a host, does there what one request asks for, and is gone. It
 * reads the kernel's own words (/proc, netlink) and the files themselves instead of asking the host's ps, ss, ls or
 * find, which may lie. What it had to trust nevertheless it says. The kernel itself may lie as well; a scout that finds
 * nothing has found nothing, and has not shown that nothing is there.
 *
 * A request is one JSON line on standard input: {"v":1,"limit_ms":N,"do":{COMMAND:{...},COMMAND:{...}}}. The commands
 * of "do" run in the order in which they stand, up to the first that fails. Answers are JSON lines on standard output,
 * of the types of worker/wire.h and "evidence"; the last one is the result. docs/formats/scout.md.
 *
 * Linked statically and without sanitizers: it has to run on any host of its processor, whatever libraries that has.
 * No locale, no names of users or hosts by the C library (both would load the host's own libraries).
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "scout/limits.h"
#include <stdbool.h>
#include <stdint.h>

/* Where a command reads and answers. A command sets `text` and adds keys to `result`; both are its part of the result
 * line. */
struct scout_out {
	const char *root;              /* "" on a real host; in tests a folder that stands for "/" */
	int fd;                        /* answers */
	int64_t deadline_us;           /* CLOCK_MONOTONIC; the whole visit's. main() ends the process soon after it */
	json_t *result;
	char text[300];                /* one sentence for people */
	/* owned by out.c and serve.c */
	const char *of;                /* the command that runs: each of its lines says so */
	struct buf held, line;
	struct hash evidence;
	uint64_t bytes, bytes_max, evidence_bytes;
	uint32_t lines;
	bool gone;                     /* nobody reads the answers any more */
	bool stays;                    /* our file is a dead-man's now, who removes it: hold_later.c */
};

/* Each adds one line and takes `line`. -ERR_LIMIT: this visit may say no more (what is left out, the command says with
 * scout_unread, for which there is always room); -ERR_IO: nobody listens. */
int scout_keep(struct scout_out *o, json_t *line);       /* sealed where it arrives, never shown */
/* The same for lines of which there are thousands: written as they stand, without a tree. */
struct scout_field { const char *key, *text; int64_t number; };      /* text NULL: the number; key: no quotes in it */
int scout_keep_fields(struct scout_out *o, const struct scout_field *fields, size_t n);
int scout_found(struct scout_out *o, json_t *line);          /* to the command's asker in firebreak */
/* What was not read, and why: {"type":"unread","what":...,"why":...}. */
void scout_unread(struct scout_out *o, const char *what, const char *why);
void scout_tried(struct scout_out *o, const char *what, const char *answer);
/* Answers are held back until there are enough of them; this sends them now: before anything that may cut us off. */
int scout_flush(struct scout_out *o);
/* root + path, for open(); the caller frees. */
char *scout_path(const struct scout_out *o, const char *path);

/* The path of our file, when it was sent here and is there; and its end. */
#define SCOUT_SHIPPED_MAX 300
bool scout_shipped(char ret[SCOUT_SHIPPED_MAX]);
void scout_vanish(void);

void scout_out_begin(struct scout_out *o, int fd, const char *root);
void scout_out_end(struct scout_out *o);

/* 0, or an error with what may have changed in e->effect. */
typedef int scout_command(const json_t *request, struct scout_out *out, struct err *e);

struct scout_verb {
	const char *name, *what;       /* what: one sentence for the manual */
	scout_command *run;
};

extern const struct scout_verb scout_verbs[];
extern const size_t scout_verbs_n;
/* Everything of one request, result line included. Never fails: the answers say what happened. */
void scout_serve(const char *request, size_t len, struct scout_out *o);

#define SCOUT_COMMAND(name, what) scout_command scout_##name;
#include "scout/commands.def"
#undef SCOUT_COMMAND
