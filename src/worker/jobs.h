#pragma once
/*
 * What a worker can be asked to do: "verb" of the job. Driver verbs (probe, change, ...) are for the program of that
 * driver, firebreak-worker-NAME; chores are done by firebreak-worker, with transport and git. Keys of each job and
 * result: docs/formats/worker-protocol.md.
 *
 *   read-place   old value out of the private git              -> secret "old" on fd 6
 *   write-place  one commit that puts "new" where "old" stood  -> commit id; conflict when it is neither
 *   withdraw     the old key's public half says that it ended   -> commit id, how long others may keep it
 *   publish      the new key's public half beside what is there -> commit id
 *   keep         what stands there of the old key's public half, for the journal, before it is taken away
 *   pull         the places and public halves of the old value out of the git, one commit -> commit id
 *   apply        Puppet or the team's command on one host      -> exit code, changed or not
 *   restart      a consumer's service
 *   look         does the consumer's file hold new, old, both, neither?
 *   gone         is the old value in no file of this host's folder any more, and the consumer's file gone?
 *   residue      where does the old value still stand on this host (logs, caches)?
 *   evict-users  users and keys out of the public users data, one commit -> commit id, files that name a key besides
 *   end-certificate  a Puppet agent's certificate, at its CA -> serials that the CA's list of revoked ones has
 *   clean-node   what PuppetDB and the Puppet server keep of a node -> since when it is deactivated, what was put aside
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "worker/wire.h"

struct job {
	const json_t *body;                 /* the whole job */
	struct buf rest;                    /* what came behind the job's line: the mailer's messages */
	struct wire_secrets in, out;
	int64_t deadline_us;                /* CLOCK_MONOTONIC */
	json_t *result;                     /* keys that the chore adds to the result line */
	char text[300];                     /* one sentence for people */
	struct job_sink *sink;
};

/* What this program does: chores.c or job_driver.c, one of which is linked. -ERR_CONFIG for what it does not know. */
int job_run(struct job *job, const char *verb, struct err *e);

typedef int job_fn(struct job *job, struct err *e);
job_fn job_read_place, job_write_place, job_apply, job_restart, job_look, job_residue, job_evict_users,
	job_end_certificate, job_clean_node, job_gone;
