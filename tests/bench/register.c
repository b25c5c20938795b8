/*
 * The register at its largest: 100,000 secrets that open ten others each, on 1,000 hosts, in 100 files; then the blast
 * radius of one of them. Goals: the blast radius in under 1 s, all of it under 500 MB. And the example farm: under 50
 * ms.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "model/graph.h"
#include <stdio.h>
#include <sys/resource.h>

#define SECRETS 100000u
#define OPENS 10u
#define HOSTS 1000u
#define FILES 100u
#define BLAST_GOAL_MS 1000.0
#define RSS_GOAL_MB 500.0
#define FARM_GOAL_MS 50.0

static void head(struct buf *b)
{
	buf_str(b, "register: 1\norganisation: {name: Bench, team: team@example.org, approver: boss}\nroles: {boss: "
		   "}\n"
		   "repositories: {private: {kind: private, url: /srv/private.git, hosts: [h0]}}\n"
		   "systems: {s: {title: System}}\nhosts:\n");
	for (unsigned i = 0; i < HOSTS; i++)
		buf_printf(b, "  h%u: {address: h%u.example.org}\n", i, i);
}

static void secrets(struct buf *b, unsigned from, unsigned to)
{
	uint64_t chance = from + 1;

	buf_str(b, "secrets:\n");
	for (unsigned i = from; i < to; i++) {
		buf_printf(b, "  s/secret-%06u:\n    kind: mariadb-password\n    places: [{repository: private, file: "
			      "f%u.yaml, "
			   "key: 'k::%u'}]\n    consumers: [{hosts: h%u, file: /etc/app/%u.conf, service: app, "
			   "restart: puppet}]\n"
			   "    opens:\n", i, i / 1000, i, i % HOSTS, i);
		for (unsigned k = 0; k < OPENS; k++) {
			chance = chance * 6364136223846793005u + 1442695040888963407u;
			buf_printf(b, "      - s/secret-%06u\n", (unsigned)(chance >> 33) % SECRETS);
		}
	}
}

static double rss_mb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

static double ms_since(int64_t start)
{
	return (double)(clock_mono_us() - start) / 1000;
}

static bool verdict(const char *what, double value, const char *unit, double goal)
{
	printf("%-32s %9.1f %s   goal < %.0f   %s\n", what, value, unit, goal, value < goal ? "met" : "MISSED");
	return value < goal;
}

static bool blast(const struct firebreak_register *r, struct err *e)
{
	_cleanup_(graph_freep) struct graph *g = NULL;
	_cleanup_(blast_free) struct blast reached = { NULL, 0 };
	struct ref root = { REF_SECRET, 0 };
	int64_t start = clock_mono_us();

	if (graph_build(r, &g, e) < 0 || graph_blast(g, &root, 1, &reached, e) < 0)
		return false;
	printf("graph: %llu edges, one secret reaches %u things\n", (unsigned long long)graph_edges(g),
	       reached.n - 1);
	return verdict("graph and blast radius", ms_since(start), "ms", BLAST_GOAL_MS);
}

static bool large(struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	struct buf texts[FILES];
	struct source files[FILES];
	size_t bytes = 0;
	int64_t start;
	int done;

	for (unsigned i = 0; i < FILES; i++) {
		texts[i] = (struct buf)BUF_INIT(YAML_MAX);
		if (i == 0)
			head(&texts[i]);
		secrets(&texts[i], i * (SECRETS / FILES), (i + 1) * (SECRETS / FILES));
		files[i] = (struct source){ "bench.yaml", buf_text(&texts[i]), texts[i].len };
		bytes += texts[i].len;
	}
	start = clock_mono_us();
	done = register_load(files, FILES, NULL, 0, &r, e);
	for (unsigned i = 0; i < FILES; i++)
		buf_free(&texts[i]);
	if (done < 0)
		return false;
	printf("register: %u secrets, %u named edges, %.1f MB of YAML, loaded in %.0f ms\n", r->n_secrets,
	       SECRETS * OPENS,
	       (double)bytes / 1e6, ms_since(start));
	return blast(r, e) && verdict("peak memory of the process", rss_mb(), "MB", RSS_GOAL_MB);
}

static bool farm(const char *folder, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct buf texts[64];
	struct source files[64];
	int64_t start = clock_mono_us();
	int done = fs_list(folder, ".yaml", ARRAY_SIZE(files), &names, e);
	size_t n = 0;

	for (; done == 0 && n < names.n; n++) {
		_cleanup_(freep) char *path = fs_join(folder, names.s[n]);

		texts[n] = (struct buf)BUF_INIT(YAML_MAX);
		done = fs_read(path, &texts[n], e);
		files[n] = (struct source){ names.s[n], buf_text(&texts[n]), texts[n].len };
	}
	if (done == 0)
		done = register_load(files, n, NULL, 0, &r, e);
	for (size_t i = 0; i < n; i++)
		buf_free(&texts[i]);
	return done == 0 && verdict("examples/farm, files and all", ms_since(start), "ms", FARM_GOAL_MS);
}

int main(int argc, char **argv)
{
	struct err e = ERR_INIT;
	bool ok = argc == 2 && farm(argv[1], &e);

	ok = large(&e) && ok;
	if (e.code != ERR_NONE)
		(void)fprintf(stderr, "%s\n", e.text);
	return ok ? 0 : 1;
}
