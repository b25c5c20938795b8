/* Logins that a host takes from other addresses only: that they are refused to us shows nothing. */
#include "base/sshkey.h"
#include "fleet/evict_parts.h"
#include <string.h>

static bool is_login(const json_t *opened, const char *account, const char *fingerprint)
{
	const char *name = json_str(opened, "account"), *line = json_str(opened, "key");
	char own[SSHKEY_FINGERPRINT];
	struct sshkey_line key;

	return name && line && !strcmp(name, account) && sshkey_of_line(line, strlen(line), &key) &&
	       sshkey_fingerprint(key.base64, key.base64_len, own) && !strcmp(own, fingerprint);
}

static const char *taken_from(const json_t *opened, const char *account, const char *fingerprint)
{
	const char *from = NULL;
	const json_t *one;
	size_t i;

	json_array_foreach(opened, i, one)
		if (is_login(one, account, fingerprint)) {
			from = json_str(one, "from");
			if (!from)
				return NULL;
		}
	return from;
}

void evict_note_from(const struct evict_host *h, const json_t *logins)
{
	const json_t *opened = json_object_get(h->answer, "opened");
	json_t *one;
	size_t i;

	json_array_foreach(logins, i, one) {
		const char *account = json_str(one, "account"), *key = json_str(one, "key");

		if (account && key)
			json_put(one, "from", taken_from(opened, account, key));
	}
}
