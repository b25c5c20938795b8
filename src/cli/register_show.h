#pragma once
/* What `firebreak register show` prints: for people, and as JSON. */
#include "cli/cli.h"
#include "model/graph.h"

void register_show_all(struct cli *c, const struct firebreak_register *r, struct buf *b);
/* One thing, and what it reaches. */
int register_show_one(struct cli *c, const struct firebreak_register *r, struct ref ref, struct buf *b, struct err *e);
json_t *register_json_all(const struct firebreak_register *r);
int register_json_one(const struct firebreak_register *r, struct ref ref, json_t **ret, struct err *e);
/* Each pair of a host and a secret that one of its consumers puts there, each once. One pass over the register. */
typedef void on_host_fn(uint32_t host, uint32_t secret, void *arg);
void register_on_hosts(const struct firebreak_register *r, on_host_fn *use, void *arg);
const char *register_restart_name(enum restart r);
const char *register_repository_name(enum repository_kind k);
