#include "base/clock.h"
#include "base/mem.h"
#include "driver/driver.h"
#include "engine/run.h"
#include "model/half_format.h"
#include <string.h>

static json_t *begin(const char *verb, int64_t limit_ms)
{
	json_t *j = json_object();

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", verb);
	json_put_int(j, "limit_ms", limit_ms);
	return j;
}

json_t *host_json(const struct run *r, uint32_t host)
{
	const struct host *h = &r->en->reg->hosts[host];
	json_t *j = json_object();

	json_put(j, "name", h->name);
	json_put(j, "address", h->address);
	json_object_set_new(j, "local", json_boolean(h->reach == REACH_LOCAL));
	json_put(j, "ssh_config", r->en->reg->ssh_config);
	json_put(j, "control", r->control);
	return j;
}

json_t *names_json(const struct names *n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n->n; i++)
		json_array_append_new(list, json_string(n->s[i]));
	return list;
}

static void lend(struct wire_secrets *w, const char *name, const struct secret *s)
{
	if (s)
		wire_secrets_add(w, name, secret_copy(s));
}

static bool admin_is_changed(const struct run *r, uint32_t secret, const char *address)
{
	for (uint32_t i = 0; i < r->plan->n; i++) {
		const struct step *s = &r->plan->steps[i];

		if (s->secret == secret && s->account != NOTHING && (s->what == DO_CHANGE || s->what == DO_RETIRE) &&
		    !strcmp(r->en->reg->secrets[secret].accounts[s->account].address, address))
			return outcome_is_success(r->track[i].outcome);
	}
	return false;
}

/* A probe logs in with old and new: for want of the admin nobody is left without an answer. */
static int lend_admin(struct run *r, uint32_t step, bool probe, struct wire_secrets *w, struct err *e)
{
	const struct step *s = &r->plan->steps[step];
	const struct account *a = &r->en->reg->secrets[s->secret].accounts[s->account];
	uint32_t admin;

	if (!step_needs_admin(r, step, &admin))
		return 0;
	struct value *v = value_of(r, admin);

	/* The next step or try that needs it asks again. */
	if (v->have == HAVE_FAILED)
		v->have = HAVE_NOT;
	if (v->have != HAVE_IT)
		return probe ? 0 : err_set(e, v->code, "%s", v->why);
	lend(w, "admin", v->new && admin_is_changed(r, admin, a->address) ? v->new : v->old);
	return 0;
}

static const char *const verbs[STEP_DOS] = {
	[DO_VALUES] = "read-place", [DO_COMMIT] = "write-place", [DO_WITHDRAW] = "withdraw", [DO_PUBLISH] = "publish",
	[DO_ISSUE] = "issue", [DO_REVOKE] = "revoke", [DO_HOLD] = "hold", [DO_RESUME] = "resume",
	[DO_INSPECT] = "inspect", [DO_STAGE] = "stage", [DO_CHANGE] = "change", [DO_RETIRE] = "retire",
	[DO_CUT] = "cut", [DO_DRAIN] = "drain", [DO_PROVE] = "probe",
	[DO_APPLY] = "apply", [DO_SETTLE] = "apply", [DO_RESTART] = "restart", [DO_LOOK] = "look",
	[DO_RESIDUE] = "residue",
	[DO_KEEP] = "keep", [DO_PULL] = "pull", [DO_GONE] = "gone",
};

static int native_job(struct run *r, uint32_t step, enum phase phase, json_t **ret, struct wire_secrets *w,
		      struct err *e)
{
	const struct step *s = &r->plan->steps[step];
	const struct account *a = &r->en->reg->secrets[s->secret].accounts[s->account];
	const struct value *v = value_of(r, s->secret);
	uint32_t from = s->host != NOTHING ? s->host : a->from.n ? a->from.i[0] : NOTHING;
	uint32_t host = register_account_host(r->en->reg, a);
	int x = lend_admin(r, step, phase == PHASE_PROBE || s->what == DO_PROVE, w, e);

	if (x < 0)
		return x;
	json_t *j = begin(phase == PHASE_PROBE ? "probe" : verbs[phase == PHASE_CHANGE ? DO_CHANGE : s->what],
			  s->limit_ms);

	json_put(j, "driver", a->driver);
	json_put(j, "address", a->address);
	json_object_set_new(j, "users", names_json(&a->users));
	if (a->options)
		json_object_set_new(j, "options", json_deep_copy(a->options));
	json_object_set_new(j, "replica", json_boolean(a->role == ROLE_REPLICA));
	json_put(j, "admin_user", a->admin_user);
	json_put(j, "old_tag", v->old_tag);
	json_put(j, "new_tag", v->new_tag);
	json_put_int(j, "since_us", r->since_us);
	if (from != NOTHING)
		json_object_set_new(j, "from", host_json(r, from));
	if (host != NOTHING)
		json_object_set_new(j, "host", host_json(r, host));
	lend(w, "old", v->old);
	lend(w, "new", v->new);
	*ret = j;
	return 0;
}

void job_of_try(const struct engine *en, const struct account *a, int64_t limit_ms, json_t **ret)
{
	_cleanup_(freep) char *control = mem_printf("%s/control", en->state_folder);
	const struct run r = { .en = en, .control = control };
	uint32_t host = register_account_host(en->reg, a);
	json_t *j = begin("probe", limit_ms);

	json_put(j, "driver", a->driver);
	json_put(j, "address", a->address);
	json_object_set_new(j, "users", names_json(&a->users));
	if (a->options)
		json_object_set_new(j, "options", json_deep_copy(a->options));
	json_object_set_new(j, "replica", json_boolean(a->role == ROLE_REPLICA));
	if (a->from.n)
		json_object_set_new(j, "from", host_json(&r, a->from.i[0]));
	if (host != NOTHING)
		json_object_set_new(j, "host", host_json(&r, host));
	*ret = j;
}

/* Output of a configuration run may show the values: the worker gets those of this host's secrets to keep them out. */
static void lend_for_host(struct run *r, uint32_t host, struct wire_secrets *w)
{
	for (uint32_t i = 0; i < r->n_values && w->n + 2 <= WIRE_SECRETS_MAX; i++) {
		const struct secret_def *def = &r->en->reg->secrets[r->values[i].secret];
		char name[32];
		bool here = false;

		for (uint32_t c = 0; c < def->n_consumers; c++)
			for (uint32_t h = 0; h < def->consumers[c].hosts.n; h++)
				here = here || def->consumers[c].hosts.i[h] == host;
		if (!here)
			continue;
		snprintf(name, sizeof(name), "old%u", i);
		lend(w, name, r->values[i].old);
		snprintf(name, sizeof(name), "new%u", i);
		lend(w, name, r->values[i].new);
	}
}

static int host_job(struct run *r, uint32_t step, json_t **ret, struct wire_secrets *w)
{
	const struct step *s = &r->plan->steps[step];
	const struct host *h = &r->en->reg->hosts[s->host];
	json_t *j = begin(verbs[s->what], s->limit_ms);

	json_object_set_new(j, "host", host_json(r, s->host));
	if (s->what == DO_APPLY || s->what == DO_SETTLE) {
		json_put(j, "apply", register_apply_name(h->configuration.apply));
		json_object_set_new(j, "command", names_json(&h->configuration.command));
		json_object_set_new(j, "options", names_json(&h->configuration.options));
		json_put(j, "expect", s->what == DO_SETTLE ? "unchanged" : "any");
		lend_for_host(r, s->host, w);
	} else {
		const struct value *v = value_of(r, s->secret);

		if (s->what == DO_RESIDUE)
			engine_residue_places(r->en, s->host, false, j);
		lend(w, "old", v->old);
		lend(w, "new", v->new);
	}
	if (s->consumer != NOTHING) {
		const struct consumer *c = &r->en->reg->secrets[s->secret].consumers[s->consumer];

		json_put(j, "file", c->file);
		json_put(j, "service", c->service);
		json_object_set_new(j, "command", names_json(&c->restart_command));
	}
	*ret = j;
	return 0;
}

static int issuer_job(struct run *r, uint32_t step, json_t **ret, struct wire_secrets *w)
{
	const struct step *s = &r->plan->steps[step];
	const struct value *v = value_of(r, s->secret);
	json_t *j = begin(verbs[s->what], s->limit_ms);

	issuer_of_step(r, s, j);
	lend(w, "old", v->old);
	lend(w, "new", v->new);
	*ret = j;
	return 0;
}

int job_of_step(struct run *r, uint32_t step, enum phase phase, json_t **ret, struct wire_secrets *secrets,
		struct err *e)
{
	const struct step *s = &r->plan->steps[step];

	if (s->secret != NOTHING && s->what != DO_RESTART && value_of(r, s->secret)->have != HAVE_IT)
		return err_set(e, ERR_REFUSED, "the values of '%s' are not there yet",
			       r->en->reg->secrets[s->secret].name);
	if (step_is_issuers(s))
		return issuer_job(r, step, ret, secrets);
	return s->account != NOTHING ? native_job(r, step, phase, ret, secrets, e) : host_job(r, step, ret, secrets);
}

static void repository_json(const struct run *r, uint32_t index, json_t *list)
{
	const struct repository *repo = &r->en->reg->repositories[index];
	_cleanup_(freep) char *clone = mem_printf("%s/%s", r->clones, repo->name);
	json_t *j, *known;
	size_t i;

	json_array_foreach(list, i, known)
		if (!strcmp(json_str(known, "name"), repo->name))
			return;
	j = json_object();
	json_put(j, "name", repo->name);
	json_put(j, "url", repo->url);
	json_put(j, "branch", repo->branch);
	json_put(j, "clone", clone);
	json_put(j, "ssh_config", r->en->reg->ssh_config);
	json_put(j, "eyaml_public", repo->eyaml_public);
	json_put(j, "eyaml_private", repo->eyaml_private);
	json_array_append_new(list, j);
}

/* The places of one secret; repository NOTHING: all of them. */
static json_t *places_json(const struct run *r, uint32_t secret, uint32_t repository, json_t *repositories)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];
	json_t *list = json_array();

	for (uint32_t i = 0; i < def->n_places; i++) {
		const struct place *p = &def->places[i];
		json_t *j;

		if (repository != NOTHING && p->repository != repository)
			continue;
		j = json_object();
		json_put(j, "repository", r->en->reg->repositories[p->repository].name);
		json_put(j, "file", p->file);
		json_put(j, "key", p->key);
		json_array_append_new(list, j);
		repository_json(r, p->repository, repositories);
	}
	return list;
}

static void secret_json(struct run *r, uint32_t secret, uint32_t repository, uint32_t as, json_t *job)
{
	json_t *j = json_object();
	char name[32];

	json_put(j, "name", r->en->reg->secrets[secret].name);
	snprintf(name, sizeof(name), "old%u", as);
	json_put(j, "old", name);
	snprintf(name, sizeof(name), "new%u", as);
	json_put(j, "new", name);
	json_object_set_new(j, "places", places_json(r, secret, repository, json_object_get(job, "repositories")));
	json_array_append_new(json_object_get(job, "secrets"), j);
}

static json_t *half_file(const struct run *r, const struct public_half *h, const char *file)
{
	json_t *j = json_object();

	json_put(j, "repository", r->en->reg->repositories[h->repository].name);
	json_put(j, "file", file);
	return j;
}

/* An entry of a job that writes public halves: its places are the files of one half. */
static void half_json(const struct run *r, const struct step *s, json_t *job)
{
	const struct public_half *h = &r->en->reg->secrets[s->secret].public_halves[s->half];
	const struct half_format *f = half_format_find(h->format);
	const char *also = f->also && h->options ? json_str(h->options, f->also) : NULL;
	json_t *entries = json_object_get(job, "secrets"), *half = json_object(), *places = json_array();
	json_t *j = json_array_get(entries, json_array_size(entries) - 1);

	json_array_append_new(places, half_file(r, h, h->file));
	if (also)
		json_array_append_new(places, half_file(r, h, also));
	json_put(half, "format", h->format);
	if (h->options)
		json_object_set_new(half, "options", json_deep_copy(h->options));
	json_object_set_new(half, "check", names_json(&h->check));
	if (issued_of(r, s))
		json_object_set_new(half, "issued", json_deep_copy(issued_of(r, s)));
	json_object_set_new(j, "half", half);
	json_object_set_new(j, "places", places);
	repository_json(r, h->repository, json_object_get(job, "repositories"));
}

static json_t *git_job(const char *verb, int64_t limit_ms)
{
	json_t *j = begin(verb, limit_ms);

	json_object_set_new(j, "repositories", json_array());
	json_object_set_new(j, "secrets", json_array());
	return j;
}

static void commit_words(struct run *r, json_t *job)
{
	struct journal_head head = { 0 };
	struct err ignored = ERR_INIT;
	_cleanup_(freep) char *trailer = NULL;

	json_put_int(job, "incident", r->number);
	json_put(job, "author", r->en->who);
	/* The head leaves the machine with each commit, so that a cut tail of the journal is seen. */
	if (journal_head(r->en->journal, &head, &ignored) == 0) {
		trailer = mem_printf("Firebreak-Journal: %lld %s", (long long)head.seq, head.mac);
		json_put(job, "trailer", trailer);
	}
}

/* A writer begins at the commit that this run saw last: its push tells whether that was still the newest. */
static void known_heads(const struct run *r, json_t *job)
{
	json_t *repository;
	size_t i;

	json_array_foreach(json_object_get(job, "repositories"), i, repository)
		for (uint32_t k = 0; k < r->en->reg->n_repositories; k++)
			if (*r->heads[k] && !strcmp(r->en->reg->repositories[k].name, json_str(repository, "name")))
				json_put(repository, "head", r->heads[k]);
}

int job_of_batch(struct run *r, const struct doing *d, json_t **ret, struct wire_secrets *secrets, struct err *e)
{
	const struct step *first = &r->plan->steps[d->steps[0]];
	bool write = first->what != DO_VALUES;
	_cleanup_(json_freep) json_t *j = git_job(verbs[first->what], first->limit_ms);

	for (uint32_t i = 0; i < d->n; i++) {
		const struct step *s = &r->plan->steps[d->steps[i]];
		struct value *v = value_of(r, s->secret);
		char name[32];

		if (!r->en->reg->secrets[s->secret].n_places)
			return err_set(e, ERR_CONFIG, "'%s' has no place in the register: add where its value is kept",
				       r->en->reg->secrets[s->secret].name);
		secret_json(r, s->secret, s->repository, i, j);
		if (!write)
			json_put(json_array_get(json_object_get(j, "secrets"), i), "make", value_kind(r, s->secret));
		if (s->back)
			json_object_set_new(json_array_get(json_object_get(j, "secrets"), i), "back", json_true());
		if (s->half != NOTHING)
			half_json(r, s, j);
		if (!write)
			continue;
		if (v->have != HAVE_IT)
			return err_set(e, ERR_REFUSED, "the values of '%s' are not there yet",
				       r->en->reg->secrets[s->secret].name);
		snprintf(name, sizeof(name), "old%u", i);
		lend(secrets, name, v->old);
		snprintf(name, sizeof(name), "new%u", i);
		lend(secrets, name, v->new);
	}
	if (step_is_issuers(first))
		issuer_of_step(r, first, j);
	for (uint32_t i = 0; i < d->n_admins; i++)
		secret_json(r, d->admins[i], NOTHING, d->n + i, j);
	if (write) {
		commit_words(r, j);
		known_heads(r, j);
	}
	*ret = TAKE(j);
	return 0;
}

void job_of_reading(struct run *r, const uint32_t *secrets, uint32_t n, int64_t limit_ms, json_t **ret)
{
	*ret = git_job("read-place", limit_ms);
	for (uint32_t i = 0; i < n; i++)
		secret_json(r, secrets[i], NOTHING, i, *ret);
}

int job_of_fetch(struct run *r, uint32_t secret, json_t **ret, struct err *e)
{
	json_t *j;

	if (!r->en->reg->secrets[secret].n_places)
		return err_set(e, ERR_CONFIG, "the admin's secret '%s' has no place in the register",
			       r->en->reg->secrets[secret].name);
	j = git_job("read-place", 60000);
	secret_json(r, secret, NOTHING, 0, j);
	*ret = j;
	return 0;
}
