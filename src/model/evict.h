#pragma once
/*
 * Whom an incident evicts. Pure.
 *
 * Evicted is a declared user with all keys of theirs, and each key that the incident reaches, declared or not: its
 * private half lies where somebody else could read it, on a host that is lost or in a secret that leaked. The account
 * that a leaked key opens is reached, and is not evicted: it is somebody's who still works here. Of a declared host,
 * which is lost, the certificate of its Puppet agent ends, and then PuppetDB and the Puppet server forget the node.
 */
#include "base/json.h"
#include "model/register.h"

struct evict_list {
	uint32_t *users, *keys;              /* of the register, each once */
	uint32_t n_users, n_keys;
};

/* Of all that an incident reaches, what was declared at the front. */
void evict_list_of(const struct firebreak_register *r, const struct ref *members, size_t n, size_t n_roots,
		   struct evict_list *ret);
void evict_list_free(struct evict_list *l);

/* The name in the certificate of a host's Puppet agent: its `--certname` option, or its address. */
const char *evict_certname(const struct host *h);
/* Whether a lost host's certificate ends by the program: an agent's, with a Puppet server that is another host. */
bool evict_ends_certificate(const struct firebreak_register *r, uint32_t host);

/*
 * What a host's sshd answered for a login before anything was changed there, by the bodies of its "asked" rows in their
 * order: "accepted" when it ever did, "refused" when it did at the first asking, when nothing had been changed; else
 * "unasked". A later refusal may be the work of a run that was cut short, and shows nothing.
 */
const char *evict_before(const json_t *const *asked, uint32_t n, const char *account, const char *key);

/* How many of the logins that sshd was asked for ("logins" of a result, each with "before") it answers how. */
struct evict_logins {
	uint32_t n, accepted, refused;
	uint32_t ended, untold;              /* refused now: accepted before; not known before */
	uint32_t elsewhere;                  /* refused now: taken from other addresses only ("from"), if at all */
};
struct evict_logins evict_logins_of(const json_t *logins);

/* Of the accounts that were evicted, how many a host refuses whatever is offered, and of how many that is not known, by
 * its own list ("accounts" of a result). Who is not in it, or twice with two answers, is not known. */
struct evict_accounts {
	uint32_t refused, unknown;
	uint32_t opened, untold;             /* of the refused: a password could open it before; that is not known */
	const char *account, *why;           /* of the first that is not known */
};
struct evict_accounts evict_accounts_of(const json_t *list, const char *const *names, uint32_t n);

/* Of n keys, by fingerprint, the first that sshd was not asked about, or did not refuse each time: NULL: none. */
const char *evict_key_unproven(const json_t *logins, const char *const *keys, uint32_t n);

/* On which host PuppetDB is told to deactivate nodes. Where the program ends certificates only. */
uint32_t evict_database(const struct firebreak_register *r);
/* Whether what Puppet keeps of a lost host is cleaned by the program: not where PuppetDB is asked on that host. */
bool evict_cleans_node(const struct firebreak_register *r, uint32_t host);

/*
 * Whether a password can open an account: "yes", "no" or "unknown". one: what its host says of it ("accounts" of the
 * scout); offered: the methods that its sshd offers ("publickey,password"), NULL: it did not say. "yes" is that its
 * entry has a hash, or none, and sshd takes more than keys. No password is known here, and none is tried.
 */
const char *evict_password(const json_t *one, const char *offered);
/* The same before anything was changed, by "asked" rows in their order, as evict_before(). */
const char *evict_password_before(const json_t *const *asked, uint32_t n, const char *account);
/* "refused" or "unknown": what its host says, unless what sshd offers contradicts it. */
const char *evict_account_answer(const json_t *one, const char *offered, const char **ret_text);
