#pragma once
/*
 * What asks an issuer for a certificate: from issuer_clients.def. The register checks its words against these facts;
 * src/issuer runs them.
 */
#include <stdbool.h>
#include <stddef.h>

struct issuer_client {
	const char *name;                    /* "certbot": as in the register */
	const char *title;
	const char *const *usual;            /* the program where the register says none; lists end with NULL */
	const char *file;                    /* of the answer, in the folder of the request; NULL: standard output */
	bool says_reason;                    /* its revocation says why: keyCompromise. If not, a person revokes */
	const char *const *get, *const *revoke, *const *list;
	const char *robot;                   /* how a person holds back what renews by itself; NULL: nothing does */
};

extern const struct issuer_client issuer_clients[];
extern const size_t issuer_clients_count;
const struct issuer_client *issuer_client_find(const char *name);      /* NULL: none of ours */
