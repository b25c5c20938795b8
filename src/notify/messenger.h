#pragma once
/*
 * The program firebreak-messenger: one text to one place that is no mailbox. Each sender reads its own keys of the job
 * (docs/formats/worker-protocol.md, "The messenger") and says `changing` before the first byte that may be read by
 * somebody. 0: the far side took it (job->text says which). Errors carry what may have been read: EFFECT_UNKNOWN only
 * when the text went out and no answer came.
 */
#include "driver/sink.h"
#include "worker/jobs.h"

/* secret: password, token or URL; NULL: none came with the job. */
typedef int send_fn(struct job *job, const struct secret *secret, struct err *e);
send_fn send_irc, send_hook, send_log_line;
