#pragma once
/* The part of sshguard that makes its rules, and what these do. */
#include "scout/posture_bans.h"

struct posture_stands { const char *what, *family, *table, *name; };      /* what: "set" or "chain" of the ruleset */
/* words: where its bans stand, for a person. NULL: it makes none. */
struct posture_backend { const char *name; const struct posture_stands *at[2]; const char *words; };

/* NULL: not known here. */
const struct posture_backend *posture_backend_find(const char *name);
/* Adds to j whom it bans ("banned") and what the rules would do with the next ("next"). try_ban: if it bans nobody, it
 * is told to ban POSTURE_TEST_ADDRESS and to let it free again. pid: its process, root's. */
void posture_backend_rules(struct scout_out *o, const struct posture_wall *w, const struct posture_backend *b, long pid,
			   const struct posture_ports *ports, bool try_ban, json_t *j);
