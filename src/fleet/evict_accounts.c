/* Of each account that is evicted: whether a password could open it before, and whether it is refused now. */
#include "base/mem.h"
#include "fleet/evict_parts.h"
#include <string.h>

json_t *evict_accounts_asked(const struct eviction *x)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < x->list.n_users; i++)
		json_array_append_new(list, json_string(x->en->reg->users[x->list.users[i]].account));
	return list;
}

static const char *offered_to(const json_t *offers, const char *account)
{
	const json_t *one;
	size_t i;

	json_array_foreach(offers, i, one) {
		const char *name = json_str(one, "account");

		if (name && !strcmp(name, account))
			return json_str(one, "offered");
	}
	return NULL;
}

json_t *evict_accounts_before(const struct evict_host *h, const json_t *offers)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(h->answer, "accounts"), i, one) {
		const char *account = json_str(one, "account"), *offered = account ? offered_to(offers, account) : NULL;
		json_t *told;

		if (!account)
			continue;
		told = json_object();
		json_put(told, "account", account);
		json_put(told, "entry", json_str(one, "entry"));
		json_put(told, "offered", offered);
		json_put(told, "password", evict_password(one, offered));
		json_array_append_new(list, told);
	}
	return list;
}

static json_t *now(const json_t *one, const char *account, const char *offered, const json_t *const *rows, uint32_t n)
{
	json_t *told = json_object();
	const char *text = NULL;

	json_put(told, "account", account);
	json_put(told, "answer", evict_account_answer(one, offered, &text));
	json_put(told, "before", evict_password_before(rows, n, account));
	json_put(told, "offered", offered);
	json_put(told, "text", text);
	return told;
}

void evict_accounts_compare(struct evict_host *h, const json_t *offers, const json_t *const *rows, uint32_t n)
{
	const json_t *one;
	size_t i;

	json_decref(h->accounts);
	h->accounts = json_array();
	json_array_foreach(json_object_get(h->answer, "accounts"), i, one) {
		const char *account = json_str(one, "account");

		if (account)
			json_array_append_new(h->accounts, now(one, account, offered_to(offers, account), rows, n));
	}
}
