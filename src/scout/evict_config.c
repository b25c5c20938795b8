/*
 * Which files of keys sshd reads for whom: `sshd -T -C` tells of one account at one address at a time, and a Match may
 * name other files for another account or for the intruder's address alone. So the configuration itself is read for
 * what stands under Match, and sshd is asked for each address that a key is taken from (from="...").
 */
#include "base/mem.h"
#include "base/text.h"
#include "model/ssh_setup.h"
#include "scout/evict_parts.h"
#include <string.h>

#define FILES_MAX 200u
#define DEPTH_MAX 16u          /* sshd's own limit */
#define ASKED_MAX 60u          /* runs of sshd -T */
#define FROM_MAX ((size_t)1000)

struct config { struct evicting *v; uint32_t files; bool match; };

static void read_config(struct config *c, const char *path, unsigned depth);

static void include_one(struct config *c, const char *pattern, unsigned depth)
{
	const char *slash = strrchr(pattern, '/');
	_cleanup_(freep) char *folder = mem_dupn(pattern, (size_t)(slash - pattern));
	_cleanup_(strv_free) struct strv names = STRV_INIT;

	if (strpbrk(folder, "*?[") || strchr(slash, '[')) {
		evict_unread(c->v, pattern, "an Include of sshd_config whose pattern is not understood here");
		return;
	}
	evict_names_in(c->v, folder, &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_(freep) char *path = mem_printf("%s/%s", folder, names.s[i]);

		if (text_matches(slash + 1, names.s[i]))
			read_config(c, path, depth + 1);
	}
}

/* sshd_config(5): patterns of Include are relative to /etc/ssh. */
static void include(struct config *c, char *value, unsigned depth)
{
	for (char *save = NULL, *one = strtok_r(value, " \t\"", &save); one; one = strtok_r(NULL, " \t\"", &save)) {
		_cleanup_(freep) char *pattern = mem_printf("%s%s", *one == '/' ? "" : "/etc/ssh/", one);

		include_one(c, pattern, depth);
	}
}

static void take_line(struct config *c, char *line, unsigned depth)
{
	char *key, *value;

	if (!ssh_config_line(line, &key, &value))
		return;
	if (!strcmp(key, "match"))
		c->match = true;
	else if (!strcmp(key, "include"))
		include(c, value, depth);
	else if (c->match)
		evict_setting(c->v, key, value);
}

/* A Match ends with the file that it stands in. */
static void read_config(struct config *c, const char *path, unsigned depth)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
	bool outer = c->match;

	if (depth > DEPTH_MAX || c->files++ >= FILES_MAX) {
		evict_unread(c->v, path, "sshd_config includes more files than are followed here");
		return;
	}
	if (!evict_read(c->v, path, &text) || !text.len)
		return;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(c, line, depth);
	c->match = outer;
}

void evict_config(struct evicting *v)
{
	struct config c = { .v = v };

	read_config(&c, "/etc/ssh/sshd_config", 0);
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
