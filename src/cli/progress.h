#pragma once
/*
 * What is to be seen while `respond` works: on a terminal one line that is redrawn (done of total, what runs) above
 * which finished steps scroll by; plain lines otherwise.
 */
#include "engine/engine.h"
#include <stdbool.h>

struct progress_view {
	bool plain, colour, drawn;
	char running[200];
};

void progress_tell(const struct progress *p, void *view);
void progress_end(struct progress_view *v);      /* clears the line */
