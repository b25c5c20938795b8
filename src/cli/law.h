#pragma once
/* The rules of notification as a command reads them, and what follows from them shown to people. */
#include "base/term.h"
#include "cli/cli.h"
#include "model/law_state.h"

/* The shipped rules/notification.yaml, and the team's rules/notification.yaml of the register's folder over it, where
 * one is found: reading the clock does not need a register. */
int law_load(struct cli *c, struct law *ret, struct err *e);

/* For commands about something else: the clocks that are not settled, or why there are none; nothing when all is. */
void law_remind(struct cli *c, const struct incident *i, struct buf *b);

void law_show_clock(struct cli *c, const struct law_state *s, struct buf *b);      /* one line an authority */
void law_show_wikis(const struct law_state *s, struct buf *b);                     /* people and records of each */
void law_show_severity(const struct law_state *s, struct buf *b);
void law_show_ladder(struct cli *c, const struct law_state *s, struct buf *b);
enum term_colour law_colour(const struct deadline *d);
