#include "base/mem.h"
#include "fleet/evidence.h"

#define LIMIT_MORE_MS 20000          /* beside the reading: the login, the way back */

struct taking {
	const struct engine *en;
	const struct evidence_taking *how;
	int64_t incident;
	struct fleet_evidence *places;
	struct visit *visits;
	struct evidence_taken *sum;
	int failed;                  /* of the journal: what is taken from then on has no row */
	struct err e;
};

static void on_end(const struct visit *v, const struct visited *r, void *arg)
{
	struct taking *t = arg;
	bool whole = false;
	int done = fleet_evidence_row(t->en, t->incident, v->host->name, &t->places[v - t->visits], r, &whole, &t->e);

	if (done < 0 && t->failed == 0)
		t->failed = done;
	if (whole && r->outcome == VISIT_DONE)
		t->sum->whole++;
	else if (json_int(r->evidence, "bytes", 0) > 0)
		t->sum->partly++;
	else
		t->sum->none++;
	t->how->tell(v->host, r, whole, t->how->arg);
}

static int place_all(struct taking *t, const uint32_t *hosts, uint32_t n, json_t *request, struct err *e)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct host *h = &t->en->reg->hosts[hosts[i]];
		int r = fleet_evidence_place(t->en, t->incident, h->name, &t->places[i], e);

		if (r < 0)
			return r;
		t->visits[i] = (struct visit){ .host = h, .request = request, .evidence = &t->places[i].visit };
	}
	return 0;
}

/* What the scout could not read is in the result of each host, too. */
static void ignore(const struct visit *v _unused_, enum wire_type type _unused_, const json_t *line _unused_,
		   void *arg _unused_)
{
}

int fleet_evidence_take(const struct engine *en, int64_t incident, const struct evidence_taking *how,
			const uint32_t *hosts, uint32_t n, struct evidence_taken *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *request = json_object();
	struct taking t = { .en = en, .how = how, .incident = incident, .sum = ret, .e = ERR_INIT };
	const struct visits visits = {
		.warden = how->warden, .scout = how->scout, .ssh_config = en->reg->ssh_config, .to = how->to,
		.n_to = how->n_to, .at_once = how->at_once, .limit_ms = how->seconds * 1000 + LIMIT_MORE_MS,
		.line = ignore, .end = on_end, .arg = &t,
	};

	*ret = (struct evidence_taken){ 0 };
	json_object_set_new(request, "evidence", fleet_evidence_request(how->seconds));
	t.places = mem_zero(n ? n : 1, sizeof(*t.places));
	t.visits = mem_zero(n ? n : 1, sizeof(*t.visits));

	int r = place_all(&t, hosts, n, request, e);

	if (r == 0)
		r = fleet_visit(&visits, t.visits, n, e);
	if (r == 0 && t.failed < 0) {
		r = t.failed;
		if (e)
			*e = t.e;
	}
	for (uint32_t i = 0; i < n; i++)
		fleet_evidence_free(&t.places[i]);
	free(t.places);
	free(t.visits);
	return r;
}
