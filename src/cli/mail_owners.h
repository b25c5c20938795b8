#pragma once
/*
 * Mail to the owners of the wikis at the domains of a key (--domains-of): who they are, and whether the ledger says
 * that they were told. A step of the plan that is theirs is done by nothing else.
 */
#include "cli/mail_work.h"
#include "notify/wiki_people.h"

struct owner_wiki {
	uint32_t secret, data;           /* of the register */
	size_t first, n;                 /* its owners with an address, in owners.tag */
	bool by_file;                    /* it has no database: they are who stands in the file of --csv */
	struct wiki_people people;
};

struct owners {
	struct owner_wiki *wiki; size_t n, cap;
	uint8_t (*tag)[LEDGER_TAG_LEN]; size_t n_tags, cap_tags;
	const struct digest_key *key;
};

/* Whose wikis these are: each secret has to be one that the incident reaches, and to serve a domain. A wiki without a
 * database needs --csv. */
int owners_find(const struct mail_work *w, struct owners *ret, struct err *e);
void owners_free(struct owners *o);
/* One owner of the wiki that is being read, the last one with `first` set. */
int owners_note(struct owners *o, struct owner_wiki *wiki, const char *address, size_t len, struct err *e);
/* Each step whose owners were all tried, and of each wiki one at least was told, is answered in the ledger's words.
 * list gets an object for each secret: "secret", "told", "text". Nothing once the incident is closed. */
int owners_settle(struct mail_work *w, const struct owners *o, json_t *list, struct err *e);
/* Of that list: how many are not told, and all of them in words. */
size_t owners_untold(const json_t *list);
void owners_show(const json_t *list, struct buf *b);
/* Who was mailed by --csv alone is nobody's owner: says how each step of owners that is open is done. */
int owners_remind(struct mail_work *w, struct err *e);
