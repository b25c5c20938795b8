#pragma once
/* Alerts as commands do and show them: what is due is sent, and who has it is said. */
#include "cli/session.h"
#include "model/alert.h"
#include "notify/alert.h"

struct alerts_done { struct alert_counts counts; bool busy, failed; };

/* Does what is due of one incident; each outcome is a line on standard error. A failure is told there too, and is no
 * reason to stop what the command is about. */
void alerts_do(struct session *s, int64_t number, const struct strv *again, struct alerts_done *ret);
/* Who is told, how they stand, and, loudly, what only a person can do. Nothing is added when nobody is. */
void alerts_show(struct cli *c, const struct alert_state *s, struct buf *b);
/* The same by an incident alone, where no register is at hand. */
void alerts_show_bare(const struct incident *i, struct buf *b);
/* Channels that are not used in this incident, why, and what the team is told over instead. */
void alerts_channels(const struct alert_state *s, struct buf *b);
json_t *alerts_json(const struct alert_state *s);
/* For a list of incidents: "!!! nobody has acknowledged"; nothing when all is well. */
void alerts_short(const struct incident *i, struct buf *b);
