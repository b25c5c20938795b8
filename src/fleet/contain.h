#pragma once
/*
 * Cutting hosts off, and letting them free again, many side by side (firebreak-contain(1)). model/contain_schedule.h
 * says which is next; here are the visits, and the rows: an intent for each host is on disk before anything is sent, an
 * outcome behind it. One run at a time works on an incident (a lock in the state folder); the next one after a crash
 * finds intents without an outcome, calls them unknown, and the host is asked what holds it before anything is done.
 *
 * Contained is proven: the rules stand by the host's word, nothing of others' sessions is left, a second path that is
 * another one confirmed the rules over a new connection, they are kept over a restart, and a probe host was refused at
 * each address that has to refuse, and let in at none. A failed proof lifts nothing. Of a host that has nothing which
 * would load the rules after a restart, the text says that it is not after its next start.
 */
#include "engine/engine.h"
#include "model/contain_host.h"
#include "model/incident_contain.h"

struct contain_now {                     /* what came of one host */
	const char *host, *text;
	enum contain_action action;
	enum contain_outcome outcome;
	bool stands;
	int64_t took_us;
};
struct contain_options {
	const char *warden, *scout;          /* the programs */
	enum contain_action action;
	enum contain_level level;
	bool crowd;                          /* by somebody who is no responder: nobody confirms, no dead-man */
	const uint32_t *hosts; uint32_t n;   /* of the register, each once */
	void (*tell)(const struct contain_now *now, void *arg);
	void *arg;
};
struct contain_counts { uint32_t proven, failed, unreachable, unknown, left_unknown; };

/* -ERR_CONFLICT: another run is at it. -ERR_CONFIG, -ERR_REFUSED: one of the hosts cannot be contained like that. In
 * each of these nothing was sent to any of them. */
int contain_run(const struct engine *en, int64_t number, const struct contain_options *o, struct contain_counts *ret,
		struct err *e);
