#pragma once
/*
 * Chains of the kernel's nf_tables that hook into something, by netlink: what there is on a host whose nft is missing.
 * What their rules say is not read here.
 */
#include "scout/scout.h"

struct nf_chain {
	char family[8], table[128], name[128];   /* family: as nft calls it */
	char type[16], hook[16];                 /* "filter", "nat"; "prerouting", "input", "ingress", ...; "other" */
	bool drops, has_rules;
};
struct nf_chains { struct nf_chain *list; size_t n, cap; };

/* A kernel without nf_tables has none of them, which is no error. -ERR_REMOTE: it does not tell, or not all. */
int nf_chains_read(struct nf_chains *ret, struct err *e);
void nf_chains_free(struct nf_chains *c);
