#pragma once
/* What `firebreak status` says of the law's clock. The rules are read once; without them it says that nobody knows. */
#include "cli/cli.h"
#include "model/incident.h"

void status_law_load(struct cli *c);
/* Frees them. false, after a sentence on standard error: there was no clock. */
bool status_law_end(void);

/* A closed incident stays in sight as long as somebody is still to be told. */
bool status_law_shows(bool all, const struct incident *i);
void status_law_column(const struct incident *i, struct buf *b);            /* a few words, for a list */
void status_law_lines(struct cli *c, const struct incident *i, struct buf *b);
json_t *status_law_json(const struct incident *i);         /* the clocks; null: they could not be computed */
void status_law_whole(const struct incident *i, json_t *ret);               /* adds "law" */
