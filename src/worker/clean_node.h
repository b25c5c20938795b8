#pragma once
/* Between the files of the chore `clean-node`. */
#include "base/strv.h"
#include "worker/puppet_host.h"

enum node_setting { NODE_CERTNAME, NODE_CONFDIR, NODE_VARDIR, NODE_YAML, NODE_REPORTS, NODE_DATA, NODE_STORE,
		    NODE_BACKEND, NODE_REPORT_WAYS, NODE_ROUTES, NODE_SETTINGS };

struct cleaning {
	struct puppet_host server, asking;   /* of the caches; where PuppetDB is asked: may be one host */
	bool is_one;
	const char *name;
	char *confdir;                       /* of `config`; NULL: Puppet's own */
	char *setting[NODE_SETTINGS];
	char *home;                          /* the running server's own folder: what it keeps lies there */
	struct strv files;                   /* of the node, as they lie there now */
	struct strv moved;
	char *to;                            /* where they are put */
};

/* clean_node_files.c. What of these absolute paths is there; -ERR_REMOTE where that cannot be told. */
int clean_node_there(const struct puppet_host *p, const struct strv *paths, struct strv *ret, struct err *e);
int clean_node_home(struct cleaning *x, struct err *e);
int clean_node_look(struct cleaning *x, struct err *e);         /* files anew */
int clean_node_move(struct cleaning *x, struct err *e);         /* each of files */
