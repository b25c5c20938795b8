#pragma once
/* What `firebreak register show` prints: for people, and as JSON. */
#include "cli/cli.h"
#include "model/graph.h"

void register_show_all(struct cli *c, const struct firebreak_register *r, struct buf *b);
/* One thing, and what it reaches. */
int register_show_one(struct cli *c, const struct firebreak_register *r, struct ref ref, struct buf *b, struct err *e);
json_t *register_json_all(const struct firebreak_register *r);
int register_json_one(const struct firebreak_register *r, struct ref ref, json_t **ret, struct err *e);
/* The secrets whose consumers name the host, each once: calls use(secret index, arg). */
void register_on_host(const struct firebreak_register *r, uint32_t host, void (*use)(uint32_t secret, void *arg), void *arg);
const char *register_apply_name(enum apply a);
const char *register_restart_name(enum restart r);
const char *register_repository_name(enum repository_kind k);
