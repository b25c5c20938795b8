#pragma once
/*
 * Sends what a ledger says has to be sent: batches of at most SMTP_TO_MAX recipients, in mailer processes side by side,
 * each with one connection. A batch is an intent on disk before the mailer hears of it; what was answered goes to disk
 * together with the next intents.
 *
 * What is certain is settled: sent, refused, deferred (4xx, with growing pauses), or back to planned when nobody can
 * have got it. What a silent mailer leaves behind its last line is unknown, and is not sent again by itself.
 */
#include "base/box.h"
#include "base/digest.h"
#include "base/secret.h"
#include "notify/mail.h"
#include "store/ledger.h"

#define MAILING_AT_ONCE_MAX 16u
#define MAILING_TRIES_MAX 12u        /* of one recipient with 4xx: half a day with the usual pauses */

struct mailing_progress { struct ledger_counts counts; uint32_t running; int64_t next_us; };   /* next_us: or 0 */

struct mailing_options {
	const char *program;             /* firebreak-mailer */
	struct mail_way way;
	const struct secret *password;   /* of way.user; or NULL */
	const char *from_name, *to, *reply_to;   /* of the message; to: the team's address; each may be NULL */
	const struct box *seal;          /* opens the addresses */
	const char *context;             /* of their seal */
	uint32_t at_once;                /* mailers, 1..MAILING_AT_ONCE_MAX */
	uint32_t per_minute;             /* recipients; 0: as fast as it goes */
	int64_t retry_s;                 /* first pause after a 4xx; doubled each time, up to an hour */
	bool wait;                       /* for those that are deferred; false: they are left to a later run */
	void (*tell)(const struct mailing_progress *p, void *arg);
	void *arg;
};

struct mailing_result {
	struct ledger_counts counts;
	int64_t next_us;                 /* when the first deferred one is due; 0: none is */
	bool interrupted;                /* by SIGINT or SIGTERM */
};

/* 0: everything that could be done was done. Errors: -ERR_NET (no relay), -ERR_AUTH, -ERR_REFUSED (the relay does not
 * take the message or the sender: nobody else was tried), -ERR_IO (the ledger). `ret` is right in each case. */
int mailing_send(struct ledger *l, const struct mailing_options *o, struct mailing_result *ret, struct err *e);

/* --- addresses of a ledger --- */
void mailing_tag(const struct digest_key *key, const char *address, size_t len, uint8_t ret[LEDGER_TAG_LEN]);
/* Seals and adds one; *ret_new false: it is there already. */
int mailing_add(struct ledger *l, const struct digest_key *key, struct box *seal, const char *context,
		const char *address, size_t len, bool *ret_new, struct err *e);
/* Adds the address of a row to ret. */
int mailing_address(const struct ledger_row *row, const struct box *seal, const char *context, struct buf *ret,
		    struct err *e);
