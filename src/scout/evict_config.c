/*
 * Which files of keys sshd reads for whom: `sshd -T -C` tells of one account at one address at a time, and a Match may
 * name other files for another account or for the intruder's address alone. So the configuration itself is read for
 * what stands under Match, and sshd is asked for each address that a key is taken from (from="...").
 */
#include "base/mem.h"
#include "scout/evict_parts.h"
#include "scout/ssh_files.h"
#include <string.h>

#define ASKED_MAX 60u          /* runs of sshd -T */
#define FROM_MAX ((size_t)1000)

static void take_line(const char *key, char *value, uint32_t match, void *arg)
{
	if (match && strcmp(key, "match") != 0)
		evict_setting(arg, key, value);
}

static void unread(const char *path, const char *why, void *arg)
{
	evict_unread(arg, path, why);
}

/* Where there is no sshd_config, sshd -T has told of the files that it reads instead. */
void evict_config(struct evicting *v)
{
	(void)ssh_files_read(&(struct ssh_files){ .o = v->o, .line = take_line, .unread = unread, .arg = v });
}

/* An address that a pattern of from= fits: itself, the first of a net, "10.0.0.*" with a number in it; a name as it
 * is. false: none can be told. */
static bool example(const char *pattern, char ret[64])
{
	static const char fit[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_*?";
	size_t n = strcspn(pattern, "/");

	if (!n || n >= 64 || !strcmp(pattern, "?") || strspn(pattern, fit) < n)
		return false;
	memcpy(ret, pattern, n);
	ret[n] = '\0';
	for (char *c = ret; *c; c++)
		if (*c == '*' || *c == '?')
			*c = '1';
	return true;
}

/* Each pattern but those that shut out. */
static bool ask_from(struct evicting *v, const char *account, const char *from, uint32_t *asked)
{
	_cleanup_(freep) char *list = mem_dup(from);
	char address[64];

	for (char *save = NULL, *one = strtok_r(list, ", ", &save); one; one = strtok_r(NULL, ", ", &save)) {
		bool is_address = !one[strspn(one, "0123456789abcdefABCDEF.:*?/")];

		if (*one == '!')
			continue;
		if (!example(one, address) || (*asked)++ >= ASKED_MAX)
			return false;
		evict_ask_sshd(v, account, is_address ? "localhost" : address, is_address ? address : "127.0.0.1");
	}
	return true;
}

void evict_config_from(struct evicting *v)
{
	uint32_t asked = 0;
	const json_t *one;
	size_t i;

	json_array_foreach(v->opened, i, one) {
		const char *from = json_str(one, "from");

		if (from && (strlen(from) > FROM_MAX || !ask_from(v, json_str(one, "account"), from, &asked)))
			evict_unread(v, from, "addresses of a key's from= of which sshd cannot be asked which files "
					      "of keys it reads for them");
	}
}
