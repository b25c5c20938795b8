#pragma once
/*
 * Between the files of the scout's command `held`: what an intruder on this host could take out of agents and caches.
 * Lines of `found` with "kind": "agent-key" (`file`: the agent's socket, `key`: a fingerprint, `uid`, `pid`, `name` of
 * who listens there), "cached" (`file`: what keeps it, `path`: of which file it has contents, `secret`).
 */
#include "base/strv.h"
#include "scout/lines.h"

#define HELD_AGENT "ssh agent"         /* of what is unread */

struct held_agent {
	uint32_t pid;                  /* that began to listen */
	int64_t uid;                   /* of who listens, by the kernel; -1: not told */
	struct strv prints;            /* "SHA256:..." of each key; the caller frees */
};

/* Asks for the public halves (SSH_AGENTC_REQUEST_IDENTITIES), which changes nothing. An agent that hangs is given two
 * seconds. */
int held_ask(struct scout_out *o, const char *path, struct held_agent *ret, struct err *e);
void held_puppet(struct scout_out *o);
/* One line of `found`; takes more. */
void held_say(struct scout_out *o, const char *kind, const char *path, json_t *more);
