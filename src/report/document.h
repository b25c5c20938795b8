#pragma once
/* Between the files that put an incident into a document. */
#include "base/text.h"
#include "report/doc.h"
#include "report/outage.h"
#include "report/report.h"

void document_time(struct doc *d, int64_t at_us);      /* "not known" for 0 */
void document_alerts(const struct incident *i, struct doc *d);
void document_hosts(const struct incident *i, struct doc *d);
void document_entry(const struct incident *i, struct doc *d);
void document_logins(const struct incident *i, struct doc *d);
void document_proofs(const struct incident *i, struct doc *d);
void document_not_proven(const struct incident *i, struct doc *d);
void document_residue(const struct incident *i, struct doc *d);
void document_findings(const struct incident *i, struct doc *d);
bool step_needs_a_person(const struct step_state *s);   /* still open, and a person's */
