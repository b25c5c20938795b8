/* What became of each recipient, and a person's word about those of whom nobody knows. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/mail_work.h"
#include "engine/mailed.h"
#include "report/law.h"
#include <string.h>

#define SHOWN_MAX 50u

json_t *mail_counts_json(const struct ledger_counts *n)
{
	json_t *o = json_object();

	json_put_int(o, "recipients", n->all);
	for (int k = 0; k < (int)LEDGER_STATES; k++)
		json_put_int(o, ledger_state_words[k], n->of[k]);
	return o;
}

void mail_show_counts(struct mail_work *w, const struct ledger_counts *n, int64_t next_us, struct buf *b)
{
	static const char *const words[LEDGER_STATES] = {
		[LEDGER_PLANNED] = "not sent yet", [LEDGER_SENDING] = "being sent", [LEDGER_SENT] = "sent",
		[LEDGER_REFUSED] = "refused by their server", [LEDGER_DEFERRED] = "deferred by their server",
		[LEDGER_UNKNOWN] = "not known",
	};

	buf_printf(b, "%lld recipients", (long long)n->all);
	for (int k = 0; k < (int)LEDGER_STATES; k++)
		if (n->of[k])
			buf_printf(b, ", %lld %s", (long long)n->of[k], words[k]);
	buf_str(b, "\n");
	if (n->of[LEDGER_DEFERRED] && next_us) {
		buf_str(b, "Those that are deferred are tried again from ");
		clock_format(b, next_us);
		buf_printf(b, " on: firebreak mail send %lld\n", (long long)w->incident->number);
	}
	if (n->of[LEDGER_UNKNOWN])
		buf_printf(b, "Of %lld nobody knows whether they got it, and they get nothing by themselves. See who: "
			   "firebreak mail status %lld --only unknown\nLook for the ids in the relay's log, then "
				   "decide: "
			   "firebreak mail settle %lld resend (or sent) --because '...'\n",
			   (long long)n->of[LEDGER_UNKNOWN], (long long)w->incident->number,
			   (long long)w->incident->number);
}

struct listing { struct mail_work *w; json_t *list; struct buf *b; uint64_t n, limit; };

static int each(const struct ledger_row *row, void *arg)
{
	struct listing *x = arg;
	_cleanup_(buf_free) struct buf who = BUF_WIPED(300), tag = BUF_INIT(64);
	json_t *o;

	text_hex(&tag, row->tag, LEDGER_TAG_LEN);
	if (x->w->seal && mailing_address(row, x->w->seal, x->w->context, &who, NULL) < 0)
		buf_clear(&who);
	if (!x->w->c->json) {
		if (x->n++ >= x->limit)
			return 0;
		buf_printf(x->b, "  %-8s %s", ledger_state_words[row->state], who.len ? buf_text(&who) :
			   buf_text(&tag));
		if (row->code || *row->said)
			buf_printf(x->b, "  %d ", row->code);
		text_visible(x->b, row->said, strlen(row->said));
		if (row->state == LEDGER_UNKNOWN && row->message)
			buf_printf(x->b, "  <%s>%s%s", row->message, row->relay ? " at " : "",
				   row->relay ? row->relay : "");
		buf_str(x->b, "\n");
		return 0;
	}
	o = json_object();
	json_put_int(o, "n", row->n);
	json_put(o, "address", who.len ? buf_text(&who) : NULL);
	json_put(o, "tag", buf_text(&tag));
	json_put(o, "state", ledger_state_words[row->state]);
	json_put_int(o, "tries", row->tries);
	json_put_int(o, "code", row->code);
	json_put(o, "said", row->said);
	json_put(o, "message", row->message);
	json_put(o, "relay", row->relay);
	json_put_time(o, "at", row->at_us);
	json_put_time(o, "due", row->due_us);
	json_array_append_new(x->list, o);
	return 0;
}

static int state_of(const char *word, enum ledger_state *ret, struct err *e)
{
	*ret = LEDGER_STATES;
	for (int k = 0; word && k < (int)LEDGER_STATES; k++)
		if (!strcmp(ledger_state_words[k], word))
			*ret = (enum ledger_state)k;
	return word && *ret == LEDGER_STATES ? err_set(e, ERR_USAGE, "--only takes planned, sending, sent, refused, "
						       "deferred or unknown") : 0;
}

static int open_to_read(struct mail_work *w, struct err *e)
{
	int r = ledger_open(w->s.en.state_folder, w->incident->number, false, &w->ledger, NULL, e);

	return r < 0 ? r : mail_unseal(w, false, e);
}

/* Without --only: those that are no success. */
static int list(struct mail_work *w, struct listing *x, enum ledger_state only, struct err *e)
{
	static const enum ledger_state bad[] = { LEDGER_UNKNOWN, LEDGER_REFUSED, LEDGER_DEFERRED };
	int r = 0;

	if (w->c->json || only != LEDGER_STATES)
		return ledger_each(w->ledger, only, each, x, e);
	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(bad); k++)
		r = ledger_each(w->ledger, bad[k], each, x, e);
	return r;
}

int mail_status(struct mail_work *w, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)1 << 30);
	struct listing x = { .w = w, .b = &b, .list = json_array(), .limit = w->o->only ? UINT64_MAX : SHOWN_MAX };
	_cleanup_(json_freep) json_t *rows = x.list, *all = json_object();
	struct ledger_counts n = { 0 };
	enum ledger_state only = 0;
	int64_t next_us = 0;
	int r = state_of(w->o->only, &only, e);

	if (r == 0)
		r = open_to_read(w, e);
	if (r == 0)
		r = ledger_count(w->ledger, &n, e);
	if (r == 0)
		r = ledger_next_due(w->ledger, &next_us, e);
	if (r == 0 && !w->c->json)
		mail_show_counts(w, &n, next_us, &b);
	if (r == 0)
		r = list(w, &x, only, e);
	if (r < 0)
		return r;
	if (w->c->json) {
		json_put_int(all, "incident", w->incident->number);
		json_put(all, "text_sha256", ledger_mailing(w->ledger) ? ledger_mailing(w->ledger)->text_sha256 : NULL);
		json_object_set_new(all, "counts", mail_counts_json(&n));
		json_object_set(all, "recipients", rows);
		cli_json(TAKE(all));
	} else {
		if (x.n > x.limit)
			buf_printf(&b, "  ... and %llu more: --only, or --json\n", (unsigned long long)(x.n - x.limit));
		cli_print(&b);
	}
	return n.of[LEDGER_UNKNOWN] ? EXIT_PERSON : EXIT_DONE;
}

int mail_because(const struct mail_work *w, const char *question, struct err *e)
{
	const char *text = w->o->because;

	if (!text || !*text || strlen(text) > 4000 || !text_is_utf8(text, strlen(text)))
		return err_set(e, ERR_USAGE, "--because '...' is needed: %s", question);
	return 0;
}

int mail_settle(struct mail_work *w, const char *as, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf b = BUF_INIT(4000);
	bool resend = strcmp(as, "resend") == 0;
	struct ledger_counts n = { 0 };
	int64_t changed = 0;
	int r;

	if (!resend && strcmp(as, "sent") != 0)
		return err_set(e, ERR_USAGE, "settle %lld resend, or settle %lld sent, is expected",
			       (long long)w->incident->number, (long long)w->incident->number);
	r = mail_because(w, "why do you know better than the ledger?", e);
	if (r < 0)
		return r;
	if (!ledger_exists(w->s.en.state_folder, w->incident->number))
		return err_set(e, ERR_USAGE, "incident %lld has sent no mail to people yet",
			       (long long)w->incident->number);
	r = ledger_open(w->s.en.state_folder, w->incident->number, true, &w->ledger, NULL, e);
	if (r == 0)
		r = ledger_count(w->ledger, &n, e);
	if (r == 0 && !n.of[LEDGER_UNKNOWN])
		return err_set(e, ERR_REFUSED, "there is nobody of whom it is not known");
	json_put(body, "what", as);
	json_put_int(body, "recipients", n.of[LEDGER_UNKNOWN]);
	json_put(body, "because", w->o->because);
	if (r == 0)
		r = engine_mailed(&w->s.en, w->incident, body, e);
	if (r == 0)
		r = ledger_begin(w->ledger, e);
	if (r == 0)
		r = ledger_decide(w->ledger, resend ? LEDGER_PLANNED : LEDGER_SENT, w->now_us, &changed, e);
	if (r == 0)
		r = ledger_keep(w->ledger, e);
	if (r == 0)
		r = ledger_count(w->ledger, &n, e);
	if (r < 0)
		return r;
	if (w->c->json) {
		cli_json(mail_counts_json(&n));
		return EXIT_DONE;
	}
	buf_printf(&b, resend ? "%lld are sent to once more with the next: firebreak mail send %lld\n"
			      : "%lld count as sent (incident %lld)\n", (long long)changed,
				      (long long)w->incident->number);
	mail_show_counts(w, &n, 0, &b);
	cli_print(&b);
	return EXIT_DONE;
}
