#pragma once
/*
 * How did they get in? Hosts are asked who came in and whether their files are those that were installed; what each
 * says becomes one row "investigated" of the incident, also when it could not be asked. Where a baseline was kept of a
 * host, it is held against that, too. Nothing is changed on a host.
 */
#include "base/err.h"
#include "engine/engine.h"
#include "fleet/visit.h"
#include <stdint.h>

struct investigating {
	const char *warden, *scout;
	const char *ssh_config;        /* NULL: as the responder has it */
	uint32_t at_once;
	int64_t limit_ms;              /* of one host */
	int64_t from_us, until_us;     /* the window, on our clock */
	const char *const *packages;   /* whose files are held against their sums; n_packages 0: all */
	size_t n_packages;
	/* once for each host; its row is written by then */
	void (*tell)(const struct host *host, const json_t *body, void *arg);
	void (*progress)(uint32_t done, uint32_t running, uint32_t total, void *arg);    /* may be NULL */
	void *arg;
};

/* Indices of the register. Errors are of this machine; a host's are in its row. */
int fleet_investigate(const struct engine *en, const struct incident *i, const struct investigating *how,
		      const uint32_t *hosts, uint32_t n, struct err *e);
