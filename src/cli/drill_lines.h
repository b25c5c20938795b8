#pragma once
/* What a drill measured, a line for each account; nothing for what is no drill. */
#include "base/buf.h"
#include "model/incident.h"

void drill_lines(const struct incident *i, struct buf *b);
