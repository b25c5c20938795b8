#pragma once
/*
 * What a host's nftables do with a packet, told from `nft --json list ruleset` (libnftables-json(5); rules of
 * iptables-nft are in there too). The ruleset is walked as the kernel walks it, for one packet that is made up: each
 * match is met, not met, or cannot be told (what is not understood here, limits, marks), and so the verdict has three
 * values. Pure.
 *
 * Looked at are filter chains on prerouting and input of inet, ip and ip6. Address translation, ingress hooks and
 * flow tables are not: `firewall_blind` says when a ruleset has them.
 */
#include "base/json.h"
#include <stdbool.h>
#include <stdint.h>

struct firewall_packet {
	bool six;
	const char *source;             /* an address */
	const char *interface;          /* it comes in there; NULL: some other than the loopback */
	const char *protocol;           /* "tcp", "udp" */
	uint32_t port;                  /* at this host */
};

enum firewall_verdict { FIREWALL_ACCEPTED, FIREWALL_REFUSED, FIREWALL_UNTOLD };
extern const char *const firewall_verdict_names[];     /* "accepted", "refused", "untold" */

/* A packet of a connection that begins, from outside. ruleset: the whole answer of nft; NULL or odd: untold. */
enum firewall_verdict firewall_verdict(const json_t *ruleset, const struct firewall_packet *p);
/*
 * nft does not say what the matches of iptables look at: the tables of `iptables-save` (six: of `ip6tables-save`) come
 * into the ruleset in the place of those that nft showed. Tables of iptables-legacy are others, of which nft shows
 * nothing at all: they come in beside. Which of the two a text is, it says itself. false: that is no such text, and
 * nothing was changed.
 */
bool firewall_add_iptables(json_t *ruleset, const char *save, bool six);
/* The text is of iptables-legacy, or of a time when there was no other. */
bool firewall_is_legacy(const char *save);
/* Whether a rule has a match of iptables that nft does not show. */
bool firewall_has_iptables(const json_t *ruleset);
/* What `ipset save` says, for matches of iptables. Sets of which more than addresses is looked at stay unknown. */
void firewall_add_ipsets(json_t *ruleset, const char *save);
bool firewall_has_ipsets(const json_t *ruleset);      /* a rule asks for one */
/* The name under which a set of ipset stands in the ruleset, as an nft set in no table: "ipset NAME". */
#define FIREWALL_IPSET "ipset "
/* A chain that the kernel has, in the words of nft; what its rules say was not seen. */
struct firewall_unseen { const char *family, *table, *name, *type, *hook; bool drops, has_rules; };
void firewall_add_unseen(json_t *ruleset, const struct firewall_unseen *chain);

/* How many chains hook into input of this family. */
unsigned firewall_hooks(const json_t *ruleset, bool six);
/* What a ruleset has that is not looked at: "an ingress hook"; NULL: nothing. */
const char *firewall_blind(const json_t *ruleset);
