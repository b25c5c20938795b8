/* What ends with a lost host at the Puppet server, one chore of the worker for each: the certificate of its agent; then
 * what PuppetDB and the server's caches have of it. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/crew.h"
#include "fleet/evict_parts.h"
#include <string.h>
#include <unistd.h>

#define END_MS 180000

struct ending {
	struct eviction *x;
	struct evict_lost *lost;
	const struct step_state *step;
	bool is_certificate;
	json_t *job;
	uint32_t attempt;
};

static json_t *host_json(const struct eviction *x, uint32_t host, const char *control)
{
	const struct host *h = &x->en->reg->hosts[host];
	json_t *j = json_object();

	json_put(j, "name", h->name);
	json_put(j, "address", h->address);
	json_object_set_new(j, "local", json_boolean(h->reach == REACH_LOCAL));
	json_put(j, "ssh_config", x->en->reg->ssh_config);
	json_put(j, "control", control);
	return j;
}

static json_t *make_job(const struct ending *d, const char *control)
{
	const struct firebreak_register *r = d->x->en->reg;
	uint32_t database = evict_database(r);
	json_t *j = json_object();

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", d->is_certificate ? "end-certificate" : "clean-node");
	json_put_int(j, "limit_ms", END_MS);
	json_object_set_new(j, "host", host_json(d->x, r->puppet.server, control));
	if (!d->is_certificate && database != r->puppet.server)
		json_object_set_new(j, "database", host_json(d->x, database, control));
	json_put(j, "certname", evict_certname(&r->hosts[d->lost->host]));
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

	if (d->is_certificate)
		d->lost->is_revoked = outcome_of(w) == OUTCOME_PROVEN;
	if (!d->x->failure.code)
		(void)evict_outcome(d->x, d->step, d->attempt, outcome_of(w), effect, w->text, w->tries, w->result,
				    &d->x->failure);
}

static const char *why_not(const struct ending *d)
{
	if (is_ours(&d->x->en->reg->hosts[d->lost->host]))
		return "it is the host that this is done from: nothing was sent; do it from another one";
	if (!d->is_certificate && !d->lost->is_revoked)
		return "its certificate is not proven to be revoked, and an agent that has it would be back with its "
		       "next run: nothing was sent";
	return NULL;
}

static int begin(struct ending *d, bool *ret_goes, struct err *e)
{
	const char *why;
	int r;

	d->attempt = d->step->n_deeds + 1;
	r = evict_intent(d->x, d->step, d->attempt, e);
	why = why_not(d);
	if (r == 0 && why)
		return evict_outcome(d->x, d->step, d->attempt, OUTCOME_FAILED, EFFECT_NONE, why, NULL, NULL, e);
	*ret_goes = r == 0;
	return r;
}

static int end_each(struct eviction *x, bool is_certificate, struct err *e)
{
	_cleanup_(freep) struct ending *endings = mem_zero(x->n_lost + 1, sizeof(*endings));
	_cleanup_(freep) struct crew_job *jobs = mem_zero(x->n_lost + 1, sizeof(*jobs));
	_cleanup_(freep) char *control = fs_join(x->en->state_folder, "control");
	uint32_t n = 0;
	int r = x->n_lost ? fs_mkdirs(control, 0700, e) : 0;

	for (uint32_t i = 0; r == 0 && i < x->n_lost; i++) {
		struct evict_lost *lost = &x->lost[i];
		const struct step_state *step = is_certificate ? lost->certificate : lost->node;
		bool goes = false;

		if (!step)
			continue;
		endings[n] = (struct ending){ .x = x, .lost = lost, .step = step, .is_certificate = is_certificate };
		r = begin(&endings[n], &goes, e);
		if (r < 0 || !goes)
			continue;
		endings[n].job = make_job(&endings[n], control);
		jobs[n] = (struct crew_job){ .program = x->en->worker, .job = endings[n].job, .limit_ms = END_MS,
					     .done = on_done, .arg = &endings[n] };
		n++;
	}
	if (r == 0 && n && x->o->phase)
		x->o->phase(is_certificate ? "revoke certificates" : "clean nodes", n, x->o->arg);
	/* one after the other: it is one CA, one server */
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

int evict_certificates(struct eviction *x, struct err *e)
{
	int r = end_each(x, true, e);

	return r == 0 ? end_each(x, false, e) : r;
}
