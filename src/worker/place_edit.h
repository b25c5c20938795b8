#pragma once
/* The files of one commit, edited in memory: a secret's new value goes into all its places there, or into none; or what
 * has the old one is taken away (pull). */
#include "worker/place_job.h"

struct place_edit {
	struct buf *texts;                 /* of each file of the repository; empty: as it is */
	bool *removed;                     /* the file is taken away */
	size_t n, changed;
};

/* Edits the files of one repository for every secret that has not failed; those that cannot be edited are marked failed
 * and left out. An error is one of the repository. */
int place_edit_all(struct job *job, struct place_job *j, size_t repository, struct place_edit *ret, struct err *e);
void place_edit_clear(struct place_edit *x);

bool place_edit_pulls(const struct job *job);      /* is this what the job is for? */
/* place_half.c: texts that are derived from a key, by src/keys. */
int place_half_edit(struct job *job, struct place_job *j, struct place_secret *s, struct place_edit *x, struct err *e);
/* The team's own checker over each changed file of a half, before anything is pushed. *ret_again: one was refused; its
 * half is marked failed. */
int place_half_check(struct job *job, struct place_job *j, size_t repository, const struct place_edit *x,
		     bool *ret_again, struct err *e);
