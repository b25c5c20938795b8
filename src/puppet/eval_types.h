#pragma once
/* What the files that make a host's catalogue share; eval.h has their functions. */
#include "base/buf.h"
#include "base/mem.h"
#include "puppet/feed.h"
#include "puppet/manifest_parts.h"
#include "puppet/val.h"

#define EVAL_DEPTH 400
#define EVAL_CALLS 60                   /* defined types and functions within one another */
#define EVAL_LOOP 20000u                /* turns of one iteration */

struct var { const char *name; uint32_t len; const struct val *val; };
struct defaults { struct defaults *next; const char *type; const struct pp_node *attrs; struct scope *scope; };
struct scope {
	struct scope *parent, *caller;  /* names; resource defaults */
	const char *name, *module;      /* name: of a class */
	uint32_t file, container;       /* container: the resource that it is the body of */
	struct var *vars; uint32_t n, cap;
	struct defaults *defaults;
};

struct attr { const char *name; uint32_t len; const struct val *val; };
struct resource {
	const char *type;               /* in small letters, "a::b" */
	const struct val *title;        /* a text */
	struct attr *attrs; uint32_t n_attrs, cap_attrs;
	uint32_t container, same;       /* same: the next one of that name, in another branch */
	uint32_t file, line, col;
	bool maybe, is_virtual, exported, realized, done;
	struct scope *scope;
	const struct definition *define;
};
#define NO_RESOURCE UINT32_MAX

struct link { uint32_t from, to; bool notify, maybe; };         /* resources */
/* to be found at the end */
struct wish { const struct val *from, *to; bool notify, maybe; uint32_t from_res, to_res; };
struct declared { uint32_t class_, by; bool maybe, contained; };
struct collect { const struct pp_node *node; struct scope *scope; const char *type; bool exported, maybe; uint32_t id;
	};
struct change { const struct pp_node *node; struct scope *scope; const struct val *ref; bool maybe; };
/* What a host gave to all others: names and values of the run, kept in the feed's arena. */
struct exported { struct resource res; uint32_t host; };

/* What an EPP template has put out so far. */
struct output { struct buf text; uint32_t taint; };
#define EVAL_TEXT_MAX ((size_t)1 << 20)

enum stop { STOP_NOT, STOP_NEXT, STOP_BREAK, STOP_RETURN };

struct run {                            /* over all hosts */
	struct manifest *m;
	struct manifest_parts *p;
	struct feed *feed;
	const struct feed_given *given;
	struct taints *taints;
	struct map holes, private_keys, origin_names, said, items, collected;
	struct map asked;               /* place of a lookup's name -> index of may_be_told */
	bool *told; uint32_t n_told; size_t cap_told;  /* was it known each time? */
	uint32_t n_holes;
	uint64_t steps;
	struct exported *exports; uint32_t n_exports; size_t cap_exports;
	struct map regex_names;
	struct compiled { struct regex *regex; const char *why; } *regexes; uint32_t n_regexes; size_t cap_regexes;
	struct hiera_index *hiera;
	bool have_exports;              /* of all hosts: those that collect may be done */
};

struct eval {                           /* one host */
	struct run *run;
	struct manifest_parts *p;
	struct vals vals;
	uint32_t host;
	const char *hostname, *fqdn, *domain, *role;
	struct scope *top, *node;
	struct resource *res; uint32_t n_res; size_t cap_res;
	struct map res_names, class_scopes;
	struct scope **scopes; uint32_t n_scopes; size_t cap_scopes;
	struct wish *wishes; uint32_t n_wishes; size_t cap_wishes;
	struct declared *declared; uint32_t n_declared; size_t cap_declared;
	struct collect *collects; uint32_t n_collects; size_t cap_collects;
	struct change *changes; uint32_t n_changes; size_t cap_changes;
	unsigned depth, calls, maybe;
	uint64_t steps, steps_max;
	bool over;                      /* a limit was reached: the gap is told */
	struct output *out;
	enum stop stop;
	const struct val *stopped_with;
	const struct val *maybe_with;   /* what a branch that may not be taken would have returned */
};
