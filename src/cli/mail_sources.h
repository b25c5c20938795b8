#pragma once
/*
 * Who gets an incident's notice, by what the command line named: a file, wikis, secrets whose domains have owners. Each
 * address goes into the ledger of `to` (or its `seen`, when nothing is sent), or is counted as one that cannot.
 */
#include "cli/mail_owners.h"
#include "cli/mail_work.h"

struct mail_sources {
	struct mail_work *w;
	struct err *e;                   /* of the reading that runs */
	struct source_to to;
	struct source_sum sum;
	struct wiki_people people;       /* of all wikis together */
	struct owners owners;
	struct owner_wiki *of;           /* whose owners are being read; NULL: --wiki */
};

bool mail_has_sources(const struct mail_options *o);
/* All of them. What is wrong with a file is told as well, line by line; nobody was entered then. */
int mail_sources_read(struct mail_sources *x, struct err *e);
/* How many addresses there were, and who is not reached. */
void mail_sources_show(const struct mail_sources *x, struct buf *b);
