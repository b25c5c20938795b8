#pragma once
/* The files of one commit, edited in memory: a secret's new value goes into all its places there, or into none. */
#include "worker/place_job.h"

struct place_edit {
	struct buf *texts;                 /* of each file of the repository; empty: as it is */
	size_t n, changed;
};

/* Edits the files of one repository for every secret that has not failed; those that cannot be edited are marked failed
 * and left out. An error is one of the repository. */
int place_edit_all(struct job *job, struct place_job *j, size_t repository, struct place_edit *ret, struct err *e);
void place_edit_clear(struct place_edit *x);
