/* The way that we came in by: what must not be cut. */
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>
#include <unistd.h>

#define CLIMB_MAX 64

static const char *account_of(const struct evicting *v, uint32_t uid)
{
	for (size_t i = 0; i < v->n_accounts; i++)
		if (v->accounts[i].uid == uid)
			return v->accounts[i].name;
	return NULL;
}

/* The listener says its own path there. */
static char *session_name(const struct process *p)
{
	const char *s = process_session(p);
	size_t n = s ? strcspn(s, "@ ") : 0;

	return n && s[n] && *s != '/' ? mem_dupn(s, n) : NULL;
}

static void climb(const struct processes *all, struct process *p, struct evicting *v, char **ret_account, char
	**ret_key,
		  struct connection *ret_from)
{
	char line[16384];

	for (int i = 0; p && i < CLIMB_MAX; i++, p = processes_find(all, p->parent)) {
		p->ours = true;
		if (!*ret_account)
			*ret_account = session_name(p);
		if (!*ret_from->port)
			*ret_from = p->from;
		if (!*ret_key && *p->auth && session_key(v, p->auth, line, sizeof(line)))
			*ret_key = mem_dup(line);
	}
}

void evict_self(struct evicting *v, const struct logins *logins, char **ret_account, char **ret_key)
{
	_cleanup_(processes_free) struct processes all = { 0 };
	_cleanup_(freep) char *account = NULL, *key = NULL;
	struct connection from = { 0 };
	char fingerprint[64] = "";
	json_t *self = json_object();
	struct sshkey_line parts;

	processes_read(v, &all);
	struct process *me = processes_find(&all, getpid());

	climb(&all, me, v, &account, &key, &from);
	if (!account && me)
		account = mem_dup(account_of(v, me->login != UINT32_MAX ? me->login : (uint32_t)geteuid()));
	if (key && sshkey_of_line(key, strlen(key), &parts))
		(void)sshkey_fingerprint(parts.base64, parts.base64_len, fingerprint);
	for (size_t i = logins->n; *from.port && !*fingerprint && i-- > 0;)
		if (connection_same(&logins->a[i].from, &from))
			memcpy(fingerprint, logins->a[i].fingerprint, sizeof(fingerprint));
	json_put(self, "account", account);
	json_put(self, "fingerprint", *fingerprint ? fingerprint : NULL);
	json_put(self, "from", *from.address ? from.address : NULL);
	json_object_set_new(v->o->result, "self", self);
	*ret_account = TAKE(account);
	*ret_key = TAKE(key);
}
