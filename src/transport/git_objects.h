#pragma once
/*
 * Objects of an opened repository, many at a time, by one long-lived `git cat-file`: thousands of small files cost what
 * their bytes cost. What is missing, damaged or too large is told for each object; the rest goes on.
 */
#include "transport/git_repo.h"

#define GIT_OIDS_MAX 12000000u /* in one list: 240 MB of SHA-1 names */

enum git_type { GIT_BLOB, GIT_TREE, GIT_COMMIT, GIT_TAG };
enum git_state {
	GIT_READ,
	GIT_PIECE,      /* of a large object: more comes, or came before (offset) */
	GIT_MISSING,    /* not there: a partial clone, or a repository that lost it */
	GIT_TOO_LARGE,
	GIT_DAMAGED,    /* git could not unpack it; of a large object pieces may have come before */
	GIT_OTHER,      /* of a type that was not asked for */
};

struct git_object {
	size_t index;          /* in the list that was asked for */
	enum git_state state;
	enum git_type type;    /* of what is not missing or damaged */
	uint64_t size, offset; /* of the whole object; of this piece */
	const char *bytes;     /* until the callback returns; wiped afterwards */
	size_t len;
};
typedef int git_object_fn(const struct git_object *o, void *arg); /* anything but 0 ends the reading and comes back */

/* Names of objects, 20 or 32 bytes each. */
struct git_oids {
	unsigned char *bytes;
	size_t n, cap, len;    /* len: of one */
};

int git_oids_add(struct git_oids *o, const char *hex, struct err *e);     /* the first one settles the length */
const char *git_oids_hex(const struct git_oids *o, size_t i, char ret[65]);
void git_oids_sort(struct git_oids *o);
void git_oids_once(struct git_oids *o);                                   /* sorted, and each name once */
#define GIT_OIDS_NONE SIZE_MAX
size_t git_oids_find(const struct git_oids *sorted, const unsigned char *name);
bool git_oids_have(const struct git_oids *sorted, const struct git_oids *of, size_t i);
void git_oids_free(struct git_oids *o);

struct git_reader_options {
	size_t max;            /* bytes of an object; larger ones are told and not read */
	bool pieces;           /* larger ones come in pieces of at most `max` bytes */
	unsigned types;        /* 1 << GIT_BLOB | ...; 0: all */
	size_t cache;          /* bytes that git may keep of what it unpacks, and twice that it may map of packs; 0: as
				* git thinks fit (96 MB, and whole packs). In the order of git_history a few MB do */
};
struct git_reader;

/* The reader lives until it is freed and may be asked again and again; it borrows r. */
int git_reader_open(const struct git_repo *r, const struct git_reader_options *o, struct git_reader **ret,
	struct err *e);
/* Each of oids[from..to) once, in this order. */
int git_reader_read(struct git_reader *g, const struct git_oids *oids, size_t from, size_t to, git_object_fn *fn,
		    void *arg, struct err *e);
struct git_reader *git_reader_free(struct git_reader *g);
void git_reader_freep(struct git_reader **g);

/* Of an object store, each object once, those that are stored as differences to each other together (git_family.h). */
struct git_history {
	struct git_oids oids;
	uint64_t *bytes;       /* size of all objects before each GIT_HISTORY_STEP-th one, for git_history_part */
	size_t n_bytes, cap_bytes;
	uint64_t total;
	struct git_oids missing; /* reachable and not there; looked for only when `unreachable` is false */
	bool whole;            /* false: git named something that it could not read */
	char why[200];         /* then: in git's words */
};
#define GIT_HISTORY_STEP 64
#define GIT_HISTORY_PART (1u << 19) /* objects of one part: some 40 bytes of memory for each */

/* types: of git_reader_options. With `unreachable` all that the store has; else what a branch, tag or HEAD leads to,
 * which costs a walk through all commits. The caller frees ret in each case. */
int git_history_list(const struct git_repo *r, unsigned types, bool unreachable, struct git_history *ret,
	struct err *e);
/* The same, `unreachable`, in parts of GIT_HISTORY_PART objects, as soon as each is known: memory does not grow with
 * the repository. A part may be taken (and the original emptied); what `fn` returns ends it when it is not 0. Of `told`
 * whole and why are filled. */
typedef int git_part_fn(struct git_history *part, void *arg, struct err *e);
int git_history_parts(const struct git_repo *r, unsigned types, git_part_fn *fn, void *arg, struct git_history *told,
	struct err *e);
/* Of what HEAD leads to, what the commit `since` does not lead to. */
int git_history_since(const struct git_repo *r, unsigned types, const char *since, struct git_history *ret,
	struct err *e);
/* Each name of what a branch, tag or HEAD leads to, trees as well, in no order; of `told` missing, whole and why are
 * filled. */
typedef int git_oid_fn(const char *hex, void *arg, struct err *e);
int git_history_reached(const struct git_repo *r, git_oid_fn *fn, void *arg, struct git_history *told, struct err *e);
/* The same of what these lines lead to: "<oid>", or "^<oid>" for what is left out with all that it leads to. */
int git_history_named(const struct git_repo *r, const struct buf *lines, git_oid_fn *fn, void *arg,
	struct git_history *told, struct err *e);
/* The k-th of n parts (k from 0) of about the same number of bytes, for n readers at once. */
void git_history_part(const struct git_history *h, size_t k, size_t n, size_t *ret_from, size_t *ret_to);
void git_history_free(struct git_history *h);
