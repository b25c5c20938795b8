#pragma once
/*
 * Cutting a host off: in which ways (levels), who may, with which rules, and whether the responder would be cut off
 * too. Pure, and free of the register, so that the scout uses the same functions on the host.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum contain_level { LEVEL_ISOLATE, LEVEL_PORT22, LEVEL_SSH, LEVEL_SESSIONS, LEVEL_SHUTDOWN, CONTAIN_LEVELS };

struct contain_facts {
	const char *name, *does;         /* "port22"; "nobody but the responders reaches ssh" */
	const char *before;              /* what is said before it is done; NULL: nothing is lost */
	const char *back;                /* how it is undone */
	bool crowd;                      /* the page's crowd control: whoever has root may */
	bool rules;                      /* made of packet rules: dead-man, second path and release are possible */
	bool ends_ssh;                   /* no ssh of anybody afterwards */
};
extern const struct contain_facts contain_levels[CONTAIN_LEVELS];
/* A host's word of its next start. Any other: why it could not be kept. */
#define CONTAIN_KEPT "yes"
#define CONTAIN_NOT_KEPT "no: no systemd runs here, and nothing else is known that would load the rules again"
bool contain_level_find(const char *name, enum contain_level *ret);

/* What holds a host, in its own words: it waits for the second path; it stays; nothing of ours stands. */
#define CONTAIN_WAITING "waiting"
#define CONTAIN_CONFIRMED "confirmed"
#define CONTAIN_UNDONE "undone"

/* One address or network. An IPv4 address that is written as IPv6 (::ffff:192.0.2.7) is IPv4. */
struct contain_net { bool six; uint8_t bytes[16]; uint8_t bits; };
/* -ERR_CONFIG: no address, host bits behind the prefix, or a network that is too large to be a responder's. */
int contain_net_parse(const char *text, struct contain_net *ret);
void contain_net_write(struct buf *b, const struct contain_net *net);
bool contain_net_has(const struct contain_net *net, const struct contain_net *one);

struct contain_rules {
	enum contain_level level;        /* one that is made of rules */
	const char *label;               /* tells this containment from another; [A-Za-z0-9 .:-] */
	const char *const *responders; uint32_t n_responders;
	const uint16_t *ports; uint32_t n_ports;
	bool loopback;
};
#define CONTAIN_NETS 512u               /* responders, and ports, of one host */
#define CONTAIN_HOST_PORTS 64u
#define CONTAIN_TABLE "firebreak_contain"
#define CONTAIN_LABEL_MAX 64u
#define CONTAIN_RULES_MAX 65536u
/* The transaction for `nft -f -`: replaces the table as a whole, v4 and v6. -ERR_CONFIG: nobody would be let in, a word
 * is wrong. Stateless on purpose: a connection that began before conntrack did has no state, and its answers would be
 * dropped. */
int contain_nft(const struct contain_rules *c, struct buf *ret, struct err *e);
/* connection: SSH_CONNECTION as the host has it, "client port server port". -ERR_REFUSED, with what to add to the
 * register, when these rules would cut it off. */
int contain_lockout(const struct contain_rules *c, const char *connection, struct err *e);
/* The same for one address: is it let in? */
bool contain_lets_in(const struct contain_rules *c, const char *address);
/* Two connections as the host has them: do both come from one address, to one of the host's? */
bool contain_same_path(const char *one, const char *other);
