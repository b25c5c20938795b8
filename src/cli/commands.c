#include "cli/commands.h"

#define COMMAND(f, n, a, s) { .name = (n), .arguments = (a), .summary = (s), .run = cmd_##f, .options = options_##f }

const struct command commands[] = {
	COMMAND(key, "key", "init [--passphrase] | show", "Make or show this responder's key"),
};

const size_t commands_count = ARRAY_SIZE(commands);
