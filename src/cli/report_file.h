#pragma once
/* A draft of a report as a file in somebody's hands: what a person wrote in it, and the journal that it was made of. */
#include "cli/cli.h"
#include "model/law.h"
#include "report/finish.h"

struct report_file {
	const char *path;
	struct buf text;
	char sha256[65];
	struct hands hands;
	struct report *report;         /* as of the row that the draft knows */
	uint32_t outside;              /* the first line that is neither the journal's nor between marks; 0: none */
};

/* -ERR_CONFIG: no draft, damaged marks, of another incident, or of another journal. law is borrowed. */
int report_file_open(struct journal *j, int64_t incident, const char *path, const struct law *law,
		     struct report_file *ret, struct err *e);
void report_file_close(struct report_file *f);
/* -ERR_REFUSED when something was changed outside of the marks. */
int report_file_whole(const struct report_file *f, struct err *e);
