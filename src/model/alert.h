#pragma once
/*
 * Who of ours has to know of an incident at once, over which channel, and when: the team, the contacts of each system
 * in reach (each once, with all of theirs), and, while nobody has acknowledged, the next ones of the escalation. Pure:
 * a function of the register, the incident's rows and a moment. docs/formats/register.md has the keys.
 *
 * A channel is not used when the incident reaches what it depends on: one of its `depends` (of a system also its
 * hosts), or its own secret. After a failure the next one is tried, and the failed one rests for a while.
 */
#include "base/arena.h"
#include "model/graph.h"
#include "model/incident.h"
#include "model/register.h"

#define ALERT_REPEAT_MIN 15              /* when the register says nothing */
#define ALERT_CALLS_MAX 500u             /* of one party: then only a person can do more */
#define ALERT_REST_US (INT64_C(120) * 1000000)      /* of a channel that failed; doubled at each failure in a row */

/* What is reached, of each kind of things: index of the member, plus 1; 0: not reached. */
struct alert_reach { uint32_t *at[REF_KINDS]; };
void alert_reach_incident(struct alert_reach *ret, const struct firebreak_register *r, const struct incident *i);
void alert_reach_blast(struct alert_reach *ret, const struct firebreak_register *r, const struct blast *b);
void alert_reach_free(struct alert_reach *a);
/* Is it one that nothing may be sent over? *ret: what it depends on that is reached. */
bool alert_is_untrusted(const struct firebreak_register *r, const struct alert_reach *a, uint32_t channel,
			struct ref *ret);

/* FINDINGS: the team once more, when hosts were looked through: once for all that was found until then. CROWD: the same
 * when somebody who is no responder cut hosts off ("Site Reliability Engineering should be notified immediately"). */
enum party_kind { PARTY_TEAM, PARTY_PERSON, PARTY_ADDRESS, PARTY_LOG, PARTY_FINDINGS, PARTY_CROWD };
enum alert_stand {
	STAND_DUE,            /* to be told now, over `channel` */
	STAND_WAITS,          /* was told and has not acknowledged, or a channel rests: again at due_us */
	STAND_LATER,          /* of the escalation: from due_us on, when nobody has acknowledged until then */
	STAND_SENDING,        /* an intent without an outcome */
	STAND_UNREACHED,      /* no channel is left: a person must */
	STAND_ENDED,          /* told ALERT_CALLS_MAX times */
	STAND_ACKNOWLEDGED,
	STAND_ENOUGH,         /* somebody else has it, the incident is closed, or it is a log that was told */
};

struct alert_unused { uint32_t channel; const char *why; bool untrusted; };
struct alert_party {
	enum party_kind kind;
	const char *name, *shown;        /* name: a person's, an address, a channel's, "findings:" or "crowd:" and the
					  * team's; shown: for people */
	uint32_t person, step;           /* NOTHING; 0, or the step of the escalation */
	const char **systems; uint32_t n_systems; size_t cap_systems;   /* in reach, of which it is a contact */
	enum alert_stand stand;
	int64_t from_us, due_us;         /* due_us 0: never again */
	uint32_t channel, call;          /* of the next sending */
	struct alert_unused *unused; uint32_t n_unused;     /* channels of its own, in their order */
	const struct alerted *last;      /* NULL: never told */
	const struct acknowledged *ack;
};

struct alert_state {
	struct arena *arena;
	const struct firebreak_register *reg;
	const struct incident *incident;
	const char *off;                 /* why nobody is told by us; NULL: somebody is */
	struct alert_party *parties; uint32_t n; size_t cap;
	const struct acknowledged *first_ack;
	const char **without; uint32_t n_without;   /* systems in reach that have no contact */
	int64_t repeat_us, now_us;
};

/* Borrows register and incident; freed by alert_state_free. */
void alert_state_of(const struct firebreak_register *r, const struct incident *i, int64_t now_us,
		    struct alert_state *ret);
void alert_state_free(struct alert_state *s);
/* The two halves of it: who (alert_party.c), and over what and when (alert_channel.c). */
void alert_parties(struct alert_state *s);
void alert_settle(struct alert_state *s, const struct alert_reach *reach);
int64_t alert_crowd_last(const struct incident *i);     /* alert_crowd.c: the last news of it; 0: there is none */
/* A person says: tell the party once more now, whatever came of the last time. The party is STAND_DUE then, or
 * STAND_UNREACHED. */
void alert_again(struct alert_state *s, struct alert_party *p);
const struct alert_party *alert_party(const struct alert_state *s, const char *name);
/* A mail address, a nick or IRC channel, a room, a server: where the channel brings it to the party. */
const char *alert_to(const struct alert_state *s, const struct alert_party *p, uint32_t channel);
bool alert_is_open(const struct alert_party *p);        /* told or due, and not yet acknowledged */
/* FINDINGS and CROWD: to be read, not answered for; later news are told although earlier ones were acknowledged. */
bool alert_is_news(const struct alert_party *p);
