/* Whether a password opens an account, by what its host says of it and what its sshd offers. */
#include "model/evict.h"
#include <string.h>

static bool says(const json_t *one, const char *key, const char *what)
{
	const char *s = json_str(one, key);

	return s && !strcmp(s, what);
}

/* Anything but a key: a password, questions, another host's word. */
static bool offers_more(const char *offered)
{
	for (const char *at = offered; *at;) {
		size_t n = strcspn(at, ",");

		if (n && (n != strlen("publickey") || strncmp(at, "publickey", n) != 0))
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

const char *evict_password(const json_t *one, const char *offered)
{
	bool no_entry = says(one, "entry", "locked") && says(one, "asks", "entry");

	if (says(one, "entry", "none") || says(one, "by", "entry"))
		return "no";
	if (!offered || !json_str(one, "asks"))
		return "unknown";
	if (!offers_more(offered) && says(one, "asks", "keys"))
		return "no";
	if (no_entry)
		return "no";
	return says(one, "entry", "open") && !json_is(one, "lists") ? "yes" : "unknown";
}

const char *evict_password_before(const json_t *const *asked, uint32_t n, const char *account)
{
	const char *first = "unknown";
	const json_t *one;
	size_t k;

	for (uint32_t i = 0; i < n; i++)
		json_array_foreach(json_object_get(asked[i], "accounts"), k, one) {
			if (!says(one, "account", account))
				continue;
			if (says(one, "password", "yes"))
				return "yes";
			if (i == 0 && says(one, "password", "no"))
				first = "no";
		}
	return first;
}

const char *evict_account_answer(const json_t *one, const char *offered, const char **ret_text)
{
	*ret_text = json_str(one, "text");
	if (!says(one, "answer", "refused"))
		return "unknown";
	if (!says(one, "by", "keys") || (offered && !offers_more(offered)))
		return "refused";
	*ret_text = offered ? "its sshd offers it more than keys, of which sshd -T does not tell" :
		    "its sshd did not say what it offers";
	return "unknown";
}
