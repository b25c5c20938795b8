#pragma once
/*
 * What a push brings, held against the register, from within git's quarantine. Only what the push itself puts in is
 * looked at: every new commit of every branch and tag, the one that a later commit mends as well, because its bytes
 * stay in the history. What stood in the same place before is no matter of this push; a new value for something that
 * nobody registered is, unless Firebreak's own rotation wrote it.
 *
 * A place is known or not by where it is: encrypted values need no key here. Of values there are tags with a key that
 * lives as long as this process.
 */
#include "model/register.h"
#include "scan/gap.h"
#include "transport/git_repo.h"

#define PUSH_REFS_MAX 20000u
#define PUSH_REGISTERS_MAX 200u    /* versions of a register that is pushed with what it speaks of */
#define PUSH_FINDINGS_MAX 10000u   /* more are counted */

struct push_ref { const char *name; char before[65], after[65]; };  /* all zeros: there is none */

/* Where the register is. A repository's is that of its branch; one that lies in the pushed repository itself is read in
 * each tip of the push, so that a secret and its entry may come together. */
struct push_register {
	const char *path;              /* a folder with the files, or a git repository */
	const char *branch;            /* NULL: a work tree as it lies, of a bare repository HEAD */
	const char *folder;            /* within the repository; "": its top */
};

struct push_finding {
	const char *file, *key;        /* key NULL: the file as a whole */
	uint32_t line;
	const char *commit;            /* the newest that has it so */
	bool gone;                     /* in the history only: a later commit of the push takes it out */
	bool comment;                  /* a comment there holds a value for the key */
	bool changed;                  /* was there before, with another value */
	const char *next;              /* cover_next() */
};

struct push {
	/* given */
	const char *repository;        /* its name in the register */
	struct push_register at;
	const struct push_ref *refs; uint32_t n_refs;
	int64_t limit_ms;              /* of each git program */
	/* made */
	struct git_repo *repo;         /* the one that is pushed to; NULL: this is no hook */
	struct push_finding *found; uint32_t n_found, more;
	size_t cap_found;
	struct gaps gaps;              /* new ones, that could hide something */
	struct err register_error;     /* ERR_NONE: it was read; otherwise everything new is not registered */
	uint32_t old, rotated;         /* not registered: left as it was; new values by Firebreak */
	struct arena *arena;
};

/* -ERR_...: the push could not be looked through; it must be refused then, too. */
int push_check(struct push *p, struct err *e);
void push_free(struct push *p);
bool push_is_refused(const struct push *p);
/* The register as a push to the repository at `path` would find it now. *ret is NULL, without an error, when it is
 * to be pushed there itself and none that can be read has come yet. */
int push_register_try(const struct push_register *at, const char *path, struct firebreak_register **ret, struct err *e);
