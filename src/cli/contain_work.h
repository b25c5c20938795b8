#pragma once
/* What `contain` and `release` share: who asks, which hosts, what came of it; and how hosts stand, for status. */
#include "cli/session.h"
#include "model/incident_contain.h"

/* N HOST... of the command line; level NULL: the usual one. Gives an exit code. */
int contain_work(struct cli *c, const struct command *self, enum contain_action action, const char *level,
		 const struct strv *args);
/* Hosts that are contained, and loudly those that are not. Nothing is added when nobody tried. */
void contain_show(struct cli *c, const struct incident *i, struct buf *b);
/* For a list of incidents. */
void contain_short(const struct incident *i, struct buf *b);
json_t *contain_json(const struct incident *i);
