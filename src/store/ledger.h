#pragma once
/*
 * The ledger of a mailing: who is to get one incident's mail to people, and what came of it, a row for each recipient.
 * A file of its own beside the journal (mail-N.db), because it holds data of people and can be given up one day, which
 * the journal cannot.
 *
 * Addresses stand in it sealed (base/box.h) and as keyed tags; the ledger itself never sees them. Durable like the
 * journal: what ledger_keep() was called for is on disk (fsync) when it returns.
 *
 * A recipient is `planned` until a batch intends to send (`sending`, on disk before a byte goes out); from there to
 * `sent`, `refused` (5xx), `deferred` (4xx, until due_us) or back to `planned`. Who was `sending` when the program
 * ended without an answer is `unknown` when the ledger is opened the next time: only a person moves it from there.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_TAG_LEN ((size_t)16)
#define LEDGER_MAX 10000000u         /* recipients */
#define LEDGER_SAID_MAX 200u

enum ledger_state { LEDGER_PLANNED, LEDGER_SENDING, LEDGER_SENT, LEDGER_REFUSED, LEDGER_DEFERRED, LEDGER_UNKNOWN,
		    LEDGER_STATES };
extern const char *const ledger_state_words[LEDGER_STATES + 1];

struct ledger_mailing {              /* of which there is one */
	const char *text_sha256;     /* of subject, newline, body */
	const char *subject, *body;  /* what was approved when it began: a resumed run sends the same */
	const char *key;             /* the sealed key of the addresses; "": it was destroyed */
	int64_t begun_us;
};

struct ledger_row {
	int64_t n;                   /* from 1 */
	enum ledger_state state;
	uint32_t tries;
	int64_t due_us, at_us;       /* not before; when the state was set, 0: planned from the start */
	int code;                    /* the server's last one; 0: none */
	const uint8_t *tag, *address;        /* LEDGER_TAG_LEN; sealed */
	size_t address_len;
	const char *said, *message, *relay;  /* the server's words; of the batch it was in, or NULL */
};

struct ledger_counts { int64_t of[LEDGER_STATES], all; };

struct ledger;

bool ledger_exists(const char *folder, int64_t incident);
/* To write: made when missing; -ERR_CONFLICT while another program has it. *ret_lost (may be NULL): how many became
 * unknown with this opening. To read: -ERR_USAGE when there is none. */
int ledger_open(const char *folder, int64_t incident, bool write, struct ledger **ret, int64_t *ret_lost,
		struct err *e);
struct ledger *ledger_close(struct ledger *l);
void ledger_closep(struct ledger **l);

/* Whole by itself, outside of ledger_begin: addresses, their key and what servers said are overwritten, in the file and
 * in what SQLite keeps beside it. States, codes, times, message ids and tags stay. -ERR_CONFLICT: another program reads
 * the ledger at this moment; it has to be said again then. */
int ledger_forget(struct ledger *l, struct err *e);

/* NULL while there is none; borrowed until ledger_close. */
const struct ledger_mailing *ledger_mailing(const struct ledger *l);

/* Everything below that writes stands between these two; ledger_keep waits for the disk, ledger_drop forgets. */
int ledger_begin(struct ledger *l, struct err *e);
int ledger_keep(struct ledger *l, struct err *e);
void ledger_drop(struct ledger *l);

int ledger_set_mailing(struct ledger *l, const struct ledger_mailing *m, struct err *e);
/* *ret_new false: the tag is there already. */
int ledger_add(struct ledger *l, const uint8_t tag[LEDGER_TAG_LEN], const void *address, size_t len, bool *ret_new,
	       struct err *e);
/* A batch: gives its number. message: the id of the message, by which a relay's log can be searched. */
int ledger_batch(struct ledger *l, const char *message, int64_t now_us, int64_t *ret, struct err *e);
struct ledger_span { int64_t first, last; };           /* rows, both counted in */
/* -ERR_BUG when one of them is neither planned nor deferred. */
int ledger_intend(struct ledger *l, struct ledger_span rows, int64_t batch, int64_t now_us, struct err *e);
int ledger_batch_relay(struct ledger *l, int64_t batch, const char *relay, struct err *e);
struct ledger_outcome { enum ledger_state state; int code; const char *said; int64_t due_us; bool tried; };
/* What nobody intends to send stays what it is. */
int ledger_settle(struct ledger *l, struct ledger_span rows, const struct ledger_outcome *o, int64_t now_us,
		  struct err *e);
/* A person's word about all that are unknown: `to` is planned or sent. */
int ledger_decide(struct ledger *l, enum ledger_state to, int64_t now_us, int64_t *ret, struct err *e);

/* Rows that may be sent now, at most `max`: those that are planned, in order; then those that are deferred, the one
 * that waits longest first. `each` gets them, borrowed. */
int ledger_due(struct ledger *l, int64_t now_us, uint32_t max, int (*each)(const struct ledger_row *row, void *arg),
	       void *arg, struct err *e);
/* When the first deferred one is due; 0: none is. */
int ledger_next_due(struct ledger *l, int64_t *ret, struct err *e);
/* state LEDGER_STATES: all. */
int ledger_each(struct ledger *l, enum ledger_state state, int (*each)(const struct ledger_row *row, void *arg),
		void *arg, struct err *e);
int ledger_count(struct ledger *l, struct ledger_counts *ret, struct err *e);
