#pragma once
/* What the register says about containing: of one host, and of one person. */
#include "base/strv.h"
#include "model/contain.h"
#include "model/register.h"

/* The host's own words over the register's. Borrowed from the register but for `owned`. */
struct contain_host {
	const char *const *responders; uint32_t n_responders;
	uint16_t ports[CONTAIN_PORTS]; uint32_t n_ports;
	const char *const *addresses; uint32_t n_addresses;     /* must refuse; none: as the host says */
	const char *second, *second_config;                     /* NULL: there is none */
	uint32_t probe;                                         /* a host, or NOTHING */
	int64_t dead_man_s;
	bool loopback;
	char *owned;
};
#define CONTAIN_DEAD_MAN_S 300
void contain_host_of(const struct firebreak_register *r, uint32_t host, struct contain_host *ret);
void contain_host_free(struct contain_host *h);
/* Why this level cannot be done to this host, with what to add to the register. 0: it can. Pure: before anything is
 * sent. confirmed: somebody has to confirm it over the second path, that is: not the page's crowd control. */
int contain_host_can(const struct firebreak_register *r, uint32_t host, enum contain_level level, bool confirmed,
		     struct err *e);
/* On a calm day: for whom containing could not work. Each distinct sentence once, with how many hosts. */
void contain_check(const struct firebreak_register *r, struct strv *ret);

/* A word of the command line; -ERR_USAGE with a did-you-mean. */
int contain_level_parse(const char *name, enum contain_level *ret, struct err *e);

/* Who may do what: by `contain` of the person's roles; who is root without it has the page's crowd control. */
enum contain_right { CONTAIN_NOTHING, CONTAIN_CROWD, CONTAIN_ALL };
enum contain_right contain_right(const struct firebreak_register *r, const char *person);
bool contain_may(enum contain_right right, enum contain_level level);
/* What is offered to who may not: the page's words, and one command each. hosts: words of the command line. */
void contain_offer(enum contain_right right, int64_t incident, const char *person, const char *const *hosts,
		   size_t n_hosts, struct buf *b);
