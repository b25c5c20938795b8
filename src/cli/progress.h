#pragma once
/*
 * What is to be seen while `respond` works: on a terminal one line that is redrawn (the time, how much is done and what
 * waits, the step that is at work for longest) above which finished steps scroll by; plain lines otherwise.
 */
#include "engine/engine.h"
#include <stdbool.h>

#define PROGRESS_RUNNING 256u        /* more than workers at once: steps of a git batch are at work together */

struct progress_view {
	bool plain, colour, drawn;
	int64_t began_us;
	struct { const struct step *step; int64_t since_us; } running[PROGRESS_RUNNING];     /* the oldest first */
	unsigned n_running;
};

void progress_tell(const struct progress *p, void *view);
void progress_end(struct progress_view *v);      /* clears the line */
