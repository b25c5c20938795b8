#pragma once
/*
 * Drivers of the team: programs firebreak-driver-NAME in one folder of this machine. Never out of the register: who may
 * write the register decides what is changed, not what runs here with every value in its hands.
 */
#include "cli/cli.h"
#include "model/register.h"

/* Fills drivers_folder and drivers. No folder is no mistake; one that others may write is. */
int drivers_find(struct cli *c, struct err *e);
/* Every driver word of the register, ours first; *ret is the caller's. */
size_t drivers_words(const struct cli *c, struct driver_words **ret);
