/*
 * Any files: no crash, no leak. What is refused is refused with places; what is taken holds together: every index
 * points at something, the graph can be built, and everything reaches at most everything. A byte 0x1e begins the next
 * file.
 */
#include "fuzz.h"
#include "base/buf.h"
#include "model/graph.h"

#define FILES 4
#define BLASTS 16 /* of one input */

static const char *const redis[] = { "tls", "file", NULL };
static const struct driver_words drivers[] = { { "redis", redis }, { "none", NULL } };
static const char *const names[FILES] = { "a.yaml", "b.yaml", "c.yaml", "d.yaml" };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void indices_hold(const struct indices *i, uint32_t n)
{
	for (uint32_t k = 0; k < i->n; k++)
		must(i->i[k] < n);
}

static void refs_hold(const struct firebreak_register *r, const struct refs *refs)
{
	for (uint32_t i = 0; i < refs->n; i++)
		must(*register_name(r, refs->r[i]) != '\0');
}

static void secret_holds(const struct firebreak_register *r, const struct secret_def *s)
{
	must(s->name && s->kind && s->system < r->n_systems);
	for (uint32_t i = 0; i < s->n_places; i++)
		must(s->places[i].file && s->places[i].repository < r->n_repositories);
	for (uint32_t i = 0; i < s->n_accounts; i++) {
		must(s->accounts[i].driver && s->accounts[i].address && s->accounts[i].address[0] != '-');
		must(s->accounts[i].admin_secret == NOTHING || s->accounts[i].admin_secret < r->n_secrets);
		indices_hold(&s->accounts[i].from, r->n_hosts);
	}
	for (uint32_t i = 0; i < s->n_consumers; i++)
		indices_hold(&s->consumers[i].hosts, r->n_hosts);
	for (uint32_t i = 0; i < s->n_public_halves; i++)
		must(s->public_halves[i].repository < r->n_repositories);
	for (uint32_t i = 0; i < s->n_stored; i++)
		must(s->stored[i].address && s->stored[i].table);
	refs_hold(r, &s->opens);
}

static void register_holds(const struct firebreak_register *r)
{
	must(r->organisation.name && r->organisation.team && r->organisation.approver && strlen(r->digest) == 64);
	for (uint32_t i = 0; i < r->n_hosts; i++)
		must(r->hosts[i].address && r->hosts[i].address[0] != '-' && r->hosts[i].name[0] != '-');
	for (uint32_t i = 0; i < r->n_groups; i++)
		indices_hold(&r->groups[i].hosts, r->n_hosts);
	for (uint32_t i = 0; i < r->n_repositories; i++)
		must(r->repositories[i].url && r->repositories[i].url[0] != '-');
	for (uint32_t i = 0; i < r->n_closures; i++)
		refs_hold(r, &r->closures[i].reaches);
	for (uint32_t i = 0; i < r->n_secrets; i++)
		secret_holds(r, &r->secrets[i]);
}

static void graph_holds(const struct firebreak_register *r)
{
	_cleanup_(graph_freep) struct graph *g = NULL;
	_cleanup_(buf_free) struct buf dot = BUF_INIT(1 << 20), path = BUF_INIT(1 << 20);
	uint32_t all = r->n_secrets + r->n_hosts + r->n_systems + r->n_data;

	if (graph_build(r, &g, NULL) < 0)
		return;
	graph_dot(g, &dot);
	json_decref(graph_json(g));
	for (uint32_t i = 0; i < r->n_secrets + r->n_hosts && i < BLASTS; i++) {
		struct ref root = { i < r->n_secrets ? REF_SECRET : REF_HOST, i < r->n_secrets ? i
			: i - r->n_secrets };
		struct blast b = { NULL, 0 };

		must(graph_blast(g, &root, 1, &b, NULL) == 0 && b.n >= 1 && b.n <= all);
		blast_path(g, &b, b.n - 1, &path);
		blast_free(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(strv_free) struct strv problems = STRV_INIT;
	struct source files[FILES];
	struct err e = ERR_INIT;
	const char *at = (const char *)data, *end = at + size;
	size_t n = 0;
	int done;

	while (n < FILES) {
		const char *next = size && n < FILES - 1 ? memchr(at, 0x1e, (size_t)(end - at)) : NULL;

		files[n] = (struct source){ names[n], at, (size_t)((next ? next : end) - at) };
		n++;
		if (!next)
			break;
		at = next + 1;
	}
	done = register_load_all(files, n, drivers, ARRAY_SIZE(drivers), &problems, &r, &e);
	must((done == 0) == (r != NULL) && (done == 0) == (problems.n == 0) && problems.n <= REGISTER_PROBLEMS);
	if (done < 0) {
		must(!strcmp(problems.s[0], e.text));
		for (size_t i = 0; i < problems.n; i++)
			must(problems.s[i][0] >= 'a' && problems.s[i][0] <= 'd' && !strncmp(problems.s[i] + 1,
											    ".yaml:", 6));
		return 0;
	}
	register_holds(r);
	graph_holds(r);
	return 0;
}
