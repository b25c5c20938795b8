/* Data of people is given up when its purpose is over. */
#include "base/mem.h"
#include "cli/mail_work.h"
#include "engine/mailed.h"

static int check(const struct mail_work *w, const struct ledger_counts *n, struct err *e)
{
	const struct ledger_mailing *m = ledger_mailing(w->ledger);
	int64_t open = n->all - n->of[LEDGER_SENT] - n->of[LEDGER_REFUSED];

	if (!m)
		return err_set(e, ERR_USAGE, "incident %lld has sent no mail to people yet",
			       (long long)w->incident->number);
	if (open && !w->o->unsettled)
		return err_set(e, ERR_REFUSED, "%lld of %lld are not settled, and nobody can be written to when the "
			       "addresses are gone: see firebreak mail status %lld, or add --unsettled",
			       (long long)open, (long long)n->all, (long long)w->incident->number);
	return 0;
}

/* A second time is allowed: the first one may have been ended between its row and the ledger. */
int mail_forget(struct mail_work *w, struct err *e)
{
	_cleanup_(json_freep) json_t *body = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(4000);
	struct ledger_counts n = { 0 };
	int r = mail_because(w, "why are the addresses needed no more?", e);

	if (r == 0 && !ledger_exists(w->s.en.state_folder, w->incident->number))
		r = err_set(e, ERR_USAGE, "incident %lld has sent no mail to people yet",
			    (long long)w->incident->number);
	if (r == 0)
		r = ledger_open(w->s.en.state_folder, w->incident->number, true, &w->ledger, NULL, e);
	if (r == 0)
		r = ledger_count(w->ledger, &n, e);
	if (r == 0)
		r = check(w, &n, e);
	if (r < 0)
		return r;
	body = mail_counts_json(&n);
	json_put(body, "what", "forgotten");
	json_put(body, "because", w->o->because);
	r = engine_mailed(&w->s.en, w->incident, body, e);
	if (r == 0)
		r = ledger_forget(w->ledger, e);
	if (r < 0)
		return r;
	if (w->c->json) {
		cli_json(mail_counts_json(&n));
		return EXIT_DONE;
	}
	buf_printf(&b, "The addresses of %lld people are given up; what became of each stays.\n", (long long)n.all);
	cli_print(&b);
	return EXIT_DONE;
}
