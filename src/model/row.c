/* Names of the rows' kinds: they are stored as words, so that a journal can be read without this program. */
#include "model/row.h"
#include "base/err.h"
#include "base/macro.h"
#include <string.h>

static const char *const names[ROW_KINDS] = {
	[ROW_DECLARED] = "declared",
	[ROW_PLANNED] = "planned",
	[ROW_CLAIMED] = "claimed",
	[ROW_RELEASED] = "released",
	[ROW_STARTED] = "started",
	[ROW_INTENT] = "intent",
	[ROW_OUTCOME] = "outcome",
	[ROW_SKIPPED] = "skipped",
	[ROW_ANSWERED] = "answered",
	[ROW_RECOVERED] = "recovered",
	[ROW_PULLED] = "pulled",
	[ROW_TRACED] = "traced",
	[ROW_REPORTED] = "reported",
	[ROW_ASSESSED] = "assessed",
	[ROW_WORDED] = "worded",
	[ROW_DECIDED] = "decided",
	[ROW_TOLD] = "told",
	[ROW_APPROVED] = "approved",
	[ROW_PUBLISHING] = "publishing",
	[ROW_PUBLISHED] = "published",
	[ROW_ALERTING] = "alerting",
	[ROW_ALERTED] = "alerted",
	[ROW_ACKNOWLEDGED] = "acknowledged",
	[ROW_MAILED] = "mailed",
	[ROW_CONTAINING] = "containing",
	[ROW_CONTAINED] = "contained",
	[ROW_INVESTIGATED] = "investigated",
	[ROW_POSTURE] = "posture",
	[ROW_EVIDENCE] = "evidence",
	[ROW_ASKED] = "asked",
	[ROW_BASELINE] = "baseline",
	[ROW_DRILLED] = "drilled",
	[ROW_CLOSED] = "closed",
};

const char *row_kind_name(enum row_kind kind)
{
	return (unsigned)kind < ROW_KINDS ? names[kind] : "unknown";
}

int row_kind_parse(const char *name, enum row_kind *ret)
{
	for (unsigned i = 0; i < ROW_KINDS; i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum row_kind)i;
			return 0;
		}
	return -ERR_CONFIG;
}
