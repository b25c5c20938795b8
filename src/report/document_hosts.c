/* Hosts that were cut off, and how that was shown. Names and addresses are for the inside. */
#include "report/document.h"
#include <string.h>

static void deed(const struct contained *c, struct doc *d)
{
	(void)doc_block(d, DOC_ROW, 0);
	doc_cell(d, c->host);
	doc_cell(d, contain_levels[c->level].name);
	doc_cell(d, NULL);
	document_time(d, c->started_us);
	doc_cell(d, NULL);
	if (c->ended_us)
		document_time(d, c->ended_us);
	else
		doc_ours(d, "not known");
	doc_cell(d, contain_outcome_word(c->action, c->outcome));
	doc_cell(d, c->text ? c->text : "");
}

void document_hosts(const struct incident *i, struct doc *d)
{
	uint32_t hosts = 0, open = 0;

	for (const struct contained *c = NULL; (c = incident_contain_next(i, c)); hosts++)
		open += incident_contain_stand(i, c->host) == CONTAIN_NOT;
	if (!hosts)
		return;
	doc_heading(d, 2, "Hosts that were cut off");
	(void)doc_block(d, DOC_PARAGRAPH, 0);
	if (open)
		doc_oursf(d, "%u of %u hosts %s NOT shown to be contained or released.", open, hosts,
			  open == 1 ? "is" : "are");
	else
		doc_oursf(d, "%u host%s contained, or released again, with proof from outside.", hosts,
			  hosts == 1 ? " was" : "s were");
	d->reader = FOR_INSIDE;
	doc_table(d, "host|level|begun|ended|outcome|shown by");
	for (uint32_t k = 0; k < i->contain.n; k++)
		deed(&i->contain.list[k], d);
	d->reader = FOR_ALL;
}
