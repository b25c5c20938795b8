#include "worker/clean_node.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/put_aside_pl.h"
#include "worker/safe_line.h"
#include <string.h>

#define PATHS_MAX 40u
#define REFUSED 3                        /* put_aside.pl: what lies there is not what it seems */

static const char script[] = PUT_ASIDE_PL;

/* What cannot be searched is no proof of nothing: the nearest folder that is there must let us in. */
static const char there[] =
	"for f; do if [ -e \"$f\" ] || [ -L \"$f\" ]; then printf '%s\\n' \"$f\"; continue; fi; d=$f; "
	"while [ \"$d\" ] && ! [ -e \"$d\" ]; do d=${d%/*}; done; "
	"[ -d \"${d:-/}\" ] && [ -x \"${d:-/}\" ] || { echo \"'${d:-/}' cannot be searched\" >&2; exit 3; }; done";

int clean_node_there(const struct puppet_host *p, const struct strv *paths, struct strv *ret, struct err *e)
{
	const char *argv[PATHS_MAX + 5] = { "sh", "-c", there, "sh" };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int r;

	if (paths->n > PATHS_MAX)
		return err_set(e, ERR_BUG, "more than %u paths are looked for", PATHS_MAX);
	for (size_t i = 0; i < paths->n; i++)
		argv[4 + i] = paths->s[i];
	r = puppet_must(p, argv, PUPPET_TEXT_MAX, &res, e);
	for (char *save = NULL, *line = r == 0 && res.out.len ? strtok_r(res.out.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		strv_add(ret, line);
	return r;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? mem_dupn(path, (size_t)(slash - path)) : mem_dup("/");
}

/* A trap: puppetserver has folders of its own, in which neither `puppet config print` nor `puppet node clean` looks.
 * Debian and Puppet's own packages have its settings below Puppet's folder and beside it. */
int clean_node_home(struct cleaning *x, struct err *e)
{
	_cleanup_(freep) char *above = folder_of(x->setting[NODE_CONFDIR]);
	_cleanup_(freep) char *below = mem_printf("%s/puppetserver/conf.d/puppetserver.conf", x->setting[NODE_CONFDIR]);
	_cleanup_(freep) char *beside = mem_printf("%s/puppetserver/conf.d/puppetserver.conf", above);
	static const char expression[] = "s/^[[:space:]]*\"\\?\\(server\\|master\\)-var-dir\"\\?"
					 "[[:space:]]*[:=][[:space:]]*\"\\?\\(\\/[^\"[:space:]#,}]*\\).*/\\2/p";
	const char *const argv[] = { "sed", "-n", "-s", expression, "--", below, beside, NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int r = puppet_ask(&x->server, argv, PUPPET_TEXT_MAX, &res, e);

	if (r < 0)
		return r;
	if (res.out.len)
		res.out.data[strcspn(res.out.data, "\n")] = '\0';
	if (!res.out.len || !text_starts(buf_text(&res.out), "/") || strstr(buf_text(&res.out), "..") ||
	    !buf_text(&res.out)[1])
		return err_set(e, ERR_REMOTE, "where puppetserver on '%s' keeps facts and reports is not known: "
			       "neither '%s' nor '%s' says 'server-var-dir: /...'", x->server.w.host, below, beside);
	x->home = mem_dup(buf_text(&res.out));
	return 0;
}

static void add(struct strv *to, const char *folder, const char *below, const char *name, const char *ending)
{
	_cleanup_(freep) char *path = mem_printf("%s%s/%s%s", folder, below, name, ending);

	if (!strv_has(to, path))
		strv_add(to, path);
}

int clean_node_look(struct cleaning *x, struct err *e)
{
	static const struct { const char *below, *ending; } kept[] = {
		{ "/yaml/facts", ".yaml" }, { "/yaml/node", ".yaml" }, { "/reports", "" },
		{ "/server_data/facts", ".json" }, { "/server_data/node", ".json" },
		{ "/server_data/catalog", ".json" }, { "/client_data/catalog", ".json" },
	};
	const char *const homes[] = { x->home, x->setting[NODE_VARDIR] };
	_cleanup_(strv_free) struct strv paths = STRV_INIT;

	for (size_t h = 0; h < ARRAY_SIZE(homes); h++)
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			add(&paths, homes[h], kept[i].below, x->name, kept[i].ending);
	add(&paths, x->setting[NODE_YAML], "/facts", x->name, ".yaml");
	add(&paths, x->setting[NODE_YAML], "/node", x->name, ".yaml");
	add(&paths, x->setting[NODE_REPORTS], "", x->name, "");
	add(&paths, x->setting[NODE_DATA], "/facts", x->name, ".json");
	add(&paths, x->setting[NODE_DATA], "/node", x->name, ".json");
	strv_free(&x->files);
	return clean_node_there(&x->server, &paths, &x->files, e);
}

/* They are evidence of what Puppet did on that host: put aside, in a folder that only root reads. What an earlier run
 * has put there stays as it is. Who has a Puppet server in hand has its account puppet, and with it these folders:
 * put_aside.pl follows no link of theirs. */
int clean_node_move(struct cleaning *x, struct err *e)
{
	const char *argv[PATHS_MAX + 6] = { "perl", "-e", script, x->home, x->name };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char line[200];
	int r;

	if (x->files.n > PATHS_MAX)
		return err_set(e, ERR_BUG, "more than %u paths are put aside", PATHS_MAX);
	for (size_t i = 0; i < x->files.n; i++)
		argv[5 + i] = x->files.s[i];
	x->to = x->to ? x->to : mem_printf("%s/firebreak/%s", x->home, x->name);
	r = puppet_ask(&x->server, argv, PUPPET_TEXT_MAX, &res, e);
	if (r < 0)
		return r;
	for (char *save = NULL, *one = res.out.len ? strtok_r(res.out.data, "\n", &save) : NULL; one;
	     one = strtok_r(NULL, "\n", &save))
		if (strv_has(&x->files, one))
			strv_add(&x->moved, one);
	if (res.status == 0)
		return 0;
	return err_set(e, res.status == REFUSED ? ERR_REFUSED : ERR_REMOTE, "what '%s' has of '%s' was not put aside "
		       "(exit code %d): %s", x->server.w.host, x->name, res.status,
		       safe_line(x->server.job, &res, line));
}
