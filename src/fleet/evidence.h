#pragma once
/*
 * What is fleeting on hosts, taken before anything is done to them: each host's lies sealed to the responders in the
 * state folder (evidence/INCIDENT-HOST-NUMBER.sealed), its hash in the journal. For `firebreak evidence`, and for
 * whoever visits a host with "evidence" as the first command of the request.
 */
#include "base/err.h"
#include "base/seal.h"
#include "engine/engine.h"
#include "fleet/visit.h"
#include <stdint.h>

struct fleet_evidence {              /* of one host, owned */
	char *file, *context;
	struct visit_evidence visit; /* borrows them: for struct visit */
};

/* Makes the folder and a name that is not taken. */
int fleet_evidence_place(const struct engine *en, int64_t incident, const char *host, struct fleet_evidence *ret,
			 struct err *e);
void fleet_evidence_free(struct fleet_evidence *v);
/* Writes the row about what came (also when it is not whole, and when the visit failed afterwards). Nothing came and no
 * file was made: no row. *ret_whole may be NULL. */
int fleet_evidence_row(const struct engine *en, int64_t incident, const char *host, const struct fleet_evidence *v,
		       const struct visited *r, bool *ret_whole, struct err *e);
/* {"seconds": N}: of the request's command "evidence". The caller's. */
json_t *fleet_evidence_request(int64_t seconds);
/* A row that says who opened it, before anybody sees anything. */
int fleet_evidence_opened(const struct engine *en, int64_t incident, const json_t *row, struct err *e);
/* Files of the incident that no row names, as rows of {"host", "file", "context", "bytes", "loose": true, "why"}: being
 * taken in this moment, or by a program that was ended before it could write the row. A new array. */
int fleet_evidence_loose(const struct engine *en, const struct incident *i, json_t **ret, struct err *e);
/* Opens what a row of the incident names. each: as seal_stream_open. -ERR_CONFLICT, behind all of it, when its hash is
 * not the row's; what is not whole may have none to compare with. */
int fleet_evidence_open(const struct engine *en, const json_t *row, const struct seal_key *key,
			int (*each)(const char *bytes, size_t len, void *arg), void *arg, struct err *e);

struct evidence_taking {
	const char *warden, *scout;
	const struct seal_public *to;
	size_t n_to;
	uint32_t at_once;
	int64_t seconds;               /* for each host to read */
	/* once for each host; its row is written by then */
	void (*tell)(const struct host *host, const struct visited *r, bool whole, void *arg);
	void *arg;
};

struct evidence_taken { uint32_t whole, partly, none; };

/* Evidence of several hosts, and nothing else done to them: indices of the register. */
int fleet_evidence_take(const struct engine *en, int64_t incident, const struct evidence_taking *how,
			const uint32_t *hosts, uint32_t n, struct evidence_taken *ret, struct err *e);
