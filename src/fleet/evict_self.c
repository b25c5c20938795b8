/* Whether we are among those who are evicted, by what this machine knows: our name in the register, the account that
 * ssh logs in with, and the keys that it has to offer. */
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "fleet/evict_parts.h"
#include <string.h>

#define SSH_MS 20000
#define KEYS_MAX 200u

/* A responder is "alice (root@laptop)" in the journal. */
static bool is_person(const struct eviction *x, uint32_t person)
{
	const char *name = person == NOTHING ? NULL : x->en->reg->people[person].name;
	size_t n = name ? strlen(name) : 0;

	return n && !strncmp(x->en->who, name, n) && (x->en->who[n] == ' ' || !x->en->who[n]);
}

static void take_key(struct eviction *x, const char *line, size_t len)
{
	char fingerprint[SSHKEY_FINGERPRINT];
	struct sshkey_line key;

	if (x->ours.n < KEYS_MAX && sshkey_of_line(line, len, &key) &&
	    sshkey_fingerprint(key.base64, key.base64_len, fingerprint) && !strv_has(&x->ours, fingerprint))
		strv_add(&x->ours, fingerprint);
}

static void take_lines(struct eviction *x, const char *text)
{
	for (const char *nl; *text; text = nl + (*nl != 0)) {
		nl = text + strcspn(text, "\n");
		take_key(x, text, (size_t)(nl - text));
	}
}

/* A file of a private key; its public half lies beside it. */
static void take_identity(struct eviction *x, const char *file)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64 << 10);
	const char *home = text_starts(file, "~/") ? env_get("HOME") : NULL;
	_cleanup_(freep) char *path = home ? mem_printf("%s/%s.pub", home, file + 2) : mem_printf("%s.pub", file);
	struct err e = ERR_INIT;

	if (fs_read(path, &text, &e) == 0)
		take_lines(x, buf_text(&text));
}

static int run(const char *const *argv, struct proc_result *ret)
{
	const char *agent = env_get("SSH_AUTH_SOCK");
	_cleanup_(freep) char *setting = agent ? mem_printf("SSH_AUTH_SOCK=%s", agent) : NULL;
	const char *const env[] = { setting, NULL };
	struct err e = ERR_INIT;

	return proc_run(&(struct proc_job){ .argv = argv, .env = env, .limit_ms = SSH_MS }, ret, &e);
}

static const struct user_def *evicted(const struct eviction *x, const char *account)
{
	for (uint32_t i = 0; i < x->list.n_users; i++)
		if (!strcmp(x->en->reg->users[x->list.users[i]].account, account))
			return &x->en->reg->users[x->list.users[i]];
	return NULL;
}

/* What ssh would do for a host, asked of ssh itself ("ssh -G"). *agent: it offers there what the agent has, too. */
static int ask(struct eviction *x, const struct host *h, bool *agent, struct err *e)
{
	bool files_only = false;
	const char *with[] = { "ssh", "-F", x->en->reg->ssh_config, "-G", "--", h->address, NULL };
	const char *without[] = { "ssh", "-G", "--", h->address, NULL };
	_cleanup_(proc_result_free) struct proc_result r = { 0 };

	if (h->reach != REACH_SSH || run(x->en->reg->ssh_config ? with : without, &r) < 0 || r.status != 0 ||
		!r.out.len)
		return 0;
	for (char *save = NULL, *line = strtok_r(r.out.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (text_starts(line, "user ") && evicted(x, line + 5))
			return err_set(e, ERR_REFUSED, "ssh logs in on %s as '%.32s', whom this evicts: nothing was "
						       "sent; come in "
				       "with another account", h->name, line + 5);
		if (text_starts(line, "identityfile "))
			take_identity(x, line + strlen("identityfile "));
		files_only = files_only || !strcmp(line, "identitiesonly yes");
	}
	*agent = *agent || !files_only;
	return 0;
}

/* Each host would let us in by it as long as it takes the key, and says so. It is not left to them: one that lies
 * would hold back all others. */
static int refuse_own(const struct eviction *x, struct err *e)
{
	for (size_t i = 0; i < x->ours.n; i++)
		for (uint32_t k = 0; k < x->list.n_keys; k++)
			if (!strcmp(x->en->reg->ssh_keys[x->list.keys[k]].fingerprint, x->ours.s[i]))
				return err_set(e, ERR_REFUSED, "ssh has the key %s to offer, which this evicts: "
					       "nothing was sent; take it out of the agent (ssh-add -d) and of the "
					       "configuration of ssh, and come in with another key", x->ours.s[i]);
	return 0;
}

int evict_spare_us(struct eviction *x, struct err *e)
{
	static const char *const agent[] = { "ssh-add", "-L", NULL };
	_cleanup_(proc_result_free) struct proc_result r = { 0 };
	bool offers_agent = false;
	int done;

	for (uint32_t i = 0; i < x->list.n_users; i++) {
		const struct user_def *u = &x->en->reg->users[x->list.users[i]];

		if (is_person(x, u->person))
			return err_set(e, ERR_REFUSED, "'%s' is your own account, by the register: nothing was sent; "
						       "somebody else "
				       "has to evict you", u->name);
	}
	for (uint32_t i = 0; i < x->n; i++) {
		done = ask(x, &x->en->reg->hosts[x->hosts[i].host], &offers_agent, e);
		if (done < 0)
			return done;
	}
	done = refuse_own(x, e);
	if (run(agent, &r) == 0 && r.status == 0)
		take_lines(x, buf_text(&r.out));
	return done < 0 || !offers_agent ? done : refuse_own(x, e);
}
