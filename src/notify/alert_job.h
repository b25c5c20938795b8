#pragma once
/* One alert as a worker's job, and the worker's answer as an outcome. Between alert.c and alert_job.c. */
#include "engine/crew.h"
#include "model/alert.h"
#include "notify/message.h"

#define ALERT_MS 120000              /* one sending, over all relays of its channel */

struct alert_sending {
	const struct alert_party *party;
	int64_t seq;                         /* of the intent */
	char id[MESSAGE_ID_MAX];
	json_t *job;
	bool mail;                           /* for the mailer, not the messenger */
	struct wire_secrets secrets;
	bool offering;                       /* of a mail: its last line went out */
	enum alert_outcome outcome;
	char text[600];
	int refused;                         /* negative: it cannot be sent at all; text says why */
};

int alert_job_make(const struct alert_state *s, struct alert_sending *a, struct err *e);
worker_line alert_job_line;          /* arg: the sending */
worker_done alert_job_done;
