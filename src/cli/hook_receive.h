#pragma once
/* What git runs for each push (cmd_hook.c): reads the list of branches from standard input, answers in sentences that
 * git shows behind "remote: ". */
#include "check/push.h"

struct hook_receive { const char *repository; struct push_register at; bool strict; };

/* *ret_exit: EXIT_DONE lets git take the push; everything else refuses it, as every error does. */
int hook_receive(const struct hook_receive *h, int *ret_exit, struct err *e);
