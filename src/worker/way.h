#pragma once
/* The host of a job: {"name", "address", "local", "ssh_config", "timed", "control"} under a key of the job's body. */
#include "transport/transport.h"
#include "worker/jobs.h"

/* An absent key is this machine itself. Strings are borrowed from the job. */
int way_of_job(const struct job *job, const char *key, struct way *ret, struct err *e);
