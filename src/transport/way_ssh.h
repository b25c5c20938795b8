#pragma once
/* ssh's argument list and the words for the far side's shell. Inside transport/ only. */
#include "base/buf.h"
#include "base/strv.h"
#include "transport/transport.h"

/* Refuses what ssh could take for an option or a shell for anything but a word. */
int way_check(const struct way *w, struct err *e);
/* The whole command line for the far side: folder, environment, words. */
int way_command(const struct proc_job *job, struct buf *ret, struct err *e);
/* "ssh" and every option of ours; the caller adds its own words and way_target behind them. */
int way_options(const struct way *w, struct strv *ret, struct err *e);
/* The same for one session that starts no ControlMaster; `fresh`: and uses none that is there. */
int way_options_alone(const struct way *w, bool fresh, struct strv *ret, struct err *e);
void way_target(const struct way *w, struct strv *ret);
/* What ssh's configuration says of this host: ssh -G. Its exit code is the caller's to look at. */
int way_told(const struct way *w, struct proc_result *ret, struct err *e);
/* ConnectTimeout, in seconds: the team's own where that is shorter than WAY_PATIENCE_S. Each address of a name has it
 * for itself: a dead host with an A and an AAAA record takes twice as long. */
#define WAY_PATIENCE_S 10u
uint32_t way_patience(const struct way *w);
/* Runs ssh itself, with the agent of the person who runs us. */
int way_ssh(const struct strv *argv, const struct proc_job *like, struct proc_result *ret, struct err *e);
/* Opens the ControlMaster when there is none. -ERR_NET with ssh's words; nothing has reached the host then. */
int way_master(const struct way *w, int64_t limit_ms, struct err *e);
