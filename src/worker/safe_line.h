#pragma once
/* What a program that a chore started said last, fit for the journal. */
#include "base/proc.h"
#include "worker/jobs.h"

/* The last line of its error output (or output) that is fit to be shown: made visible, and withheld when it holds a
 * value of the job in any form. */
const char *safe_line(const struct job *job, const struct proc_result *res, char ret[200]);
