#pragma once
/*
 * What the page claims of servers, held against hosts on calm days. What comes of it is one row "posture" for each
 * host, about no incident (0): so each claim's result has its date, and the one before it can be read.
 */
#include "base/err.h"
#include "engine/engine.h"
#include "fleet/visit.h"
#include "model/posture.h"
#include <stdint.h>

struct postures {
	const char *warden, *scout;
	const char *ssh_config;        /* NULL: as the responder has it */
	uint32_t at_once;
	int64_t limit_ms;              /* of one host */
	const struct posture_rules *rules;
	bool try_ban;                  /* ban an address that is nobody's, to see it held */
	/* once for each host; its row is written by then. body: the row's; unread: lines of the scout */
	void (*tell)(const struct host *host, const json_t *body, const json_t *unread, void *arg);
	void *arg;
};

int fleet_posture(const struct engine *en, const struct postures *how, const uint32_t *hosts, uint32_t n,
		  struct err *e);
/* The newest kept row of each host: an object, host -> body with "at_us". The caller's. */
int fleet_posture_kept(struct journal *j, json_t **ret, struct err *e);
