#pragma once
/* What the verbs of `firebreak mail` share. */
#include "base/digest.h"
#include "cli/law.h"
#include "cli/session.h"
#include "notify/mailing.h"
#include "notify/mailing_source.h"

#define MAIL_RUNG "mail"             /* of the page's ladder, in rules/notification.yaml */

struct mail_options {
	const char *csv, *column, *channel, *rate, *at_once, *retry, *because, *only;
	struct strv wikis, domains_of;
	bool dry_run, no_wait, as_begun, unsettled;
};

struct mail_work {
	struct cli *c;
	const struct mail_options *o;
	struct session s;
	struct law law;
	struct incident *incident;
	struct law_state state;
	struct ledger *ledger;
	struct seal_key *key;            /* NULL: there is none here */
	struct box *seal;                /* of the addresses; NULL: not opened */
	struct digest_key tag_key;
	char *context;
	int64_t now_us;
};

/* Exit codes, or negative errors. */
int mail_count(struct mail_work *w, struct err *e);
int mail_send(struct mail_work *w, struct err *e);
int mail_status(struct mail_work *w, struct err *e);
int mail_settle(struct mail_work *w, const char *as, struct err *e);
int mail_forget(struct mail_work *w, struct err *e);

/* Opens the sealed key of the ledger's addresses when there is a key here; -ERR_AUTH when it must and cannot. */
int mail_unseal(struct mail_work *w, bool must, struct err *e);
/* -ERR_USAGE, with the question, unless --because says something that can be kept. */
int mail_because(const struct mail_work *w, const char *question, struct err *e);
void mail_show_counts(struct mail_work *w, const struct ledger_counts *n, int64_t next_us, struct buf *b);
json_t *mail_counts_json(const struct ledger_counts *n);
