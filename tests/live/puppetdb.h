#pragma once
/* A real PuppetDB on loopback, above a PostgreSQL of its own; of the CA of a puppetserver_prepare(). */
#include "puppetserver.h"

struct puppetdb { pid_t pid, postgres; uint16_t port, postgres_port; };

int puppetdb_start(struct puppetdb *d);         /* begins to; it compiles itself for half a minute or more */
int puppetdb_wait(struct puppetdb *d);          /* until it answers */
void puppetdb_end(struct puppetdb *d);
/* What the server would have sent: the node's facts. */
void puppetdb_facts(const struct puppetdb *d, const char *certname);
/* Its own answer: "active", "deactivated", "none"; by another program than the one under test. The caller frees. */
char *puppetdb_state(const struct puppetdb *d, const char *certname);
