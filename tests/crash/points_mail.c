/* Points of mail to people: each write of its ledger. */
#include "points.h"
#include "store/ledger.h"

int __real_ledger_keep(struct ledger *l, struct err *e);
int __wrap_ledger_keep(struct ledger *l, struct err *e);

int __wrap_ledger_keep(struct ledger *l, struct err *e)
{
	int r;

	point("parent", "-", "before ledger");
	r = __real_ledger_keep(l, e);
	point("parent", "-", r == 0 ? "after ledger" : "ledger refused");
	return r;
}
