#pragma once
/* `firebreak notice external`: the same facts where people read who read no wiki. */
#include "cli/cli.h"

/* An exit code or a negative error. Each channel is tried; again: a person has looked, and wants it said once more. */
int notice_external(struct cli *c, int64_t number, const struct strv *channels, bool again, struct err *e);
