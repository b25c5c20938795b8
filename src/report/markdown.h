#pragma once
/* Between the files that write the Markdown draft. */
#include "report/outage.h"
#include "report/report.h"

#define TO_WRITE "**[TO WRITE]**"

void markdown_time(struct buf *b, int64_t at_us);      /* "not known" for 0 */
void markdown_proofs(const struct incident *i, struct buf *b);
void markdown_not_proven(const struct incident *i, struct buf *b);
void markdown_residue(const struct incident *i, struct buf *b);
void markdown_findings(const struct incident *i, struct buf *b);
bool step_needs_a_person(const struct step_state *s);   /* still open, and a person's */
