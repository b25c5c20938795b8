#pragma once
/*
 * What read-place and write-place are asked: several secrets at once, so that one clone, one fetch and one commit serve
 * them all.
 *
 *   {"repositories": [{"name", "url", "branch", "clone", "head", "eyaml_public", "eyaml_private"}],
 *    "secrets": [{"name", "old", "new", "make", "back", "places": [{"repository", "file", "key"}], "half": {...}}]}
 *
 * "old" and "new" are the names under which the values go over the descriptors. A secret that cannot be dealt with
 * (a conflict, a missing key) does not hold back the others: the result says "ok" and a sentence for each. A remote
 * that is away fails the whole job. Strings are borrowed from the job.
 *
 * "back" (write-place, publish): it was pulled before, so that a file that is missing is made again.
 *
 * "make" (read-place): a new key of that kind comes back as "new". "half" (publish, withdraw): what is written into
 * the places is no value, but derived from the keys (place_half.c).
 *
 * "head" is the commit that the caller has seen in this repository a moment ago, or absent: the files are read there
 * without a fetch, because a push that the remote takes is proof enough that it was the newest. Anything else that came
 * of it is believed only behind a fetch.
 */
#include "scan/place.h"
#include "transport/git.h"
#include "worker/jobs.h"

#define PLACES_MAX 256u
#define REPOSITORIES_MAX 64u

struct place_repository {
	const char *name;
	struct git *git;
	char head[GIT_OID];
	bool fetched;                      /* head is what the remote had in this job */
	struct git_text *files;            /* that the places name; texts as of head */
	size_t n_files, cap_files;
};
struct place_secret {
	const char *name, *old, *new, *make;
	const json_t *half;
	char said[300];                    /* of a half: one sentence for people */
	int64_t ttl_s;                     /* of a half: how long others may keep what stood there */
	struct place_at *places;
	size_t *repositories, *files;      /* of each place; the file in its repository */
	size_t n;
	bool back;                         /* it was pulled: a file that is missing is made again */
	bool failed, changed;
	struct err why;                    /* when it failed */
};
struct place_job {
	struct place_repository *repositories;
	size_t n_repositories;
	struct place_secret *secrets;
	size_t n_secrets;
};

int place_job_open(struct job *job, struct place_job *ret, struct err *e);
/* Reads the files of a repository; fetches first, unless "head" was given and is in the clone. */
int place_job_read(struct place_job *j, size_t repository, struct err *e);
/* The same, at what the remote has now. */
int place_job_fetch(struct place_job *j, size_t repository, struct err *e);
void place_job_clear(struct place_job *j);
/* Is this the fault of one secret, so that the others can go on? */
bool place_job_is_its_own(int r);
void place_job_fail(struct place_secret *s, const struct err *why);
/* Puts "secrets" and "heads" into the result; -code of the first failure when not one secret went well. */
int place_job_report(struct job *job, const struct place_job *j, struct err *e);
