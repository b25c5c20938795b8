/* Which logins each sshd is asked for. A host that invents some crowds out no other's: of its own it may tell as many
 * as are asked of it, the others hear of a few, and first of those that several hosts tell of. */
#include "base/mem.h"
#include "base/sshkey.h"
#include "fleet/evict_parts.h"
#include <stdlib.h>
#include <string.h>

static bool is_account(const char *s)
{
	size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") : 0;

	return n && n <= 32 && !s[n] && *s != '-';
}

static json_t *find(const json_t *list, const char *account, const char *fingerprint)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!strcmp(json_str(one, "account"), account) && !strcmp(json_str(one, "fingerprint"), fingerprint))
			return one;
	return NULL;
}

static json_t *add(json_t *list, const char *account, const char *fingerprint, const char *line)
{
	json_t *one = json_object();

	json_put(one, "account", account);
	json_put(one, "fingerprint", fingerprint);
	json_put(one, "key", line);
	json_array_append_new(list, one);
	return one;
}

static bool read_login(const char *account, const char *line, char fingerprint[SSHKEY_FINGERPRINT])
{
	struct sshkey_line key;

	return is_account(account) && line && sshkey_of_line(line, strlen(line), &key) && !key.options &&
	       sshkey_fingerprint(key.base64, key.base64_len, fingerprint);
}

void evict_asks_know(json_t *shared, const char *account, const char *line)
{
	char fingerprint[SSHKEY_FINGERPRINT];
	json_t *one;

	if (!read_login(account, line, fingerprint))
		return;
	one = find(shared, account, fingerprint);
	if (!one)
		one = add(shared, account, fingerprint, line);
	json_object_set_new(one, "known", json_true());
}

static uint32_t first_told(const json_t *own)
{
	const json_t *one;
	uint32_t n = 0;
	size_t i;

	json_array_foreach(own, i, one)
		n += json_is(one, "first");
	return n;
}

bool evict_asks_tell(json_t *shared, json_t *own, const char *account, const char *line)
{
	char fingerprint[SSHKEY_FINGERPRINT];
	json_t *mine, *one;

	if (!read_login(account, line, fingerprint) || find(own, account, fingerprint))
		return true;
	if (json_array_size(own) >= EVICT_ASKS_MAX)
		return false;
	mine = add(own, account, fingerprint, line);
	one = find(shared, account, fingerprint);
	if (!one && first_told(own) < EVICT_SHARE_MAX) {
		one = add(shared, account, fingerprint, line);
		json_object_set_new(mine, "first", json_true());
	}
	if (one)
		json_put_int(one, "hosts", json_int(one, "hosts", 0) + 1);
	return true;
}

struct ranked { json_t *one; int64_t rank; size_t at; };

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->rank != y->rank ? (x->rank < y->rank ? 1 : -1) : x->at < y->at ? -1 : 1;
}

void evict_asks_sort(json_t *shared)
{
	size_t n = json_array_size(shared), i;
	_cleanup_(freep) struct ranked *all = mem_zero(n + 1, sizeof(*all));
	json_t *one;

	json_array_foreach(shared, i, one)
		all[i] = (struct ranked){ json_incref(one), json_is(one, "known") ? INT64_MAX :
					  json_int(one, "hosts", 0), i };
	qsort(all, n, sizeof(*all), by_rank);
	json_array_clear(shared);
	for (i = 0; i < n; i++)
		json_array_append_new(shared, all[i].one);
}

static void take(json_t *ret, const json_t *list, bool known, uint32_t *over)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if ((known && !json_is(one, "known")) ||
		    find(ret, json_str(one, "account"), json_str(one, "fingerprint")))
			continue;
		if (json_array_size(ret) < EVICT_ASKS_MAX)
			json_array_append(ret, one);
		else
			++*over;
	}
}

json_t *evict_asks_of(const json_t *shared, const json_t *own, uint32_t *ret_missing, uint32_t *ret_left)
{
	json_t *ret = json_array();

	*ret_missing = *ret_left = 0;
	take(ret, shared, true, ret_missing);
	take(ret, own, false, ret_missing);
	if (!*ret_missing)
		take(ret, shared, false, ret_left);
	return ret;
}
