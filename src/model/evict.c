#include "model/evict.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

static void put(uint32_t *list, uint32_t *n, uint32_t index)
{
	for (uint32_t i = 0; i < *n; i++)
		if (list[i] == index)
			return;
	list[(*n)++] = index;
}

static void put_half(const struct firebreak_register *r, uint32_t secret, struct evict_list *ret)
{
	for (uint32_t k = 0; k < r->n_ssh_keys; k++)
		if (r->ssh_keys[k].secret == secret)
			put(ret->keys, &ret->n_keys, k);
}

void evict_list_of(const struct firebreak_register *r, const struct ref *members, size_t n, size_t n_roots,
		   struct evict_list *ret)
{
	*ret = (struct evict_list){ .users = mem_zero(r->n_users + 1, sizeof(uint32_t)),
				    .keys = mem_zero(r->n_ssh_keys + 1, sizeof(uint32_t)) };
	for (size_t i = 0; i < n; i++) {
		if (members[i].kind == REF_USER && i < n_roots) {
			const struct user_def *u = &r->users[members[i].index];

			put(ret->users, &ret->n_users, members[i].index);
			for (uint32_t k = 0; k < u->keys.n; k++)
				put(ret->keys, &ret->n_keys, u->keys.i[k]);
		} else if (members[i].kind == REF_SSH_KEY) {
			put(ret->keys, &ret->n_keys, members[i].index);
		} else if (members[i].kind == REF_SECRET) {
			put_half(r, members[i].index, ret);
		}
	}
}

void evict_list_free(struct evict_list *l)
{
	free(l->users);
	free(l->keys);
}

const char *evict_certname(const struct host *h)
{
	const struct names *words = &h->configuration.options;

	for (uint32_t i = 0; h->configuration.apply == APPLY_AGENT && i < words->n; i++) {
		if (text_starts(words->s[i], "--certname="))
			return words->s[i] + strlen("--certname=");
		if (!strcmp(words->s[i], "--certname") && i + 1 < words->n)
			return words->s[i + 1];
	}
	return h->address;
}

bool evict_ends_certificate(const struct firebreak_register *r, uint32_t host)
{
	return r->puppet.server != NOTHING && r->puppet.server != host &&
	       r->hosts[host].configuration.apply == APPLY_AGENT;
}

static bool says(const json_t *one, const char *key, const char *what)
{
	const char *s = json_str(one, key);

	return s && !strcmp(s, what);
}

static const json_t *login_in(const json_t *body, const char *account, const char *key)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(body, "logins"), i, one)
		if (says(one, "account", account) && says(one, "key", key))
			return one;
	return NULL;
}

const char *evict_before(const json_t *const *asked, uint32_t n, const char *account, const char *key)
{
	for (uint32_t i = 0; i < n; i++)
		if (says(login_in(asked[i], account, key), "answer", "accepted"))
			return "accepted";
	return n && says(login_in(asked[0], account, key), "answer", "refused") ? "refused" : "unasked";
}

struct evict_logins evict_logins_of(const json_t *logins)
{
	struct evict_logins ret = { 0 };
	const json_t *one;
	size_t i;

	json_array_foreach(logins, i, one) {
		bool refused = says(one, "answer", "refused");

		ret.n++;
		ret.accepted += says(one, "answer", "accepted");
		ret.refused += refused;
		ret.elsewhere += refused && json_str(one, "from");
		ret.ended += refused && says(one, "before", "accepted");
		ret.untold += refused && !says(one, "before", "accepted") && !says(one, "before", "refused");
	}
	return ret;
}

static const char *password_before(const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (says(one, "account", name))
			return json_str(one, "before") ? json_str(one, "before") : "unknown";
	return "unknown";
}

static const char *why_unknown(const json_t *list, const char *name)
{
	const char *why = "the host does not say whether it is refused";
	bool refused = false;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (!says(one, "account", name))
			continue;
		if (!says(one, "answer", "refused"))
			return json_str(one, "text") ? json_str(one, "text") : why;
		refused = true;
	}
	return refused ? NULL : why;
}

struct evict_accounts evict_accounts_of(const json_t *list, const char *const *names, uint32_t n)
{
	struct evict_accounts ret = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		const char *why = why_unknown(list, names[i]);

		ret.refused += !why;
		ret.opened += !why && !strcmp(password_before(list, names[i]), "yes");
		ret.untold += !why && !strcmp(password_before(list, names[i]), "unknown");
		if (why && !ret.unknown++) {
			ret.account = names[i];
			ret.why = why;
		}
	}
	return ret;
}

static bool is_refused(const json_t *logins, const char *key)
{
	bool refused = false;
	const json_t *one;
	size_t i;

	json_array_foreach(logins, i, one)
		if (says(one, "key", key)) {
			if (!says(one, "answer", "refused"))
				return false;
			refused = true;
		}
	return refused;
}

const char *evict_key_unproven(const json_t *logins, const char *const *keys, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_refused(logins, keys[i]))
			return keys[i];
	return NULL;
}

uint32_t evict_database(const struct firebreak_register *r)
{
	return r->puppet.database == NOTHING ? r->puppet.server : r->puppet.database;
}

bool evict_cleans_node(const struct firebreak_register *r, uint32_t host)
{
	return evict_ends_certificate(r, host) && evict_database(r) != host;
}
