#pragma once
/* What was not read, for people (standard error) and for --json. */
#include "base/json.h"
#include "scan/gap.h"

void unread_print(const struct gaps *g);
json_t *unread_json(const struct gaps *g);
