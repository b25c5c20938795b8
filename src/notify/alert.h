#pragma once
/*
 * Tells ours what is due now: model/alert.h says who, over what and when; this writes rows and has workers send.
 *
 * An intent is on disk before each sending and an outcome behind it. One run at a time tells people of one incident (a
 * lock in the state folder, also against other users of this machine); the next one after a crash finds the intents
 * without an outcome, calls them unknown, and sends none of them again by itself. What a far side certainly did not
 * take goes over the next channel in the same run.
 */
#include "engine/engine.h"
#include "model/alert.h"

#define ALERT_AT_ONCE 8u             /* messages that may be on their way when the power fails */

struct alert_now { const char *party, *channel; enum alert_outcome outcome; const char *text; };
struct alert_options {
	const char *mailer, *messenger;      /* the programs */
	const char *const *again;            /* parties who are told once more, whatever is known */
	size_t n_again;
	void (*tell)(const struct alert_now *now, void *arg);        /* each outcome as it comes; may be NULL */
	void *arg;
};
struct alert_counts { uint32_t sent, failed, unknown, left_unknown, unreached, untold; };  /* untold: a channel rests */

/* -ERR_CONFLICT: another run is at it, and nothing was done. -ERR_USAGE: `again` names nobody who is told of it. */
int alert_run(const struct engine *en, int64_t number, const struct alert_options *o, struct alert_counts *ret,
	      struct err *e);
/* The party has it. -ERR_USAGE, with the nearest name, for who is not told of this incident. */
int alert_acknowledge(const struct engine *en, const struct incident *i, const char *party, const char *because,
		      struct err *e);
