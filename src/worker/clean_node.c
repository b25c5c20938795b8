#include "worker/clean_node.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/chore.h"
#include "worker/safe_line.h"
#include "worker/way.h"
#include <string.h>
#include <unistd.h>

/* A node that is lost is forgotten: PuppetDB has it as deactivated, and the Puppet server keeps nothing of it.
 *
 * {"host": the Puppet server, "database": from which PuppetDB is asked, or absent: the server, "certname", "config":
 * the server's puppet.conf, or absent}. Result {"certname", "database": "deactivated", "not known" or "none",
 * "since": its own time, "moved": files and folders, "to": where they are now, "changed"}.
 *
 * A resource that the node exported is collected by other hosts for as long as PuppetDB has it as active. That
 * `puppet node deactivate` ended well proves nothing: a command in a queue. PuppetDB is asked before and after. */

#define PAUSE_US 500000
#define SETTLE_MS 90000
#define STATUS_MAX ((size_t)1 << 20)

enum known { KNOWN_NOT, KNOWN_ACTIVE, KNOWN_DEACTIVATED };

static const char *const settings[NODE_SETTINGS] = {
	[NODE_CERTNAME] = "certname", [NODE_CONFDIR] = "confdir", [NODE_VARDIR] = "vardir", [NODE_YAML] = "yamldir",
	[NODE_REPORTS] = "reportdir", [NODE_DATA] = "server_datadir", [NODE_STORE] = "storeconfigs",
	[NODE_BACKEND] = "storeconfigs_backend", [NODE_REPORT_WAYS] = "reports", [NODE_ROUTES] = "route_file",
};

static void cleaning_end(struct cleaning *x)
{
	for (size_t i = 0; i < NODE_SETTINGS; i++)
		free(x->setting[i]);
	free(x->confdir);
	free(x->home);
	free(x->to);
	strv_free(&x->files);
	strv_free(&x->moved);
}

static int read_settings(struct cleaning *x, struct err *e)
{
	static const enum node_setting paths[] = { NODE_CONFDIR, NODE_VARDIR, NODE_YAML, NODE_REPORTS, NODE_DATA };
	int r = puppet_settings(&x->server, x->confdir, settings, NODE_SETTINGS, x->setting, e);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++) {
		const char *path = x->setting[paths[i]];

		if (!path || *path != '/' || !path[1] || strstr(path, ".."))
			return err_set(e, ERR_REMOTE, "Puppet on '%s' does not say its '%s'", x->server.w.host,
				       settings[paths[i]]);
	}
	return r;
}

/* Whether the server itself sends to a PuppetDB, by what Puppet reads. */
static int is_fed(struct cleaning *x, bool *ret, struct err *e)
{
	const char *const argv[] = { "grep", "-c", "puppetdb", "--", x->setting[NODE_ROUTES], NULL };
	_cleanup_(strv_free) struct strv paths = STRV_INIT, found = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char line[200];
	int r = puppet_ask(&x->server, argv, PUPPET_TEXT_MAX, &res, e);

	strv_add(&paths, x->setting[NODE_ROUTES]);
	if (r == 0 && res.status > 1)
		r = clean_node_there(&x->server, &paths, &found, e);
	if (r == 0 && found.n)
		return err_set(e, ERR_REMOTE, "whether '%s' sends to a PuppetDB is not known: %s", x->server.w.host,
			       safe_line(x->server.job, &res, line));
	*ret = r == 0 && (res.status == 0 || strstr(x->setting[NODE_REPORT_WAYS], "puppetdb") ||
			  (!strcmp(x->setting[NODE_STORE], "true") && !strcmp(x->setting[NODE_BACKEND], "puppetdb")));
	return r;
}

/* *ret: there is a PuppetDB to ask. Without puppetdb.conf Puppet asks a host called 'puppetdb', whoever it is. */
static int find_database(struct cleaning *x, bool *ret, struct err *e)
{
	static const char *const names[] = { "confdir" };
	_cleanup_(strv_free) struct strv paths = STRV_INIT, found = STRV_INIT;
	_cleanup_(freep) char *confdir = x->is_one ? mem_dup(x->setting[NODE_CONFDIR]) : NULL;
	bool fed;
	int r = is_fed(x, &fed, e);

	if (r == 0 && !confdir)
		r = puppet_settings(&x->asking, NULL, names, 1, &confdir, e);
	if (r < 0)
		return r;
	strv_addf(&paths, "%s/puppetdb.conf", confdir);
	r = clean_node_there(&x->asking, &paths, &found, e);
	if (r < 0)
		return r;
	*ret = found.n > 0;
	if (found.n == 0 && (fed || !x->is_one))
		return err_set(e, ERR_REMOTE, "there is no '%s' on '%s', so it cannot ask PuppetDB: write server_urls "
			       "into it, or name in the register which host asks (puppet: {database: HOST})",
			       paths.s[0], x->asking.w.host);
	return 0;
}

static int node(struct cleaning *x, const char *what, struct proc_result *ret, struct err *e)
{
	const char *argv[] = { "puppet", "node", what, x->name, "--color", "false", "--render-as", "json",
			       x->is_one && x->confdir ? "--confdir" : NULL, x->confdir, NULL };

	return puppet_ask(&x->asking, argv, STATUS_MAX, ret, e);
}

/* An empty list means that PuppetDB did not answer, or that it answered that it has none: only its words tell. */
static int read_status(struct cleaning *x, enum known *ret, struct err *e)
{
	_cleanup_(freep) char *none = mem_printf("Failed to find '/pdb/query/v4/nodes/%s'", x->name);
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(json_freep) json_t *j = NULL;
	const char *since;
	char line[200];
	int r = node(x, "status", &res, e);

	if (r == 0 && res.status == 0)
		r = json_read("the status of the node", buf_text(&res.out), res.out.len, STATUS_MAX, &j, e);
	if (r < 0)
		return err_wrap(e, "PuppetDB, asked from '%s'", x->asking.w.host);

	const json_t *one = json_array_get(j, 0);
	const char *name = json_str(one, "certname");

	if (res.status == 0 && json_is_array(j) && !one && strstr(buf_text(&res.err), none)) {
		*ret = KNOWN_NOT;
		return 0;
	}
	if (res.status != 0 || json_array_size(j) != 1 || !name || strcmp(name, x->name) != 0 ||
	    !json_object_get(one, "deactivated"))
		return err_set(e, ERR_NET, "what PuppetDB has of '%s' is not known: `puppet node status` on '%s' ended "
			       "with exit code %d: %s", x->name, x->asking.w.host, res.status,
			       safe_line(x->server.job, &res, line));
	since = json_str(one, "deactivated");
	*ret = since ? KNOWN_DEACTIVATED : KNOWN_ACTIVE;
	if (since)
		json_put(x->server.job->result, "since", since);
	return 0;
}

static int deactivate(struct cleaning *x, enum known *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int64_t until = clock_mono_us() + INT64_C(1000) * SETTLE_MS;
	char said[200];
	int r;

	chore_changing(x->server.job);
	e->effect = EFFECT_UNKNOWN;
	r = node(x, "deactivate", &res, e);
	if (r == 0)
		r = read_status(x, ret, e);
	while (r == 0 && *ret == KNOWN_ACTIVE && res.status == 0 && clock_mono_us() < until &&
	       chore_left_ms(x->server.job) > 2000) {
		(void)usleep(PAUSE_US);
		r = read_status(x, ret, e);
	}
	if (r < 0 || *ret != KNOWN_ACTIVE) {
		if (r < 0)
			e->effect = EFFECT_UNKNOWN;
		return r;
	}
	(void)err_set(e, ERR_REMOTE, "PuppetDB still has '%s' as active; `puppet node deactivate` on '%s' ended with "
		      "exit code %d: %s", x->name, x->asking.w.host, res.status, safe_line(x->server.job, &res, said));
	/* what it took into its queue comes later */
	e->effect = res.status == 0 ? EFFECT_UNKNOWN : EFFECT_NONE;
	return -ERR_REMOTE;
}

static int clear_caches(struct cleaning *x, bool changed, struct err *e)
{
	int r;

	chore_changing(x->server.job);
	r = clean_node_move(x, e);
	if (r == 0)
		r = clean_node_look(x, e);
	if (r == 0 && x->files.n)
		r = err_set(e, ERR_REMOTE, "'%s' on '%s' came back while it was put aside: an agent with that name "
			    "still runs, or one of its reports came late. Do it again", x->files.s[0],
			    x->server.w.host);
	if (r < 0)
		e->effect = changed || x->moved.n ? EFFECT_CHANGED : r == -ERR_REFUSED ? EFFECT_NONE : EFFECT_UNKNOWN;
	return r;
}

static void tell(struct cleaning *x, bool has_database, enum known known, bool changed)
{
	static const char *const words[] = { [KNOWN_NOT] = "not known", [KNOWN_ACTIVE] = "active",
					     [KNOWN_DEACTIVATED] = "deactivated" };
	struct job *job = x->server.job;
	json_t *list = json_array();
	char of[120], caches[100];

	for (size_t i = 0; i < x->moved.n; i++)
		json_array_append_new(list, json_string(x->moved.s[i]));
	json_put(job->result, "certname", x->name);
	json_put(job->result, "database", has_database ? words[known] : "none");
	json_object_set_new(job->result, "moved", list);
	json_put(job->result, "to", x->moved.n ? x->to : NULL);
	json_object_set_new(job->result, "changed", json_boolean(changed));
	if (has_database)
		(void)snprintf(of, sizeof(of), "PuppetDB has '%.60s' as %s", x->name, words[known]);
	else
		(void)snprintf(of, sizeof(of), "'%.60s' sends to no PuppetDB", x->server.w.host);
	if (x->moved.n)
		(void)snprintf(caches, sizeof(caches), "%zu files and folders of it were put aside", x->moved.n);
	else
		(void)snprintf(caches, sizeof(caches), "no cache had anything of it");
	(void)snprintf(job->text, sizeof(job->text), "%s; %s%s", of, caches, changed ? "" : "; it was so already");
}

static int clean(struct cleaning *x, struct err *e)
{
	enum known known = KNOWN_NOT;
	bool has_database, changed;
	int r = read_settings(x, e);

	if (r == 0 && !strcmp(x->name, x->setting[NODE_CERTNAME]))
		return err_set(e, ERR_REFUSED, "'%s' is the Puppet server itself: nothing was done", x->name);
	if (r == 0)
		r = clean_node_home(x, e);
	if (r == 0)
		r = find_database(x, &has_database, e);
	if (r == 0 && has_database)
		r = read_status(x, &known, e);
	if (r == 0)
		r = clean_node_look(x, e);
	if (r < 0)
		return r;
	changed = known == KNOWN_ACTIVE;
	if (changed)
		r = deactivate(x, &known, e);
	if (r == 0 && x->files.n) {
		r = clear_caches(x, changed, e);
		changed = true;
	}
	if (r == 0)
		tell(x, has_database, known, changed);
	return r;
}

static int begin(struct cleaning *x, struct job *job, struct err *e)
{
	int r = puppet_certname(x->name, e);

	if (r == 0)
		r = puppet_config(job, &x->server.config, e);
	if (r == 0)
		r = way_of_job(job, "host", &x->server.w, e);
	if (r < 0)
		return r;
	/* puppetdb.conf and routes.yaml lie beside it */
	if (x->server.config && strrchr(x->server.config, '/') > x->server.config)
		x->confdir = mem_dupn(x->server.config, (size_t)(strrchr(x->server.config, '/') - x->server.config));
	x->is_one = !json_object_get(job->body, "database");
	x->asking.w = x->server.w;
	return x->is_one ? 0 : way_of_job(job, "database", &x->asking.w, e);
}

int job_clean_node(struct job *job, struct err *e)
{
	_cleanup_(cleaning_end) struct cleaning x = { .server = { .job = job }, .asking = { .job = job },
						      .name = json_str(job->body, "certname") };
	struct err here = ERR_INIT;
	int r = begin(&x, job, e);

	if (r < 0)
		return r;
	r = clean(&x, &here);
	way_end(&x.server.w);
	if (!x.is_one)
		way_end(&x.asking.w);
	if (r < 0 && e)
		*e = here;
	return r;
}
