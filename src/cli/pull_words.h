#pragma once
#include "cli/session.h"

/* Of each secret that is out of deployment, or was to go out: since when, and what brings it back. */
void pull_lines(const struct incident *i, struct buf *b);
/* Something was pulled of which no step of the plan can show that it is out. */
bool pull_lacks_proof(const struct incident *i);
json_t *pull_json(const struct incident *i);           /* the caller's array, of all that was ever pulled */
/* The same, and for each secret of the incident whose new public half cannot be had: the way out of deployment, with
 * its command. Adds nothing when there is neither. */
void pull_words(const struct session *s, const struct incident *i, struct buf *b);
