#pragma once
/*
 * `firebreak evict`: who was declared is taken from every host of the register, and proven to be gone.
 *
 * In this order: a look at every host, which changes nothing and tells how we came in; its sshd is asked what it lets
 * in, and the answer is a row of the journal before anything is changed; the public users data, so that configuration
 * management brings nobody back; on every host that answered, what lets them in (close); only then what they have
 * running (cut); a last look, and the same questions, whose answers are the outcome. A host that does not answer holds
 * back no other.
 *
 * A declared host is lost: the certificate of its Puppet agent ends at the CA, where the register names the Puppet
 * server; then PuppetDB has it as deactivated, and nothing of it is left in the server's caches. It says nothing to the
 * lost host itself.
 *
 * The steps are the plan's ("evict-data:REPOSITORY", "evict@HOST", "certificate@HOST", "node@HOST"): an intent of each
 * is on disk before the first visit, an outcome behind the last. Everything may be done twice: a run that was cut short
 * is simply begun again.
 *
 * Nothing is done at all when it would cut the responder: before the first visit by what this machine knows, after the
 * first look when no host says otherwise. A single host's word for it holds back that host.
 */
#include "engine/engine.h"
#include "model/evict.h"

struct evict_told {
	const char *step;
	enum outcome outcome;
	const char *text;
	const json_t *here;            /* names of those evicted who had an account there, a host's word; may be NULL */
	const json_t *logins;          /* what its sshd was asked for, as docs/formats/journal.md has it; may be NULL */
	const json_t *accounts;        /* whether a password opened them, and whether they are refused; likewise */
};
struct evict_options {
	const char *warden, *scout;                    /* the programs */
	const char *const *hosts; size_t n_hosts;      /* names, groups, patterns; none: all that are not proven yet */
	uint32_t at_once;
	void (*tell)(const struct evict_told *told, void *arg);        /* each outcome; may be NULL */
	void (*phase)(const char *what, uint32_t hosts, void *arg);    /* "look", "close", ... */
	void *arg;
};
struct evict_result { uint32_t proven, failed, unreachable, unknown; };

/* -ERR_REFUSED: it would cut our own way in; nothing was changed. -ERR_CONFLICT: another run is at it. -ERR_USAGE: the
 * incident evicts nobody. */
int evict_run(const struct engine *en, int64_t number, const struct evict_options *o, struct evict_result *ret,
	      struct err *e);
