#pragma once
/* Every command: its function and its table of options. */
#include "cli/cli.h"

#define COMMAND_DECLARE(f) \
	int cmd_##f(struct cli *c, int argc, char **argv); \
	const struct opt *options_##f(struct cli *c)

COMMAND_DECLARE(ack);
COMMAND_DECLARE(alert);
COMMAND_DECLARE(answer);
COMMAND_DECLARE(baseline);
COMMAND_DECLARE(check);
COMMAND_DECLARE(close);
COMMAND_DECLARE(completion);
COMMAND_DECLARE(contain);
COMMAND_DECLARE(declare);
COMMAND_DECLARE(drill);
COMMAND_DECLARE(evict);
COMMAND_DECLARE(evidence);
COMMAND_DECLARE(hook);
COMMAND_DECLARE(init);
COMMAND_DECLARE(investigate);
COMMAND_DECLARE(journal);
COMMAND_DECLARE(key);
COMMAND_DECLARE(mail);
COMMAND_DECLARE(notice);
COMMAND_DECLARE(plan);
COMMAND_DECLARE(posture);
COMMAND_DECLARE(recover);
COMMAND_DECLARE(register);
COMMAND_DECLARE(release);
COMMAND_DECLARE(report);
COMMAND_DECLARE(respond);
COMMAND_DECLARE(scan);
COMMAND_DECLARE(severity);
COMMAND_DECLARE(status);
COMMAND_DECLARE(timeline);
COMMAND_DECLARE(trace);
