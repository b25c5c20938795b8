#pragma once
/* One row of the journal as a sentence for people, without time and person. */
#include "base/arena.h"
#include "base/json.h"
#include "model/incident.h"

const char *words_of_row(struct arena *a, const struct incident *i, const struct row *row, const json_t *body);
/* What the public text says of it; NULL: nothing. */
const char *words_in_public(struct arena *a, const struct incident *i, const struct row *row, const json_t *body);
