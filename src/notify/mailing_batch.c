/* One batch: who is in it, and what came of it for each. */
#include "base/box.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "notify/address.h"
#include "notify/mailing_parts.h"
#include "notify/message.h"
#include <string.h>

#define RETRY_MAX_S 3600
#define STRIKES_MAX 3u
#define CONTEXT_MAX 1000u

void mailing_tag(const struct digest_key *key, const char *address, size_t len, uint8_t ret[LEDGER_TAG_LEN])
{
	char same[MAIL_ADDRESS_MAX + 1];
	uint8_t all[DIGEST_LEN];
	struct digest *d = digest_begin(key);

	mail_address_same(address, len, same);
	digest_part(d, same, len);
	digest_end(d, all);
	memcpy(ret, all, LEDGER_TAG_LEN);
	explicit_bzero(same, sizeof(same));
}

/* The row's tag is part of the context: an address cannot be moved to another row. */
static void context_of(const char *context, const uint8_t tag[LEDGER_TAG_LEN], struct buf *ret)
{
	buf_str(ret, context);
	buf_char(ret, '/');
	text_hex(ret, tag, LEDGER_TAG_LEN);
}

int mailing_add(struct ledger *l, const struct digest_key *key, struct box *seal, const char *context,
		const char *address, size_t len, bool *ret_new, struct err *e)
{
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(MAIL_ADDRESS_MAX + BOX_MORE), where = BUF_INIT(CONTEXT_MAX);
	uint8_t tag[LEDGER_TAG_LEN];
	int r;

	mailing_tag(key, address, len, tag);
	context_of(context, tag, &where);
	r = box_seal(seal, buf_text(&where), address, len, &sealed, e);
	return r < 0 ? r : ledger_add(l, tag, sealed.data, sealed.len, ret_new, e);
}

int mailing_address(const struct ledger_row *row, const struct box *seal, const char *context, struct buf *ret,
		    struct err *e)
{
	_cleanup_(buf_free) struct buf where = BUF_INIT(CONTEXT_MAX);

	context_of(context, row->tag, &where);
	return box_open(seal, buf_text(&where), row->address, row->address_len, ret, e);
}

struct taking { struct run *r; struct lane *b; struct buf *to; struct err *e; };

static int take(const struct ledger_row *row, void *arg)
{
	struct taking *t = arg;
	struct lane *b = t->b;

	int r = mailing_address(row, t->r->o->seal, t->r->o->context, &t->to[b->n], t->e);

	if (r < 0)
		return r;
	b->row[b->n] = row->n;
	b->tries[b->n++] = row->tries;
	t->r->counts.of[row->state]--;
	t->r->counts.of[LEDGER_SENDING]++;
	return 0;
}

static int make_line(struct run *r, struct lane *b, const struct buf *to, const char *id, int64_t now_us, struct err *e)
{
	const struct ledger_mailing *m = ledger_mailing(r->l);
	const struct message message = { .from = r->o->way.from, .from_name = r->o->from_name, .to = r->o->to,
					 .reply_to = r->o->reply_to, .subject = m->subject, .body = m->body,
					 .id = id, .date_us = now_us };
	_cleanup_(buf_free) struct buf text = BUF_INIT(SMTP_MESSAGE_MAX);
	const char *addresses[SMTP_TO_MAX];
	int x = message_make(&message, &text, e);

	for (uint32_t i = 0; i < b->n; i++)
		addresses[i] = buf_text(&to[i]);
	if (x == 0)
		b->line = mail_line(&r->o->way, b->batch, addresses, b->n, buf_text(&text));
	return x;
}

static int take_rows(struct run *r, struct lane *b, struct buf *to, uint32_t max, int64_t now_us, struct err *e)
{
	struct taking t = { r, b, to, e };
	struct digest_key chance;
	char id[MESSAGE_ID_MAX];
	int x = ledger_due(r->l, now_us, max, take, &t, e);

	if (x < 0 || !b->n)
		return x;
	digest_key_random(&chance);
	x = message_id(r->o->way.from, now_us, chance.bytes, id, e);
	if (x == 0)
		x = ledger_batch(r->l, id, now_us, &b->batch, e);
	for (uint32_t i = 0, n; x == 0 && i < b->n; i += n) {
		for (n = 1; i + n < b->n && b->row[i + n] == b->row[i] + n; n++)
			;
		x = ledger_intend(r->l, (struct ledger_span){ b->row[i], b->row[i + n - 1] }, b->batch, now_us, e);
	}
	return x < 0 ? x : make_line(r, b, to, id, now_us, e);
}

int batch_take(struct run *r, struct lane *b, uint32_t max, int64_t now_us, struct err *e)
{
	struct buf to[SMTP_TO_MAX];
	int x;

	for (uint32_t i = 0; i < SMTP_TO_MAX; i++)
		to[i] = (struct buf)BUF_WIPED(MAIL_ADDRESS_MAX + 1);
	b->n = 0;
	x = take_rows(r, b, to, max, now_us, e);
	for (uint32_t i = 0; i < SMTP_TO_MAX; i++)
		buf_free(&to[i]);
	return x;
}

/* A pause that doubles; after the last one it counts as a refusal. */
static void defer(const struct run *r, uint32_t tries, int64_t now_us, struct ledger_outcome *o)
{
	int64_t pause_s = r->o->retry_s;

	for (uint32_t i = 0; i < tries && pause_s < RETRY_MAX_S; i++)
		pause_s *= 2;
	if (pause_s > RETRY_MAX_S)
		pause_s = RETRY_MAX_S;
	o->tried = true;
	o->state = tries + 1 >= MAILING_TRIES_MAX ? LEDGER_REFUSED : LEDGER_DEFERRED;
	o->due_us = o->state == LEDGER_DEFERRED ? now_us + pause_s * 1000000 : 0;
}

/* RFC 5321, 4.5.3.1.10: "too many recipients" for this message; 552 is an older server's word for 452. */
static bool too_many(int code, bool some_taken)
{
	return some_taken && (code == 452 || code == 552);
}

static void judge(const struct run *r, const struct mailed *m, uint32_t k, uint32_t tries, bool some_taken,
		  int64_t now_us, struct ledger_outcome *o)
{
	int code = mailed_to(m, k, &o->said);

	o->code = code;
	o->state = LEDGER_PLANNED;
	if (m->state == MAILED_UNKNOWN && code / 100 == 2) {
		o->state = LEDGER_UNKNOWN;
		o->tried = true;
	} else if (mailed_is_sent(m, k)) {
		o->state = LEDGER_SENT;
		o->tried = true;
	} else if (too_many(code, some_taken)) {
		return;
	} else if (code / 100 == 5 && code != 552) {
		o->state = LEDGER_REFUSED;
		o->tried = true;
	} else if (code / 100 == 4 || code == 552) {
		defer(r, tries, now_us, o);
	} else if (m->code / 100 == 4) {
		o->code = m->code;
		o->said = m->said;
		defer(r, tries, now_us, o);
	} else if (m->code) {
		o->code = m->code;
		o->said = m->said;
	}
}

static void halt(struct run *r, enum err_code code, const char *relay, const char *text)
{
	if (!r->stop)
		r->result = err_set(&r->why, code, "%s%s%s%s", relay ? "relay '" : "", relay ? relay : "",
				    relay ? "' " : "", text ? text : "the mailer was not understood");
	r->stop = true;
}

/* What a batch says about all the others: a relay that is away, or one that does not want this message at all. */
static void look_ahead(struct run *r, const struct mailed *m, int64_t now_us)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(450);
	bool lost = m->state == MAILED_BROKEN || m->state == MAILED_UNKNOWN;

	if ((m->state == MAILED_OFFERED && m->code / 100 == 2) || (m->state == MAILED_NOT_OFFERED && !m->code)) {
		r->strikes = 0;
		r->taken = true;
	}
	if (m->code / 100 == 5) {
		buf_printf(&text, "does not take this message: %d %s", m->code, m->said ? m->said : "");
		halt(r, ERR_REFUSED, m->relay, buf_text(&text));
	}
	if (!lost && m->code / 100 != 4)
		return;
	r->pause_us = now_us + (INT64_C(1) << (r->strikes < 6 ? r->strikes : 6)) * 1000000;
	r->strikes++;
	if (lost && (r->strikes >= STRIKES_MAX || m->error != ERR_NET))
		halt(r, m->error == ERR_NONE ? ERR_NET : m->error, NULL, m->text);
}

static bool is_same(const struct ledger_outcome *a, const struct ledger_outcome *b)
{
	return a->state == b->state && a->code == b->code && a->due_us == b->due_us && a->tried == b->tried &&
	       (a->said == b->said || (a->said && b->said && !strcmp(a->said, b->said)));
}

/* Most of a batch fare alike: neighbours of whom the same is to be said are settled at once. */
static int settle_all(struct run *r, const struct lane *b, const struct ledger_outcome *o, int64_t now_us,
		      struct err *e)
{
	int x = 0;

	for (uint32_t i = 0, n; x == 0 && i < b->n; i += n) {
		for (n = 1; i + n < b->n && b->row[i + n] == b->row[i] + n && is_same(&o[i], &o[i + n]); n++)
			;
		r->counts.of[LEDGER_SENDING] -= n;
		r->counts.of[o[i].state] += n;
		x = ledger_settle(r->l, (struct ledger_span){ b->row[i], b->row[i + n - 1] }, &o[i], now_us, e);
	}
	return x;
}

/* The mailer is gone: certain is only what it said. */
static int settle_gone(struct run *r, struct lane *b, int64_t now_us, struct err *e)
{
	const struct ledger_outcome o = { .state = b->offering ? LEDGER_UNKNOWN : LEDGER_PLANNED, .tried = b->offering,
					  .said = "the mailer ended without an answer" };
	struct ledger_outcome all[SMTP_TO_MAX];
	int x;

	for (uint32_t i = 0; i < b->n; i++)
		all[i] = o;
	x = settle_all(r, b, all, now_us, e);
	r->pause_us = now_us + 1000000;
	if (!b->offering && ++r->strikes >= STRIKES_MAX)
		halt(r, ERR_IO, NULL, "the mailer ended without an answer, several times in a row");
	return x;
}

int batch_settle(struct run *r, struct lane *b, int64_t now_us, struct err *e)
{
	struct ledger_outcome o[SMTP_TO_MAX] = { 0 };
	struct mailed m;
	bool some_taken = false;
	int x;

	if (!b->answer)
		return settle_gone(r, b, now_us, e);
	x = mailed_read(b->answer, &m, e);
	if (x == 0 && m.n != b->n)
		x = err_set(e, ERR_BUG, "the mailer answered about %zu recipients of %u", m.n, b->n);
	for (uint32_t i = 0; x == 0 && i < b->n; i++)
		some_taken |= mailed_to(&m, i, NULL) / 100 == 2;
	if (x == 0 && m.relay && *m.relay)
		x = ledger_batch_relay(r->l, b->batch, m.relay, e);
	for (uint32_t i = 0; x == 0 && i < b->n; i++)
		judge(r, &m, i, b->tries[i], some_taken, now_us, &o[i]);
	if (x == 0)
		x = settle_all(r, b, o, now_us, e);
	if (x == 0)
		look_ahead(r, &m, now_us);
	return x;
}
