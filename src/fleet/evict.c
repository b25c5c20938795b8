#include "fleet/evict.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "fleet/evict_parts.h"
#include "model/limits.h"
#include <string.h>

static void eviction_end(struct eviction *x)
{
	for (uint32_t i = 0; i < x->n; i++) {
		json_decref(x->hosts[i].answer);
		json_decref(x->hosts[i].done);
		json_decref(x->hosts[i].strangers);
		json_decref(x->hosts[i].tries);
		json_decref(x->hosts[i].here);
		json_decref(x->hosts[i].opened);
		json_decref(x->hosts[i].asked);
		json_decref(x->hosts[i].accounts);
		json_decref(x->hosts[i].before);
		strv_free(&x->hosts[i].unread);
	}
	free(x->hosts);
	free(x->lost);
	json_decref(x->opened);
	strv_free(&x->ours);
	evict_list_free(&x->list);
	incident_free(x->incident);
}

static json_t *request(const struct eviction *x, uint32_t host, const char *phase)
{
	const struct firebreak_register *r = x->en->reg;
	json_t *outer = json_object(), *j = json_object(), *users = json_array(), *keys = json_array(), *ours =
		json_array();

	json_put(j, "phase", phase);
	json_put_int(j, "incident", x->incident->number);
	for (uint32_t i = 0; i < x->list.n_users; i++) {
		const struct user_def *u = &r->users[x->list.users[i]];
		json_t *one = json_object();

		json_put(one, "name", u->account);
		json_object_set_new(one, "remove", json_boolean(u->end == USER_REMOVE));
		json_array_append_new(users, one);
	}
	for (uint32_t i = 0; i < x->list.n_keys; i++) {
		json_t *one = json_object();

		json_put(one, "fingerprint", r->ssh_keys[x->list.keys[i]].fingerprint);
		json_put(one, "key", r->ssh_keys[x->list.keys[i]].line);
		json_array_append_new(keys, one);
	}
	for (size_t i = 0; i < x->ours.n; i++)
		json_array_append_new(ours, json_string(x->ours.s[i]));
	json_object_set_new(j, "users", users);
	json_object_set_new(j, "keys", keys);
	json_object_set_new(j, "ours", ours);
	json_object_set_new(j, "local", json_boolean(r->hosts[host].reach == REACH_LOCAL));
	json_object_set_new(outer, "evict", j);
	return outer;
}

void evict_end_host(struct eviction *x, struct evict_host *h, enum outcome o, enum effect effect, const char *text)
{
	_cleanup_(json_freep) json_t *result = json_object();

	h->on = false;
	h->ended = true;
	if (x->failure.code)
		return;
	if (h->answer)
		json_object_set(result, "left", json_object_get(h->answer, "left"));
	if (json_str(h->answer, "list"))
		json_put(result, "list", strcmp(json_str(h->answer, "list"), "some") ? "none" : "some");
	if (h->done)
		json_object_set(result, "done", h->done);
	if (h->strangers)
		json_object_set(result, "strangers", h->strangers);
	if (h->here)
		json_object_set(result, "here", h->here);
	if (h->asked)
		json_object_set(result, "logins", h->asked);
	if (h->accounts)
		json_object_set(result, "accounts", h->accounts);
	(void)evict_outcome(x, h->step, h->attempt, o, effect, text, h->tries, result, &x->failure);
}

static void on_line(const struct visit *v, enum wire_type type, const json_t *line, void *arg _unused_)
{
	struct evict_host *h = v->arg;
	const char *what = json_str(line, "what"), *why = json_str(line, "why");
	_cleanup_(buf_free) struct buf text = BUF_INIT(1000);

	if (type != WIRE_UNREAD)
		return;
	h->n_unread++;
	if (h->unread.n >= EVICT_UNREAD_MAX || !what || !why)
		return;
	text_visible(&text, what, strlen(what));
	(void)buf_str(&text, ": ");
	text_visible(&text, why, strlen(why));
	strv_add(&h->unread, buf_text(&text));
}

static void keep(json_t **to, const json_t *list)
{
	json_t *one;
	size_t i;

	if (!*to)
		*to = json_array();
	json_array_foreach(list, i, one)
		if (json_array_size(*to) < 2000)
			json_array_append(*to, one);
}

static void on_end(const struct visit *v, const struct visited *r, void *arg)
{
	struct eviction *x = arg;
	struct evict_host *h = v->arg;
	const json_t *answer = json_object_get(r->answer, "evict");
	bool changes = !strcmp(x->phase, "close") || !strcmp(x->phase, "cut");

	if (r->outcome == VISIT_DONE && json_is_object(answer)) {
		json_decref(h->answer);
		h->answer = json_incref((json_t *)(uintptr_t)answer);
		json_decref(h->tries);
		h->tries = json_incref((json_t *)(uintptr_t)r->tries);
		keep(&h->done, json_object_get(answer, "done"));
		evict_opened(x, h, json_object_get(answer, "opened"));
		if (!strcmp(x->phase, "look"))
			keep(&h->strangers, json_object_get(answer, "strangers"));
		if (!h->here)
			h->here = json_incref(json_object_get(answer, "here"));
		h->changed = h->changed || changes;
		return;
	}
	if (r->code == ERR_REFUSED && !*x->refused)
		(void)snprintf(x->refused, sizeof(x->refused), "%.100s: %.480s", v->host->name, r->text);
	/* from here on nothing of this host is known but that */
	json_decref(h->answer);
	h->answer = NULL;
	evict_end_host(x, h, r->outcome == VISIT_UNREACHABLE ? OUTCOME_UNREACHABLE
		     : r->outcome == VISIT_UNKNOWN ? OUTCOME_UNKNOWN : OUTCOME_FAILED,
		 r->outcome == VISIT_UNKNOWN ? EFFECT_UNKNOWN : h->changed ? EFFECT_CHANGED : r->effect,
		 r->outcome == VISIT_DONE ? "the host's answer is not one to an eviction" : r->text);
}

static int all_hosts(struct eviction *x, const char *phase, const char *title, bool fresh, struct err *e)
{
	_cleanup_(freep) struct visit *list = mem_zero(x->n + 1, sizeof(*list));
	struct visits how = {
		.warden = x->o->warden, .scout = x->o->scout, .ssh_config = x->en->reg->ssh_config,
		.changes = strcmp(phase, "look") != 0, .fresh = fresh, .at_once = x->o->at_once, .limit_ms =
			EVICT_VISIT_MS,
		.line = on_line, .end = on_end, .arg = x,
	};
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < x->n; i++)
		if (x->hosts[i].on) {
			strv_free(&x->hosts[i].unread);
			x->hosts[i].n_unread = 0;
			list[n++] = (struct visit){ .host = &x->en->reg->hosts[x->hosts[i].host],
						    .request = request(x, x->hosts[i].host, phase), .arg =
							&x->hosts[i] };
		}
	x->phase = title;
	if (x->o->phase && n)
		x->o->phase(title, n, x->o->arg);
	r = n ? fleet_visit(&how, list, n, e) : 0;
	for (uint32_t i = 0; i < n; i++)
		json_decref(list[i].request);
	if (r == 0 && x->failure.code) {
		*e = x->failure;
		r = -(int)x->failure.code;
	}
	return r;
}

static void on_unasked(struct eviction *x, struct evict_host *h, const struct worker_result *w)
{
	evict_end_host(x, h, w->code == ERR_NET ? OUTCOME_UNREACHABLE : OUTCOME_UNKNOWN, EFFECT_CHANGED, w->text);
}

static int begin(struct eviction *x, struct err *e)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < x->n; i++) {
		x->hosts[i].attempt = x->hosts[i].step->n_deeds + 1;
		x->hosts[i].on = true;
		r = evict_intent(x, x->hosts[i].step, x->hosts[i].attempt, e);
	}
	return r;
}

/* A host that says so may lie, and holds back itself. When nobody says otherwise, it is taken for true. */
static bool all_refuse(const struct eviction *x)
{
	bool any = false;

	for (uint32_t i = 0; i < x->n; i++)
		any = any || x->hosts[i].on;
	return *x->refused && !any;
}

static int give_up(const struct eviction *x, struct err *e)
{
	return err_set(e, ERR_REFUSED, "%s; nothing was changed on any host", x->refused);
}

static int work(struct eviction *x, struct err *e)
{
	int r = begin(x, e);

	if (r == 0)
		r = all_hosts(x, "look", "look", false, e);
	if (r == 0 && all_refuse(x))
		return give_up(x, e);
	if (r == 0)
		r = evict_ask(x, true, on_unasked, e);
	if (r == 0)
		r = evict_data(x, e);
	if (r == 0)
		r = evict_certificates(x, e);
	if (r == 0)
		r = all_hosts(x, "close", "close", false, e);
	if (r == 0)
		r = all_hosts(x, "cut", "cut", false, e);
	/* a login of its own: that we can still come in is part of the proof */
	if (r == 0)
		r = all_hosts(x, "look", "look again", true, e);
	if (r == 0)
		r = evict_ask(x, false, on_unasked, e);
	for (uint32_t i = 0; r == 0 && i < x->n; i++)
		if (x->hosts[i].on)
			evict_judge(x, &x->hosts[i]);
	if (r == 0 && x->failure.code) {
		*e = x->failure;
		r = -(int)e->code;
	}
	return r;
}

static bool has_lost(const struct eviction *x, const struct ref *declared, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (declared[i].kind == REF_HOST && evict_ends_certificate(x->en->reg, declared[i].index))
			return true;
	return false;
}

static const struct step_state *step_of(const struct eviction *x, const char *kind, uint32_t host)
{
	_cleanup_(freep) char *id = mem_printf("%s@%s", kind, x->en->reg->hosts[host].name);

	return incident_step(x->incident, id);
}

static bool is_done(const struct eviction *x, const char *kind, uint32_t host)
{
	const struct step_state *s = step_of(x, kind, host);

	return s && outcome_is_success(s->outcome);
}

static const struct step_state *step_to_do(const struct eviction *x, const char *kind, uint32_t host, bool again)
{
	const struct step_state *s = step_of(x, kind, host);

	return s && (again || !outcome_is_settled(s->outcome)) ? s : NULL;
}

static void choose_lost(struct eviction *x, const struct ref *declared, size_t n, const bool *named)
{
	x->lost = mem_zero(n + 1, sizeof(*x->lost));
	for (size_t i = 0; i < n; i++) {
		const struct firebreak_register *r = x->en->reg;
		struct evict_lost lost = { .host = declared[i].index };

		if (declared[i].kind != REF_HOST || !evict_ends_certificate(r, lost.host) ||
		    (named && !named[lost.host]))
			continue;
		lost.is_revoked = is_done(x, "certificate", lost.host);
		lost.certificate = step_to_do(x, "certificate", lost.host, named);
		lost.node = evict_cleans_node(r, lost.host) ? step_to_do(x, "node", lost.host, named) : NULL;
		if (lost.certificate || lost.node)
			x->lost[x->n_lost++] = lost;
	}
}

static int choose(struct eviction *x, const struct ref *declared, size_t n, struct err *e)
{
	const struct firebreak_register *r = x->en->reg;
	_cleanup_(freep) bool *named = mem_zero(r->n_hosts + 1, sizeof(*named));

	for (size_t i = 0; i < x->o->n_hosts; i++) {
		bool found = false;

		for (uint32_t h = 0; h < r->n_hosts; h++)
			if (text_matches(x->o->hosts[i], r->hosts[h].name))
				named[h] = found = true;
		for (uint32_t g = 0; g < r->n_groups; g++)
			for (uint32_t k = 0; !strcmp(r->groups[g].name, x->o->hosts[i]) && k < r->groups[g].hosts.n;
				k++)
				named[r->groups[g].hosts.i[k]] = found = true;
		if (!found)
			return err_set(e, ERR_USAGE, "no host, group or pattern of the register fits '%.100s'",
				x->o->hosts[i]);
	}
	x->hosts = mem_zero(r->n_hosts + 1, sizeof(*x->hosts));
	for (uint32_t h = 0; h < r->n_hosts; h++) {
		_cleanup_(freep) char *id = mem_printf("evict@%s", r->hosts[h].name);
		const struct step_state *s = incident_step(x->incident, id);

		if (s && (x->o->n_hosts ? named[h] : !outcome_is_settled(s->outcome)))
			x->hosts[x->n++] = (struct evict_host){ .host = h, .step = s };
	}
	choose_lost(x, declared, n, x->o->n_hosts ? named : NULL);
	return 0;
}

static int prepare(struct eviction *x, int64_t number, struct err *e)
{
	_cleanup_(incident_freep) struct incident *before = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	_cleanup_(freep) struct ref *declared = NULL, *members = NULL;
	size_t n, n_roots;
	int r = engine_incident(x->en->journal, number, &before, e);

	if (r == 0 && before->closed_us)
		return err_set(e, ERR_REFUSED, "incident %lld is closed", (long long)number);
	if (r == 0)
		r = engine_plan(x->en, before, &p, e);
	if (r == 0)
		r = engine_adopt(x->en, number, p, &x->incident, e);
	if (r < 0)
		return r;
	declared = mem_zero(before->n_what + 1, sizeof(*declared));
	for (uint32_t i = 0; r == 0 && i < before->n_what; i++)
		r = register_resolve(x->en->reg, before->what[i], &declared[i], e);
	if (r < 0)
		return r;
	if ((r = engine_reach(x->en, before, &members, &n, &n_roots, e)) < 0)
		return r;
	evict_list_of(x->en->reg, members, n, n_roots, &x->list);
	if (!x->list.n_users && !x->list.n_keys && !has_lost(x, declared, before->n_what))
		return err_set(e, ERR_USAGE, "incident %lld evicts nobody: declare a user (user/alice), an ssh key "
			       "(ssh-key/SHA256:...), or a host that holds one, or is lost and has a Puppet agent "
			       "(the register then needs 'puppet: {server: HOST}')", (long long)number);
	return choose(x, declared, before->n_what, e);
}

int evict_run(const struct engine *en, int64_t number, const struct evict_options *o, struct evict_result *ret,
	      struct err *e)
{
	_cleanup_(freep) char *path = mem_printf("%s/evict-%lld.lock", en->state_folder, (long long)number);
	_cleanup_(eviction_end) struct eviction x = { .en = en, .o = o, .ret = ret };
	_cleanup_(closep) int lock = -1;
	int r;

	*ret = (struct evict_result){ 0 };
	x.opened = json_array();
	r = fs_lock(path, &lock, e);
	if (r == -ERR_CONFLICT)
		return err_set(e, ERR_CONFLICT, "another run evicts for incident %lld", (long long)number);
	if (r == 0)
		r = prepare(&x, number, e);
	if (r == 0)
		r = evict_spare_us(&x, e);
	return r == 0 ? work(&x, e) : r;
}
