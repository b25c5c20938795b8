#pragma once
/* Journals for the tests of the report: rows at fixed times, so that the same bytes come out on every machine. */
#include "report/report.h"

struct report *report_of_proven_incident(void);   /* everything went well, two attempts at one step */
struct report *report_of_hostile_incident(void);  /* every text wants to be something else; nothing ended well */
struct report *report_of_told_incident(void);     /* clock, severity, ladder; hostile texts; set its law */
struct report *report_of_fresh_incident(void);    /* declared, nothing more */

/* Rules of notification with three authorities and three rungs, whose titles are hostile. */
struct law *report_rules(void);
void report_rules_free(struct law **l);
