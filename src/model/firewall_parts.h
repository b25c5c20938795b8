#pragma once
/* For firewall*.c only. */
#include "model/firewall.h"

enum met { MET, MET_NOT, MET_UNTOLD };

/* The same of one value against the left side of a match, or the key of a verdict map. */
enum met firewall_value(const json_t *all, const json_t *rule, const json_t *left, const json_t *right,
			const struct firewall_packet *p);
/* Whether a "match" of a rule is met by the packet. all: the list of the ruleset, for its named sets. */
enum met firewall_match(const json_t *all, const json_t *rule, const json_t *match, const struct firewall_packet *p);
