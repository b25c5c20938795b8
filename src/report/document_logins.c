/* What sshd of each host answered for the logins of who was evicted, before and after. Names are for the inside. */
#include "base/mem.h"
#include "model/evict.h"
#include "report/document.h"
#include <string.h>

static const json_t *logins_of(const struct step_state *s)
{
	for (uint32_t k = s->n_deeds; k > 0; k--) {
		const json_t *logins = json_object_get(s->deeds[k - 1].result, "logins");

		if (json_array_size(logins))
			return logins;
	}
	return NULL;
}

/* Behind a run that was cut short only what was answered before is known. */
static const json_t *known_of(const struct step_state *s)
{
	const json_t *now = logins_of(s);

	return now || !s->n_asked ? now : json_object_get(s->asked[0], "logins");
}

static void rows(const struct step_state *s, struct doc *d)
{
	bool after = logins_of(s);
	const json_t *one;
	size_t i;

	json_array_foreach(known_of(s), i, one) {
		const char *before = json_str(one, after ? "before" : "answer"), *from = json_str(one, "from");
		_cleanup_(freep) char *elsewhere = from ? mem_printf("from %s only", from) : NULL;

		(void)doc_block(d, DOC_ROW, 0);
		doc_cell(d, s->host ? s->host : s->id);
		doc_cell(d, json_str(one, "account"));
		doc_cell(d, json_str(one, "key"));
		doc_cell(d, elsewhere ? elsewhere : before ? before : "unasked");
		doc_cell(d, after ? json_str(one, "answer") : "unasked");
	}
}

static const json_t *accounts_of(const struct step_state *s, bool *ret_after)
{
	for (uint32_t k = s->n_deeds; k > 0; k--) {
		const json_t *accounts = json_object_get(s->deeds[k - 1].result, "accounts");

		*ret_after = true;
		if (json_array_size(accounts))
			return accounts;
	}
	*ret_after = false;
	return s->n_asked ? json_object_get(s->asked[0], "accounts") : NULL;
}

static void account_rows(const struct step_state *s, struct doc *d)
{
	bool after = false;
	const json_t *list = accounts_of(s, &after), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *before = json_str(one, after ? "before" : "password");
		const char *answer = after ? json_str(one, "answer") : NULL;

		(void)doc_block(d, DOC_ROW, 0);
		doc_cell(d, s->host ? s->host : s->id);
		doc_cell(d, json_str(one, "account"));
		doc_cell(d, before ? before : "unknown");
		doc_cell(d, answer ? answer : "unknown");
	}
}

/* No password of an intruder's is known, so none was tried. */
static void accounts(const struct incident *i, struct doc *d)
{
	size_t n = 0;
	bool after;

	for (uint32_t k = 0; k < i->n_steps; k++)
		n += json_array_size(accounts_of(&i->steps[k], &after));
	if (!n)
		return;
	doc_heading(d, 3, "Accounts of who was evicted");
	(void)doc_block(d, DOC_PARAGRAPH, 0);
	doc_ours(d, "Whether an account could be used before by password, and whether it is refused whatever is "
		    "offered now. No password was tried: that is by its entry on the host, by what sshd offers it, "
		    "and by PAM's rules. Unknown is not refused.");
	d->reader = FOR_INSIDE;
	doc_table(d, "host|account|by password before|now");
	for (uint32_t k = 0; k < i->n_steps; k++)
		account_rows(&i->steps[k], d);
	d->reader = FOR_ALL;
}

static void logins(const struct incident *i, struct doc *d)
{
	struct evict_logins all = { 0 };
	uint32_t hosts = 0;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		struct evict_logins l = evict_logins_of(logins_of(&i->steps[k]));

		hosts += json_array_size(known_of(&i->steps[k])) > 0;
		all.n += l.n;
		all.ended += l.ended;
		all.refused += l.refused;
		all.elsewhere += l.elsewhere;
	}
	if (!hosts)
		return;
	doc_heading(d, 3, "Logins of who was evicted");
	(void)doc_block(d, DOC_PARAGRAPH, 0);
	doc_oursf(d, "After the eviction sshd on %u host%s refuses %u of %u logins that it was asked for; before, it "
		  "accepted %u of those.", hosts, hosts == 1 ? "" : "s", all.refused, all.n, all.ended);
	if (all.elsewhere)
		doc_oursf(d, " %u were taken from other addresses only, and so refused to who asked in any case: that "
			  "they ended shows by the files that sshd reads for those addresses.", all.elsewhere);
	d->reader = FOR_INSIDE;
	doc_table(d, "host|account|key|before|now");
	for (uint32_t k = 0; k < i->n_steps; k++)
		rows(&i->steps[k], d);
	d->reader = FOR_ALL;
}

void document_logins(const struct incident *i, struct doc *d)
{
	logins(i, d);
	accounts(i, d);
}
