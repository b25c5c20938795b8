#pragma once
/*
 * What read-place and write-place are asked: several secrets at once, so that one clone, one fetch and one commit serve
 * them all.
 *
 *   {"repositories": [{"name", "url", "branch", "clone", "eyaml_public", "eyaml_private"}],
 *    "secrets": [{"name", "old", "new", "places": [{"repository", "file", "key"}]}]}
 *
 * "old" and "new" are the names under which the values go over the descriptors. A secret that cannot be dealt with
 * (a conflict, a missing key) does not hold back the others: the result says "ok" and a sentence for each. A remote
 * that is away fails the whole job. Strings are borrowed from the job.
 */
#include "scan/place.h"
#include "transport/git.h"
#include "worker/jobs.h"

#define PLACES_MAX 256u
#define REPOSITORIES_MAX 64u

struct place_repository { const char *name; struct git *git; char head[65]; };
struct place_secret {
	const char *name, *old, *new;
	struct place_at *places;
	size_t *repositories;              /* of each place */
	size_t n;
	bool failed, changed;
	struct err why;                    /* when it failed */
};
struct place_job {
	struct place_repository *repositories;
	size_t n_repositories;
	struct place_secret *secrets;
	size_t n_secrets;
};

/* Clones are made or refreshed, heads are known. */
int place_job_open(struct job *job, struct place_job *ret, struct err *e);
void place_job_clear(struct place_job *j);
/* Is this the fault of one secret, so that the others can go on? */
bool place_job_is_its_own(int r);
void place_job_fail(struct place_secret *s, const struct err *why);
/* Puts "secrets" into the result; -code of the first failure when not one secret went well. */
int place_job_report(struct job *job, const struct place_job *j, struct err *e);
