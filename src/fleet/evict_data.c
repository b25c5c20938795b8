/* The public users data: one chore of the worker, one step. */
#include "base/mem.h"
#include "engine/crew.h"
#include "fleet/evict_parts.h"
#include <string.h>

#define DATA_MS 120000

struct data_done { struct eviction *x; const struct step_state *step; uint32_t attempt; int r; struct err *e; };

static json_t *words(const struct names *names)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < names->n; i++)
		json_array_append_new(list, json_string(names->s[i]));
	return list;
}

static json_t *make_job(const struct eviction *x, const char *clone)
{
	const struct firebreak_register *r = x->en->reg;
	const struct users_data *d = &r->users_data;
	const struct repository *repo = &r->repositories[d->repository];
	json_t *j = json_object(), *from = json_object(), *users = json_array(), *keys = json_array(), *blobs =
		json_array();

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", "evict-users");
	json_put_int(j, "limit_ms", DATA_MS);
	json_put(from, "name", repo->name);
	json_put(from, "url", repo->url);
	json_put(from, "branch", repo->branch);
	json_put(from, "clone", clone);
	json_put(from, "ssh_config", r->ssh_config);
	json_object_set_new(j, "repository", from);
	json_put(j, "file", d->file);
	json_object_set_new(j, "people", words(&d->people));
	json_object_set_new(j, "groups", words(&d->groups));
	json_put(j, "keys", d->keys);
	json_put(j, "ensure", d->ensure);
	json_put(j, "members", d->members);
	for (uint32_t i = 0; i < x->list.n_users; i++)
		json_array_append_new(users, json_string(r->users[x->list.users[i]].account));
	for (uint32_t i = 0; i < x->list.n_keys; i++) {
		const struct ssh_key *k = &r->ssh_keys[x->list.keys[i]];

		json_array_append_new(keys, json_string(k->fingerprint));
		if (k->line)
			json_array_append_new(blobs, json_string(strchr(k->line, ' ') + 1));
	}
	json_object_set_new(j, "users", users);
	json_object_set_new(j, "fingerprints", keys);
	json_object_set_new(j, "words", blobs);
	json_put_int(j, "incident", x->incident->number);
	json_put(j, "author", x->en->who);
	return j;
}

static enum outcome outcome_of(const struct worker_result *w, bool elsewhere)
{
	if (w->ok)
		return elsewhere ? OUTCOME_FAILED : OUTCOME_PROVEN;
	if (w->effect == EFFECT_UNKNOWN)
		return OUTCOME_UNKNOWN;
	return w->code == ERR_NET ? OUTCOME_UNREACHABLE : OUTCOME_FAILED;
}

/* A key in another file of the repository opens hosts again at the next run of Puppet. */
static void on_done(struct worker_result *w, void *arg)
{
	struct data_done *d = arg;
	const json_t *elsewhere = json_object_get(w->result, "elsewhere");
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);
	size_t n = json_array_size(elsewhere);

	(void)buf_str(&text, w->text);
	if (w->ok && n)
		(void)buf_printf(&text, "; the key still stands in %zu other file%s, to be taken out by hand: ", n,
				 n == 1 ? "" : "s");
	for (size_t i = 0; w->ok && i < n && !text.over; i++)
		(void)buf_printf(&text, "%s%s", i ? ", " : "", json_string_value(json_array_get(elsewhere, i)));
	d->r = evict_outcome(d->x, d->step, d->attempt, outcome_of(w, n > 0), w->effect, buf_text(&text), w->tries,
		w->result,
			     d->e);
}

int evict_data(struct eviction *x, struct err *e)
{
	const struct firebreak_register *reg = x->en->reg;
	const struct users_data *d = &reg->users_data;
	_cleanup_(freep) char *id = NULL, *clone = NULL;
	_cleanup_(json_freep) json_t *job = NULL;
	struct data_done done = { .x = x, .e = e };
	int r;

	if (d->repository == NOTHING)
		return 0;
	id = mem_printf("evict-data:%s", reg->repositories[d->repository].name);
	clone = mem_printf("%s/clones/%s", x->en->state_folder, reg->repositories[d->repository].name);
	done.step = incident_step(x->incident, id);
	if (!done.step || outcome_is_settled(done.step->outcome))
		return 0;
	done.attempt = done.step->n_deeds + 1;
	r = evict_intent(x, done.step, done.attempt, e);
	if (r < 0)
		return r;
	job = make_job(x, clone);
	struct crew_job one = { .program = x->en->worker, .job = job, .limit_ms = DATA_MS, .done = on_done, .arg =
		&done };

	r = crew_run(&one, 1, 1, NULL, e);
	return r < 0 ? r : done.r;
}
