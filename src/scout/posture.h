#pragma once
/* Between the files of the command "posture": each adds an object to the result, as model/posture.h takes it. */
#include "base/json.h"
#include "scout/lines.h"

/* The ruleset, and for bans a verdict over it; NULL when it could not be read. unseen: what is in force and could not
 * be shown, as texts. */
struct posture_wall { json_t *ruleset, *unseen; char interface[64]; bool six; char why[300]; };

void posture_wall_read(struct scout_out *o, struct posture_wall *ret);
void posture_wall_free(struct posture_wall *w);
json_t *posture_firewall(struct scout_out *o, const struct posture_wall *w);
json_t *posture_bans(struct scout_out *o, const struct posture_wall *w, bool try_ban);
json_t *posture_ssh(struct scout_out *o);
json_t *posture_updates(struct scout_out *o);

/* Each process: its id and what the kernel calls it. A non-zero return stops. */
void posture_processes(int (*each)(long pid, const char *program, void *arg), void *arg);
/* Ports that a program of this name listens on, from the kernel's own table of sockets: an array of {"protocol",
 * "family", "address", "port", "program"}. program NULL: all that others can reach. */
json_t *posture_sockets(struct scout_out *o, const char *program);
/* Runs a program of the host: standard output, or NULL and why. */
char *posture_run(struct scout_out *o, const char *const argv[], size_t max, char why[300]);
