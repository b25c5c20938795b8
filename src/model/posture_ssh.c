/* Ciphers and root: what sshd offers, and what it is set up for. */
#include "base/clock.h"
#include "base/text.h"
#include "model/posture_parts.h"
#include <string.h>

static bool is_listed(const struct names *list, const char *s, size_t len)
{
	for (uint32_t k = 0; k < list->n; k++)
		if (strlen(list->s[k]) == len && memcmp(list->s[k], s, len) == 0)
			return true;
	return false;
}

static void one_list(struct judge *j, const json_t *offered, const char *key, const char *what,
		     const struct names *strong)
{
	_cleanup_(buf_free) struct buf weak = BUF_INIT(400);
	const char *s = json_str(offered, key);

	if (!s || !*s) {
		claim_say(j, CLAIM_UNTOLD, "%s: the server's list is missing", what);
		return;
	}
	for (size_t len; *s; s += len + (s[len] == ',')) {
		len = strcspn(s, ",");
		if (!is_listed(strong, s, len))
			(void)buf_printf(&weak, "%s%.*s", weak.len ? ", " : "", (int)(len < 100 ? len : 100), s);
	}
	if (weak.len)
		claim_say(j, CLAIM_FALSE, "%s that the list of strong ones does not have: %s%s", what, buf_text(&weak),
			  weak.over ? " and more" : "");
	else
		claim_say(j, CLAIM_TRUE, "%s: all offered are strong", what);
}

void judge_ciphers(struct judge *j)
{
	const json_t *ssh = json_object_get(j->facts, "ssh"), *servers = json_object_get(ssh, "offers");

	if (!json_array_size(servers))
		claim_say(j, CLAIM_UNTOLD, "no ssh server answered on the host: %.300s",
			  json_str(ssh, "text") ? json_str(ssh, "text") : "nothing was said of it");
	for (size_t k = 0; k < json_array_size(servers); k++) {
		const json_t *o = json_array_get(servers, k);

		if (json_str(o, "text")) {
			claim_say(j, CLAIM_UNTOLD, "the server on port %lld did not say what it offers: %.300s",
				  (long long)json_int(o, "port", 0), json_str(o, "text"));
			continue;
		}
		one_list(j, o, "kex", "key exchanges", &j->rules->kex);
		one_list(j, o, "host-keys", "host keys", &j->rules->host_keys);
		one_list(j, o, "ciphers", "ciphers", &j->rules->ciphers);
		one_list(j, o, "macs", "MACs", &j->rules->macs);
	}
}

/* Whether what sshd says of its files is what the running one has. */
static void is_in_force(struct judge *j, const json_t *server)
{
	int64_t loaded = json_int(server, "loaded_us", 0);
	int64_t changed = json_int(json_object_get(j->facts, "ssh"), "changed_us", 0);

	if (!loaded) {
		claim_say(j, CLAIM_UNTOLD, "when the running sshd read its files is not known: is it running?");
	} else if (changed > loaded) {
		_cleanup_(buf_free) struct buf when = BUF_INIT(64);

		clock_format(&when, changed);
		claim_say(j, CLAIM_UNTOLD, "sshd_config was changed at %s, after the running sshd read it: restart it",
			  buf_text(&when));
	}
}

static void permit(struct judge *j, const char *value, const char *where)
{
	if (strcasecmp(value, "no") == 0)
		claim_say(j, CLAIM_TRUE, "%.200s: root is refused", where);
	else
		claim_say(j, CLAIM_FALSE, "%.200s: PermitRootLogin is '%.60s'", where, value);
}

static void matches(struct judge *j, const json_t *list)
{
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *m = json_array_get(list, k);
		const char *criteria = json_str(m, "criteria"), *value = json_str(m, "permitrootlogin");
		char where[260];

		if (!criteria)
			continue;
		(void)snprintf(where, sizeof(where), "under 'Match %.200s'", criteria);
		if (value)
			permit(j, value, where);
	}
}

static void one_server(struct judge *j, const json_t *server)
{
	const json_t *keys = json_object_get(server, "root_keys");
	const char *value = json_str(json_object_get(server, "settings"), "permitrootlogin");

	if (!value) {
		claim_say(j, CLAIM_UNTOLD, "what sshd is set up for could not be read: %.300s",
			  json_str(server, "text") ? json_str(server, "text") : "nothing was said of it");
		return;
	}
	permit(j, value, "for everybody");
	is_in_force(j, server);
	for (size_t k = 0; k < json_array_size(keys); k++) {
		const json_t *one = json_array_get(keys, k);

		claim_say(j, CLAIM_TRUE, "but %.100s holds %lld keys: they count again the moment that root is let in",
			  json_str(one, "file") ? json_str(one, "file") : "a file of root's",
			  (long long)json_int(one, "keys", 0));
	}
}

void judge_root(struct judge *j)
{
	const json_t *ssh = json_object_get(j->facts, "ssh"), *servers = json_object_get(ssh, "servers");

	for (size_t k = 0; k < json_array_size(servers); k++)
		one_server(j, json_array_get(servers, k));
	if (!json_array_size(servers))
		return;
	matches(j, json_object_get(ssh, "matches"));
	if (json_str(ssh, "matches_text"))
		claim_say(j, CLAIM_UNTOLD, "not all of its files could be read: %.300s", json_str(ssh, "matches_text"));
}
