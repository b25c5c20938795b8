#pragma once
/*
 * Where do values live? In the register's repositories and others (whole history), in folders of this machine, and on
 * hosts. What is found is held against the register: a place or consumer of it, or unknown to it.
 *
 * Values stay on locked pages and go to scanners and workers on descriptor 4; what comes back are places, numbers and
 * names of forms. Whatever could not be looked at is a gap: then nothing is clean.
 */
#include "check/survey.h"
#include "engine/engine.h"
#include "scan/gap.h"
#include "model/register.h"

#define TRACE_FOUND_MAX 20000u
#define TRACE_VALUES_MAX 300u              /* secrets at once, each with its values */

enum trace_which { TRACE_PRESENT, TRACE_OLD };

struct trace_value {
	uint32_t secret;                   /* of the register; NOTHING: one that was typed in */
	const char *name;
	enum trace_which which;
	const struct secret *value;        /* borrowed */
};

/* How a finding is still there. */
enum trace_state { STATE_FILE, STATE_HEAD, STATE_BRANCH, STATE_HISTORY, STATE_UNREACHABLE };

struct trace_found {
	uint32_t value;                    /* index */
	uint32_t form;                     /* of form_list; the nearest to the value that was found there */
	bool part;
	enum trace_about about;            /* of a file on a host or in a folder */
	enum trace_state state;
	uint32_t host, repository;         /* of the register, or NOTHING */
	const char *at;                    /* host's or repository's name, or "" */
	const char *path, *member;         /* path NULL: the text of the commit or tag itself, or content that no commit
	                                      is known of */
	uint64_t line, count;              /* first line; on how many lines, or how often in a file */
	uint32_t versions;                 /* of the file that have it, in a history */
	const char *object, *is;           /* of a history: the newest of them; "blob", "commit", "tag" */
	const char *commit, *who;          /* that brought it first; NULL: not known */
	int64_t at_s, newest_s;            /* when that was; and the version that `object` is */
	const char *branch;                /* STATE_BRANCH */
	bool declared;                     /* it stands where the register says */
	const char *known;                 /* "consumer of redis/password", or NULL: unknown to the register */
};

struct trace_at { uint32_t repository; const char *path; };      /* instead of the url of the register */

struct trace_progress {
	const char *what;                  /* "private", "12 hosts" */
	uint64_t done, total;              /* bytes, or hosts; total 0: not known */
};

struct trace {
	/* given */
	const struct engine *en;
	const char *scanner;               /* the program */
	const struct trace_value *values; uint32_t n_values;
	const struct trace_at *ats; uint32_t n_ats;
	const char *const *in; size_t n_in;        /* other repositories, folders and files of this machine */
	const uint32_t *hosts; uint32_t n_hosts;
	bool repositories, backups;        /* of the register: look there */
	bool unreachable;
	struct survey *survey;             /* given what it reads; it is read when there is something to propose. NULL:
	                                      proposals say less */
	int64_t limit_ms;                  /* for each host, and for each backup folder */
	uint32_t at_once;                  /* hosts */
	void (*tell)(const struct trace_progress *p, void *arg);   /* may be NULL */
	void *arg;
	/* made; trace_free */
	struct arena *arena;
	struct trace_found *found; uint32_t n_found;
	size_t cap_found;
	uint64_t more;                     /* found beyond TRACE_FOUND_MAX */
	struct gaps gaps;
	uint64_t texts, bytes;             /* that were looked through */
	uint32_t reached;                  /* hosts that were looked at */
	bool surveyed;                     /* the survey was read */
};

/* Errors are those of this machine; all else is a gap. */
int trace_run(struct trace *t, struct err *e);
void trace_free(struct trace *t);

/* trace_say.c */
void trace_place(const struct trace *t, const struct trace_found *f, struct buf *ret);      /* "mw1:/srv/x.php:12" */
void trace_state_words(const struct trace *t, const struct trace_found *f, struct buf *ret);
void trace_text(const struct trace *t, bool colour, struct buf *ret);
json_t *trace_json(const struct trace *t);      /* without what was not read */
/* Lines for the register, each group behind a comment that says where they belong; "" when there are none. */
void trace_proposals(const struct trace *t, struct buf *ret);
/* The body of the journal's row for one secret. */
json_t *trace_row(const struct trace *t, uint32_t secret);
