#pragma once
/*
 * Whom an incident evicts. Pure.
 *
 * Evicted is what was declared, not what it reaches: a declared user with all keys of theirs; a declared key; a
 * declared secret that is the private half of a key, as that key. The account that a leaked key opens is somebody's who
 * still works here. Of a declared host, which is lost, the certificate of its Puppet agent ends.
 */
#include "model/register.h"

struct evict_list {
	uint32_t *users, *keys;              /* of the register, each once */
	uint32_t n_users, n_keys;
};

void evict_list_of(const struct firebreak_register *r, const struct ref *declared, size_t n, struct evict_list *ret);
void evict_list_free(struct evict_list *l);

/* The name in the certificate of a host's Puppet agent: its `--certname` option, or its address. */
const char *evict_certname(const struct host *h);
/* Whether a lost host's certificate ends by the program: an agent's, with a Puppet server that is another host. */
bool evict_ends_certificate(const struct firebreak_register *r, uint32_t host);
