#pragma once
/*
 * The parent's side of firebreak-scanner: one process that looks through one repository's object store or one folder,
 * for the rules or for known values, and is gone. Its threads read several parts at once; memory stays bounded on any
 * repository (docs/formats/worker-protocol.md, "The scanner").
 *
 * What comes back are places and keyed tags, never bytes of a value. What was not read becomes a gap; a scanner that
 * ended before its time is a gap of all that it was given.
 */
#include "base/digest.h"
#include "base/err.h"
#include "base/strv.h"
#include "scan/gap.h"
#include "worker/wire.h"
#include <stdbool.h>
#include <stdint.h>

#define SCANNER_LIMIT_MS INT64_C(86400000)

struct scanner_job {
	const char *program;               /* firebreak-scanner */
	const char *name;                  /* what gaps are told of */
	const char *repository;            /* work tree or bare: its whole history; or */
	const char *folder;                /* a folder, or one file, as it lies */
	bool tree;                         /* folder is a working tree: its .git is left out without a word */
	bool unreachable;                  /* history: also what no branch, tag or HEAD leads to */
	const char *since;                 /* history: only what HEAD leads to and this commit does not; or NULL */
	const char *shipped_rules;         /* files of rules; or */
	const struct strv *team_rules;
	const struct wire_secrets *values; /* up to WIRE_VALUES_MAX known values, named by their numbers: "0", "17" */
	const struct digest_key *key;      /* of the tags; rules only */
	unsigned threads;                  /* 0: as many as there are processors, at most 4 */
	int64_t limit_ms;                  /* 0: SCANNER_LIMIT_MS */
};

struct scanner_found {
	const char *object, *is;           /* history: whole name; "blob", "commit" or "tag" (the text of it) */
	const char *file;                  /* folder: below it, any bytes but NUL; of one file its own name */
	const char *rule;                  /* its id; NULL: */
	uint32_t value;                    /* the value's number */
	uint64_t offset;                   /* of the value, in bytes of the object or file */
	uint64_t line, col;                /* from 1; col in bytes */
	const char *tag;                   /* keyed; rules only */
};
struct scanner_progress { uint64_t done, total; };      /* bytes; total 0: not known */

/* Each may be NULL. What `found` is given lives until it returns; the order is that of nothing. */
struct scanner_ears {
	void (*found)(const struct scanner_found *f, void *arg);
	void (*progress)(const struct scanner_progress *p, void *arg);
	void *arg;
};

struct scanner_sum {
	uint64_t texts, bytes;             /* that were looked through */
	uint64_t found, more;              /* told; and not told, because they are too many (a gap says so) */
};

/* 0 when the scanner did what it could, with gaps for the rest. Errors: it cannot be started, the rules are wrong, or
 * what is to be looked through cannot be opened. secret_init() comes first. */
int scanner_run(const struct scanner_job *job, const struct scanner_ears *ears, struct gaps *gaps,
		struct scanner_sum *ret, struct err *e);

/* Reads and compiles a file of rules over the shipped ones, and tries its samples. Problems are what is wrong with it;
 * notes what is slow. */
struct scanner_checked { uint32_t rules, samples; struct strv problems, notes; };
int scanner_check_rules(const char *program, const char *shipped, const char *file, struct scanner_checked *ret,
			struct err *e);
/* --- for scanner*.c --- */
void scanner_put_rules(json_t *list, const char *file, bool shipped);
