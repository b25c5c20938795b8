#pragma once
/* For clues*.c only. */
#include "base/arena.h"
#include "base/map.h"
#include "model/clues.h"
#include <stdbool.h>

#define SOON_US ((int64_t)60000000)     /* records of one login are not further apart */

struct clues {
	const struct clue_input *in;
	struct arena *arena;
	json_t *list, *next, *not_read;
	uint32_t more, n[CLUE_QUESTIONS], not_read_logins, not_read_files, not_read_lists;
};

/* One finding; at_us is on the host's clock. alarm: it should not be so. */
void clue(struct clues *c, enum clue_question q, bool alarm, int64_t at_us, const char *fmt, ...) _printf_(5, 6);
void clue_next(struct clues *c, const char *command);          /* once each */
void clue_not_read(struct clues *c, const char *what, const char *why);
const char *clue_time(struct clues *c, int64_t at_us);         /* corrected, in the arena */
/* A time of a line, 0 when there is none; a host may write any number, and none of these overflows. */
int64_t clue_us(const json_t *line, const char *key);
const char *clue_text(const json_t *line, const char *key);    /* "" when it is not there */
bool clue_in_window(const struct clues *c, int64_t at_us);     /* at_us is on the host's clock */
bool clue_is(const json_t *line, const char *kind);

void clues_held(struct clues *c);
void clues_logins(struct clues *c);
void clues_tried(struct clues *c);
void clues_packages(struct clues *c);          /* and clues_old */
void clues_old(struct clues *c);
/* Whether an account came in from this address, by any log. */
const char *clues_came_in(const struct clues *c, const char *address);
