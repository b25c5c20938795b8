#pragma once
/* A draft that is to be approved or published: all that is checked before, and what follows from it. */
#include "cli/report_file.h"
#include "cli/session.h"
#include "report/statement.h"

struct submission {
	struct session s;
	struct law law;
	struct incident *incident;     /* as of now */
	struct report_file file;
	struct statement statement;
	struct buf page;               /* "" when the register publishes nowhere */
};

int submission_open(struct cli *c, int64_t number, const char *draft, struct submission *ret, struct err *e);
void submission_close(struct submission *s);
/* The approval that the journal has counts for exactly these texts, by a signature that fits the register of now.
 * -ERR_REFUSED with the reason: none, dropped, another text, another rule, not the approver any more. */
int submission_approved(const struct submission *s, struct err *e);
/* The public text on the wiki of the register. dry: all is checked, and nothing is written. */
int report_publish(struct cli *c, int64_t number, const char *draft, bool dry, struct err *e);
int report_approve(struct cli *c, int64_t number, const char *draft, const char *ssh_key, struct err *e);
