/* The certificates of lost hosts' Puppet agents: one chore of the worker for each, on the host of the CA. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/crew.h"
#include "fleet/evict_parts.h"
#include <string.h>
#include <unistd.h>

#define END_MS 180000

struct ending {
	struct eviction *x;
	const struct step_state *step;
	json_t *job;
	uint32_t attempt;
};

static json_t *make_job(const struct eviction *x, const struct host *lost, const char *control)
{
	const struct firebreak_register *r = x->en->reg;
	const struct host *ca = &r->hosts[r->puppet.server];
	json_t *j = json_object(), *host = json_object();

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", "end-certificate");
	json_put_int(j, "limit_ms", END_MS);
	json_put(host, "name", ca->name);
	json_put(host, "address", ca->address);
	json_object_set_new(host, "local", json_boolean(ca->reach == REACH_LOCAL));
	json_put(host, "ssh_config", r->ssh_config);
	json_put(host, "control", control);
	json_object_set_new(j, "host", host);
	json_put(j, "certname", evict_certname(lost));
	json_put(j, "config", r->puppet.config);
	return j;
}

/* "web2" is "web2.example.org", where one of them is not told in full. */
static bool is_same(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return n && !strncmp(a, b, n) && (!a[n] || a[n] == '.') && (!b[n] || b[n] == '.');
}

/* Where the work is done from: by the register, and by the name that this machine gives itself. */
static bool is_ours(const struct host *h)
{
	char name[256] = "";

	return h->reach == REACH_LOCAL ||
	       (gethostname(name, sizeof(name) - 1) == 0 && (is_same(h->name, name) ||
						      is_same(evict_certname(h), name)));
}

static enum outcome outcome_of(const struct worker_result *w)
{
	if (w->ok)
		return OUTCOME_PROVEN;
	if (w->effect == EFFECT_UNKNOWN)
		return OUTCOME_UNKNOWN;
	return w->code == ERR_NET ? OUTCOME_UNREACHABLE : OUTCOME_FAILED;
}

static void on_done(struct worker_result *w, void *arg)
{
	struct ending *d = arg;
	enum effect effect = w->ok && json_is(w->result, "changed") ? EFFECT_CHANGED : w->effect;

	if (!d->x->failure.code)
		(void)evict_outcome(d->x, d->step, d->attempt, outcome_of(w), effect, w->text, w->tries, w->result,
				    &d->x->failure);
}

static int begin(struct ending *d, struct eviction *x, const struct host *lost, bool *ret_goes, struct err *e)
{
	_cleanup_(freep) char *id = mem_printf("certificate@%s", lost->name);
	int r;

	*d = (struct ending){ .x = x, .step = incident_step(x->incident, id) };
	*ret_goes = false;
	if (!d->step)
		return 0;
	d->attempt = d->step->n_deeds + 1;
	r = evict_intent(x, d->step, d->attempt, e);
	if (r == 0 && is_ours(lost))
		return evict_outcome(x, d->step, d->attempt, OUTCOME_FAILED, EFFECT_NONE, "it is the host that this is "
				     "done from: nothing was sent; do it from another one", NULL, NULL, e);
	*ret_goes = r == 0;
	return r;
}

int evict_certificates(struct eviction *x, struct err *e)
{
	_cleanup_(freep) struct ending *endings = mem_zero(x->n_lost + 1, sizeof(*endings));
	_cleanup_(freep) struct crew_job *jobs = mem_zero(x->n_lost + 1, sizeof(*jobs));
	_cleanup_(freep) char *control = fs_join(x->en->state_folder, "control");
	uint32_t n = 0;
	int r = x->n_lost ? fs_mkdirs(control, 0700, e) : 0;

	for (uint32_t i = 0; r == 0 && i < x->n_lost; i++) {
		const struct host *lost = &x->en->reg->hosts[x->lost[i]];
		bool goes;

		r = begin(&endings[n], x, lost, &goes, e);
		if (r < 0 || !goes)
			continue;
		endings[n].job = make_job(x, lost, control);
		jobs[n] = (struct crew_job){ .program = x->en->worker, .job = endings[n].job, .limit_ms = END_MS,
					     .done = on_done, .arg = &endings[n] };
		n++;
	}
	if (r == 0 && n && x->o->phase)
		x->o->phase("revoke certificates", n, x->o->arg);
	/* one after the other: it is one CA */
	if (r == 0 && n)
		r = crew_run(jobs, n, 1, NULL, e);
	for (uint32_t i = 0; i < n; i++)
		json_decref(endings[i].job);
	if (r == 0 && x->failure.code) {
		*e = x->failure;
		r = -(int)e->code;
	}
	return r;
}
