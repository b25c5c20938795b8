/* Would sshd let them in? The files say no in the end; this asks the sshd that runs, which may read others. It is asked
 * before anything is changed as well: that a login is refused which never was accepted shows nothing. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "engine/crew.h"
#include "fleet/evict_parts.h"
#include <string.h>
#include <unistd.h>

#define ASK_JOB_MS 240000

struct asking { struct eviction *x; struct evict_host *h; json_t *job; bool before;
	void (*gone)(struct eviction *x, struct evict_host *h, const struct worker_result *r); };

void evict_opened(struct eviction *x, struct evict_host *h, const json_t *opened)
{
	const json_t *one;
	size_t i;

	if (!h->opened)
		h->opened = json_array();
	json_array_foreach(opened, i, one)
		if (!evict_asks_tell(x->opened, h->opened, json_str(one, "account"), json_str(one, "key")))
			h->tells_more = true;
}

/* What the register knows: a key of theirs is asked for as them and as root, wherever it stood. */
static void add_known(struct eviction *x)
{
	const struct firebreak_register *r = x->en->reg;

	for (uint32_t i = 0; i < x->list.n_keys; i++) {
		const struct ssh_key *k = &r->ssh_keys[x->list.keys[i]];

		evict_asks_know(x->opened, "root", k->line);
		for (uint32_t u = 0; u < k->users.n; u++)
			evict_asks_know(x->opened, r->users[k->users.i[u]].account, k->line);
	}
	evict_asks_sort(x->opened);
}

/* One file for each key, named by its fingerprint: a run that is cut short leaves public halves there, and the next one
 * writes them again. */
static char *key_file(const struct eviction *x, const char *fingerprint)
{
	char *path = mem_printf("%s/evict-%s.pub", x->en->state_folder, fingerprint + strlen("SHA256:"));

	for (char *c = path + strlen(x->en->state_folder) + 1; *c; c++)
		if (*c == '/')
			*c = '_';
	return path;
}

static int write_list(struct eviction *x, const json_t *list, bool there, struct err *e)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		_cleanup_(freep) char *path = key_file(x, json_str(one, "fingerprint"));
		_cleanup_(freep) char *line = mem_printf("%s\n", json_str(one, "key"));
		int r;

		if (!there) {
			(void)unlink(path);
			continue;
		}
		r = fs_write_atomic(path, line, strlen(line), 0600, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_keys(struct eviction *x, bool there, struct err *e)
{
	int r = write_list(x, x->opened, there, e);

	for (uint32_t i = 0; r == 0 && i < x->n; i++)
		r = write_list(x, x->hosts[i].opened, there, e);
	return r;
}

static json_t *make_job(const struct eviction *x, struct evict_host *to)
{
	const struct host *h = &x->en->reg->hosts[to->host];
	_cleanup_(json_freep) json_t *logins = evict_asks_of(x->opened, to->opened, &to->n_missing, &to->n_left_out);
	json_t *j = json_object(), *host = json_object(), *asks = json_array();
	const json_t *one;
	size_t i;

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", "logins");
	json_put_int(j, "limit_ms", ASK_JOB_MS);
	json_put(host, "name", h->name);
	json_put(host, "address", h->address);
	json_put(host, "ssh_config", x->en->reg->ssh_config);
	json_object_set_new(j, "host", host);
	json_array_foreach(logins, i, one) {
		_cleanup_(freep) char *path = key_file(x, json_str(one, "fingerprint"));
		json_t *ask = json_object();

		json_put(ask, "account", json_str(one, "account"));
		json_put(ask, "key", json_str(one, "fingerprint"));
		json_put(ask, "file", path);
		json_array_append_new(asks, ask);
	}
	json_object_set_new(j, "asks", asks);
	json_object_set_new(j, "accounts", evict_accounts_asked(x));
	return j;
}

static void count(struct evict_host *h)
{
	const json_t *one;
	size_t i;

	json_array_foreach(h->asked, i, one) {
		const char *answer = json_str(one, "answer");

		h->n_accepted += answer && !strcmp(answer, "accepted");
		if (answer && (!strcmp(answer, "accepted") || !strcmp(answer, "refused")))
			continue;
		if (!h->n_unasked++)
			(void)snprintf(h->unasked, sizeof(h->unasked), "%.40s: %.200s", json_str(one, "account"),
				       json_str(one, "text"));
	}
}

/* Whatever it said, and when it said nothing: the next run has to know that this one went on to change the host. */
static void keep_before(struct eviction *x, struct evict_host *h, const json_t *result, const char *why)
{
	const json_t *answers = json_object_get(result, "answers");

	evict_note_from(h, answers);
	json_decref(h->before);
	h->before = json_object();
	json_put(h->before, "host", x->en->reg->hosts[h->host].name);
	json_object_set_new(h->before, "logins", answers ? json_incref((json_t *)(uintptr_t)answers) : json_array());
	json_object_set_new(h->before, "accounts", evict_accounts_before(h, json_object_get(result, "offers")));
	json_put(h->before, "text", why);
	if (!x->failure.code)
		(void)evict_asked(x, h->step, h->attempt, h->before, &x->failure);
}

static void compare(struct evict_host *h, const json_t *offers)
{
	_cleanup_(freep) const json_t **rows = mem_zero(h->step->n_asked + 1, sizeof(void *));
	uint32_t n = 0;
	json_t *one;
	size_t i;

	while (n < h->step->n_asked) {
		rows[n] = h->step->asked[n];
		n++;
	}
	if (h->before)
		rows[n++] = h->before;
	json_array_foreach(h->asked, i, one)
		json_put(one, "before", evict_before(rows, n, json_str(one, "account"), json_str(one, "key")));
	evict_note_from(h, h->asked);
	evict_accounts_compare(h, offers, rows, n);
}

static void on_done(struct worker_result *w, void *arg)
{
	struct asking *a = arg;
	const json_t *answers = json_object_get(w->result, "answers");
	size_t wanted = json_array_size(json_object_get(a->job, "asks"));

	if (a->before) {
		keep_before(a->x, a->h, w->ok ? w->result : NULL, w->ok ? NULL : w->text);
		return;
	}
	if (!w->ok) {
		a->gone(a->x, a->h, w);
		return;
	}
	a->h->asked = json_incref((json_t *)(uintptr_t)answers);
	count(a->h);
	compare(a->h, json_object_get(w->result, "offers"));
	if (json_array_size(answers) != wanted || a->h->n_missing || a->h->tells_more) {
		a->h->n_unasked++;
		(void)snprintf(a->h->unasked, sizeof(a->h->unasked), "%zu were asked for, and it tells of %s",
			       json_array_size(answers), a->h->tells_more ? "more than are asked for" : "others");
	}
}

int evict_ask(struct eviction *x, bool before,
	      void (*gone)(struct eviction *x, struct evict_host *h, const struct worker_result *r), struct err *e)
{
	_cleanup_(freep) struct asking *asking = mem_zero(x->n + 1, sizeof(*asking));
	_cleanup_(freep) struct crew_job *jobs = mem_zero(x->n + 1, sizeof(*jobs));
	uint32_t n = 0;
	int r;

	add_known(x);
	for (uint32_t i = 0; i < x->n; i++) {
		struct evict_host *h = &x->hosts[i];
		const struct host *of = &x->en->reg->hosts[h->host];

		if (!h->on)
			continue;
		if (!json_array_size(x->opened) && !json_array_size(h->opened))
			(void)snprintf(h->unasked, sizeof(h->unasked), "no public key is known to ask with");
		if (of->reach != REACH_SSH) {
			(void)snprintf(h->unasked, sizeof(h->unasked), "it is not reached over ssh");
			if (before)
				keep_before(x, h, NULL, h->unasked);
			else
				compare(h, NULL);
			continue;
		}
		asking[n] = (struct asking){ x, h, make_job(x, h), before, gone };
		jobs[n] = (struct crew_job){ .program = x->o->warden, .job = asking[n].job, .limit_ms = ASK_JOB_MS,
					     .done = on_done, .arg = &asking[n] };
		n++;
	}
	if (n && x->o->phase)
		x->o->phase(before ? "ask what opens" : "ask for logins", n, x->o->arg);
	r = n ? write_keys(x, true, e) : 0;
	if (r == 0 && n)
		r = crew_run(jobs, n, x->o->at_once, NULL, e);
	(void)write_keys(x, false, NULL);
	for (uint32_t i = 0; i < n; i++)
		json_decref(asking[i].job);
	if (r == 0 && x->failure.code) {
		*e = x->failure;
		r = -(int)x->failure.code;
	}
	return r;
}
