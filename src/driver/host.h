#pragma once
/*
 * The service's own machine, for what no protocol can do: a value that the service reads from a file, and a restart.
 * It is the account's `host` in the register; without one each call here is -ERR_CONFIG and says so. Words go to the
 * host as they are, never through a shell of ours; values through standard input and output only.
 */
#include "base/buf.h"
#include "driver/driver.h"

/* Output of the program, at most 1 MiB, into ret (may be NULL). A program that ends with another code than 0 is
 * -ERR_REMOTE with that code and no word of its own: it may have shown a line of the file. */
int job_host_run(const struct driver_job *job, const char *const *argv, struct buf *ret, struct err *e);
/* The whole file, at most 1 MiB; ret should be BUF_WIPED. */
int job_host_read(const struct driver_job *job, const char *path, struct buf *ret, struct err *e);
/* Puts `text` in the file's place: owner, group and mode stay, and it is on disk before the old one goes. `check` (may
 * be NULL) is a program and words; it is called with the path of the new file behind them, and a refusal leaves the old
 * file where it was. Calls job_changing(). */
int job_host_write(const struct driver_job *job, const char *path, const struct buf *text, const char *const *check,
		   struct err *e);
