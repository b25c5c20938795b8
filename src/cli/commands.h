#pragma once
/* Every command: its function and its table of options. */
#include "cli/cli.h"

#define COMMAND_DECLARE(f) \
	int cmd_##f(struct cli *c, int argc, char **argv); \
	const struct opt *options_##f(struct cli *c)

COMMAND_DECLARE(key);
