#pragma once
/*
 * The scanner: one job, which is one repository's object store or one folder, and several threads that share what is
 * compiled. Each thread has its own git, matcher and buffers; only the answers (tell.c) are everybody's.
 *
 * Jobs, answers and limits: docs/formats/worker-protocol.md, "The scanner". What is told of a value is where it stands
 * and its keyed tag.
 */
#include "match/match.h"
#include "scan/gap.h"
#include "worker/jobs.h"
#include <pthread.h>

#define SCANNER_THREADS_MAX 4u
#define SCANNER_PIECE ((size_t)4 << 20)      /* bytes of a text that are in memory at once, in each thread */
#define SCANNER_FOUND_MAX 100000u            /* in one job; more are counted */
#define SCANNER_UNREAD_MAX 10000u            /* the same for what was not read */
#define SCANNER_BATCH 1000u                  /* in one line */

struct scanner {
	struct job *job;
	struct rules rules;                    /* empty: values are looked for */
	struct matcher *matchers[SCANNER_THREADS_MAX];   /* [0] owns what is compiled */
	size_t n;                              /* threads */
	pthread_mutex_t lock;                  /* of what is below, and of the answers */
	uint64_t found, more, unread, unread_more, texts, done, total;
	int64_t told_us;                       /* when progress was told */
	json_t *held;                          /* lines about objects of which it is not known yet whether they count */
};

/* What is looked at now: an object, or a file. */
struct text { const char *object, *is, *file; json_t *hits; struct scanner *s; };

typedef int scanner_fn(struct scanner *s, struct err *e);
scanner_fn scanner_history, scanner_folder, scanner_check_rules;  /* the verbs */
int scanner_read_rules(struct scanner *s, const json_t *list, struct strv *problems, struct err *e);

/* Compiles what the job looks for, once for all threads; a second call does nothing. Of values before there are any
 * threads: matcher_open_literals() forks. */
int scanner_prepare(struct scanner *s, struct err *e);
/* What a thread is given: which of the s->n it is. Its error ends the job. */
typedef int part_fn(struct scanner *s, size_t k, void *arg, struct err *e);
int scanner_threads(struct scanner *s, part_fn *part, void *arg, struct err *e);

/* tell.c: match_fn; `arg` is a struct text. */
void tell_match(const struct match *m, void *arg);
void tell_bytes(struct scanner *s, uint64_t bytes);        /* that were looked through, of a text or a part of it */
void tell_text(struct text *t);                            /* the end of one */
/* Not whole, or not at all: kind is that of scan/gap.h. `object` or `file`, or neither. */
void tell_unread(struct scanner *s, enum unread kind, const char *object, const char *file, const char *why);
/* From now on what is told of objects waits; and is told of those that count. */
void tell_hold(struct scanner *s);
struct git_oids;
int tell_asked(struct scanner *s, struct git_oids *ret, struct err *e);  /* adds the objects of what waits */
void tell_held(struct scanner *s, bool (*counts)(const char *object, void *arg), void *arg);
void tell_sum(struct scanner *s);
