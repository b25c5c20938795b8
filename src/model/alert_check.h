#pragma once
/* On a calm day: who could not be told when a system is what leaked, because each channel of theirs depends on it. */
#include "base/strv.h"
#include "model/register.h"

/* Adds a sentence with file:line:col for each system of which that is so, and for a team's address that no channel
 * brings anything to. Nothing when the register names no channels. */
int alert_check(const struct firebreak_register *r, struct strv *ret, struct err *e);
