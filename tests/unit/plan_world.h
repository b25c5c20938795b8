#pragma once
/* A register, the shipped playbooks and a plan of both. Where one of them is not to be had, the test fails. */
#include "model/plan.h"
#include <stdbool.h>

struct world {
	struct firebreak_register *reg;
	struct playbooks books;
	struct plan *plan;
};

extern const char *playbook_folder;

void world_books(struct playbooks *ret);
void unmake(struct world *w);
/* The one of this id, or the test fails and says which there are. */
const struct step *step(const struct world *w, const char *id);
bool is_there(const struct world *w, const char *id);
/* Does `id` wait for `other`: for its success (must), or for its end? */
bool waits(const struct world *w, const char *id, const char *other, bool must);
