/*
 * The command `evict`: an account or key is taken off this host. Phases, one visit each, so that a key opens nothing
 * any more on any host before the first session is cut:
 *
 *   look    what is there; how we came in. Changes nothing
 *   close   keys, entries, rights, jobs; the list of revoked keys
 *   cut     the same once more (somebody may have put it back), then what they have running
 *
 * Each tells what is left. Our own way in is never touched: it is refused before anything is changed.
 */
#include "base/mem.h"
#include "base/proc.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>

#define TOLD_MAX 2000u
#define RUN_LIMIT_MS 20000
#define RUN_OUTPUT_MAX ((size_t)256 << 20)

static void tell(json_t *list, const char *what, const char *where)
{
	json_t *one;

	if (json_array_size(list) >= TOLD_MAX)
		return;
	one = json_object();
	json_put(one, "what", what);
	json_put(one, "where", where);
	json_array_append_new(list, one);
}

void evict_left(struct evicting *v, const char *what, const char *where)
{
	tell(v->left, what, where);
}

void evict_done(struct evicting *v, const char *what, const char *where)
{
	tell(v->done, what, where);
}

void evict_unread(struct evicting *v, const char *what, const char *why)
{
	v->unread++;
	scout_unread(v->o, what, why);
}

int evict_run(struct evicting *v, const char *const *argv, const char *input, struct buf *ret_out, int *ret_status)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct proc_job job = { .argv = argv, .env = env, .input = input, .input_len = input ? strlen(input) : 0,
				.limit_ms = RUN_LIMIT_MS, .output_max = RUN_OUTPUT_MAX };
	struct proc_result r = { 0 };
	struct err e = ERR_INIT;
	int done = proc_run(&job, &r, &e);

	(void)v;
	if (done == 0 && r.timed_out)
		done = -ERR_IO;
	if (done == 0) {
		(void)buf_add(ret_out, buf_text(&r.out), r.out.len);
		*ret_status = r.status;
	} else if (e.code == ERR_IO && !r.timed_out) {
		*ret_status = 127;
		done = 0;
	}
	proc_result_free(&r);
	return done;
}

static bool is_account(const char *s)
{
	size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-") : 0;

	return n && n <= 32 && !s[n] && *s != '-';
}

static int read_users(const json_t *request, struct evicted_user *users, struct evicting *v, struct err *e)
{
	const json_t *list = json_object_get(request, "users");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *name = json_str(one, "name");

		if (i == EVICT_USERS_MAX || !is_account(name))
			return err_set(e, ERR_CONFIG, "request: \"users\" must hold at most %u names of accounts",
				       EVICT_USERS_MAX);
		if (!strcmp(name, "root"))
			return err_set(e, ERR_REFUSED, "the account 'root' is not evicted: all of the host is its");
		users[v->who.n_users++] = (struct evicted_user){ .name = name, .remove = json_is(one, "remove") };
	}
	v->who.users = users;
	return 0;
}

static int read_keys(const json_t *request, const char **keys, const char **lines, struct evicting *v, struct err *e)
{
	const json_t *list = json_object_get(request, "keys");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *fingerprint = json_str(one, "fingerprint");

		if (i == EVICT_KEYS_MAX || !fingerprint || !sshkey_is_fingerprint(fingerprint))
			return err_set(e, ERR_CONFIG, "request: \"keys\" must hold at most %u fingerprints",
				       EVICT_KEYS_MAX);
		lines[v->who.n_keys] = json_str(one, "key");
		keys[v->who.n_keys++] = fingerprint;
	}
	v->who.keys = keys;
	v->lines = lines;
	return 0;
}

static bool is_text(const json_t *j, const char *s)
{
	return json_is_string(j) && !strcmp(json_string_value(j), s);
}

/* ours: fingerprints of all keys that the responder could have come with, when which one it was is not known here. */
static int spare_ourselves(struct evicting *v, const json_t *request, const char *account, struct err *e)
{
	const char *fingerprint = json_str(json_object_get(v->o->result, "self"), "fingerprint");
	const json_t *ours = json_object_get(request, "ours");

	if (account && evicted_name(&v->who, account, strlen(account)))
		return err_set(e, ERR_REFUSED, "we came in as '%.32s', whom this evicts: come in with another account",
			       account);
	for (size_t i = 0; i < v->who.n_keys; i++) {
		bool same = fingerprint && !strcmp(v->who.keys[i], fingerprint);

		for (size_t k = 0; !fingerprint && k < json_array_size(ours); k++)
			same = same || is_text(json_array_get(ours, k), v->who.keys[i]);
		if (same)
			return err_set(e, ERR_REFUSED, "we came in with the key %s, which this evicts: come in with "
				       "another key", v->who.keys[i]);
	}
	if (!fingerprint && v->who.n_keys && !*v->o->root && !json_array_size(ours) && !json_is(request, "local"))
		return err_set(e, ERR_REFUSED, "the key that we came in with is not known here (neither "
			       "ExposeAuthInfo nor auth.log tells it): it could be the one that is evicted");
	return 0;
}

/* Of those who are evicted, who has an account on this host. */
static json_t *who_is_here(const struct evicting *v)
{
	json_t *here = json_array();

	for (size_t i = 0; i < v->n_accounts; i++) {
		const char *name = v->accounts[i].name;

		if (evicted_name(&v->who, name, strlen(name)) && json_array_size(here) < EVICT_USERS_MAX)
			json_array_append_new(here, json_string(name));
	}
	return here;
}

static void put_result(struct evicting *v)
{
	json_object_set_new(v->o->result, "here", who_is_here(v));
	json_object_set_new(v->o->result, "left", v->left);
	json_object_set_new(v->o->result, "done", v->done);
	json_object_set_new(v->o->result, "strangers", v->strangers);
	json_object_set_new(v->o->result, "opened", v->opened);
	json_object_set_new(v->o->result, "accounts", v->decided);
	if (v->who.n_keys && v->no_list)
		json_put(v->o->result, "list", v->revoked ? "some" : "none");
	json_put_int(v->o->result, "unread", v->unread);
	(void)snprintf(v->o->text, sizeof(v->o->text), "%zu left, %zu changed, %u not read", json_array_size(v->left),
		       json_array_size(v->done), v->unread);
}

static int evict(struct evicting *v, const json_t *request, bool cut, struct err *e)
{
	_cleanup_(evict_logins_free) struct logins logins = { 0 };
	_cleanup_(freep) char *account = NULL, *key = NULL;
	int r;

	evict_host_read(v);
	evict_logins(v, &logins, false);
	evict_self(v, &logins, &account, &key);
	r = spare_ourselves(v, request, account, e);
	if (r < 0)
		return r;
	v->own_key = key;
	evict_revoke(v);
	evict_places(v);
	if (cut || !v->change)
		evict_cut(v, &logins);
	if (v->change)
		e->effect = EFFECT_CHANGED;
	else
		evict_decide(v);
	return 0;
}

int scout_evict(const json_t *request, struct scout_out *o, struct err *e)
{
	static const char *const phases[] = { "look", "close", "cut" };
	struct evicted_user users[EVICT_USERS_MAX];
	const char *keys[EVICT_KEYS_MAX], *lines[EVICT_KEYS_MAX], *phase = json_str(request, "phase");
	struct evicting v = { .o = o, .incident = json_int(request, "incident", 0) };
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(phases) && (!phase || strcmp(phase, phases[i]) != 0))
		i++;
	if (i == ARRAY_SIZE(phases))
		return err_set(e, ERR_CONFIG, "request: \"phase\" must be look, close or cut");
	r = read_users(request, users, &v, e);
	if (r == 0)
		r = read_keys(request, keys, lines, &v, e);
	if (r < 0)
		return r;
	v.change = i > 0;
	v.left = json_array();
	v.done = json_array();
	v.strangers = json_array();
	v.opened = json_array();
	v.decided = json_array();
	r = evict(&v, request, i == 2, e);
	put_result(&v);
	evict_host_free(&v);
	return r;
}
