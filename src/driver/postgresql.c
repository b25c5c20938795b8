/*
 * PostgreSQL: one password for a role, so there is no stage and no retire. The server gets a SCRAM verifier that is
 * made here, never the value.
 */
#include "driver/postgresql.h"

static int change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	if (job->replica)
		return err_set(e, ERR_REFUSED, "standby '%s' presents the value by its primary_conninfo or passfile, "
			       "and ALTER SYSTEM would put clear text into SQL and into postgresql.auto.conf: declare "
			       "its passfile as a consumer, which configuration management writes", job->address);
	return postgresql_change(job, ret, e);
}

static int probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	return job->replica ? postgresql_replica_probe(job, ret, e) : postgresql_probe(job, ret, e);
}

const struct driver driver_postgresql = {
	.name = "postgresql",
	.verb = {
		[VERB_PROBE] = probe,
		[VERB_CHANGE] = change,
		[VERB_CUT] = postgresql_cut,
		[VERB_INSPECT] = postgresql_inspect,
	},
	.words = postgresql_words,
};
