#pragma once
/* The inside of a mailing: for mailing*.c. */
#include "engine/worker.h"
#include "notify/mailing.h"

struct lane {                            /* one mailer, one connection, one batch at a time */
	struct run *run;
	struct worker *worker;           /* NULL: not started, or gone */
	bool busy, offering;
	bool gone;                       /* it ended while it was busy */
	json_t *answer;                  /* to the batch */
	int64_t batch, row[SMTP_TO_MAX];
	uint32_t tries[SMTP_TO_MAX], n;
	json_t *line;                    /* to be told when the intent is on disk */
};

struct run {
	struct ledger *l;
	const struct mailing_options *o;
	struct sd_event *loop;
	struct lane lane[MAILING_AT_ONCE_MAX];
	json_t *job;
	struct wire_secrets secrets;
	struct ledger_counts counts;     /* kept along: counting the rows each time would cost more than sending */
	int64_t may_us, pause_us;        /* by the rate; after a relay was away. CLOCK_REALTIME, like the ledger */
	uint32_t strikes;                /* batches in a row that no relay took */
	bool stop, interrupted;
	bool taken;                      /* a relay took something: until then one mailer tries, for all */
	int result;
	struct err why;
};

/* mailing_batch.c: takes rows that are due, intends to send them, makes the line; b->n 0: there are none. Inside of
 * ledger_begin. */
int batch_take(struct run *r, struct lane *b, uint32_t max, int64_t now_us, struct err *e);
/* Settles what is known of the batch now. */
int batch_settle(struct run *r, struct lane *b, int64_t now_us, struct err *e);
