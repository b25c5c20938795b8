#pragma once
/* Who makes certificates for new keys, and what asks there (docs/formats/register.md). */
#include "model/register_people.h"
#include <stdbool.h>
#include <stdint.h>

struct issuer {
	const char *name;
	const char *client;                            /* of issuer_clients.def */
	uint32_t host;                                 /* where the client runs; NOTHING: on the responder's machine */
	struct names command;                          /* the client with its global words; empty: the client's usual */
	struct names get, revoke;                      /* further words; of client `command` the whole programs */
	struct names hold, resume, renews;             /* programs about what renews by itself; empty: there is none */
	const char *status;                            /* https address that tells of one certificate; {serial} */
	const char *crl;                               /* file on the host with the list of what is revoked */
	const char *chain;                             /* file on the host with the issuer's own certificates */
	struct names archive;                          /* folders on the host with certificates that it gave before */
	const char *ca;                                /* file of certificates for `status`; NULL: the system's */
	struct position at;
};

struct loader;
struct yaml_node;
bool read_issuer(struct loader *l, const struct yaml_node *n, void *item);
