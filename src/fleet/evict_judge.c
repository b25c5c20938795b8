/* What came of a host: proven is a last look that found nothing and could read everything, and an sshd that refuses. */
#include "base/mem.h"
#include "base/text.h"
#include "fleet/evict_parts.h"
#include <string.h>

#define TOLD 5u                /* things that an outcome's sentence names */

static void name_left(const json_t *left, struct buf *text)
{
	size_t n = json_array_size(left);

	(void)buf_printf(text, "%zu still there: ", n);
	for (size_t i = 0; i < n && i < TOLD; i++) {
		const json_t *one = json_array_get(left, i);
		const char *what = json_str(one, "what"), *where = json_str(one, "where");

		(void)buf_str(text, i ? "; " : "");
		text_visible(text, what ? what : "?", what ? strlen(what) : 1);
		(void)buf_str(text, " ");
		text_visible(text, where ? where : "", where ? strlen(where) : 0);
	}
	if (n > TOLD)
		(void)buf_printf(text, "; and %zu more", n - TOLD);
}

static void name_accepted(const struct evict_host *h, struct buf *text)
{
	uint32_t n = 0;
	const json_t *one;
	size_t i;

	(void)buf_printf(text, "its files are clean, and its sshd still accepts %u login%s: ", h->n_accepted,
			 h->n_accepted == 1 ? "" : "s");
	json_array_foreach(h->asked, i, one)
		if (!strcmp(json_str(one, "answer"), "accepted") && n++ < TOLD)
			(void)buf_printf(text, "%s%s with %s", n > 1 ? "; " : "", json_str(one, "account"),
					 json_str(one, "key"));
	if (n > TOLD)
		(void)buf_printf(text, "; and %u more", n - TOLD);
	(void)buf_str(text, ". It may read another configuration than 'sshd -T' tells");
}

/* A refusal of what was never accepted is no merit of ours: what it was before is told. */
static void name_refused(const struct evict_host *h, struct buf *text)
{
	struct evict_logins l = evict_logins_of(h->asked);

	if (!l.n) {
		(void)buf_printf(text, "; no login was asked for: %s", h->unasked);
		return;
	}
	(void)buf_printf(text, "; its sshd refused each of %u logins, of which it took ", l.n);
	if (l.ended || !l.untold)
		(void)buf_printf(text, l.ended ? "%u before" : "none before either", l.ended);
	if (l.untold)
		(void)buf_printf(text, l.ended ? ", and %u perhaps: it was not asked while nothing was changed" :
				 "%u perhaps before: it was not asked while nothing was changed", l.untold);
	if (l.elsewhere)
		(void)buf_printf(text, "; %u of them were taken from other addresses only, which shows by its files "
				 "and not by our asking", l.elsewhere);
	if (h->n_left_out)
		(void)buf_printf(text, "; %u more, of which only other hosts tell, were not asked for", h->n_left_out);
}

static struct evict_accounts accounts_of(const struct eviction *x, const struct evict_host *h)
{
	_cleanup_(freep) const char **names = mem_zero(x->list.n_users + 1, sizeof(*names));

	for (uint32_t i = 0; i < x->list.n_users; i++)
		names[i] = x->en->reg->users[x->list.users[i]].account;
	return evict_accounts_of(h->accounts, names, x->list.n_users);
}

static const char *key_unproven(const struct eviction *x, const struct evict_host *h)
{
	_cleanup_(freep) const char **keys = mem_zero(x->list.n_keys + 1, sizeof(*keys));

	for (uint32_t i = 0; i < x->list.n_keys; i++)
		keys[i] = x->en->reg->ssh_keys[x->list.keys[i]].fingerprint;
	return evict_key_unproven(h->asked, keys, x->list.n_keys);
}

/* By a password, or whatever else sshd takes: a refused key says nothing of that. */
static void name_account(const struct evict_accounts *a, struct buf *text)
{
	(void)buf_str(text, "nothing of theirs was found, and whether a password opens '");
	text_visible(text, a->account, strlen(a->account));
	(void)buf_str(text, "' is not known: ");
	text_visible(text, a->why, strlen(a->why));
	if (a->unknown > 1)
		(void)buf_printf(text, "; nor that of %u other accounts", a->unknown - 1);
}

static void name_unread(const struct evict_host *h, struct buf *text)
{
	(void)buf_str(text, "nothing of theirs was found, and not everything could be read: ");
	for (size_t i = 0; i < h->unread.n && i < TOLD; i++)
		(void)buf_printf(text, "%s%s", i ? "; " : "", h->unread.s[i]);
}

static void name_unasked(const struct evict_host *h, struct buf *text)
{
	(void)buf_printf(text, "its files are clean, and its sshd did not say of %u login%s whether it refuses: %s",
			 h->n_unasked, h->n_unasked == 1 ? "" : "s", h->unasked);
}

static void name_key(const struct evict_host *h, const char *key, struct buf *text)
{
	(void)buf_printf(text, "nothing of theirs was found, and whether its sshd refuses the key %s is not known: ",
			 key);
	if (*h->unasked)
		(void)buf_str(text, h->unasked);
	else
		(void)buf_str(text, "there is only its fingerprint to go by; write the key itself into the register");
}

/* Nothing is left. Unknown is never success: each key and each account has to be refused. false: text says of which
 * it is not known. */
static bool is_proven(const struct eviction *x, const struct evict_host *h, struct buf *text)
{
	struct evict_accounts accounts = accounts_of(x, h);
	const char *key = key_unproven(x, h);

	if (h->n_unasked)
		name_unasked(h, text);
	else if (h->n_unread || json_int(h->answer, "unread", 1))
		name_unread(h, text);
	else if (accounts.unknown)
		name_account(&accounts, text);
	else if (key)
		name_key(h, key, text);
	else
		return true;
	return false;
}

static void name_proven(const struct eviction *x, const struct evict_host *h, struct buf *text)
{
	struct evict_accounts accounts = accounts_of(x, h);
	uint32_t refused = accounts.refused;
	const char *list = json_str(h->answer, "list");

	(void)buf_printf(text, "nothing opens this host to them any more, and nothing of theirs runs; %zu changes",
			 json_array_size(h->done));
	name_refused(h, text);
	if (refused)
		(void)buf_printf(text, "; %u account%s refused whatever is offered; before, a password could open %u, "
				 "%u perhaps", refused, refused == 1 ? " is" : "s are", accounts.opened,
				 accounts.untold);
	if (list)
		(void)buf_printf(text, "; this sshd reads %s: the key is gone from files only", strcmp(list, "some") ?
				 "no list of revoked keys" : "its list of revoked keys for some accounts only");
	if (json_array_size(h->strangers))
		(void)buf_printf(text, "; %zu other keys stood in their files", json_array_size(h->strangers));
}

void evict_judge(struct eviction *x, struct evict_host *h)
{
	const json_t *left = json_object_get(h->answer, "left");
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);
	enum effect effect = json_array_size(h->done) ? EFFECT_CHANGED : EFFECT_NONE;

	if (!json_is_array(left)) {
		evict_end_host(x, h, OUTCOME_UNKNOWN, EFFECT_UNKNOWN, "the host does not say what is left");
	} else if (json_array_size(left)) {
		name_left(left, &text);
		evict_end_host(x, h, OUTCOME_FAILED, effect, buf_text(&text));
	} else if (h->n_accepted) {
		name_accepted(h, &text);
		evict_end_host(x, h, OUTCOME_FAILED, effect, buf_text(&text));
	} else if (!is_proven(x, h, &text)) {
		evict_end_host(x, h, OUTCOME_UNKNOWN, effect, buf_text(&text));
	} else {
		name_proven(x, h, &text);
		evict_end_host(x, h, OUTCOME_PROVEN, effect, buf_text(&text));
	}
}
